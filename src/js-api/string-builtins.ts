// The functions of "wasm:js-string": a guest's own operations on strings of JavaScript. Refuses, with a trap, what is no string, and places outside of
// a string or an array.
import { GcArray } from '../runtime/gc.js';
import type { Slots } from '../runtime/slots.js';
import { Trap } from '../wasm/errors.js';
import { EXTERNREF, HEAP_EXTERN, I32, refType, type ValType } from '../wasm/types.js';

const STRING = refType(HEAP_EXTERN, false);
/** Stands in a signature for a reference to an array of 16-bit code units. */
export const CODE_UNITS = Symbol('(ref null (array (mut i16)))');

export interface StringBuiltin {
  readonly params: readonly (ValType | typeof CODE_UNITS)[];
  readonly results: readonly ValType[];
  /** Takes its arguments from the slots, and leaves its result there. */
  readonly run: (slots: Slots) => void;
}

const LAST_CODE_POINT = 0x10_ffff;
const LAST_CODE_UNIT = 0xffff;
/** Code units that are joined at once: a call has only so many arguments. */
const PIECE = 4_096;

function text({ refs }: Slots, k: number): string {
  const value = refs[k];
  if (typeof value !== 'string') throw new Trap('cast-failure');
  return value;
}
function unsigned({ i32 }: Slots, k: number): number {
  return i32[k * 4]! >>> 0;
}
function codeUnits({ refs }: Slots, k: number): Int16Array {
  const array = refs[k];
  if (!GcArray.is(array)) throw new Trap('null-array-reference');
  return array.elements as Int16Array;
}
/** An index into a string. */
function indexIn(slots: Slots, string: string, k: number): number {
  const at = unsigned(slots, k);
  if (at >= string.length)
    throw new Trap('custom', [], `string index ${at} is out of bounds: the string has ${string.length} code units`);
  return at;
}
function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function predicate(params: readonly ValType[], test: (slots: Slots) => number): StringBuiltin {
  return {
    params,
    results: [I32],
    run(slots) {
      slots.i32[0] = test(slots);
    },
  };
}
function maker(params: StringBuiltin['params'], make: (slots: Slots) => string): StringBuiltin {
  return {
    params,
    results: [STRING],
    run(slots) {
      slots.refs[0] = make(slots);
    },
  };
}

function fromCharCodeArray(slots: Slots): string {
  const units = codeUnits(slots, 0);
  const [start, end] = [unsigned(slots, 1), unsigned(slots, 2)];
  if (start > end || end > units.length) throw new Trap('array-out-of-bounds');
  let made = '';
  for (let at = start; at < end; at += PIECE) {
    const piece = units.subarray(at, Math.min(at + PIECE, end));
    made += String.fromCharCode(...new Uint16Array(piece));
  }
  return made;
}
function intoCharCodeArray(slots: Slots): number {
  const string = text(slots, 0);
  const units = codeUnits(slots, 1);
  const start = unsigned(slots, 2);
  if (start + string.length > units.length) throw new Trap('array-out-of-bounds');
  for (let i = 0; i < string.length; i++) units[start + i] = string.charCodeAt(i);
  return string.length;
}
function fromCodePoint(slots: Slots): string {
  const point = unsigned(slots, 0);
  if (point > LAST_CODE_POINT) throw new Trap('custom', [], `${point} is no code point`);
  return String.fromCodePoint(point);
}
/** Null is a string's equal only where both are null. */
function equals(slots: Slots): number {
  const [a, b] = [0, 1].map((k) => (slots.refs[k] === null ? null : text(slots, k)));
  return a === b ? 1 : 0;
}
function substring(slots: Slots): string {
  const string = text(slots, 0);
  const [start, end] = [unsigned(slots, 1), unsigned(slots, 2)];
  return start > end || start > string.length ? '' : string.substring(start, end);
}

const ONE = [EXTERNREF];
const TWO = [EXTERNREF, EXTERNREF];

/** By the name of the import. */
export const STRING_BUILTINS: Readonly<Record<string, StringBuiltin>> = {
  test: predicate(ONE, ({ refs }) => (typeof refs[0] === 'string' ? 1 : 0)),
  cast: maker(ONE, (slots) => text(slots, 0)),
  fromCharCodeArray: maker([CODE_UNITS, I32, I32], fromCharCodeArray),
  intoCharCodeArray: { ...predicate([], intoCharCodeArray), params: [EXTERNREF, CODE_UNITS, I32] },
  fromCharCode: maker([I32], (slots) => String.fromCharCode(unsigned(slots, 0) & LAST_CODE_UNIT)),
  fromCodePoint: maker([I32], fromCodePoint),
  charCodeAt: predicate([EXTERNREF, I32], (slots) => {
    const string = text(slots, 0);
    return string.charCodeAt(indexIn(slots, string, 1));
  }),
  codePointAt: predicate([EXTERNREF, I32], (slots) => {
    const string = text(slots, 0);
    return string.codePointAt(indexIn(slots, string, 1))!;
  }),
  length: predicate(ONE, (slots) => text(slots, 0).length),
  concat: maker(TWO, (slots) => text(slots, 0) + text(slots, 1)),
  substring: maker([EXTERNREF, I32, I32], substring),
  equals: predicate(TWO, equals),
  compare: predicate(TWO, (slots) => order(text(slots, 0), text(slots, 1))),
};
