// What an instance is charged for the objects of its constant expressions: for its whole life, because modes differ in what they know of these objects.
// Refuses, with a LimitError, what does not fit the budget.
import { LimitError } from '../wasm/errors.js';
import type { Budget } from './budget.js';

export class ConstantCharge {
  readonly #budget: Budget;
  #bytes = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }
  /** @param what says what the bytes are for @throws LimitError memoryBytes */
  take(bytes: number, what: string): void {
    if (!this.#budget.take(bytes)) throw new LimitError('memoryBytes', this.#budget.limit, what);
    this.#bytes += bytes;
  }
  /** Gives back everything that was taken. */
  release(): void {
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
  }
}
