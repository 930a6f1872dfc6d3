// Float operations on bits, for numbers that carry NaNs: an f32's signalling NaN travels as an f64 NaN with its sign and a mark
// (numeric/bits.ts), so the sign is in the same place for both types.
const WORDS = new Int32Array(32);
const FLOATS = new Float64Array(WORDS.buffer);
const SIGN = 0x8000_0000;

/** Changes the sign of a NaN, which JavaScript's minus does not. */
export function negateNan(value: number): number {
  FLOATS[0] = value;
  WORDS[1] = WORDS[1]! ^ SIGN;
  return FLOATS[0]!;
}

export function copysign(magnitude: number, sign: number): number {
  FLOATS[0] = sign;
  const bit = WORDS[1]! & SIGN;
  FLOATS[0] = magnitude;
  WORDS[1] = (WORDS[1]! & ~SIGN) | bit;
  return FLOATS[0]!;
}

/** Returns the value with a signalling NaN made quiet. */
export function quiet(value: number): number {
  return Number.isNaN(value) ? value + value : value;
}
/** Returns an f32 with a signalling NaN made quiet. */
export function quietF32(value: number): number {
  return Number.isNaN(value) ? Math.fround(value + value) : value;
}
