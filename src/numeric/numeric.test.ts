// The scalar functions that no template of wasm/semantics.ts covers: 128-bit arithmetic, bits, canonical NaNs; and the paths of
// 64-bit division, chosen by the size of the operands.
import { describe, expect, it } from 'vitest';
import { EDGES, randomLane, randomWords } from '../../test/helpers/operand-bits.js';
import * as numeric from './index.js';
import { HIGH, i64ToBigint, WIDE } from './index.js';

/** An expectation for each of a hundred thousand takes longer than all the rest. */
function same(actual: unknown, expected: unknown, about?: string): void {
  if (actual !== expected) expect.fail(`${about ?? ''} ${actual} is not ${expected}`);
}

const MASK_128 = (1n << 128n) - 1n;

function unsigned(low: number, high: number): bigint {
  return BigInt.asUintN(64, i64ToBigint(low, high));
}

function wide(): bigint {
  return unsigned(WIDE[0]!, WIDE[1]!) | (unsigned(WIDE[2]!, WIDE[3]!) << 64n);
}

/** `count` random 64-bit integers, as their words one after the other. */
function* randomPairs(count: number, rounds: number): Generator<number[]> {
  const next = randomWords(count);
  for (let round = 0; round < rounds; round++) {
    yield Array.from({ length: count }, () => [...randomLane('i64', next)])
      .flat()
      .map((word) => word | 0);
  }
}

describe('128-bit arithmetic', () => {
  it('adds and subtracts modulo 2^128', () => {
    for (const words of randomPairs(4, 5000)) {
      const [a0, a1, a2, a3, b0, b1, b2, b3] = words as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const a = unsigned(a0, a1) | (unsigned(a2, a3) << 64n);
      const b = unsigned(b0, b1) | (unsigned(b2, b3) << 64n);
      numeric.i64_add128(a0, a1, a2, a3, b0, b1, b2, b3);
      same(wide(), (a + b) & MASK_128);
      numeric.i64_sub128(a0, a1, a2, a3, b0, b1, b2, b3);
      same(wide(), (a - b) & MASK_128);
    }
  });

  it('multiplies to the full width', () => {
    for (const words of randomPairs(2, 5000)) {
      const [al, ah, bl, bh] = words as [number, number, number, number];
      numeric.i64_mul_wide_u(al, ah, bl, bh);
      same(wide(), unsigned(al, ah) * unsigned(bl, bh));
      numeric.i64_mul_wide_s(al, ah, bl, bh);
      same(wide(), (i64ToBigint(al, ah) * i64ToBigint(bl, bh)) & MASK_128);
    }
  });

  it('keeps carries through all words', () => {
    numeric.i64_add128(-1, -1, -1, -1, 1, 0, 0, 0);
    expect(wide()).toBe(0n);
    numeric.i64_sub128(0, 0, 0, 0, 1, 0, 0, 0);
    expect(wide()).toBe(MASK_128);
    numeric.i64_mul_wide_s(0, -0x80000000, 0, -0x80000000);
    expect(wide()).toBe(1n << 126n);
  });
});

describe('64-bit division', () => {
  it('is exact next to multiples of the divisor, where rounding would show', () => {
    const next = randomWords(3);
    for (let round = 0; round < 20_000; round++) {
      const divisor = BigInt.asUintN(64, i64ToBigint(next() | 0, next() | 0)) >> BigInt(next() % 64);
      const factor = BigInt(next()) >> BigInt(next() % 32);
      const dividend = BigInt.asUintN(64, divisor * factor + BigInt(next() % 3) - 1n);
      if (divisor === 0n) continue;
      const [al, ah] = [numeric.bigintToI64Low(dividend), numeric.bigintToI64High(dividend)];
      const [bl, bh] = [numeric.bigintToI64Low(divisor), numeric.bigintToI64High(divisor)];
      const [signedA, signedB] = [i64ToBigint(al, ah), i64ToBigint(bl, bh)];
      const about = `${dividend} by ${divisor}`;
      same(unsigned(numeric.i64_div_u(al, ah, bl, bh), HIGH[0]!), dividend / divisor, about);
      same(unsigned(numeric.i64_rem_u(al, ah, bl, bh), HIGH[0]!), dividend % divisor, about);
      same(i64ToBigint(numeric.i64_rem_s(al, ah, bl, bh), HIGH[0]!), signedA % signedB, about);
      if (signedA === -(2n ** 63n) && signedB === -1n) continue;
      same(i64ToBigint(numeric.i64_div_s(al, ah, bl, bh), HIGH[0]!), signedA / signedB, about);
    }
  });
});

describe('32-bit products', () => {
  it('have the right high words', () => {
    for (const [al, ah] of randomPairs(1, 5000) as Iterable<[number, number]>) {
      const high = (product: bigint) => numeric.bigintToI64High(product);
      same(numeric.i32_mul_high_u(al, ah), high(BigInt(al >>> 0) * BigInt(ah >>> 0)));
      same(numeric.i32_mul_high_s(al, ah), high(BigInt(al) * BigInt(ah)));
    }
  });
});

describe('conversion of i64 to f32', () => {
  it('rounds once, ties to even', () => {
    const tie = (1n << 62n) + (1n << 38n);
    const convert = (value: bigint) =>
      numeric.f32_convert_i64_s(numeric.bigintToI64Low(value), numeric.bigintToI64High(value));
    expect(convert(tie)).toBe(2 ** 62);
    expect(convert(tie + 1n)).toBe(2 ** 62 + 2 ** 39);
    expect(convert(-tie)).toBe(-(2 ** 62));
    expect(convert(-tie - 1n)).toBe(-(2 ** 62) - 2 ** 39);
  });
});

describe('bits', () => {
  it('keep every f32, signalling NaNs included', () => {
    for (const [bits] of EDGES.f32 as Iterable<[number]>) {
      expect(numeric.f32ToBits(numeric.f32FromBits(bits | 0))).toBe(bits | 0);
    }
    expect(numeric.f32FromBits(0x3fc00000)).toBe(1.5);
  });

  it('keep every f64, signalling NaNs included', () => {
    for (const [low, high] of EDGES.f64 as Iterable<[number, number]>) {
      expect([numeric.f64ToBits(numeric.f64FromBits(low, high)), HIGH[0]]).toEqual([low | 0, high | 0]);
    }
    expect(numeric.f64FromBits(0, 0x3ff80000)).toBe(1.5);
  });

  it('never make an infinity of a NaN whose payload an f32 cannot hold', () => {
    expect(numeric.f32ToBits(numeric.f64FromBits(1, 0x7ff00000))).toBe(0x7fc00000);
    expect(numeric.f32ToBits(NaN) & 0x7fffffff).toBe(0x7fc00000);
  });

  it('split and join integers', () => {
    for (const value of [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 0x1_0000_0000n, -0x1_0000_0001n]) {
      expect(i64ToBigint(numeric.bigintToI64Low(value), numeric.bigintToI64High(value))).toBe(value);
    }
    expect(numeric.bigintToI64Low(2n ** 64n - 1n)).toBe(-1);
    expect(numeric.bigintToI64High(2n ** 64n - 1n)).toBe(-1);
  });
});

describe('canonical NaNs', () => {
  it('replace NaNs and nothing else', () => {
    for (const [bits] of EDGES.f32 as Iterable<[number]>) {
      const isNan = Number.isNaN(numeric.f32FromBits(bits | 0));
      expect(numeric.canonicalF32(bits | 0)).toBe(isNan ? 0x7fc00000 : bits | 0);
    }
    for (const [low, high] of EDGES.f64 as Iterable<[number, number]>) {
      const isNan = Number.isNaN(numeric.f64FromBits(low, high));
      const words = Int32Array.of(low, high, low, high);
      numeric.canonicalizeF64x2(words, 0);
      const expected = isNan ? [0, 0x7ff80000] : [low | 0, high | 0];
      expect([...words]).toEqual([...expected, ...expected]);
    }
  });

  it('work lane by lane', () => {
    const words = Int32Array.of(7, 0x7f800001, 0x7f800000, -1, 0x3f800000, 9);
    numeric.canonicalizeF32x4(words, 1);
    expect([...words]).toEqual([7, 0x7fc00000, 0x7f800000, 0x7fc00000, 0x3f800000, 9]);
  });
});
