// 32-bit integer functions that JavaScript has no operator for. Operands and results are int32.

/** Counts trailing zeros: 32 for 0. */
export function i32_ctz(a: number): number {
  return 32 - Math.clz32(~a & (a - 1));
}

export function i32_popcnt(a: number): number {
  let x = (a - ((a >>> 1) & 0x55555555)) | 0;
  x = ((x & 0x33333333) + ((x >>> 2) & 0x33333333)) | 0;
  x = ((x + (x >>> 4)) | 0) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}

/** Returns the high 32 bits of the unsigned 64-bit product. Its limbs have 16 bits, so that no sum leaves 32 bits and nothing becomes a double. */
export function i32_mul_high_u(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const middle = (Math.imul(ah, bl) + (Math.imul(al, bl) >>> 16)) | 0;
  const carry = (Math.imul(al, bh) + (middle & 0xffff)) | 0;
  return (((Math.imul(ah, bh) + (middle >>> 16)) | 0) + (carry >>> 16)) | 0;
}

/** Returns the high 32 bits of the signed 64-bit product. */
export function i32_mul_high_s(a: number, b: number): number {
  return (i32_mul_high_u(a, b) - ((a >> 31) & b) - ((b >> 31) & a)) | 0;
}
