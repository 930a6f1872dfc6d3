// WAMR's app heap inside memory 0, from which the embedder and native functions allocate guest memory.
// Refuses invalid blocks (the heap freezes, with a report). If there is no room, the address is 0.
import type { Charge } from '../alloc/allocator.js';
import { EmsHeap } from '../alloc/ems/heap.js';
import { controlWords } from '../alloc/ems/layout.js';
import { LimitError, Trap } from '../wasm/errors.js';
import { isOfThisThread } from './atomics.js';
import type { ExecEnv, ModuleHeap } from './exec-env.js';
import type { Instance } from './instance.js';
import type { MemoryInstance } from './memory.js';

/** WAMR's bounds of the app heap, in bytes. */
const SMALLEST_HEAP_BYTES = 256;
const LARGEST_HEAP_BYTES = 1_073_741_824;

/** Returns the size that the app heap really gets: rounded up to 8 bytes, within WAMR's bounds; 0 stays 0. */
export function appHeapBytes(wanted: number): number {
  if (wanted === 0) return 0;
  return Math.min(Math.max(Math.ceil(wanted / 8) * 8, SMALLEST_HEAP_BYTES), LARGEST_HEAP_BYTES);
}

/** An EMS heap in a range of the guest's memory. Its control words and the map of used blocks lie outside, where the guest cannot write. */
export class AppHeap implements ModuleHeap {
  readonly kind = 'app';
  readonly #memory: MemoryInstance;
  readonly #heap: EmsHeap;
  readonly #charge: Charge;
  readonly #instance: Instance;
  #buffer: ArrayBufferLike;
  #origin: number;

  /** @throws LimitError (memoryBytes) if there is no room for the control words */
  constructor(instance: Instance, memory: MemoryInstance, start: number, bytes: number) {
    const words = controlWords(bytes, true);
    const charge = instance.store.allocator.charge(words * 4);
    if (charge === null) throw new LimitError('memoryBytes', words * 4, "no room for the app heap's control words");
    this.#charge = charge;
    this.#instance = instance;
    this.#memory = memory;
    const { buffer, byteOffset } = memory.views.u8;
    this.#buffer = buffer;
    this.#origin = byteOffset;
    const control = new Int32Array(
      isOfThisThread(memory) ? new ArrayBuffer(words * 4) : new SharedArrayBuffer(words * 4),
    );
    this.#heap = EmsHeap.create({ buffer, origin: byteOffset, start, bytes, control, map: true });
  }
  malloc(_env: ExecEnv, bytes: number): number {
    this.#follow();
    return this.#checked(this.#heap.malloc(bytes));
  }
  realloc(_env: ExecEnv, address: number, bytes: number): number {
    this.#follow();
    return this.#checked(address === 0 ? this.#heap.malloc(bytes) : this.#heap.realloc(address, bytes));
  }
  alignedAlloc(_env: ExecEnv, bytes: number, alignment: number): number {
    this.#follow();
    return this.#checked(this.#heap.alignedAlloc(bytes, alignment));
  }
  free(_env: ExecEnv, address: number): void {
    if (address === 0) return;
    this.#follow();
    this.#heap.free(address);
    this.#checked(0);
  }
  /** Returns the used and the free bytes, headers included. */
  stats(): { readonly total: number; readonly totalFree: number; readonly highmark: number } {
    return this.#heap.stats();
  }
  dispose(): void {
    this.#charge.release();
  }

  /** Adjusts to the memory's place, which may have changed since the last call. */
  #follow(): void {
    const { buffer, byteOffset } = this.#memory.views.u8;
    if (buffer === this.#buffer && byteOffset === this.#origin) return;
    this.#buffer = buffer;
    this.#origin = byteOffset;
    this.#heap.migrate(buffer, byteOffset);
  }
  /** Turns a frozen heap into a trap: WAMR's "app heap corrupted", with the reason. */
  #checked(address: number): number {
    const report = this.#heap.corruption();
    if (report === null) return address;
    const trap = new Trap('custom', [], `app heap corrupted: ${report.message}`);
    this.#instance.exception = trap;
    throw trap;
  }
}
