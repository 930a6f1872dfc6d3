// The bytes of one message: a fixed header, slots of 64 bits, payloads. This file knows positions and lengths, never meanings.
// Refuses a packet whose header does not describe exactly the bytes it came with.
import { decodeUtf8 } from '../../base/utf8.js';
import { ProtocolError } from './enclave-errors.js';

/*
  word 0  magic and format version     word 4  number of slots
  word 1  kind of message              word 5  number of payloads
  word 2  command or ocall number      word 6  length of the whole packet in bytes
  word 3  sequence number              word 7  0; a transport that shares memory has a word of its own there
  then the slots (8 bytes each, low word first), the payloads' lengths (u32 each, padded to 8), the payloads (each padded to 8 with zeros).
*/
export const MAGIC = 0x31_43_4e_45;
export const HEADER_BYTES = 32;
/** The word of the header that nobody writes: new memory has 0 there. */
export const RESERVED_WORD = 7;
/** The most slots, and the most payloads, of a packet: more than any row of the tables has. */
const MAX_SLOTS = 64;
const MAX_PAYLOADS = 16;
/** The largest packet in bytes: a module of the largest size, with room for the rest of its command. */
export const MAX_PACKET_BYTES = 1_074_000_000;

/** What a packet is. An answer has the number and the sequence of what it answers. */
export const KIND = { ecall: 1, result: 2, error: 3, ocall: 4, ocallResult: 5, ocallError: 6 } as const;

if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1)
  throw new Error('enclasm packets need a little-endian processor');

const EMPTY = new Uint8Array(0);

/** Copies the first `length` bytes of `source` to `target` at `at`. The JavaScript environment may have a faster way than the language. */
export type CopyBytes = (target: Uint8Array, at: number, source: Uint8Array, length: number) => void;

export const plainCopy: CopyBytes = (target, at, source, length) => {
  target.set(length === source.length ? source : source.subarray(0, length), at);
};

/** The memory of one packet. `growable` memory is replaced when a packet needs more; fixed memory throws an Overflow. */
export class PacketBuffer {
  u8: Uint8Array;
  i32: Int32Array;
  view: DataView;
  readonly growable: boolean;
  readonly copy: CopyBytes;
  /** The number of bytes of the packet in it. */
  length = 0;

  /**
   * @param memory private or shared; its length a multiple of 8
   * @param copy how bytes get into and out of this memory
   */
  constructor(
    memory: ArrayBufferLike,
    offset = 0,
    byteLength = memory.byteLength - offset,
    growable = true,
    copy: CopyBytes = plainCopy,
  ) {
    this.copy = copy;
    this.u8 = new Uint8Array(memory, offset, byteLength);
    this.i32 = new Int32Array(memory, offset, byteLength >> 2);
    this.view = new DataView(memory, offset, byteLength);
    this.growable = growable;
  }
  static allocate(bytes = 1_024): PacketBuffer {
    return new PacketBuffer(new ArrayBuffer(pad8(bytes)));
  }
  /** Makes a packet from a copy of these bytes. */
  static copyOf(bytes: Uint8Array): PacketBuffer {
    const buffer = PacketBuffer.allocate(Math.max(HEADER_BYTES, bytes.length));
    buffer.u8.set(bytes);
    buffer.length = bytes.length;
    return buffer;
  }
  /** Returns the packet's bytes, not copied. */
  bytes(): Uint8Array {
    return this.u8.subarray(0, this.length);
  }
  /** Makes room for `bytes` in all and keeps the contents. */
  reserve(bytes: number): void {
    if (bytes <= this.u8.length) return;
    if (!this.growable) throw new Overflow();
    if (bytes > MAX_PACKET_BYTES) {
      throw new ProtocolError(`a packet has at most ${MAX_PACKET_BYTES} bytes, this one needs ${bytes}`);
    }
    const memory = new ArrayBuffer(pad8(Math.min(MAX_PACKET_BYTES + 7, Math.max(bytes, this.u8.length * 1.5))));
    const old = this.u8;
    this.u8 = new Uint8Array(memory);
    this.i32 = new Int32Array(memory);
    this.view = new DataView(memory);
    this.u8.set(old);
  }
  /** Takes the memory and contents of another buffer. */
  become({ u8, i32, view, length }: PacketBuffer): void {
    this.u8 = u8;
    this.i32 = i32;
    this.view = view;
    this.length = length;
  }
  /** Gives the memory away, to be moved to another thread. The header stays readable here. */
  release(): ArrayBuffer {
    const memory = this.u8.buffer as ArrayBuffer;
    const header = this.i32.slice(0, HEADER_BYTES >> 2);
    this.i32 = header;
    this.u8 = new Uint8Array(header.buffer);
    this.view = new DataView(header.buffer);
    this.length = 0;
    return memory;
  }
  /**
   * Replaces the contents. This is the only read of memory that another thread may be writing to.
   * @param length bytes, checked by the caller
   * @param copy a faster way for many bytes, where the memory has one
   */
  copyIn(u8: Uint8Array, i32: Int32Array, length: number, copy: CopyBytes = plainCopy): void {
    if (length === LINE_BYTES && this.u8.length >= LINE_BYTES) {
      this.length = LINE_BYTES;
      copyLine(this.i32, i32, 0);
      return;
    }
    this.length = 0;
    if (length > this.u8.length) this.reserve(length);
    if (length <= SMALL_BYTES && (length & 7) === 0) {
      const target = this.i32;
      const words = length >> 2;
      let k = 0;
      for (; k + 16 <= words; k += 16) copyLine(target, i32, k);
      for (; k < words; k += 2) {
        target[k] = i32[k]!;
        target[k + 1] = i32[k + 1]!;
      }
    } else {
      copy(this.u8, 0, u8, length);
    }
    this.length = length;
  }
}

/** The bytes of a header and four slots, which is what most commands and answers have. */
const LINE_BYTES = 64;

/** Copies 64 bytes without a loop: between two threads that is twice as fast as a loop. */
function copyLine(target: Int32Array, source: Int32Array, at: number): void {
  target[at] = source[at]!;
  target[at + 1] = source[at + 1]!;
  target[at + 2] = source[at + 2]!;
  target[at + 3] = source[at + 3]!;
  target[at + 4] = source[at + 4]!;
  target[at + 5] = source[at + 5]!;
  target[at + 6] = source[at + 6]!;
  target[at + 7] = source[at + 7]!;
  target[at + 8] = source[at + 8]!;
  target[at + 9] = source[at + 9]!;
  target[at + 10] = source[at + 10]!;
  target[at + 11] = source[at + 11]!;
  target[at + 12] = source[at + 12]!;
  target[at + 13] = source[at + 13]!;
  target[at + 14] = source[at + 14]!;
  target[at + 15] = source[at + 15]!;
}

/** Up to this many bytes, copying word by word is faster than a call that copies. */
const SMALL_BYTES = 256;

/** A packet does not fit in fixed memory. The caller catches this and encodes again into growable memory. */
export class Overflow extends Error {}

function pad8(bytes: number): number {
  return (bytes + 7) & ~7 || 0;
}

/** The index of the first slot's word. */
export const SLOTS_AT = HEADER_BYTES >> 2;

/** Writes the header of a packet. `length` in bytes. */
function writeHeader(
  words: Int32Array,
  kind: number,
  number: number,
  sequence: number,
  slots: number,
  payloads: number,
  length: number,
): void {
  words[0] = MAGIC;
  words[1] = kind;
  words[2] = number;
  words[3] = sequence;
  words[4] = slots;
  words[5] = payloads;
  words[6] = length;
}

/** Begins a packet that is slots only, which the caller writes. Returns the packet's length in bytes. */
export function beginSlots(
  buffer: PacketBuffer,
  kind: number,
  number: number,
  sequence: number,
  slots: number,
): number {
  const length = HEADER_BYTES + slots * 8;
  if (length > buffer.u8.length) buffer.reserve(length);
  writeHeader(buffer.i32, kind, number, sequence, slots, 0, length);
  return length;
}

/** Writes one packet. Slots and payloads are written in the order of the table's row. */
export class PacketWriter {
  #buffer: PacketBuffer = new PacketBuffer(new ArrayBuffer(HEADER_BYTES));
  #slot = 0;
  #lengths = 0;
  #position = 0;
  #start = 0;

  begin(buffer: PacketBuffer, kind: number, number: number, sequence: number, slots: number, payloads: number): void {
    const lengths = HEADER_BYTES + slots * 8;
    const position = lengths + pad8(payloads * 4);
    buffer.reserve(position);
    const words = buffer.i32;
    // The length is known when the packet ends.
    writeHeader(words, kind, number, sequence, slots, payloads, 0);
    if ((payloads & 1) === 1) words[(position >> 2) - 1] = 0;
    this.#buffer = buffer;
    this.#slot = HEADER_BYTES >> 2;
    this.#lengths = lengths >> 2;
    this.#position = position;
  }
  slot(low: number, high: number): void {
    const words = this.#buffer.i32;
    words[this.#slot++] = low;
    words[this.#slot++] = high;
  }
  beginPayload(): void {
    this.#start = this.#position;
  }
  endPayload(): void {
    let end = this.#position;
    this.#buffer.i32[this.#lengths++] = end - this.#start;
    const padded = pad8(end);
    this.#room(padded - end);
    const { u8 } = this.#buffer;
    while (end < padded) u8[end++] = 0;
    this.#position = padded;
  }
  /** Ends the packet. Returns its length in bytes. */
  end(): number {
    const length = this.#position;
    this.#buffer.i32[6] = length;
    this.#buffer.length = length;
    return length;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer.u8[this.#position++] = value;
  }
  pair(low: number, high: number): void {
    this.#room(8);
    this.#buffer.view.setInt32(this.#position, low, true);
    this.#buffer.view.setInt32(this.#position + 4, high, true);
    this.#position += 8;
  }
  count(value: number): void {
    this.#room(4);
    this.#buffer.view.setUint32(this.#position, value, true);
    this.#position += 4;
  }
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    const buffer = this.#buffer;
    if (bytes.length > SMALL_BYTES) buffer.copy(buffer.u8, this.#position, bytes, bytes.length);
    else buffer.u8.set(bytes, this.#position);
    this.#position += bytes.length;
  }
  double(value: number): void {
    this.#room(8);
    this.#buffer.view.setFloat64(this.#position, value, true);
    this.#position += 8;
  }

  #room(bytes: number): void {
    const needed = this.#position + bytes;
    if (needed > this.#buffer.u8.length) this.#buffer.reserve(needed);
  }
}

/**
 * Reads one packet from private memory. Every read is checked against the end of its payload; a payload that is not read to its end,
 * and padding that is not zero, are ProtocolErrors.
 */
export class PacketReader {
  #buffer: PacketBuffer = new PacketBuffer(new ArrayBuffer(HEADER_BYTES));
  #slot = 0;
  #lengths = 0;
  #position = 0;
  #end = 0;
  kind = 0;
  number = 0;
  sequence = 0;
  slots = 0;
  payloads = 0;

  /** Forgets the previous packet, so that the error answer to an unreadable one does not carry its number. */
  reset(): void {
    this.kind = this.number = this.sequence = this.slots = this.payloads = 0;
  }
  /** Checks the header and that it describes exactly the buffer's bytes. Throws a ProtocolError. */
  begin(buffer: PacketBuffer): void {
    const length = buffer.length;
    if (this.#beginSlots(buffer, length)) return;
    if (length < HEADER_BYTES) throw new ProtocolError(`packet of ${length} bytes: a header has ${HEADER_BYTES}`);
    const words = buffer.i32;
    if (words[0] !== MAGIC) throw new ProtocolError('not a packet of this format version');
    this.kind = words[1]!;
    this.number = words[2]!;
    this.sequence = words[3]! >>> 0;
    const slots = (this.slots = words[4]! >>> 0);
    const payloads = (this.payloads = words[5]! >>> 0);
    if (slots > MAX_SLOTS || payloads > MAX_PAYLOADS) {
      throw new ProtocolError(`packet with ${slots} slots and ${payloads} payloads`);
    }
    if (words[6]! >>> 0 !== length) throw new ProtocolError(`packet of ${length} bytes says ${words[6]! >>> 0}`);
    if (words[RESERVED_WORD] !== 0) throw new ProtocolError('reserved header word is not 0');
    const lengths = HEADER_BYTES + slots * 8;
    const first = lengths + pad8(payloads * 4);
    if (first > length) throw new ProtocolError('packet ends before its payloads begin');
    if ((payloads & 1) === 1 && words[(first >> 2) - 1] !== 0) throw new ProtocolError('padding is not zero');
    if (payloads === 0 && first !== length) throw new ProtocolError(`${length - first} unread bytes`);
    if (payloads !== 0) this.#checkPayloads(buffer, lengths >> 2, first);
    this.#buffer = buffer;
    this.rewind();
  }

  /** Whether this is a valid packet of slots only; `begin` finds the error of every other. */
  #beginSlots(buffer: PacketBuffer, length: number): boolean {
    const words = buffer.i32;
    const slots = words[4]!;
    if (words[5] !== 0 || slots >>> 0 > MAX_SLOTS || length !== HEADER_BYTES + slots * 8) return false;
    if (words[0] !== MAGIC || words[6] !== length || words[RESERVED_WORD] !== 0) return false;
    this.kind = words[1]!;
    this.number = words[2]!;
    this.sequence = words[3]! >>> 0;
    this.slots = slots;
    this.payloads = 0;
    this.#buffer = buffer;
    this.#slot = SLOTS_AT;
    this.#position = this.#end = length;
    return true;
  }

  #checkPayloads(buffer: PacketBuffer, lengths: number, first: number): void {
    let position = first;
    for (let k = 0; k < this.payloads; k++) {
      const size = buffer.i32[lengths + k]! >>> 0;
      if (size > buffer.length - position) throw new ProtocolError(`payload ${k} of ${size} bytes leaves the packet`);
      const end = position + size;
      position = pad8(end);
      if (position > buffer.length) throw new ProtocolError(`payload ${k} is not padded`);
      for (let p = end; p < position; p++) if (buffer.u8[p] !== 0) throw new ProtocolError('padding is not zero');
    }
    if (position !== buffer.length) throw new ProtocolError(`${buffer.length - position} unread bytes`);
  }

  /** The low word of the next slot; its high word is `nextHigh()`, to be read after it. */
  nextLow(): number {
    return this.#buffer.i32[this.#slot++]!;
  }
  nextHigh(): number {
    return this.#buffer.i32[this.#slot++]!;
  }
  beginPayload(): void {
    this.#end = this.#position + this.#buffer.i32[this.#lengths++]!;
  }
  endPayload(): void {
    if (this.#position !== this.#end) throw new ProtocolError(`${this.#end - this.#position} unread bytes`);
    this.#position = pad8(this.#end);
  }
  /** The packet's words; `begin` has checked that it has those of the header and the slots. */
  get words(): Int32Array {
    return this.#buffer.i32;
  }
  /** Goes back to the first slot. */
  rewind(): void {
    const lengths = (HEADER_BYTES >> 2) + this.slots * 2;
    this.#slot = HEADER_BYTES >> 2;
    this.#lengths = lengths;
    this.#position = lengths * 4 + pad8(this.payloads * 4);
  }
  /** Bytes of this payload not yet read. */
  get left(): number {
    return this.#end - this.#position;
  }
  byte(): number {
    return this.#buffer.u8[this.#take(1)]!;
  }
  count(): number {
    return this.#buffer.view.getUint32(this.#take(4), true);
  }
  word(): number {
    return this.#buffer.view.getInt32(this.#take(4), true);
  }
  double(): number {
    return this.#buffer.view.getFloat64(this.#take(8), true);
  }
  /** Returns a view, not a copy: a caller that keeps it for longer than the call copies it. */
  raw(length: number): Uint8Array {
    if (length === 0) return EMPTY;
    const start = this.#take(length);
    return this.#buffer.u8.subarray(start, start + length);
  }
  text(length: number): string {
    const start = this.#take(length);
    const text = decodeUtf8(this.#buffer.u8, start, start + length);
    if (text === undefined) throw new ProtocolError('text is not UTF-8');
    return text;
  }

  #take(bytes: number): number {
    const start = this.#position;
    if (bytes > this.#end - start) throw new ProtocolError(`${bytes} bytes wanted, ${this.#end - start} left`);
    this.#position = start + bytes;
    return start;
  }
}
