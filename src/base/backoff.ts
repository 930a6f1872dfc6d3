// Pauses between attempts if there is nothing to wait on: each twice as long as the one before, up to the longest. Refuses nothing.

export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  /** @param first milliseconds @param longest milliseconds */
  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }
  /** Returns the milliseconds to pause now. */
  next(): number {
    const pause = this.#next;
    this.#next = Math.min(this.#longest, pause * 2);
    return pause;
  }
  /** An attempt succeeded: the next pause is a short one again. */
  reset(): void {
    this.#next = this.#first;
  }
}
