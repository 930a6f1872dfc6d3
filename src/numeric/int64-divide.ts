// 64-bit division and remainder on pairs of int32 words: the low word is returned and the high one left in HIGH[0]. No BigInt.
// The functions refuse nothing: callers check for a zero divisor and for the smallest integer divided by -1 first.
//
// Doubles carry most of it. For integers 0 <= a <= 2^53 and 0 < b <= 2^53, Math.floor(a / b) is exact: with a = q * b + r the true
// quotient lies at least 1 / b below q + 1, which is more than half the distance of doubles just below q + 1 (b * q <= a, b * (q + 1) <= 2^54),
// so it never rounds up to q + 1; and then q * b <= 2^53, so a - q * b is exact too. Truncation makes the same of negative operands.
import { HIGH } from './high.js';
import { i32_mul_high_u } from './int32.js';

const TWO_32 = 2 ** 32;
/** With a high word below this, the unsigned value is less than 2^53. */
const HIGH_OF_53_BITS = 0x200000;

/** Whether the signed value lies within 2^52 of zero. */
function isSmall(high: number): boolean {
  return (high + 0x100000) >>> 0 < 0x200000;
}

/** Splits an integer of at most 53 bits. */
function split(value: number): number {
  HIGH[0] = Math.floor(value / TWO_32);
  return value | 0;
}

/** Words 1 and 2 of HIGH: the remainder, low word first. */
const REMAINDER_LOW = 1;
const REMAINDER_HIGH = 2;

/** Divides in the general case: the quotient is returned as usual, and the remainder left in its words of HIGH. */
function divide(al: number, ah: number, bl: number, bh: number): number {
  return bh === 0 ? divideByWord(al, ah, bl >>> 0) : divideByPair(al, ah, bl, bh);
}

/** Divides by long division in digits of 32, 16 and 16 bits: every partial dividend is below 2^48. */
function divideByWord(al: number, ah: number, divisor: number): number {
  const top = ah >>> 0;
  const high = Math.floor(top / divisor);
  const middleDividend = (top - high * divisor) * 65536 + (al >>> 16);
  const middle = Math.floor(middleDividend / divisor);
  const lowDividend = (middleDividend - middle * divisor) * 65536 + (al & 0xffff);
  const low = Math.floor(lowDividend / divisor);
  HIGH[0] = high;
  HIGH[REMAINDER_LOW] = lowDividend - low * divisor;
  HIGH[REMAINDER_HIGH] = 0;
  return (middle << 16) | low;
}

/** The divisor has more than 32 bits, so the quotient has at most 32. */
function divideByPair(al: number, ah: number, bl: number, bh: number): number {
  const a = (ah >>> 0) * TWO_32 + (al >>> 0);
  const b = (bh >>> 0) * TWO_32 + (bl >>> 0);
  // Three roundings put a / b off by less than 2^-18: after the bias the estimate is the quotient or one less, never more.
  let quotient = (a / b - 0.0000075) | 0;
  const productHigh = (i32_mul_high_u(quotient, bl) + Math.imul(quotient, bh)) | 0;
  const productLow = Math.imul(quotient, bl);
  let low = (al - productLow) | 0;
  let high = (ah - productHigh - (al >>> 0 < productLow >>> 0 ? 1 : 0)) | 0;
  if (high >>> 0 > bh >>> 0 || (high === bh && low >>> 0 >= bl >>> 0)) {
    quotient = (quotient + 1) | 0;
    high = (high - bh - (low >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
    low = (low - bl) | 0;
  }
  HIGH[0] = 0;
  HIGH[REMAINDER_LOW] = low;
  HIGH[REMAINDER_HIGH] = high;
  return quotient;
}

/** Negates the pair (low, HIGH[0]). */
function negate(low: number): number {
  HIGH[0] = low === 0 ? -HIGH[0] : ~HIGH[0];
  return -low | 0;
}

function divideMagnitudes(al: number, ah: number, bl: number, bh: number): number {
  const a = ah >> 31;
  const b = bh >> 31;
  return divide(
    ((al ^ a) - a) | 0,
    ((ah ^ a) + (a !== 0 && al === 0 ? 1 : 0)) | 0,
    ((bl ^ b) - b) | 0,
    ((bh ^ b) + (b !== 0 && bl === 0 ? 1 : 0)) | 0,
  );
}

export function i64_div_u(al: number, ah: number, bl: number, bh: number): number {
  if ((ah | bh) === 0) {
    HIGH[0] = 0;
    return ((al >>> 0) / (bl >>> 0)) | 0;
  }
  if ((ah | bh) >>> 0 < HIGH_OF_53_BITS) {
    return split(Math.floor((ah * TWO_32 + (al >>> 0)) / (bh * TWO_32 + (bl >>> 0))));
  }
  return divide(al, ah, bl, bh);
}

export function i64_rem_u(al: number, ah: number, bl: number, bh: number): number {
  if ((ah | bh) === 0) {
    HIGH[0] = 0;
    return ((al >>> 0) % (bl >>> 0)) | 0;
  }
  if ((ah | bh) >>> 0 < HIGH_OF_53_BITS) {
    const a = ah * TWO_32 + (al >>> 0);
    const b = bh * TWO_32 + (bl >>> 0);
    return split(a - Math.floor(a / b) * b);
  }
  divide(al, ah, bl, bh);
  HIGH[0] = HIGH[REMAINDER_HIGH];
  return HIGH[REMAINDER_LOW];
}

export function i64_div_s(al: number, ah: number, bl: number, bh: number): number {
  if (ah === al >> 31 && bh === bl >> 31 && al !== -2147483648) {
    const quotient = (al / bl) | 0;
    HIGH[0] = quotient >> 31;
    return quotient;
  }
  if (isSmall(ah) && isSmall(bh)) {
    return split(Math.trunc((ah * TWO_32 + (al >>> 0)) / (bh * TWO_32 + (bl >>> 0))));
  }
  const quotient = divideMagnitudes(al, ah, bl, bh);
  return (ah ^ bh) < 0 ? negate(quotient) : quotient;
}

export function i64_rem_s(al: number, ah: number, bl: number, bh: number): number {
  if (ah === al >> 31 && bh === bl >> 31) {
    const remainder = (al % bl) | 0;
    HIGH[0] = remainder >> 31;
    return remainder;
  }
  if (isSmall(ah) && isSmall(bh)) {
    const a = ah * TWO_32 + (al >>> 0);
    const b = bh * TWO_32 + (bl >>> 0);
    return split(a - Math.trunc(a / b) * b);
  }
  divideMagnitudes(al, ah, bl, bh);
  HIGH[0] = HIGH[REMAINDER_HIGH];
  return ah < 0 ? negate(HIGH[REMAINDER_LOW]) : HIGH[REMAINDER_LOW];
}
