// Writes the binary format's parts into one growing buffer. It does not know what a module is: see encode.ts.
import { encodeUtf8 } from '../base/utf8.js';
import * as t from '../wasm/types.js';

export class ByteWriter {
  bytes: Uint8Array;
  /** Bytes written. */
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Returns a copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** Makes room for `count` more bytes. */
  private room(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bigger.set(this.bytes);
    this.bytes = bigger;
  }

  u8(byte: number): void {
    if (this.length === this.bytes.length) this.room(1);
    this.bytes[this.length++] = byte;
  }

  raw(source: Uint8Array, start = 0, end: number = source.length): void {
    this.room(end - start);
    this.bytes.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** Writes an unsigned LEB128 of 32 bits. */
  u32(value: number): void {
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.u8((rest & 0x7f) | 0x80);
    this.u8(rest);
  }

  /** Writes a signed LEB128 of 32 bits. */
  s32(value: number): void {
    let rest = value | 0;
    for (; rest < -0x40 || rest > 0x3f; rest >>= 7) this.u8((rest & 0x7f) | 0x80);
    this.u8(rest & 0x7f);
  }

  /** Writes an unsigned LEB128 of 64 bits. */
  u64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
    this.u8(Number(rest));
  }

  /** Writes a signed LEB128 of 64 bits. */
  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    for (; rest < -0x40n || rest > 0x3fn; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
    this.u8(Number(rest & 0x7fn));
  }

  /** Writes four bytes, little-endian: the bits of an f32, one half of an f64. */
  word(bits: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.u8((bits >>> shift) & 0xff);
  }

  name(text: string): void {
    const bytes = encodeUtf8(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** Writes the code of the opcode table: one byte, or a prefix and a LEB128. */
  opcode(code: number): void {
    if (code < 0x100) this.u8(code);
    else {
      this.u8(code >>> 16);
      this.u32(code & 0xffff);
    }
  }

  /** Writes what `write` writes, with its size in bytes before it. */
  sized(write: () => void): void {
    const start = this.length;
    write();
    const size = this.length - start;
    const header = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x20_0000 ? 3 : size < 0x1000_0000 ? 4 : 5;
    this.room(header);
    this.bytes.copyWithin(start + header, start, this.length);
    this.length = start;
    this.u32(size);
    this.length += size;
  }

  section(id: number, write: () => void): void {
    this.u8(id);
    this.sized(write);
  }

  /** Writes a section with a vector; nothing if it is empty. */
  vectorSection<T>(id: number, items: readonly T[], write: (item: T, index: number) => void): void {
    if (items.length > 0) this.section(id, () => this.vector(items, write));
  }

  vector<T>(items: readonly T[], write: (item: T, index: number) => void): void {
    this.u32(items.length);
    items.forEach(write);
  }

  heapType(heap: t.HeapType): void {
    if (heap < 0) this.u8(heap & 0x7f);
    else this.s64(BigInt(heap));
  }

  /** Writes a value or storage type. */
  type(type: t.StorageType): void {
    const heap = t.heapOf(type);
    if (type < 0) this.u8(type & 0x7f);
    else if (heap < 0 && t.isNullable(type)) this.heapType(heap);
    else {
      this.u8(t.isNullable(type) ? 0x63 : 0x64);
      this.heapType(heap);
    }
  }
}
