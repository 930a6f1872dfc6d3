// Conversions between values as JavaScript has them (number, bigint) and their bits as int32 words.
// They assume a little-endian host, as all views over linear memory do.
import { HIGH } from './high.js';

// The words take more than 64 bytes, so that V8 keeps them off its heap: see high.ts.
const WORDS = new Int32Array(32);
const F32 = new Float32Array(WORDS.buffer);
const F64 = new Float64Array(WORDS.buffer);

const F32_QUIET = 0x400000;
const F64_QUIET = 0x80000;
/** The mark of a signalling f32 NaN: a bit in the low word of an f64 NaN, which the payload of an f32 does not reach. */
const SIGNALLING = 1;

/**
 * An f32 NaN becomes the f64 NaN with the same sign and payload. A signalling one becomes quiet and gets a mark, since JavaScript engines make
 * signalling NaNs quiet at any time. Math.fround drops the mark, so arithmetic on such a number gives a quiet f32.
 */
export function f32FromBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) {
    const mark = (bits & F32_QUIET) === 0 ? SIGNALLING : 0;
    return f64FromBits((bits << 29) | mark, (bits & 0x80000000) | 0x7ff00000 | F64_QUIET | ((bits & 0x7fffff) >>> 3));
  }
  WORDS[0] = bits;
  return F32[0];
}

/** Rounds to f32. This is the inverse of f32FromBits, NaNs included; a NaN whose payload does not fit keeps the upper part of it. */
export function f32ToBits(value: number): number {
  if (Number.isNaN(value)) {
    F64[0] = value;
    const payload = ((WORDS[1] & 0x7ffff) << 3) | (WORDS[0] >>> 29);
    const signalling = (WORDS[0] & SIGNALLING) !== 0 && payload !== 0;
    return (WORDS[1] & 0x80000000) | 0x7f800000 | payload | (signalling ? 0 : F32_QUIET);
  }
  F32[0] = value;
  return WORDS[0];
}

export function f64FromBits(low: number, high: number): number {
  WORDS[0] = low;
  WORDS[1] = high;
  return F64[0];
}

/** Returns the low word and leaves the high word in HIGH[0]. */
export function f64ToBits(value: number): number {
  F64[0] = value;
  HIGH[0] = WORDS[1];
  return WORDS[0];
}

/** Returns the pair as a signed integer. */
export function i64ToBigint(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** Returns bits 0 to 31 of the value modulo 2^64. */
export function bigintToI64Low(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** Returns bits 32 to 63 of the value modulo 2^64. */
export function bigintToI64High(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n));
}
