// Allocates spans of an index space, first fit, and joins what is given back. It is for few, long-lived spans. Refuses nothing: it returns -1 when
// full.

export class SpanAllocator {
  /** The free spans by start: start, end, start, end ... */
  readonly #free: number[];

  constructor(start: number, end: number) {
    this.#free = [start, end];
  }
  /** The length of all free spans together. */
  get free(): number {
    let length = 0;
    for (let i = 0; i < this.#free.length; i += 2) length += this.#free[i + 1]! - this.#free[i]!;
    return length;
  }
  /** Returns the start of a span of `length`, or -1. */
  take(length: number): number {
    const free = this.#free;
    for (let i = 0; i < free.length; i += 2) {
      const start = free[i]!;
      if (free[i + 1]! - start < length) continue;
      free[i] = start + length;
      if (free[i] === free[i + 1]) free.splice(i, 2);
      return start;
    }
    return -1;
  }
  give(start: number, length: number): void {
    const free = this.#free;
    let i = 0;
    while (i < free.length && free[i]! < start) i += 2;
    const joinsBefore = i > 0 && free[i - 1] === start;
    const joinsAfter = i < free.length && free[i] === start + length;
    if (joinsBefore && joinsAfter) free.splice(i - 1, 2);
    else if (joinsBefore) free[i - 1] = start + length;
    else if (joinsAfter) free[i] = start;
    else free.splice(i, 0, start, start + length);
  }
}
