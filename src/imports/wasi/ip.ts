// IP addresses between text and bytes, and ranges of them. Refuses zones, ports and other text that is not an address.
import type { AddressFamily } from '../../platform/net.js';

/** Returns 4 or 16 bytes, or undefined for text that is no address. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

export function familyOf(bytes: Uint8Array): AddressFamily {
  return bytes.length === 4 ? 'ipv4' : 'ipv6';
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const known = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? known !== 16 : known > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  if (tail) bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Parses the bytes of groups between colons, the last perhaps an IPv4 address. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (group.includes('.') && index === groups.length - 1) {
      const four = parseIpv4(group);
      if (!four) return undefined;
      bytes.push(...four);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return undefined;
  }
  return bytes;
}

/** @param bytes 4 or 16 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  return groups.join(':');
}

/** An IPv4 address written as ::ffff:a.b.c.d is that IPv4 address, and is checked as one. */
export function unmapped(bytes: Uint8Array): Uint8Array {
  const mapped =
    bytes.length === 16 && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.subarray(12) : bytes;
}

/** A range of addresses by their first bits: `10.0.0.0/8`; a plain address is itself alone, and 0.0.0.0 or :: all of its family, as in WAMR. */
export class IpRange {
  readonly #bytes: Uint8Array;
  readonly #bits: number;

  private constructor(bytes: Uint8Array, bits: number) {
    this.#bytes = bytes;
    this.#bits = bits;
  }
  /** Returns undefined for text that is no range. */
  static parse(text: string): IpRange | undefined {
    const [address = '', mask] = text.split('/');
    const bytes = parseIp(address);
    if (!bytes || text.split('/').length > 2) return undefined;
    if (mask === undefined) return new IpRange(bytes, bytes.every((byte) => byte === 0) ? 0 : bytes.length * 8);
    if (!/^\d{1,3}$/.test(mask) || Number(mask) > bytes.length * 8) return undefined;
    return new IpRange(bytes, Number(mask));
  }
  includes(address: Uint8Array): boolean {
    if (address.length !== this.#bytes.length) return false;
    for (let bit = 0; bit < this.#bits; bit += 8) {
      const shift = Math.max(0, 8 - (this.#bits - bit));
      if (address[bit >> 3]! >> shift !== this.#bytes[bit >> 3]! >> shift) return false;
    }
    return true;
  }
}
