// Numbers, strings and identifiers as the text format writes them, so that an assembler reads back the same bits.
// Refuses to decide where they are printed.
import type { NameMap } from '../binary/name-section.js';

/** Returns a string literal of a text; only printable ASCII is written as it is. */
export function quote(text: string): string {
  let out = '"';
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (character === '"' || character === '\\') out += `\\${character}`;
    else if (point >= 0x20 && point < 0x7f) out += character;
    else out += point < 0x80 ? hexEscape(point) : `\\u{${point.toString(16)}}`;
  }
  return `${out}"`;
}

/** Returns a string literal of bytes. */
export function quoteBytes(bytes: Uint8Array, start: number, end: number): string {
  const parts: string[] = ['"'];
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    parts.push(plain ? String.fromCharCode(byte) : hexEscape(byte));
  }
  parts.push('"');
  return parts.join('');
}

function hexEscape(byte: number): string {
  return `\\${byte.toString(16).padStart(2, '0')}`;
}

/** Returns the names that can be identifiers, with the `$`: valid ones that are not given twice. */
export function identifiers(names: NameMap | undefined): NameMap {
  const found = new Map<number, string>();
  if (names === undefined) return found;
  const count = new Map<string, number>();
  for (const name of names.values()) count.set(name, (count.get(name) ?? 0) + 1);
  for (const [index, name] of names) {
    if (count.get(name) === 1 && /^[!#$%&'*+\-./:<=>?@\\^_`|~\w]+$/.test(name)) found.set(index, `$${name}`);
  }
  return found;
}

/** Returns 64 bits, in two halves, as a signed decimal. */
export function int64Text(low: number, high: number): string {
  return ((BigInt(high) << 32n) | BigInt(low >>> 0)).toString();
}

/** Returns `nan`, with its payload if that is not the canonical one. */
function nanText(negative: boolean, payload: bigint, canonical: bigint): string {
  return `${negative ? '-' : ''}nan${payload === canonical ? '' : `:0x${payload.toString(16)}`}`;
}

function finiteText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return String(value).replace('Infinity', 'inf');
}

/** @param bits all 32 bits @param value the same as a number */
export function f32Text(bits: number, value: number): string {
  return Number.isNaN(value) ? nanText(bits < 0, BigInt(bits & 0x7f_ffff), 0x40_0000n) : finiteText(value);
}

export function f64Text(low: number, high: number, value: number): string {
  if (!Number.isNaN(value)) return finiteText(value);
  return nanText(high < 0, (BigInt(high & 0xf_ffff) << 32n) | BigInt(low >>> 0), 1n << 51n);
}
