// The bytes that a guest may hold: one budget per instance inside one per runtime. Refuses what does not fit. Bytes that were taken stay counted
// until they are given back.

export class Budget {
  readonly limit: number;
  readonly #parent: Budget | undefined;
  /** The limit that refused bytes last, its own or a parent's; a caller that wants to know of later refusals clears it. */
  refusedBy: number | undefined = undefined;
  /** Called with the limit that refused bytes, its own or a parent's. */
  onRefusal: ((limit: number) => void) | undefined = undefined;
  #used = 0;
  #peak = 0;
  #objectBytes = 0;
  #ended = false;

  /** @param limit bytes, Infinity for none @param parent charged along with this one */
  constructor(limit: number, parent?: Budget) {
    this.limit = limit;
    this.#parent = parent;
  }
  /** The budget's own limit or that of a parent, whichever is less. */
  get mostBytes(): number {
    return Math.min(this.limit, this.#parent?.mostBytes ?? Number.POSITIVE_INFINITY);
  }
  get used(): number {
    return this.#used;
  }
  get peak(): number {
    return this.#peak;
  }
  /** Takes bytes from this budget and its parents, or from none of them. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.limit) {
      return this.#refuse(this.limit);
    }
    if (this.#parent && !this.#parent.take(bytes)) {
      return this.#refuse(this.#parent.refusedBy!);
    }
    this.#used += bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
    return true;
  }
  #refuse(limit: number): false {
    this.refusedBy = limit;
    this.onRefusal?.(limit);
    return false;
  }
  release(bytes: number): void {
    this.#used -= bytes;
    this.#parent?.release(bytes);
  }

  /** Like take(), for an object that the JavaScript garbage collector will free. */
  takeObject(bytes: number): boolean {
    if (!this.take(bytes)) return false;
    this.#objectBytes += bytes;
    return true;
  }
  releaseObject(bytes: number): void {
    if (this.#ended) return;
    this.#objectBytes -= bytes;
    this.release(bytes);
  }
  /**
   * Ends the budget with its owner. Its objects are given back here, because a JavaScript engine with spare memory may not collect them for hours.
   */
  end(): void {
    this.releaseObject(this.#objectBytes);
    this.#ended = true;
  }
}
