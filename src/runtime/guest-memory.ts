// How natives reach a guest's memory: every address is checked here before a byte is touched.
// Refuses, with the trap "out of bounds memory access", what does not lie inside the memory.
import { decodeUtf8 } from '../base/utf8.js';
import { Trap } from '../wasm/errors.js';
import type { ExecEnv } from './exec-env.js';
import type { MemoryInstance } from './memory.js';

/** Memory 0 of the instance whose code called. Throws a Trap where it has none. */
export function memoryOf(env: ExecEnv): MemoryInstance {
  const memory = env.instance.memories[0];
  if (memory === undefined) throw new Trap('memory-out-of-bounds');
  return memory;
}

/** Whether [address, address + length) lies inside; length 0 is inside up to the very end. */
export function inMemory(memory: MemoryInstance, address: number, length: number): boolean {
  return address >= 0 && length >= 0 && address + length <= memory.byteLength;
}

/** The bytes [address, address + length), in place: valid until the guest runs again, since memory may move. Throws a Trap. */
export function bytesAt(memory: MemoryInstance, address: number, length: number): Uint8Array {
  if (!inMemory(memory, address, length)) throw new Trap('memory-out-of-bounds');
  return memory.views.u8.subarray(address, address + length);
}

/** Bytes before the NUL of the string at an address. Throws a Trap where none follows inside the memory. */
export function stringLength(memory: MemoryInstance, address: number): number {
  const { u8 } = memory.views;
  const end = address < 0 || address >= u8.length ? -1 : u8.indexOf(0, address);
  if (end < 0) throw new Trap('memory-out-of-bounds');
  return end - address;
}

/** The text of a NUL-terminated string. Throws a Trap. */
export function readString(memory: MemoryInstance, address: number): string {
  return decodeText(bytesAt(memory, address, stringLength(memory, address)));
}

/** UTF-8 to text; where it is not well-formed, each byte beyond ASCII becomes U+FFFD. */
function decodeText(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text;
  let replaced = '';
  for (const byte of bytes) replaced += byte < 0x80 ? String.fromCharCode(byte) : '\ufffd';
  return replaced;
}

/** What a native gets for a `*` without a length: an address that is in bounds for one byte, and checked ways to what lies there. */
export class GuestPointer {
  readonly address: number;
  readonly #memory: MemoryInstance;

  constructor(memory: MemoryInstance, address: number) {
    this.#memory = memory;
    this.address = address;
  }
  /** `length` bytes from here on, in place. Throws a Trap where they reach beyond the memory. */
  bytes(length: number): Uint8Array {
    return bytesAt(this.#memory, this.address, length);
  }
  /** The same for numbers: remember that wasm is little-endian (`getInt32(0, true)`). Throws a Trap. */
  view(length: number): DataView {
    const bytes = this.bytes(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
  /** The NUL-terminated string that starts here. Throws a Trap. */
  text(): string {
    return readString(this.#memory, this.address);
  }
}
