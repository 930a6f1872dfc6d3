// The wire between one thread of a guest and the thread that serves it: one request at a time that way, its answer, or a job, the other way. Refuses
// nothing: both ends are this runtime's.
import type { Slots } from '../runtime/slots.js';

const STATE = 0;
const REQUEST = 1;
const REPLY = 2;
const REQUEST_KIND = 3;
const REPLY_KIND = 4;
/** Two arguments of the request, and of the reply. */
const REQUEST_ARGS = 5;
const REPLY_ARGS = 7;
const CANCELLED = 9;
const WAIT_MEMORY = 10;
const WAIT_FOREVER = 11;
/** As a double. */
const WAIT_ADDRESS = 6;
const TEXT_BYTES = 14;
const EXPECTED = 16;
const WIDE = 18;
/** How many waits have begun. */
const WAIT_COUNT = 19;
const HEAD_BYTES = 128;
/** Room for as many values as a function may have. */
const VALUE_BYTES = 16_384;
const TEXT_AT = HEAD_BYTES + VALUE_BYTES;
/** The longest text: what an error says, with its frames. */
export const MOST_TEXT_BYTES = 65_536;
const ALL_BYTES = TEXT_AT + MOST_TEXT_BYTES;
const SPIN_POLLS = 5_000;

/** What a thread does. */
export const IDLE = 0;
export const RUNS = 1;
/** In memory.atomic.wait. */
export const WAITS = 2;
/** It has made a request and waits for the answer. */
export const CALLS = 3;
/** It stands still. */
export const PARKED = 4;
/** It waits for fuel. */
export const STARVES = 5;
/** It has noticed that it is to end, and executes nothing of the guest any more. */
export const ENDS = 6;

/** The last four say how a job has ended; `left`: by what answered `leave`. */
export type RequestKind = 'call' | 'grow' | 'take' | 'done' | 'failed' | 'stopped' | 'left';
const REQUEST_KINDS: readonly RequestKind[] = ['call', 'grow', 'take', 'done', 'failed', 'stopped', 'left'];
/**
 * Answers: the values of a call, that the thread ends, or that it leaves the job. Jobs: the first instance, a call in it, a thread of its own, another call
 * of that one, the end of the cluster.
 */
export type ReplyKind = 'values' | 'stop' | 'leave' | 'begin' | 'call' | 'thread' | 'next' | 'release';
const REPLY_KINDS: readonly ReplyKind[] = ['values', 'stop', 'leave', 'begin', 'call', 'thread', 'next', 'release'];

/** Where a thread waits, and as long as what is there. */
export interface WaitPlace {
  readonly memory: number;
  readonly address: number;
  readonly wide: boolean;
  readonly expected: bigint;
  /** Which of its waits it is. */
  readonly count: number;
}

export class Mailbox {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #values: Uint8Array;
  readonly #text: Uint8Array;
  #taken = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(ALL_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#doubles = new Float64Array(memory);
    this.#values = new Uint8Array(memory, HEAD_BYTES, VALUE_BYTES);
    this.#text = new Uint8Array(memory, TEXT_AT, MOST_TEXT_BYTES);
  }

  get state(): number {
    return Atomics.load(this.#words, STATE);
  }
  set state(state: number) {
    Atomics.store(this.#words, STATE, state);
  }
  /** It ends at its next check. */
  get cancelled(): boolean {
    return Atomics.load(this.#words, CANCELLED) !== 0;
  }
  set cancelled(cancelled: boolean) {
    Atomics.store(this.#words, CANCELLED, cancelled ? 1 : 0);
  }

  // ---- where it waits ----

  /** @param expected what it found there, or will find another value and not wait */
  waitAt(memory: number, address: number, wide: boolean, expected: bigint, forEver: boolean): void {
    this.#doubles[WAIT_ADDRESS] = address;
    this.#words[EXPECTED] = Number(BigInt.asIntN(32, expected));
    this.#words[EXPECTED + 1] = Number(BigInt.asIntN(32, expected >> 32n));
    this.#words[WIDE] = wide ? 1 : 0;
    this.#words[WAIT_COUNT]!++;
    this.#words[WAIT_MEMORY] = memory;
    this.#words[WAIT_FOREVER] = forEver ? 1 : 0;
    this.state = WAITS;
  }
  /** Where it waits; undefined: it does not. */
  get waitsAt(): WaitPlace | undefined {
    if (this.state !== WAITS) return undefined;
    const words = this.#words;
    const expected = (BigInt(words[EXPECTED + 1]!) << 32n) | BigInt(words[EXPECTED]! >>> 0);
    const [memory, address, count] = [words[WAIT_MEMORY]!, this.#doubles[WAIT_ADDRESS]!, words[WAIT_COUNT]!];
    return { memory, address, wide: words[WIDE] === 1, expected, count };
  }
  get waitsForEver(): boolean {
    return this.state === WAITS && this.#words[WAIT_FOREVER] === 1;
  }

  // ---- the thread's end ----

  /** @param first, second the request's arguments */
  request(kind: RequestKind, first = 0, second = 0): void {
    const words = this.#words;
    words[REQUEST_KIND] = REQUEST_KINDS.indexOf(kind);
    words[REQUEST_ARGS] = first;
    words[REQUEST_ARGS + 1] = second;
    Atomics.add(words, REQUEST, 1);
  }
  /** Waits for the next answer or job. @param isNear it is expected at once */
  await(isNear: boolean): ReplyKind {
    const words = this.#words;
    if (isNear) for (let k = 0; k < SPIN_POLLS && Atomics.load(words, REPLY) === this.#taken; k++);
    while (Atomics.load(words, REPLY) === this.#taken) Atomics.wait(words, REPLY, this.#taken);
    this.#taken = Atomics.load(words, REPLY);
    return REPLY_KINDS[words[REPLY_KIND]!]!;
  }
  /** An argument of the answer or the job. */
  replyArgument(k: 0 | 1): number {
    return this.#words[REPLY_ARGS + k]!;
  }

  // ---- the server's end ----

  reply(kind: ReplyKind, first = 0, second = 0): void {
    const words = this.#words;
    words[REPLY_KIND] = REPLY_KINDS.indexOf(kind);
    words[REPLY_ARGS] = first;
    words[REPLY_ARGS + 1] = second;
    Atomics.add(words, REPLY, 1);
    Atomics.notify(words, REPLY);
  }
  /** The request that was not taken yet; undefined: there is none. */
  get pending(): RequestKind | undefined {
    if (Atomics.load(this.#words, REQUEST) === this.#taken) return undefined;
    return REQUEST_KINDS[this.#words[REQUEST_KIND]!]!;
  }
  takeRequest(): void {
    this.#taken = Atomics.load(this.#words, REQUEST);
  }
  requestArgument(k: 0 | 1): number {
    return this.#words[REQUEST_ARGS + k]!;
  }

  // ---- contents ----

  putValues({ u8 }: Slots, count: number): void {
    this.#values.set(u8.subarray(0, count * 16));
  }
  getValues({ u8 }: Slots, count: number): void {
    u8.set(this.#values.subarray(0, count * 16));
  }
  /** One number in place of values. */
  get number(): number {
    return this.#doubles[HEAD_BYTES / 8]!;
  }
  set number(value: number) {
    this.#doubles[HEAD_BYTES / 8] = value;
  }
  putText(bytes: Uint8Array): void {
    this.#text.set(bytes);
    this.#words[TEXT_BYTES] = bytes.length;
  }
  getText(): Uint8Array {
    return this.#text.slice(0, this.#words[TEXT_BYTES]!);
  }
}
