// The source of random_get's bytes: the platform, or a seed. Refuses secrecy with a seed: a seeded source is for reproducible runs.

/** Fills bytes with those that the guest gets as random. */
export type RandomFill = (bytes: Uint8Array) => void;

/** xoshiro128** (Blackman and Vigna), its state filled from the seed by SplitMix32. */
export function seededRandom(seed: number | bigint): RandomFill {
  const wide = BigInt.asUintN(64, BigInt(seed));
  let mix = Number(wide & 0xffff_ffffn) ^ Math.imul(Number(wide >> 32n), 0x9e3779b9);
  const split = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  const state = Int32Array.of(split(), split(), split(), split() | 1);
  const next = (): number => {
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    state[2] = c ^ a;
    state[3] = d ^ b;
    state[1] = b ^ state[2]!;
    state[0] = a ^ state[3]!;
    state[2] = state[2]! ^ (b << 9);
    state[3] = (state[3]! << 11) | (state[3]! >>> 21);
    return result;
  };
  return (bytes) => {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = next();
      for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = word >>> (8 * i);
    }
  };
}
