// What each scalar instruction computes, as templates that the interpreter's generator and the JavaScript compiler paste into code.
// It is apart from opcodes.ts so that an interpreter-only bundle, whose loop is generated ahead of time, does not carry the texts.
// This is a data file of one row per instruction. Free names (i32_ctz, i64_div_s, HIGH ...) are exports of numeric/index.ts.
import type { ScalarOp } from './opcodes.js';
import type { TrapId } from './traps.js';

type WideOp = 'i64.add128' | 'i64.sub128' | 'i64.mul_wide_s' | 'i64.mul_wide_u';

/**
 * Operands are `a`, `b` (i32 as signed integers, f32 and f64 as numbers); an i64 operand is the pair `al`, `ah`. An i64 result is two assignments,
 * first to `lo` and then to `hi`, both fresh variables; any other result is an expression.
 */
export interface Semantics {
  readonly js?: string;
  /** A boolean expression that stands instead of `js`; the result is 1 or 0. Branches use it as it stands. */
  readonly condition?: string;
  /** Conditions that trap, in order, before anything is computed. */
  readonly checks?: readonly (readonly [condition: string, trap: TrapId])[];
  /** The instruction moves bits, so float operands and results are their bits: an f32 as one integer, an f64 as a pair. NaN payloads survive. */
  readonly bits?: true;
}

// The texts are code for the loop's generator: `(x < y) | 0` instead of `x < y ? 1 : 0` because V8 makes a setcc of the first and a branch of the
// second (sha512-like kernel: 3 times faster).
// A NaN becomes `a + a`: the result must be quiet, and Math.ceil of a signalling NaN is not on V8.
// Float operands must be variables to the optimizer of the JavaScript engine: of `a * 1`, `a / 1`, `a - 0`, `-0 - a` and the fround of a promoted
// f32, V8 drops the operation, and a signalling NaN comes out as it went in.
export const SEMANTICS: Readonly<Record<Exclude<ScalarOp, WideOp>, Semantics>> = {
  'i32.eqz': { condition: 'a === 0' },
  'i32.eq': { condition: 'a === b' },
  'i32.ne': { condition: 'a !== b' },
  'i32.lt_s': { condition: 'a < b' },
  'i32.lt_u': { condition: '(a >>> 0) < (b >>> 0)' },
  'i32.gt_s': { condition: 'a > b' },
  'i32.gt_u': { condition: '(a >>> 0) > (b >>> 0)' },
  'i32.le_s': { condition: 'a <= b' },
  'i32.le_u': { condition: '(a >>> 0) <= (b >>> 0)' },
  'i32.ge_s': { condition: 'a >= b' },
  'i32.ge_u': { condition: '(a >>> 0) >= (b >>> 0)' },
  'i64.eqz': { condition: '(al | ah) === 0' },
  'i64.eq': { condition: 'al === bl && ah === bh' },
  'i64.ne': { condition: 'al !== bl || ah !== bh' },
  'i64.lt_s': { condition: 'ah === bh ? (al >>> 0) < (bl >>> 0) : ah < bh' },
  'i64.lt_u': { condition: 'ah === bh ? (al >>> 0) < (bl >>> 0) : (ah >>> 0) < (bh >>> 0)' },
  'i64.gt_s': { condition: 'ah === bh ? (al >>> 0) > (bl >>> 0) : ah > bh' },
  'i64.gt_u': { condition: 'ah === bh ? (al >>> 0) > (bl >>> 0) : (ah >>> 0) > (bh >>> 0)' },
  'i64.le_s': { condition: 'ah === bh ? (al >>> 0) <= (bl >>> 0) : ah < bh' },
  'i64.le_u': { condition: 'ah === bh ? (al >>> 0) <= (bl >>> 0) : (ah >>> 0) < (bh >>> 0)' },
  'i64.ge_s': { condition: 'ah === bh ? (al >>> 0) >= (bl >>> 0) : ah > bh' },
  'i64.ge_u': { condition: 'ah === bh ? (al >>> 0) >= (bl >>> 0) : (ah >>> 0) > (bh >>> 0)' },
  'f32.eq': { condition: 'a === b' },
  'f32.ne': { condition: 'a !== b' },
  'f32.lt': { condition: 'a < b' },
  'f32.gt': { condition: 'a > b' },
  'f32.le': { condition: 'a <= b' },
  'f32.ge': { condition: 'a >= b' },
  'f64.eq': { condition: 'a === b' },
  'f64.ne': { condition: 'a !== b' },
  'f64.lt': { condition: 'a < b' },
  'f64.gt': { condition: 'a > b' },
  'f64.le': { condition: 'a <= b' },
  'f64.ge': { condition: 'a >= b' },
  'i32.clz': { js: 'Math.clz32(a)' },
  'i32.ctz': { js: 'i32_ctz(a)' },
  'i32.popcnt': { js: 'i32_popcnt(a)' },
  'i32.add': { js: '(a + b) | 0' },
  'i32.sub': { js: '(a - b) | 0' },
  'i32.mul': { js: 'Math.imul(a, b)' },
  'i32.div_s': {
    js: '(a / b) | 0',
    checks: [
      ['b === 0', 'integer-divide-by-zero'],
      ['a === -2147483648 && b === -1', 'integer-overflow'],
    ],
  },
  'i32.div_u': { js: '((a >>> 0) / (b >>> 0)) | 0', checks: [['b === 0', 'integer-divide-by-zero']] },
  'i32.rem_s': { js: '(a % b) | 0', checks: [['b === 0', 'integer-divide-by-zero']] },
  'i32.rem_u': { js: '((a >>> 0) % (b >>> 0)) | 0', checks: [['b === 0', 'integer-divide-by-zero']] },
  'i32.and': { js: 'a & b' },
  'i32.or': { js: 'a | b' },
  'i32.xor': { js: 'a ^ b' },
  'i32.shl': { js: 'a << b' },
  'i32.shr_s': { js: 'a >> b' },
  'i32.shr_u': { js: '(a >>> b) | 0' },
  'i32.rotl': { js: '(a << b) | (a >>> -b)' },
  'i32.rotr': { js: '(a >>> b) | (a << -b)' },
  'i64.clz': { js: 'lo = ah !== 0 ? Math.clz32(ah) : (Math.clz32(al) + 32) | 0; hi = 0' },
  'i64.ctz': { js: 'lo = al !== 0 ? i32_ctz(al) : (i32_ctz(ah) + 32) | 0; hi = 0' },
  'i64.popcnt': { js: 'lo = (i32_popcnt(al) + i32_popcnt(ah)) | 0; hi = 0' },
  'i64.add': { js: 'lo = (al + bl) | 0; hi = (((ah + bh) | 0) + ((lo >>> 0 < al >>> 0) | 0)) | 0' },
  'i64.sub': { js: 'lo = (al - bl) | 0; hi = (((ah - bh) | 0) - ((al >>> 0 < bl >>> 0) | 0)) | 0' },
  'i64.mul': {
    js: 'lo = Math.imul(al, bl); hi = (((i32_mul_high_u(al, bl) + Math.imul(al, bh)) | 0) + Math.imul(ah, bl)) | 0',
  },
  'i64.div_s': {
    js: 'lo = i64_div_s(al, ah, bl, bh); hi = HIGH[0]',
    checks: [
      ['(bl | bh) === 0', 'integer-divide-by-zero'],
      ['al === 0 && ah === -2147483648 && (bl & bh) === -1', 'integer-overflow'],
    ],
  },
  'i64.div_u': {
    js: 'lo = i64_div_u(al, ah, bl, bh); hi = HIGH[0]',
    checks: [['(bl | bh) === 0', 'integer-divide-by-zero']],
  },
  'i64.rem_s': {
    js: 'lo = i64_rem_s(al, ah, bl, bh); hi = HIGH[0]',
    checks: [['(bl | bh) === 0', 'integer-divide-by-zero']],
  },
  'i64.rem_u': {
    js: 'lo = i64_rem_u(al, ah, bl, bh); hi = HIGH[0]',
    checks: [['(bl | bh) === 0', 'integer-divide-by-zero']],
  },
  'i64.and': { js: 'lo = al & bl; hi = ah & bh' },
  'i64.or': { js: 'lo = al | bl; hi = ah | bh' },
  'i64.xor': { js: 'lo = al ^ bl; hi = ah ^ bh' },
  'i64.shl': {
    js: 'lo = (bl & 32) !== 0 ? 0 : al << bl; hi = (bl & 32) !== 0 ? al << bl : (ah << bl) | ((al >>> 1) >>> ~bl)',
  },
  'i64.shr_s': {
    js: 'lo = (bl & 32) !== 0 ? ah >> bl : (al >>> bl) | ((ah << 1) << ~bl); hi = (bl & 32) !== 0 ? ah >> 31 : ah >> bl',
  },
  'i64.shr_u': {
    js: 'lo = (bl & 32) !== 0 ? (ah >>> bl) | 0 : (al >>> bl) | ((ah << 1) << ~bl); hi = (bl & 32) !== 0 ? 0 : (ah >>> bl) | 0',
  },
  'i64.rotl': {
    js: 'lo = (bl & 32) !== 0 ? (ah << bl) | ((al >>> 1) >>> ~bl) : (al << bl) | ((ah >>> 1) >>> ~bl); hi = (bl & 32) !== 0 ? (al << bl) | ((ah >>> 1) >>> ~bl) : (ah << bl) | ((al >>> 1) >>> ~bl)',
  },
  'i64.rotr': {
    js: 'lo = (bl & 32) !== 0 ? (ah >>> bl) | ((al << 1) << ~bl) : (al >>> bl) | ((ah << 1) << ~bl); hi = (bl & 32) !== 0 ? (al >>> bl) | ((ah << 1) << ~bl) : (ah >>> bl) | ((al << 1) << ~bl)',
  },
  'f32.abs': { js: 'a & 2147483647', bits: true },
  'f32.neg': { js: 'a ^ -2147483648', bits: true },
  'f32.copysign': { js: '(a & 2147483647) | (b & -2147483648)', bits: true },
  'f32.ceil': { js: 'Math.fround(Math.ceil(a))' },
  'f32.floor': { js: 'Math.fround(Math.floor(a))' },
  'f32.trunc': { js: 'Math.fround(Math.trunc(a))' },
  'f32.sqrt': { js: 'Math.fround(Math.sqrt(a))' },
  'f32.nearest': { js: 'Math.fround(f64_nearest(a))' },
  'f32.add': { js: 'Math.fround(a + b)' },
  'f32.sub': { js: 'Math.fround(a - b)' },
  'f32.mul': { js: 'Math.fround(a * b)' },
  'f32.div': { js: 'Math.fround(a / b)' },
  'f32.min': { js: 'a === a && b === b ? Math.min(a, b) : Math.fround(a + b)' },
  'f32.max': { js: 'a === a && b === b ? Math.max(a, b) : Math.fround(a + b)' },
  'f64.abs': { js: 'lo = al; hi = ah & 2147483647', bits: true },
  'f64.neg': { js: 'lo = al; hi = ah ^ -2147483648', bits: true },
  'f64.copysign': { js: 'lo = al; hi = (ah & 2147483647) | (bh & -2147483648)', bits: true },
  'f64.ceil': { js: 'a === a ? Math.ceil(a) : a + a' },
  'f64.floor': { js: 'a === a ? Math.floor(a) : a + a' },
  'f64.trunc': { js: 'a === a ? Math.trunc(a) : a + a' },
  'f64.sqrt': { js: 'Math.sqrt(a)' },
  'f64.nearest': { js: 'f64_nearest(a)' },
  'f64.add': { js: 'a + b' },
  'f64.sub': { js: 'a - b' },
  'f64.mul': { js: 'a * b' },
  'f64.div': { js: 'a / b' },
  // Newer versions of V8 choose a NaN themselves.
  'f64.min': { js: 'a === a && b === b ? Math.min(a, b) : a + b' },
  'f64.max': { js: 'a === a && b === b ? Math.max(a, b) : a + b' },
  'i32.wrap_i64': { js: 'al' },
  'i32.trunc_f32_s': {
    js: 'a | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a > -2147483649 && a < 2147483648)', 'integer-overflow'],
    ],
  },
  'i32.trunc_f32_u': {
    js: 'a | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a > -1 && a < 4294967296)', 'integer-overflow'],
    ],
  },
  'i64.trunc_f32_s': {
    js: 'lo = a | 0; hi = Math.floor(Math.trunc(a) / 4294967296) | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a >= -9223372036854775808 && a < 9223372036854775808)', 'integer-overflow'],
    ],
  },
  'i64.trunc_f32_u': {
    js: 'lo = a | 0; hi = Math.floor(Math.trunc(a) / 4294967296) | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a > -1 && a < 18446744073709551616)', 'integer-overflow'],
    ],
  },
  'i32.trunc_sat_f32_s': { js: 'a >= 2147483647 ? 2147483647 : a <= -2147483648 ? -2147483648 : a | 0' },
  'i32.trunc_sat_f32_u': { js: 'a >= 4294967295 ? -1 : a <= 0 ? 0 : a | 0' },
  'i64.trunc_sat_f32_s': { js: 'lo = i64_trunc_sat_s(a); hi = HIGH[0]' },
  'i64.trunc_sat_f32_u': { js: 'lo = i64_trunc_sat_u(a); hi = HIGH[0]' },
  'i32.trunc_f64_s': {
    js: 'a | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a > -2147483649 && a < 2147483648)', 'integer-overflow'],
    ],
  },
  'i32.trunc_f64_u': {
    js: 'a | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a > -1 && a < 4294967296)', 'integer-overflow'],
    ],
  },
  'i64.trunc_f64_s': {
    js: 'lo = a | 0; hi = Math.floor(Math.trunc(a) / 4294967296) | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a >= -9223372036854775808 && a < 9223372036854775808)', 'integer-overflow'],
    ],
  },
  'i64.trunc_f64_u': {
    js: 'lo = a | 0; hi = Math.floor(Math.trunc(a) / 4294967296) | 0',
    checks: [
      ['a !== a', 'invalid-conversion'],
      ['!(a > -1 && a < 18446744073709551616)', 'integer-overflow'],
    ],
  },
  'i32.trunc_sat_f64_s': { js: 'a >= 2147483647 ? 2147483647 : a <= -2147483648 ? -2147483648 : a | 0' },
  'i32.trunc_sat_f64_u': { js: 'a >= 4294967295 ? -1 : a <= 0 ? 0 : a | 0' },
  'i64.trunc_sat_f64_s': { js: 'lo = i64_trunc_sat_s(a); hi = HIGH[0]' },
  'i64.trunc_sat_f64_u': { js: 'lo = i64_trunc_sat_u(a); hi = HIGH[0]' },
  'i64.extend_i32_s': { js: 'lo = a; hi = a >> 31' },
  'i64.extend_i32_u': { js: 'lo = a; hi = 0' },
  'f32.convert_i32_s': { js: 'Math.fround(a)' },
  'f32.convert_i32_u': { js: 'Math.fround(a >>> 0)' },
  'f32.convert_i64_s': { js: 'f32_convert_i64_s(al, ah)' },
  'f32.convert_i64_u': { js: 'f32_convert_i64_u(al, ah)' },
  'f32.demote_f64': { js: 'Math.fround(a)' },
  'f64.convert_i32_s': { js: 'a' },
  'f64.convert_i32_u': { js: 'a >>> 0' },
  'f64.convert_i64_s': { js: 'ah * 4294967296 + (al >>> 0)' },
  'f64.convert_i64_u': { js: '(ah >>> 0) * 4294967296 + (al >>> 0)' },
  'f64.promote_f32': { js: 'a' },
  'i32.reinterpret_f32': { js: 'a', bits: true },
  'f32.reinterpret_i32': { js: 'a', bits: true },
  'i64.reinterpret_f64': { js: 'lo = al; hi = ah', bits: true },
  'f64.reinterpret_i64': { js: 'lo = al; hi = ah', bits: true },
  'i32.extend8_s': { js: '(a << 24) >> 24' },
  'i32.extend16_s': { js: '(a << 16) >> 16' },
  'i64.extend8_s': { js: 'lo = (al << 24) >> 24; hi = lo >> 31' },
  'i64.extend16_s': { js: 'lo = (al << 16) >> 16; hi = lo >> 31' },
  'i64.extend32_s': { js: 'lo = al; hi = al >> 31' },
};
