// Vector arithmetic on two lanes of 64 bits, each a pair of words. No BigInt.
import type { VectorOp } from '../wasm/opcodes.js';
import { HIGH } from './high.js';
import { i32_mul_high_s, i32_mul_high_u } from './int32.js';
import { V, type VectorFunction } from './v128-registers.js';

/** Returns the low word and leaves the high one in HIGH[0]. */
type Pairs = (al: number, ah: number, bl: number, bh: number) => number;

function binary(f: Pairs): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at += 2) {
      V[12 + at] = f(V[at], V[at + 1], V[at + 4], V[at + 5]);
      V[13 + at] = HIGH[0];
    }
  };
}

function compare(f: (al: number, ah: number, bl: number, bh: number) => boolean): VectorFunction {
  return binary((al, ah, bl, bh) => (HIGH[0] = f(al, ah, bl, bh) ? -1 : 0));
}

/** The shift count is `count`, from 0 to 63. */
function shift(f: (low: number, high: number, count: number) => number): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at += 2) {
      V[12 + at] = f(V[at], V[at + 1], V[4] & 63);
      V[13 + at] = HIGH[0];
    }
  };
}

/** `from` is 0 for the low half and 2 for the high one. `sign` 0 extends with zeros, -1 with the sign. */
function extend(from: number, sign: number): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) {
      V[12 + at * 2] = V[from + at];
      V[13 + at * 2] = (V[from + at] >> 31) & sign;
    }
  };
}

function extmul(from: number, high: (a: number, b: number) => number): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) {
      V[12 + at * 2] = Math.imul(V[from + at], V[4 + from + at]);
      V[13 + at * 2] = high(V[from + at], V[4 + from + at]);
    }
  };
}

const sub: Pairs = (al, ah, bl, bh) => {
  HIGH[0] = ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0);
  return al - bl;
};

const less = (al: number, ah: number, bl: number, bh: number) => (ah === bh ? al >>> 0 < bl >>> 0 : ah < bh);

export const I64X2_OPS = {
  'i64x2.eq': compare((al, ah, bl, bh) => al === bl && ah === bh),
  'i64x2.ne': compare((al, ah, bl, bh) => al !== bl || ah !== bh),
  'i64x2.lt_s': compare(less),
  'i64x2.gt_s': compare((al, ah, bl, bh) => less(bl, bh, al, ah)),
  'i64x2.le_s': compare((al, ah, bl, bh) => !less(bl, bh, al, ah)),
  'i64x2.ge_s': compare((al, ah, bl, bh) => !less(al, ah, bl, bh)),
  'i64x2.abs': binary((al, ah) => {
    if (ah < 0) return sub(0, 0, al, ah);
    HIGH[0] = ah;
    return al;
  }),
  'i64x2.neg': binary((al, ah) => sub(0, 0, al, ah)),
  'i64x2.add': binary((al, ah, bl, bh) => {
    const low = (al + bl) | 0;
    HIGH[0] = ah + bh + (low >>> 0 < al >>> 0 ? 1 : 0);
    return low;
  }),
  'i64x2.sub': binary(sub),
  'i64x2.mul': binary((al, ah, bl, bh) => {
    HIGH[0] = i32_mul_high_u(al, bl) + Math.imul(al, bh) + Math.imul(ah, bl);
    return Math.imul(al, bl);
  }),
  'i64x2.shl': shift((low, high, count) => {
    HIGH[0] = count > 31 ? low << count : (high << count) | ((low >>> 1) >>> ~count);
    return count > 31 ? 0 : low << count;
  }),
  'i64x2.shr_s': shift((low, high, count) => {
    HIGH[0] = count > 31 ? high >> 31 : high >> count;
    return count > 31 ? high >> count : (low >>> count) | ((high << 1) << ~count);
  }),
  'i64x2.shr_u': shift((low, high, count) => {
    HIGH[0] = count > 31 ? 0 : high >>> count;
    return count > 31 ? high >>> count : (low >>> count) | ((high << 1) << ~count);
  }),
  'i64x2.extend_low_i32x4_s': extend(0, -1),
  'i64x2.extend_high_i32x4_s': extend(2, -1),
  'i64x2.extend_low_i32x4_u': extend(0, 0),
  'i64x2.extend_high_i32x4_u': extend(2, 0),
  'i64x2.extmul_low_i32x4_s': extmul(0, i32_mul_high_s),
  'i64x2.extmul_high_i32x4_s': extmul(2, i32_mul_high_s),
  'i64x2.extmul_low_i32x4_u': extmul(0, i32_mul_high_u),
  'i64x2.extmul_high_i32x4_u': extmul(2, i32_mul_high_u),
} satisfies Partial<Record<VectorOp, VectorFunction>>;
