// Pauses between attempts at what cannot be waited for: each is twice as long as the one before, up to the longest.
// Refuses nothing: units are the caller's.

export class Backoff {
  readonly #first: number;
  readonly longest: number;
  #pause: number;

  constructor(first: number, longest: number) {
    this.#first = this.#pause = first;
    this.longest = longest;
  }
  /** The pause before the next attempt. */
  next(): number {
    const pause = this.#pause;
    this.#pause = Math.min(this.longest, pause * 2);
    return pause;
  }
  /** An attempt went on: the next pause is a short one again. */
  reset(): void {
    this.#pause = this.#first;
  }
}
