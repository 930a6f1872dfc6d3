// The bytes of a function that stay as they are: copied in spans, as long as possible, and with a record of where they went if one is wanted.
import type { CodeReader } from '../binary/code-reader.js';
import type { Code } from './code-writer.js';

export class CopiedSpans {
  /** Pairs of emitted and original positions of the copied spans; they are recorded only when a trace is requested. */
  trace: number[] | undefined;
  /** The position of the first byte that was not copied yet. */
  from = 0;
  readonly #reader: CodeReader;
  readonly #code: Code;

  constructor(reader: CodeReader, code: Code) {
    this.#reader = reader;
    this.#code = code;
  }
  /** Copies the bytes that were not copied yet, up to a position. What follows is copied from behind the instruction on. */
  flush(to: number): void {
    const { from } = this;
    if (to > from) {
      this.trace?.push(this.#code.length, from);
      this.#code.raw(this.#reader.bytes, from, to);
    }
    this.from = this.#reader.pos;
  }
  /** Copies what precedes the instruction; the rule writes the instruction itself. */
  flushBefore(): void {
    this.flush(this.#reader.start);
    this.note();
  }
  /** Copies what precedes the instruction, so that the rule can put code before it; the instruction is copied later. */
  flushUpTo(): void {
    this.flush(this.#reader.start);
    this.from = this.#reader.start;
  }
  /** Copies the instruction, after flushBefore. */
  copy(): void {
    this.note();
    this.#code.raw(this.#reader.bytes, this.#reader.start, this.#reader.pos);
  }
  flushAll(): void {
    this.flush(this.#reader.pos);
  }
  /** Records that what is written next belongs to the instruction. */
  note(): void {
    this.trace?.push(this.#code.length, this.#reader.start);
  }
}
