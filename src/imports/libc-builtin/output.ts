// The sinks of formatted text, which comes in chunks: the guest's standard output or its memory. Refuses texts longer than an int can count.
import type { ExecEnv } from '../../runtime/exec-env.js';
import { bytesAt, CHUNK_BYTES, indexOfByte, memoryOf } from '../../runtime/guest-memory.js';
import { bytes, print } from './guest.js';

const INT_MAX = 0x7fff_ffff;
const FIRST_BYTES = 256;

/** A range of the guest's memory. The view is fetched at each use: output may run the guest, whose memory may then have moved. */
export class GuestText {
  readonly #env: ExecEnv;
  readonly #address: number;
  readonly length: number;
  constructor(env: ExecEnv, address: number, length: number) {
    this.#env = env;
    this.#address = address;
    this.length = length;
  }
  /** Returns a view of the range. Throws a Trap. */
  bytes(): Uint8Array {
    return bytes(this.#env, this.#address, this.length);
  }
  subarray(start: number, end: number): Uint8Array {
    return this.bytes().subarray(start, end);
  }
  part(start: number, end: number): GuestText {
    return new GuestText(this.#env, this.#address + start, end - start);
  }
  indexOf(byte: number, from: number): number {
    return indexOfByte(this.#env.store.meter, this.bytes(), byte, from);
  }
}

/** Takes the next chunk of a text. */
export type Sink = (chunk: Uint8Array, at: number) => void;

export function toStandardOutput(env: ExecEnv): Sink {
  return (chunk) => print(env, chunk);
}
/** Writes the text without its last NUL to `address`, as far as there is room for the NUL too. @param room bytes */
export function intoMemory(env: ExecEnv, address: number, room: number): Sink {
  return (chunk, at) => {
    const cut = chunk.subarray(0, Math.max(0, room - 1 - at));
    if (cut.length > 0) bytesAt(memoryOf(env), (address >>> 0) + at, cut.length).set(cut);
  };
}

/** Collects text and passes it on in chunks, so that short texts arrive whole and long ones take no memory. */
export class Output {
  readonly #env: ExecEnv;
  readonly #sink: Sink;
  #bytes = new Uint8Array(FIRST_BYTES);
  #held = 0;
  #passed = 0;

  constructor(env: ExecEnv, sink: Sink) {
    this.#env = env;
    this.#sink = sink;
  }
  /** Takes text. Throws what the sink throws, a LimitError (timeoutMs, signal), a Trap when terminated. */
  add(more: Uint8Array | GuestText): void {
    for (let start = 0; start < more.length; ) {
      if (this.#held === CHUNK_BYTES) this.#pass();
      const end = Math.min(more.length, start + CHUNK_BYTES - this.#held);
      this.#makeRoom(end - start);
      this.#bytes.set(more.subarray(start, end), this.#held);
      this.#held += end - start;
      start = end;
    }
  }
  get isTooLong(): boolean {
    return this.#passed > INT_MAX;
  }
  /** Takes text in ASCII. */
  text(text: string): void {
    this.add(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  }
  /** Passes on the rest; returns the bytes of the whole text, -1 where they are too many for an int. */
  end(): number {
    this.#pass();
    return this.isTooLong ? -1 : this.#passed;
  }

  #makeRoom(more: number): void {
    let size = this.#bytes.length;
    while (size < this.#held + more) size *= 2;
    if (size === this.#bytes.length) return;
    const larger = new Uint8Array(size);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
  #pass(): void {
    // The first chunk of most texts is the only one.
    if (this.#passed > 0) this.#env.store.meter.check();
    if (!this.isTooLong) this.#sink(this.#bytes.subarray(0, this.#held), this.#passed);
    this.#passed += this.#held;
    this.#held = 0;
  }
}
