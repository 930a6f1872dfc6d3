// The words in the guest's memory that name objects by handles. Refuses words that do not lie inside the memory, with a trap.
import type { GuestPointer } from '../../runtime/guest-memory.js';

/** The handle at a pointer; NULL has 0, which names nothing. */
export function handleAt(pointer: GuestPointer | null): number {
  return pointer?.view(4).getUint32(0, true) ?? 0;
}
export function setHandleAt(pointer: GuestPointer, handle: number): void {
  pointer.view(4).setUint32(0, handle, true);
}
