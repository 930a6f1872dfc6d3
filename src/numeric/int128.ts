// Wide arithmetic: 128-bit sums and products of 64-bit words. Results are the four words of WIDE, least significant first.
import { WIDE } from './high.js';
import { i32_mul_high_u } from './int32.js';

/** The carry out of `a + b` whose low 32 bits are `sum`. */
function carry(sum: number, a: number): number {
  return sum >>> 0 < a >>> 0 ? 1 : 0;
}

/** Adds `value` to word `at` of WIDE and carries upwards. */
function accumulate(at: number, value: number): void {
  let rest = value;
  for (let word = at; word < 4 && rest !== 0; word++) {
    const sum = (WIDE[word] + rest) | 0;
    WIDE[word] = sum;
    rest = carry(sum, rest);
  }
}

/** Subtracts `value` from word `at` of WIDE and borrows upwards. */
function reduce(at: number, value: number): void {
  let rest = value;
  for (let word = at; word < 4 && rest !== 0; word++) {
    const before = WIDE[word];
    WIDE[word] = before - rest;
    rest = before >>> 0 < rest >>> 0 ? 1 : 0;
  }
}

function load(w0: number, w1: number, w2: number, w3: number): void {
  WIDE[0] = w0;
  WIDE[1] = w1;
  WIDE[2] = w2;
  WIDE[3] = w3;
}

/** The operands are the words of the first number, then those of the second, least significant first. */
export function i64_add128(
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
): void {
  load(a0, a1, a2, a3);
  accumulate(0, b0);
  accumulate(1, b1);
  accumulate(2, b2);
  accumulate(3, b3);
}

/** The operands are the words of the first number, then those of the second, least significant first. */
export function i64_sub128(
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
): void {
  load(a0, a1, a2, a3);
  reduce(0, b0);
  reduce(1, b1);
  reduce(2, b2);
  reduce(3, b3);
}

export function i64_mul_wide_u(al: number, ah: number, bl: number, bh: number): void {
  load(Math.imul(al, bl), i32_mul_high_u(al, bl), Math.imul(ah, bh), i32_mul_high_u(ah, bh));
  accumulate(1, Math.imul(al, bh));
  accumulate(2, i32_mul_high_u(al, bh));
  accumulate(1, Math.imul(ah, bl));
  accumulate(2, i32_mul_high_u(ah, bl));
}

/** A negative operand counts 2^64 too much in the unsigned product, so the other operand is subtracted from the upper half. */
export function i64_mul_wide_s(al: number, ah: number, bl: number, bh: number): void {
  i64_mul_wide_u(al, ah, bl, bh);
  const a = ah >> 31;
  const b = bh >> 31;
  reduce(2, bl & a);
  reduce(3, bh & a);
  reduce(2, al & b);
  reduce(3, ah & b);
}
