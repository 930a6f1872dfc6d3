// The types of the values that cross the boundary: how each is written, how it is read back, and what it refuses.
// Scalars take a slot of 64 bits of which every bit is checked; everything else is (part of) a payload.
import { encodeUtf8 } from '../../base/utf8.js';
import { ProtocolError } from './enclave-errors.js';
import type { PacketReader, PacketWriter } from './packet.js';

/** A type that fits a slot. `low` and `high` throw a TypeError on a value of the wrong type; `of` a ProtocolError on wrong bits. */
export interface SlotField<T> {
  readonly place: 'slot';
  /** The type's name in the table of the documents and in error texts. */
  readonly type: string;
  low(value: T): number;
  high(value: T): number;
  of(low: number, high: number): T;
}
interface Form<T> {
  write(writer: PacketWriter, value: T): void;
  read(reader: PacketReader): T;
}
/** A type of any length. */
export interface PayloadField<T> extends Form<T> {
  readonly place: 'payload';
  readonly type: string;
  /** The value that is read may be a view of the packet itself, not a copy. */
  readonly views?: boolean;
  /** The form inside a larger payload, where the payload's own length does not say where the value ends. */
  readonly inside?: Form<T>;
}
export type Field<T> = SlotField<T> | PayloadField<T>;
/** A field of any type. */
export interface AnyField {
  readonly place: 'slot' | 'payload';
  readonly type: string;
}
export type Fields = { readonly [name: string]: AnyField };

export type TypeOf<F> = F extends SlotField<infer T> ? T : F extends PayloadField<infer T> ? T : never;
type OptionalKeys<F> = { [K in keyof F]: undefined extends TypeOf<F[K]> ? K : never }[keyof F];
/** The object that a list of fields describes; a field that may be undefined may be left out. */
export type ObjectOf<F> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: TypeOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: TypeOf<F[K]>;
};

export const TWO32 = 2 ** 32;
/** The high words of whole numbers up to 2^53-1 are below this. */
export const SIZE_HIGH_LIMIT = 0x20_0000;

function wrong(noun: string, value: unknown): never {
  const given =
    typeof value === 'object' ? (value === null ? 'null' : 'an object') : `the ${typeof value} ${String(value)}`;
  throw new TypeError(`must be ${noun}, not ${given}`);
}
function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** 0 to 2^32-1. */
export const u32: SlotField<number> = {
  place: 'slot',
  type: 'u32',
  low: (v) => (isWhole(v, 0, TWO32 - 1) ? v | 0 : wrong('a whole number from 0 to 2^32-1', v)),
  high: () => 0,
  of: (low, high) => (high === 0 ? low >>> 0 : refuse('u32', low, high)),
};
/** -2^31 to 2^31-1, sign-extended. */
export const i32: SlotField<number> = {
  place: 'slot',
  type: 'i32',
  low: (v) => (isWhole(v, -(2 ** 31), 2 ** 31 - 1) ? v : wrong('a whole number from -2^31 to 2^31-1', v)),
  high: (v) => v >> 31,
  of: (low, high) => (high === low >> 31 ? low : refuse('i32', low, high)),
};
/** 0 to 2^53-1. */
export const size: SlotField<number> = {
  place: 'slot',
  type: 'size',
  low: (v) => (isWhole(v, 0, Number.MAX_SAFE_INTEGER) ? v | 0 : wrong('a whole number from 0 to 2^53-1', v)),
  high: (v) => Math.floor(v / TWO32),
  of: (low, high) => (high >>> 0 < SIZE_HIGH_LIMIT ? (high >>> 0) * TWO32 + (low >>> 0) : refuse('size', low, high)),
};
/** 64 bits as a bigint, 0 to 2^64-1. */
export const u64: SlotField<bigint> = {
  place: 'slot',
  type: 'u64',
  low: (v) => Number(BigInt.asIntN(32, typeof v === 'bigint' ? v : wrong('a bigint', v))),
  high: (v) =>
    v < 0n || v >> 64n !== 0n ? wrong('a bigint from 0n to 2n**64n-1n', v) : Number(BigInt.asIntN(32, v >> 32n)),
  of: (low, high) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0),
};
export const bool: SlotField<boolean> = {
  place: 'slot',
  type: 'bool',
  low: (v) => (typeof v === 'boolean' ? Number(v) : wrong('a boolean', v)),
  high: () => 0,
  of: (low, high) => (high === 0 && low >>> 1 === 0 ? low === 1 : refuse('bool', low, high)),
};
const scratch = new DataView(new ArrayBuffer(8));
/** An IEEE double, bit for bit. */
export const f64: SlotField<number> = {
  place: 'slot',
  type: 'f64',
  low: (v) => {
    if (typeof v !== 'number') wrong('a number', v);
    scratch.setFloat64(0, v, true);
    return scratch.getInt32(0, true);
  },
  high: () => scratch.getInt32(4, true),
  of: (low, high) => {
    scratch.setInt32(0, low, true);
    scratch.setInt32(4, high, true);
    return scratch.getFloat64(0, true);
  },
};
/** One of a few names; its place in the list crosses, so names are only ever appended. */
export function oneOf<const N extends readonly string[]>(...names: N): SlotField<N[number]> {
  const type = names.join(' \\| ');
  return {
    place: 'slot',
    type,
    low: (v) => (names.includes(v) ? names.indexOf(v) : wrong(`one of ${names.join(', ')}`, v)),
    high: () => 0,
    of: (low, high) =>
      high === 0 && names[low] !== undefined ? names[low] : refuse(`one of ${names.join(', ')}`, low, high),
  };
}

declare const KIND_OF_HANDLE: unique symbol;
/** The number of an object on the other side, which alone makes it; 0 is never one. */
export type Handle<K extends string = string> = number & {
  /** Keeps a handle of one kind from being used as one of another. */
  readonly [KIND_OF_HANDLE]: K;
};
export function handle<const K extends string>(kind: K): SlotField<Handle<K>> {
  return {
    place: 'slot',
    type: `${kind} handle`,
    low: (v) => (isWhole(v, 0, Number.MAX_SAFE_INTEGER) ? v | 0 : wrong(`a ${kind} handle`, v)),
    high: (v) => Math.floor(v / TWO32),
    of: (low, high) => size.of(low, high) as Handle<K>,
  };
}

function refuse(type: string, low: number, high: number): never {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  throw new ProtocolError(`0x${bits.toString(16)} is not a ${type}`);
}

/** Bytes, as many as a packet holds. What is read is a view into the packet: copy to keep. */
export const bytes: PayloadField<Uint8Array> = bytesUpTo(Number.POSITIVE_INFINITY);
/** At most `most` bytes; more is refused on both sides. */
export function bytesUpTo(most: number): PayloadField<Uint8Array> {
  const checked = (v: Uint8Array): Uint8Array => {
    if (!(v instanceof Uint8Array)) wrong('a Uint8Array', v);
    if (v.length > most) throw new TypeError(`must be at most ${most} bytes, not ${v.length}`);
    return v;
  };
  const bounded = (length: number): number => {
    if (length > most) throw new ProtocolError(`${length} bytes, and at most ${most} are possible`);
    return length;
  };
  return {
    place: 'payload',
    type: 'bytes',
    views: true,
    write: (w, v) => w.raw(checked(v)),
    read: (r) => r.raw(bounded(r.left)),
    inside: {
      write: (w, v) => {
        w.count(checked(v).length);
        w.raw(v);
      },
      read: (r) => r.raw(bounded(r.count())),
    },
  };
}

/** Both sides refuse text of more UTF-8 bytes than this: text that has a meaning for the other side must not be cut. */
export const MAX_TEXT_BYTES = 1_048_576;
/** Names and text that are for people are cut to this many characters, and end with an ellipsis then. */
export const MAX_NAME_CHARS = 1_024;
/** Whole messages for people are cut to this many characters. */
export const MAX_MESSAGE_CHARS = 16_384;
/** UTF-8 needs at most so many bytes for a character of a JavaScript string. */
const BYTES_PER_CHAR = 3;
const ELLIPSIS = '...';

/** UTF-8, at most `most` bytes of it. */
export function text(most: number): PayloadField<string> {
  const encoded = (v: string): Uint8Array => {
    // A text with too many characters has too many bytes: what is refused is not encoded first.
    const utf8 = typeof v !== 'string' ? wrong('a string', v) : v.length > most ? undefined : encodeUtf8(v);
    if (utf8 === undefined || utf8.length > most) throw new TypeError(`must be text of at most ${most} bytes`);
    return utf8;
  };
  return textField(encoded, most);
}
/** UTF-8. */
export const str: PayloadField<string> = text(MAX_TEXT_BYTES);

/** Text for people: what is longer than `most` characters is cut where it is written, and refused where it is read. */
export function cutText(most: number): PayloadField<string> {
  return textField(
    (v) => encodeUtf8(cut(typeof v === 'string' ? v : wrong('a string', v), most)),
    most * BYTES_PER_CHAR,
  );
}
/** At most `most` characters, an ellipsis at the end of what was longer; never half of a character. */
export function cut(long: string, most: number): string {
  if (long.length <= most) return long;
  const end = most - ELLIPSIS.length;
  const whole = (long.charCodeAt(end - 1) & 0xfc00) === 0xd800 ? end - 1 : end;
  return long.slice(0, whole) + ELLIPSIS;
}

function textField(encoded: (text: string) => Uint8Array, mostBytes: number): PayloadField<string> {
  const read = (r: PacketReader, length: number): string => {
    if (length > mostBytes) throw new ProtocolError(`text of ${length} bytes, and at most ${mostBytes} are possible`);
    return r.text(length);
  };
  return {
    place: 'payload',
    type: 'str',
    write: (w, v) => w.raw(encoded(v)),
    read: (r) => read(r, r.left),
    inside: {
      write: (w, v) => {
        const utf8 = encoded(v);
        w.count(utf8.length);
        w.raw(utf8);
      },
      read: (r) => read(r, r.count()),
    },
  };
}

function viewsOf(field: Field<never> | Field<unknown>): boolean {
  return field.place === 'payload' && field.views === true;
}
function writeInside<T>(field: Field<T>, writer: PacketWriter, value: T): void {
  if (field.place === 'slot') writer.pair(field.low(value), field.high(value));
  else (field.inside ?? field).write(writer, value);
}
function readInside<T>(field: Field<T>, reader: PacketReader): T {
  if (field.place === 'payload') return (field.inside ?? field).read(reader);
  const low = reader.word();
  return field.of(low, reader.word());
}

/**
 * At most `most` values of one type. An item may take far more memory than it takes bytes, so each list has its own bound; a claimed count
 * beyond it, or beyond what the payload can hold, is refused before anything is made of it.
 */
export function list<T>(item: Field<T>, most: number): PayloadField<readonly T[]> {
  return {
    place: 'payload',
    type: `list of ${item.type}`,
    views: viewsOf(item),
    write: (w, v) => {
      if (!Array.isArray(v)) wrong('an array', v);
      if (v.length > most) throw new TypeError(`must have at most ${most} items, not ${v.length}`);
      w.count(v.length);
      for (const value of v) writeInside(item, w, value);
    },
    read: (r) => {
      const count = r.count();
      if (count > r.left) throw new ProtocolError(`a list of ${count} items in ${r.left} bytes`);
      if (count > most) throw new ProtocolError(`a list of ${count} items, and at most ${most} are possible`);
      const values: T[] = [];
      for (let k = 0; k < count; k++) values.push(readInside(item, r));
      return values;
    },
  };
}

/** A value or undefined. */
export function optional<T>(field: Field<T>): PayloadField<T | undefined> {
  return {
    place: 'payload',
    type: `${field.type}?`,
    views: viewsOf(field),
    write: (w, v) => {
      w.byte(v === undefined ? 0 : 1);
      if (v !== undefined) writeInside(field, w, v);
    },
    read: (r) => {
      const tag = r.byte();
      if (tag > 1) throw new ProtocolError(`optional tag ${tag}`);
      return tag === 1 ? readInside(field, r) : undefined;
    },
  };
}

/** Named fields in a fixed order. Refuses names it does not know. */
export function struct<const F extends Fields>(fields: F): PayloadField<ObjectOf<F>> {
  const names = Object.keys(fields);
  const items = names.map((name) => fields[name] as Field<unknown>);
  return {
    place: 'payload',
    type: `{${names.map((name) => `${name}: ${fields[name]?.type}`).join(', ')}}`,
    views: names.some((name) => viewsOf(fields[name] as Field<unknown>)),
    write: (w, v) => {
      if (typeof v !== 'object' || v === null) wrong('an object', v);
      refuseUnknown(v, fields);
      let at = '';
      try {
        for (let k = 0; k < names.length; k++) {
          at = names[k]!;
          writeInside(items[k]!, w, (v as Record<string, unknown>)[at]);
        }
      } catch (error) {
        throw namedError(at, error);
      }
    },
    read: (r) => {
      const values: Record<string, unknown> = {};
      for (let k = 0; k < names.length; k++) {
        const value = readInside(items[k]!, r);
        if (value !== undefined) values[names[k]!] = value;
      }
      return values as ObjectOf<F>;
    },
  };
}

/** Throws a TypeError that names a key which is no field. */
export function refuseUnknown(value: object, fields: { readonly [name: string]: unknown }): void {
  for (const key in value) if (!Object.hasOwn(fields, key)) throw new TypeError(`has an unknown field '${key}'`);
}

/** Returns the error with the field's name before its text, if it is a TypeError. */
function namedError(name: string, error: unknown): unknown {
  return error instanceof TypeError ? new TypeError(`'${name}' ${error.message}`) : error;
}

/** An object of the embedder's that a guest holds as an externref: it crosses as a number that the untrusted side chose. */
export class HostReference {
  /** Its number. */
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}
/** An object that lives on the trusted side (a funcref, a GC object): it crosses as a handle. */
export class GuestReference {
  /** Its handle, until releaseReference. */
  readonly handle: number;
  constructor(handle: number) {
    this.handle = handle;
  }
}
/** A wasm value on the wire: i32, f32, f64 as number; i64 as bigint; v128 as 16 bytes; references as null or one of the two classes. */
export type WireValue = number | bigint | Uint8Array | null | HostReference | GuestReference;

/** The byte that a value on the wire begins with. */
export const TAG = { null: 0, number: 1, bigint: 2, v128: 3, host: 4, guest: 5 } as const;

/** One wasm value, tagged with its JavaScript type: the receiver converts by the function's signature. */
export const value: PayloadField<WireValue> = { place: 'payload', type: 'value', write: writeValue, read: readValue };

function writeValue(w: PacketWriter, v: WireValue): void {
  if (typeof v === 'number') {
    w.byte(TAG.number);
    w.pair(f64.low(v), f64.high(v));
  } else if (typeof v === 'bigint') {
    if (v < -(2n ** 63n) || v >= 2n ** 64n) wrong('a bigint of 64 bits', v);
    w.byte(TAG.bigint);
    w.pair(Number(BigInt.asIntN(32, v)), Number(BigInt.asIntN(32, v >> 32n)));
  } else if (v === null) {
    w.byte(TAG.null);
  } else if (v instanceof Uint8Array && v.length === 16) {
    w.byte(TAG.v128);
    w.raw(v);
  } else if (v instanceof HostReference) {
    w.byte(TAG.host);
    w.pair(size.low(v.id), size.high(v.id));
  } else if (v instanceof GuestReference) {
    w.byte(TAG.guest);
    w.pair(size.low(v.handle), size.high(v.handle));
  } else wrong('a wasm value (number, bigint, Uint8Array of 16 bytes, null, reference)', v);
}

function readValue(r: PacketReader): WireValue {
  const tag = r.byte();
  if (tag === TAG.null) return null;
  if (tag === TAG.v128) return r.raw(16).slice();
  if (tag > TAG.guest) throw new ProtocolError(`value tag ${tag}`);
  const low = r.word();
  const high = r.word();
  if (tag === TAG.number) return f64.of(low, high);
  if (tag === TAG.bigint) return BigInt.asIntN(64, u64.of(low, high));
  const id = size.of(low, high);
  return tag === TAG.host ? new HostReference(id) : new GuestReference(id);
}

/** Memory of the guest as a native's argument: `bytes` cross by copy in both directions, an address alone crosses as a number. */
export class GuestBuffer {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}
/** An address in a guest's memory, as a native of the embedder's gets it for a `*`: commands can read and write what lies there. */
export class GuestAddress {
  /** Bytes from the start of memory 0. */
  readonly address: number;
  constructor(address: number) {
    this.address = address;
  }
}
/** An argument of a native: a value, a string ($), a buffer (*~) or an address (*). */
export type WireArgument = WireValue | string | GuestBuffer | GuestAddress;

/** A text of the guest's has no bound of its own: the handshake bounds all arguments of a native together. */
const argumentText = text(Number.MAX_SAFE_INTEGER);
const ARGUMENT_TAG = { value: 0, text: 1, buffer: 2, address: 3 } as const;

export const argument: PayloadField<WireArgument> = {
  place: 'payload',
  type: 'argument',
  write: (w, v) => {
    if (typeof v === 'string') {
      w.byte(ARGUMENT_TAG.text);
      writeInside(argumentText, w, v);
    } else if (v instanceof GuestBuffer) {
      w.byte(ARGUMENT_TAG.buffer);
      writeInside(bytes, w, v.bytes);
    } else if (v instanceof GuestAddress) {
      w.byte(ARGUMENT_TAG.address);
      writeInside(size, w, v.address);
    } else {
      w.byte(ARGUMENT_TAG.value);
      writeValue(w, v);
    }
  },
  read: (r) => {
    const tag = r.byte();
    if (tag === ARGUMENT_TAG.text) return readInside(argumentText, r);
    // A copy: natives may keep and change it.
    if (tag === ARGUMENT_TAG.buffer) return new GuestBuffer(readInside(bytes, r).slice());
    if (tag === ARGUMENT_TAG.address) return new GuestAddress(readInside(size, r));
    if (tag !== ARGUMENT_TAG.value) throw new ProtocolError(`argument tag ${tag}`);
    return readValue(r);
  },
};
