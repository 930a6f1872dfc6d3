// Canonical NaNs for the deterministic mode: every NaN becomes the positive quiet one without payload, whichever the processor made.
// The functions work on bits, because the JavaScript engine decides which bits a NaN has in a number.

const F32_NAN = 0x7fc00000;
const F64_NAN_HIGH = 0x7ff80000;

/** Takes the bits of an f32 and returns the bits of an f32. */
export function canonicalF32(bits: number): number {
  return (bits & 0x7fffffff) > 0x7f800000 ? F32_NAN : bits;
}

/** Whether the two words are an f64 NaN. */
export function isF64Nan(low: number, high: number): boolean {
  const magnitude = high & 0x7fffffff;
  return magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && low !== 0);
}

/** Replaces NaN in the two words of an f64 that start at word `at`. */
export function canonicalizeF64(words: Int32Array, at: number): void {
  if (isF64Nan(words[at], words[at + 1])) {
    words[at] = 0;
    words[at + 1] = F64_NAN_HIGH;
  }
}

/** Replaces NaN lanes in the four words from word `at`. */
export function canonicalizeF32x4(words: Int32Array, at: number): void {
  for (let word = at; word < at + 4; word++) words[word] = canonicalF32(words[word]);
}

/** Replaces NaN lanes in the four words from word `at`. */
export function canonicalizeF64x2(words: Int32Array, at: number): void {
  canonicalizeF64(words, at);
  canonicalizeF64(words, at + 2);
}
