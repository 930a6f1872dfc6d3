// An answer kept as a whole: for whoever sends or stores it in one piece. Refuses what does not fit.
import type { AnswerHead, AnswerSink } from '../guests/exchange.js';
import { Problem } from '../problems/problem.js';

/** Bytes for what goes with an answer. */
const HEAD_BYTES = 16_384;

export class WholeAnswer implements AnswerSink {
  readonly isWhole = true;
  head: AnswerHead = { status: 200, headers: {} };
  readonly #most: number;
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** @param most bytes of the whole, with its head */
  constructor(most: number) {
    this.#most = most - HEAD_BYTES;
  }
  begin(head: AnswerHead): void {
    this.head = head;
  }
  /** @throws Problem 'limit' */
  write(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.#most) {
      throw new Problem('limit', `an answer that is one message has ${this.#most} bytes at most`, {
        members: { limit: 'outputBytes', value: this.#most },
      });
    }
    this.#parts.push(bytes);
  }
  get body(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}
