// Output of a program that is held back a little, so that what is short crosses with the command's answer and not with an ocall for each write.
// Refuses to hold much, or for long: it goes out by PRINT when there is more of it, when it is old, and before any other ocall, so that the order stays.
import { OutputSink } from '../../imports/wasi/index.js';
import type { HeldChunk } from '../protocol/structures.js';

/** Bytes that are held back at most. */
const MOST_BYTES = 16_384;

type Stream = HeldChunk['stream'];
/** Where output goes that is held no longer, and the clock. */
export interface HeldOutputEnds {
  print(stream: Stream, bytes: Uint8Array): void;
  /** Milliseconds. */
  now(): number;
}

export class HeldOutput {
  readonly #ends: HeldOutputEnds;
  readonly #mostMs: number;
  #parts: { readonly stream: Stream; readonly sink: OutputSink }[] = [];
  #length = 0;
  #since = 0;

  /** @param mostMs for which output is held back, as far as the guest is looked at meanwhile */
  constructor(mostMs: number, ends: HeldOutputEnds) {
    this.#mostMs = mostMs;
    this.#ends = ends;
  }
  write(stream: Stream, bytes: Uint8Array): void {
    if (this.#length + bytes.length > MOST_BYTES) {
      this.flush();
      if (bytes.length > MOST_BYTES) {
        this.#ends.print(stream, bytes);
        return;
      }
    }
    if (this.#length === 0) this.#since = this.#ends.now();
    let last = this.#parts[this.#parts.length - 1];
    if (last?.stream !== stream) this.#parts.push((last = { stream, sink: new OutputSink(MOST_BYTES) }));
    last.sink.write(bytes);
    this.#length += bytes.length;
    this.flushIfOld();
  }
  flushIfOld(): void {
    if (this.#length > 0 && this.#ends.now() - this.#since >= this.#mostMs) this.flush();
  }
  flush(): void {
    for (const { stream, bytes } of this.take()) this.#ends.print(stream, bytes);
  }
  /** What is held, which is not held any more. */
  take(): readonly HeldChunk[] {
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    return parts.map(({ stream, sink }) => ({ stream, bytes: sink.bytes }));
  }
}
