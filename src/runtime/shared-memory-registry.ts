// The shared memories of one runtime and how many instances hold each; a memory is dropped when the last instance releases it. Refuses to release
// what is not registered.

import { UsageError } from '../wasm/errors.js';
import type { MemoryInstance } from './memory.js';

export class SharedMemoryRegistry {
  readonly #holders = new Map<MemoryInstance, number>();

  /** The number of memories alive. */
  get size(): number {
    return this.#holders.size;
  }
  holdersOf(memory: MemoryInstance): number {
    return this.#holders.get(memory) ?? 0;
  }
  /** Records that one more instance holds the memory. */
  retain(memory: MemoryInstance): void {
    this.#holders.set(memory, this.holdersOf(memory) + 1);
  }
  /** Records that one instance fewer holds it; returns true if it was the last. */
  release(memory: MemoryInstance): boolean {
    const holders = this.holdersOf(memory);
    if (holders === 0) throw new UsageError('this shared memory is not registered');
    if (holders > 1) {
      this.#holders.set(memory, holders - 1);
      return false;
    }
    this.#holders.delete(memory);
    return true;
  }
  /** Drops all memories; returns how many were still held. */
  destroy(): number {
    const alive = this.#holders.size;
    this.#holders.clear();
    return alive;
  }
}
