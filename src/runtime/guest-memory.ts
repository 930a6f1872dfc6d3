// How native functions access a guest's memory: every address is checked here before any byte is accessed. Refuses, with the trap "out of bounds
// memory access", what does not lie inside the memory and strings without an end, and stops reading when the guest's deadline has passed.
import { decodeUtf8 } from '../base/utf8.js';
import { LimitError, Trap } from '../wasm/errors.js';
import type { Budget } from './budget.js';
import type { ExecEnv } from './exec-env.js';
import type { MemoryInstance } from './memory.js';
import type { Meter } from './meter.js';

/** Returns memory 0 of the instance whose code made the call. Throws a Trap if it has none. */
export function memoryOf(env: ExecEnv): MemoryInstance {
  const memory = env.instance.memories[0];
  if (memory === undefined) throw new Trap('memory-out-of-bounds');
  return memory;
}

/** Whether [address, address + length) lies inside the memory; length 0 is inside up to and including the end. */
export function inMemory(memory: MemoryInstance, address: number, length: number): boolean {
  return address >= 0 && length >= 0 && address + length <= memory.byteLength;
}

/** Returns the bytes [address, address + length) in place. They are valid until the guest runs again, since memory may move. Throws a Trap. */
export function bytesAt(memory: MemoryInstance, address: number, length: number): Uint8Array {
  if (!inMemory(memory, address, length)) throw new Trap('memory-out-of-bounds');
  return memory.views.u8.subarray(address, address + length);
}

/** The number of bytes between two checkpoints: a few milliseconds of work even if JavaScript is not compiled. */
export const CHUNK_BYTES = 65_536;

/** What a loop calls regularly to learn whether it may continue. */
type Clock = Pick<Meter, 'checkpoint'>;
/** For work that outlives its call: the meter already counts for another call by then. */
const NO_CLOCK: Clock = { checkpoint() {} };

/** The most bytes of guest strings that one call may decode. A native function that takes more than names takes bytes: `*~`. */
export const LONGEST_TEXT = 32 * 1024 * 1024;

/** Returns the position of the byte at or after `from`, or -1. Throws a LimitError (timeoutMs, signal), or a Trap if the guest was terminated. */
export function indexOfByte(meter: Clock, text: Uint8Array, byte: number, from = 0): number {
  for (let start = from; start < text.length; start += CHUNK_BYTES) {
    if (start > from) meter.checkpoint();
    const at = text.subarray(start, start + CHUNK_BYTES).indexOf(byte);
    if (at >= 0) return start + at;
  }
  return -1;
}

/**
 * Decodes a guest's strings for one call of a native function. They are read in parts with a checkpoint between them, and their total length is
 * bounded. A string longer than one part is charged as guest memory until close().
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
   * Reads the NUL-terminated string at an address.
   * @throws Trap if it has no end inside the memory or is too long; LimitError (memoryBytes, timeoutMs, signal)
   */
  read({ views: { u8 } }: MemoryInstance, address: number): string {
    if (address < 0 || address >= u8.length) throw new Trap('memory-out-of-bounds');
    const end = indexOfByte(this.#clock, u8.subarray(0, address + this.#left + 1), 0, address);
    if (end < 0) throw address + this.#left < u8.length ? tooLong() : new Trap('memory-out-of-bounds');
    const length = end - address;
    this.#left -= length;
    this.#charge(length);
    const bytes = privateText(u8, address, end);
    return inParts(this.#clock, bytes, wellFormedEnd, decodeUtf8) ?? inParts(this.#clock, bytes, plainEnd, asciiOnly)!;
  }
  /** Gives the charge back: the strings no longer count as the guest's memory. */
  close(): void {
    this.#budget.release(this.#charged);
    this.#charged = 0;
  }

  /** Charges two bytes per character, which is what a JavaScript engine may use. */
  #charge(length: number): void {
    if (length <= CHUNK_BYTES) return;
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

/** The bytes of a text, which other threads of a guest cannot change any more; they may have written a NUL into it before. */
function privateText(u8: Uint8Array, start: number, end: number): Uint8Array {
  if (u8.buffer instanceof ArrayBuffer) return u8.subarray(start, end);
  const copy = u8.slice(start, end);
  const nul = copy.indexOf(0);
  return nul < 0 ? copy : copy.subarray(0, nul);
}

/** Decodes part by part; returns undefined if a part cannot be decoded. */
function inParts(
  clock: Clock,
  bytes: Uint8Array,
  endOf: (bytes: Uint8Array, end: number) => number,
  decode: (bytes: Uint8Array, start: number, end: number) => string | undefined,
): string | undefined {
  let text = '';
  for (let start = 0; start < bytes.length; ) {
    if (start > 0) clock.checkpoint();
    const end = start + CHUNK_BYTES >= bytes.length ? bytes.length : endOf(bytes, start + CHUNK_BYTES);
    const part = decode(bytes, start, end);
    if (part === undefined) return undefined;
    text += part;
    start = end;
  }
  return text;
}
function plainEnd(_bytes: Uint8Array, end: number): number {
  return end;
}
/** Returns an end at most three bytes earlier, so that no character is split. */
function wellFormedEnd(bytes: Uint8Array, end: number): number {
  for (let at = end; at > end - 4; at--) if ((bytes[at]! & 0xc0) !== 0x80) return at;
  return end;
}

/** The number of arguments that String.fromCharCode accepts in every JavaScript engine. */
const UNITS = 4_096;

/** Decodes what is not well-formed UTF-8: each byte beyond ASCII becomes U+FFFD. */
function asciiOnly(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += UNITS) {
    const units = Array.from(bytes.subarray(at, Math.min(at + UNITS, end)), (byte) => (byte < 0x80 ? byte : 0xfffd));
    text += String.fromCharCode(...units);
  }
  return text;
}

/** What a native function gets for a `*` without a length: an address that is in bounds for one byte, and checked access to what lies there. */
export class GuestPointer {
  /** The address in memory 0, in bytes. */
  readonly address: number;
  readonly #memory: MemoryInstance;
  readonly #meter: Meter;
  readonly #budget: Budget;
  readonly #call: number;

  /** @internal */
  constructor(env: ExecEnv, memory: MemoryInstance, address: number) {
    this.#memory = memory;
    this.#meter = env.store.meter;
    this.#budget = env.instance.budget;
    this.#call = this.#meter.call;
    this.address = address;
  }
  /**
   * Returns `length` bytes from here on, in place: they are valid until the guest runs again.
   * @throws Trap if they reach beyond the memory
   */
  bytes(length: number): Uint8Array {
    return bytesAt(this.#memory, this.address, length);
  }
  /** Returns the same bytes as a DataView; wasm is little-endian (`getInt32(0, true)`). @throws Trap as `bytes` */
  view(length: number): DataView {
    const bytes = this.bytes(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
  /**
   * Reads the NUL-terminated string that starts here; bytes that are not UTF-8 become U+FFFD.
   * @throws Trap if it does not end within the memory or is too long
   * @throws LimitError if a long one exceeds the limits of time or memory
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
