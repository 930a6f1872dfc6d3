// Reads the numbers and texts of a custom section. Refuses, with a RangeError, to read beyond its end: whoever reads a section catches that and does
// without it.
import { decodeUtf8 } from '../base/utf8.js';
import type { Module } from '../wasm/module.js';

export class SectionReader {
  pos = 0;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get atEnd(): boolean {
    return this.pos >= this.bytes.length;
  }
  /** Returns a reader of the next bytes, which are skipped here. */
  part(length: number): SectionReader {
    if (length < 0 || this.pos + length > this.bytes.length) throw new RangeError('the section is cut off');
    const part = new SectionReader(this.bytes.subarray(this.pos, this.pos + length));
    this.pos += length;
    return part;
  }
  skip(length: number): void {
    this.part(length);
  }
  u8(): number {
    return this.#view.getUint8(this.pos++);
  }
  i8(): number {
    return this.#view.getInt8(this.pos++);
  }
  u16(): number {
    this.pos += 2;
    return this.#view.getUint16(this.pos - 2, true);
  }
  u32(): number {
    this.pos += 4;
    return this.#view.getUint32(this.pos - 4, true);
  }
  u64(): number {
    this.pos += 8;
    return Number(this.#view.getBigUint64(this.pos - 8, true));
  }
  unsigned(): number {
    return Number(this.#leb().value);
  }
  signed(): number {
    const { value, bits } = this.#leb();
    return Number(BigInt.asIntN(Math.min(bits, 64), value));
  }
  #leb(): { readonly value: bigint; readonly bits: number } {
    let value = 0n;
    for (let bits = 0; bits < 70; bits += 7) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(bits);
      if (byte < 0x80) return { value, bits: bits + 7 };
    }
    throw new RangeError('a number is too long');
  }
  /** A text that ends with a zero byte. */
  text(): string {
    const end = this.bytes.indexOf(0, this.pos);
    if (end < 0) throw new RangeError('a text does not end');
    const text = decodeUtf8(this.bytes, this.pos, end);
    this.pos = end + 1;
    return text ?? '';
  }
}

/** Returns the contents of a custom section; undefined where there is none. */
export function sectionNamed(module: Module, name: string): SectionReader | undefined {
  const section = module.customSections.find((one) => one.name === name);
  return section && new SectionReader(module.bytes.subarray(section.bytes.start, section.bytes.end));
}
