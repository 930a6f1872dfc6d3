// How natives reach a guest's memory: every address is checked here before a byte is touched.
// Refuses, with the trap "out of bounds memory access", what does not lie inside the memory; texts that are endless; and to read on when
// the guest's time is up.
import { decodeUtf8 } from '../base/utf8.js';
import { LimitError, Trap } from '../wasm/errors.js';
import type { Budget } from './budget.js';
import type { ExecEnv } from './exec-env.js';
import type { MemoryInstance } from './memory.js';
import type { Meter } from './meter.js';

/** Memory 0 of the instance whose code called. Throws a Trap where it has none. */
export function memoryOf(env: ExecEnv): MemoryInstance {
  const memory = env.instance.memories[0];
  if (memory === undefined) throw new Trap('memory-out-of-bounds');
  return memory;
}

/** Whether [address, address + length) lies inside; length 0 is inside up to the very end. */
export function inMemory(memory: MemoryInstance, address: number, length: number): boolean {
  return address >= 0 && length >= 0 && address + length <= memory.byteLength;
}

/** The bytes [address, address + length), in place: valid until the guest runs again, since memory may move. Throws a Trap. */
export function bytesAt(memory: MemoryInstance, address: number, length: number): Uint8Array {
  if (!inMemory(memory, address, length)) throw new Trap('memory-out-of-bounds');
  return memory.views.u8.subarray(address, address + length);
}

/** Bytes between two checkpoints: a few milliseconds of work even where a host does not compile JavaScript. */
export const PIECE = 65_536;

/** What a loop asks from time to time whether it may go on. */
type Clock = Pick<Meter, 'checkpoint'>;
/** For what outlives the call that it belongs to: the meter counts for another one by then. */
const NO_CLOCK: Clock = { checkpoint() {} };

/** Bytes of all the texts of a guest that one call may make strings of. A native that takes more than names takes bytes: `*~`. */
export const LONGEST_TEXT = 32 * 1024 * 1024;

/** Where a byte is at or after `from`; -1: nowhere. Throws a LimitError (timeoutMs, signal), or a Trap when terminated. */
export function indexOfByte(meter: Clock, text: Uint8Array, byte: number, from = 0): number {
  for (let start = from; start < text.length; start += PIECE) {
    if (start > from) meter.checkpoint();
    const at = text.subarray(start, start + PIECE).indexOf(byte);
    if (at >= 0) return start + at;
  }
  return -1;
}

/**
 * Makes strings of a guest's texts, for one call of a native. They are read in pieces with a checkpoint between, are bounded all
 * together, and what is longer than a piece counts as memory of the guest's until close().
 */
export class GuestTexts {
  readonly #clock: Clock;
  readonly #budget: Budget;
  #left = LONGEST_TEXT;
  #charged = 0;

  constructor(budget: Budget, clock: Clock) {
    this.#clock = clock;
    this.#budget = budget;
  }

  /**
   * The NUL-terminated text at an address.
   * @throws Trap where it has no end inside the memory, or is too long; LimitError (memoryBytes, timeoutMs, signal)
   */
  read({ views: { u8 } }: MemoryInstance, address: number): string {
    if (address < 0 || address >= u8.length) throw new Trap('memory-out-of-bounds');
    const end = indexOfByte(this.#clock, u8.subarray(0, address + this.#left + 1), 0, address);
    if (end < 0) throw address + this.#left < u8.length ? tooLong() : new Trap('memory-out-of-bounds');
    const length = end - address;
    this.#left -= length;
    this.#charge(length);
    const bytes = u8.subarray(address, end);
    return (
      inPieces(this.#clock, bytes, wellFormedEnd, decodeUtf8) ?? inPieces(this.#clock, bytes, plainEnd, asciiOnly)!
    );
  }
  /** The strings are nobody's of the guest's any more. */
  close(): void {
    this.#budget.release(this.#charged);
    this.#charged = 0;
  }

  /** As a host may keep it: two bytes a character. */
  #charge(length: number): void {
    if (length <= PIECE) return;
    const bytes = length * 2;
    if (!this.#budget.take(bytes)) {
      throw new LimitError('memoryBytes', this.#budget.limit, `a native gets a text of ${length} bytes`);
    }
    this.#charged += bytes;
  }
}

function tooLong(): Trap {
  return new Trap('text-too-long', [], `a text of more than ${LONGEST_TEXT} bytes for a native`);
}

/** Decodes a piece after the other; undefined where one of them cannot be. */
function inPieces(
  clock: Clock,
  bytes: Uint8Array,
  endOf: (bytes: Uint8Array, end: number) => number,
  decode: (bytes: Uint8Array, start: number, end: number) => string | undefined,
): string | undefined {
  let text = '';
  for (let start = 0; start < bytes.length; ) {
    if (start > 0) clock.checkpoint();
    const end = start + PIECE >= bytes.length ? bytes.length : endOf(bytes, start + PIECE);
    const piece = decode(bytes, start, end);
    if (piece === undefined) return undefined;
    text += piece;
    start = end;
  }
  return text;
}
function plainEnd(_bytes: Uint8Array, end: number): number {
  return end;
}
/** At most three bytes earlier, so that no character is torn apart. */
function wellFormedEnd(bytes: Uint8Array, end: number): number {
  for (let at = end; at > end - 4; at--) if ((bytes[at]! & 0xc0) !== 0x80) return at;
  return end;
}

/** Units that String.fromCharCode takes at once on every host. */
const UNITS = 4_096;

/** For what is not well-formed UTF-8: each byte beyond ASCII becomes U+FFFD. */
function asciiOnly(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += UNITS) {
    const units = Array.from(bytes.subarray(at, Math.min(at + UNITS, end)), (byte) => (byte < 0x80 ? byte : 0xfffd));
    text += String.fromCharCode(...units);
  }
  return text;
}

/** What a native gets for a `*` without a length: an address that is in bounds for one byte, and checked ways to what lies there. */
export class GuestPointer {
  /** Where it points in memory 0, in bytes. */
  readonly address: number;
  readonly #memory: MemoryInstance;
  readonly #meter: Meter;
  readonly #budget: Budget;
  readonly #call: object;

  /** @internal */
  constructor(env: ExecEnv, memory: MemoryInstance, address: number) {
    this.#memory = memory;
    this.#meter = env.store.meter;
    this.#budget = env.instance.budget;
    this.#call = this.#meter.call;
    this.address = address;
  }
  /**
   * `length` bytes from here on, in place: valid until the guest runs again.
   * @throws Trap where they reach beyond the memory
   */
  bytes(length: number): Uint8Array {
    return bytesAt(this.#memory, this.address, length);
  }
  /** The same for numbers: remember that wasm is little-endian (`getInt32(0, true)`). @throws Trap as `bytes` */
  view(length: number): DataView {
    const bytes = this.bytes(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
  /**
   * The NUL-terminated string that starts here; bytes that are no UTF-8 become U+FFFD.
   * @throws Trap where it does not end within the memory or is too long
   * @throws LimitError where a long one has no time or memory left
   */
  text(): string {
    const texts = new GuestTexts(this.#budget, this.#meter.call === this.#call ? this.#meter : NO_CLOCK);
    try {
      return texts.read(this.#memory, this.address);
    } finally {
      texts.close();
    }
  }
}
