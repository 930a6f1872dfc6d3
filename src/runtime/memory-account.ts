// What the bytes of one memory, or of one table's elements, are charged to: the instance's budget and, since they lie outside it, the runtime's
// allocator. Refuses what either of them refuses, and then takes nothing.
import type { Allocator, Charge } from '../alloc/allocator.js';
import type { Budget } from './budget.js';

export class MemoryAccount {
  readonly #allocator: Allocator;
  readonly #budget: Budget;
  #charge: Charge | null = null;

  constructor(allocator: Allocator, budget: Budget) {
    this.#allocator = allocator;
    this.#budget = budget;
  }
  /** The most bytes that it could ever allow; Infinity if there is no limit. */
  get mostBytes(): number {
    return Math.min(this.#budget.mostBytes, this.#allocator.getMemAllocInfo()?.total ?? Number.POSITIVE_INFINITY);
  }
  /** Makes an empty account on the same budget and allocator. */
  another(): MemoryAccount {
    return new MemoryAccount(this.#allocator, this.#budget);
  }
  take(bytes: number): boolean {
    if (bytes === 0) return true;
    if (!this.#budget.take(bytes)) return false;
    if (this.#charge === null) {
      this.#charge = this.#allocator.charge(bytes);
      if (this.#charge !== null) return true;
    } else if (this.#charge.resize(this.#charge.bytes + bytes)) return true;
    this.#budget.release(bytes);
    return false;
  }
  /** Gives back a part of what was taken. */
  give(bytes: number): void {
    if (bytes === 0) return;
    this.#charge!.resize(this.#charge!.bytes - bytes);
    this.#budget.release(bytes);
  }
  /** Gives back everything that was taken. */
  release(): void {
    this.#budget.release(this.#charge?.bytes ?? 0);
    this.#charge?.release();
    this.#charge = null;
  }
}
