// Float functions that JavaScript lacks, and conversions between floats and 64-bit integers.
// An f32 is a number that Math.fround leaves alone. Of a 64-bit result, the low word is returned and the high word left in HIGH[0].
import { HIGH } from './high.js';

const TWO_32 = 2 ** 32;
const TWO_52 = 2 ** 52;
const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;

/** Rounds to the nearest integer, ties to even, and keeps the sign of zero. It is right for f32 as well, since the result is an f32. */
export function f64_nearest(a: number): number {
  const magnitude = Math.abs(a);
  // The number is an integer already, infinite or NaN: the sum makes a signalling NaN quiet and changes nothing else.
  if (!(magnitude < TWO_52)) return a + 0;
  const rounded = magnitude + TWO_52 - TWO_52;
  return a < 0 ? -rounded : rounded === 0 ? a * 0 : rounded;
}

/** The low 11 bits that a value beyond 2^53 loses become one sticky bit (round to odd): then the only rounding that counts is the one to f32. */
function sticky(low: number): number {
  return (low & ~0x7ff) | ((low & 0x7ff) === 0 ? 0 : 0x800);
}

export function f32_convert_i64_s(al: number, ah: number): number {
  const low = (ah + 0x200000) >>> 0 < 0x400000 ? al : sticky(al);
  return Math.fround(ah * TWO_32 + (low >>> 0));
}

export function f32_convert_i64_u(al: number, ah: number): number {
  const low = ah >>> 0 < 0x200000 ? al : sticky(al);
  return Math.fround((ah >>> 0) * TWO_32 + (low >>> 0));
}

/** Truncates towards zero. NaN gives 0, and what does not fit gives the nearest end of the range. */
export function i64_trunc_sat_s(a: number): number {
  if (a >= TWO_63) {
    HIGH[0] = 0x7fffffff;
    return -1;
  }
  if (a <= -TWO_63) {
    HIGH[0] = -0x80000000;
    return 0;
  }
  HIGH[0] = Math.floor(Math.trunc(a) / TWO_32);
  return a | 0;
}

/** Truncates towards zero. NaN and negative numbers give 0, and what is too great gives the greatest integer. */
export function i64_trunc_sat_u(a: number): number {
  if (a >= TWO_64) {
    HIGH[0] = -1;
    return -1;
  }
  const value = Math.max(a, 0);
  HIGH[0] = Math.floor(value / TWO_32);
  return value | 0;
}
