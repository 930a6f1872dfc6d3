// Values as text, the way `iwasm -f` reads arguments and prints results. Exact bits both ways.
// Refuses trailing characters, underscores, and numbers out of range (iwasm lets them pass).
import { FunctionInstance } from '../../runtime/function.js';
import { GcArray, GcStruct } from '../../runtime/gc.js';
import type { Instance } from '../../runtime/instance.js';
import { isI31 } from '../../runtime/refs.js';
import type { Slots } from '../../runtime/slots.js';
import * as t from '../../wasm/types.js';

/**
 * Reads one argument into slot k.
 * @returns false where the text is no value of the type
 */
export function parseValue(text: string, type: t.ValType, instance: Instance, slots: Slots, k: number): boolean {
  switch (type) {
    case t.I32:
      return parseInteger(text, 32, slots, k * 4);
    case t.I64:
      return parseInteger(text, 64, slots, k * 4);
    case t.F32:
      return parseF32(text, slots, k);
    case t.F64:
      return parseF64(text, slots, k);
    case t.V128: {
      const parts = /^([^\\,:/]+)[\\,:/]([^\\,:/]+)$/.exec(text);
      return !!parts && parseInteger(parts[1]!, 64, slots, k * 4) && parseInteger(parts[2]!, 64, slots, k * 4 + 2);
    }
    default:
      return parseReference(text, type, instance, slots, k);
  }
}

/** Parses as strtoull does with base 0: decimal, 0x hexadecimal or 0 octal, with a sign, in the signed or the unsigned range. */
function parseInteger(text: string, bits: 32 | 64, slots: Slots, word: number): boolean {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(text.trimStart());
  if (!match) return false;
  const digits = match[2]!;
  const octal = digits.length > 1 && /^0[0-7]+$/.test(digits);
  const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const value = match[1] === '-' ? -magnitude : magnitude;
  if (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits)) return false;
  slots.i32[word] = Number(BigInt.asIntN(32, value));
  if (bits === 64) slots.i32[word + 1] = Number(BigInt.asIntN(32, value >> 32n));
  return true;
}

const NAN = /^([+-]?)nan(?::0x([0-9a-fA-F]+))?$/i;

function parseF32(text: string, slots: Slots, k: number): boolean {
  const nan = NAN.exec(text.trimStart());
  if (nan) {
    const mantissa = nan[2] === undefined ? 0x40_0000 : Number.parseInt(nan[2], 16);
    if (mantissa === 0 || mantissa > 0x7f_ffff) return false;
    slots.i32[k * 4] = (nan[1] === '-' ? 0xff80_0000 : 0x7f80_0000) | mantissa;
    return true;
  }
  const value = parseFloating(text);
  if (value === undefined || (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))) return false;
  slots.f32[k * 4] = value;
  return true;
}

function parseF64(text: string, slots: Slots, k: number): boolean {
  const nan = NAN.exec(text.trimStart());
  if (nan) {
    const mantissa = nan[2] === undefined ? 0x8_0000_0000_0000n : BigInt(`0x${nan[2]}`);
    if (mantissa === 0n || mantissa > 0xf_ffff_ffff_ffffn) return false;
    slots.i32[k * 4] = Number(BigInt.asIntN(32, mantissa));
    slots.i32[k * 4 + 1] = (nan[1] === '-' ? 0xfff0_0000 : 0x7ff0_0000) | Number(mantissa >> 32n);
    return true;
  }
  const value = parseFloating(text);
  if (value === undefined) return false;
  slots.f64[k * 2] = value;
  return true;
}

/** Parses as strtod does: decimal or hexadecimal, `inf`, `infinity`. Returns undefined for what is no number or too large. */
function parseFloating(text: string): number | undefined {
  const match = /^([+-]?)(.+)$/.exec(text.trimStart());
  if (!match) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  const digits = match[2]!.toLowerCase();
  if (digits === 'inf' || digits === 'infinity') return sign * Number.POSITIVE_INFINITY;
  let value: number;
  const hex = /^0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/.exec(digits);
  if (hex && (hex[1] || hex[2])) value = hexFloat(hex[1]!, hex[2]!, Number(hex[3] ?? 0));
  else if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(digits)) value = Number(digits);
  else return undefined;
  return Number.isFinite(value) ? sign * value : undefined;
}

/** Returns the value of hexadecimal digits. They are cut to 64 bits with a sticky last bit, so that any number of digits rounds right. */
function hexFloat(whole: string, fraction: string, exponent: number): number {
  let mantissa = BigInt(`0x${whole}${fraction}`);
  let power = exponent - fraction.length * 4;
  const excess = mantissa.toString(2).length - 64;
  if (excess > 0) {
    const cut = mantissa >> BigInt(excess);
    mantissa = cut | (cut << BigInt(excess) === mantissa ? 0n : 1n);
    power += excess;
  }
  // It scales in two steps, so that the scale itself stays in range.
  const half = Math.max(-1000, Math.min(1000, power));
  return Number(mantissa) * 2 ** half * 2 ** (power - half);
}

function parseReference(text: string, type: t.ValType, instance: Instance, slots: Slots, k: number): boolean {
  if (/^null/i.test(text)) {
    slots.refs[k] = null;
    return t.isNullable(type);
  }
  const heap = t.heapOf(type);
  const match = /^(0[xX][0-9a-fA-F]+|\d+)$/.exec(text);
  if (!match) return false;
  const number = Number(match[1]);
  if (heap === t.HEAP_EXTERN) slots.refs[k] = number;
  else if (heap === t.HEAP_FUNC && instance.functions[number]) slots.refs[k] = instance.functions[number];
  else return false;
  return true;
}

/** Returns the text of one result with its type, for example `0x5:i32`. */
export function formatValue(slots: Slots, k: number, type: t.ValType, instance: Instance): string {
  const { i32 } = slots;
  switch (type) {
    case t.I32:
      return `0x${hex(i32[k * 4]!)}:i32`;
    case t.I64:
      return `0x${hex64(i32, k * 4)}:i64`;
    case t.F32:
      return `${formatF32(slots.f32[k * 4]!, i32[k * 4]!)}:f32`;
    case t.F64:
      return `${formatF64(slots.f64[k * 2]!, i32[k * 4 + 1]!)}:f64`;
    case t.V128: {
      const pad = (word: number): string => `0x${hex64(i32, word).padStart(16, '0')}`;
      return `<${pad(k * 4)} ${pad(k * 4 + 2)}>:v128`;
    }
    default:
      return formatReference(slots.refs[k], t.heapOf(type), instance);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16);
}
function hex64(i32: Int32Array, word: number): string {
  return ((BigInt(i32[word + 1]! >>> 0) << 32n) | BigInt(i32[word]! >>> 0)).toString(16);
}

/** Returns as many digits as reading the same value back takes. */
function formatF32(value: number, bits: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value, bits);
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
function formatF64(value: number, highBits: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value, highBits);
  return Object.is(value, -0) ? '-0' : String(value);
}
function formatSpecial(value: number, signBits: number): string {
  return (signBits < 0 ? '-' : '') + (Number.isNaN(value) ? 'nan' : 'inf');
}

function formatReference(value: unknown, heap: t.HeapType, instance: Instance): string {
  const isFunction = heap === t.HEAP_FUNC || heap === t.HEAP_NOFUNC || value instanceof FunctionInstance;
  if (value === null) return isFunction ? 'func:ref.null' : heap === t.HEAP_EXTERN ? 'extern:ref.null' : 'ref.null';
  if (value instanceof FunctionInstance) return `${instance.functions.indexOf(value)}:ref.func`;
  if (heap === t.HEAP_EXTERN) return typeof value === 'number' ? `0x${value.toString(16)}:ref.extern` : 'ref.extern';
  if (isI31(value)) return `0x${hex(value & 0x7fff_ffff)}:ref.i31`;
  if (value instanceof GcStruct) return 'ref.struct';
  return value instanceof GcArray ? 'ref.array' : 'ref.host';
}
