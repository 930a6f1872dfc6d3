// The shared memories of one runtime and how many instances hold each: the memory goes when the last one lets go.
// Refuses to release what is not registered.

import { UsageError } from '../wasm/errors.js';
import type { MemoryInstance } from './memory.js';

export class SharedMemoryRegistry {
  readonly #holders = new Map<MemoryInstance, number>();

  /** Memories alive. */
  get size(): number {
    return this.#holders.size;
  }
  holdersOf(memory: MemoryInstance): number {
    return this.#holders.get(memory) ?? 0;
  }
  /** One more instance holds the memory. */
  retain(memory: MemoryInstance): void {
    this.#holders.set(memory, this.holdersOf(memory) + 1);
  }
  /** One instance fewer; true when it was the last. */
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
  /** Forgets everything; returns how many memories were still held. */
  destroy(): number {
    const alive = this.#holders.size;
    this.#holders.clear();
    return alive;
  }
}
