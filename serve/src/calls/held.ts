// The beginning of an answer, held back a little: a call that fails soon is its problem alone, and an answer that is short goes in one piece.
// Refuses to hold back more than some bytes, or for long.

/** Bytes that are held back, and milliseconds. */
const HELD_BYTES = 16_384;
const HELD_MS = 50;

/** Takes bytes; resolves when there is room for more. */
type Write = (bytes: Uint8Array) => void | Promise<void>;

export class Held {
  readonly #flush: Write;
  #parts: Uint8Array[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param flush takes what was held, then all that follows */
  constructor(flush: Write) {
    this.#flush = flush;
  }
  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#isOver) return this.#flush(bytes);
    this.#parts.push(bytes);
    this.#length += bytes.length;
    const now = (): void | Promise<void> => this.#flush(this.end()!);
    if (this.#length > HELD_BYTES) return now();
    this.#timer ??= setTimeout(() => void now(), HELD_MS);
    return undefined;
  }
  /** Holds no more. @returns what was held; undefined where it was flushed */
  end(): Uint8Array | undefined {
    clearTimeout(this.#timer);
    if (this.#isOver) return undefined;
    this.#isOver = true;
    return this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
  }
}
