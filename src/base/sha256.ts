// SHA-256 (FIPS 180-4) of bytes, for content hashes on hosts that have no digest of their own or only an asynchronous one.

/** Returns the first 32 bits of the fractional parts of roots of primes: square roots give the state, cube roots the rounds. */
function fractions(count: number, root: (prime: number) => number): number[] {
  const words: number[] = [];
  for (let candidate = 2; words.length < count; candidate++) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) prime = false;
    if (prime) words.push(((root(candidate) % 1) * 0x1_0000_0000) | 0);
  }
  return words;
}
const INITIAL: readonly number[] = /* @__PURE__ */ fractions(8, Math.sqrt);
const ROUNDS: Int32Array = /* @__PURE__ */ Int32Array.from(fractions(64, Math.cbrt));

const rotate = (x: number, k: number): number => (x >>> k) | (x << (32 - k));

// Every sum is cut to 32 bits at once, and the state is read by index: numbers that are larger, and iterators, would be objects of the host's heap.
function compress(state: Int32Array, words: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15]!;
    const y = words[i - 2]!;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    words[i] = (((words[i - 16]! + s0) | 0) + ((words[i - 7]! + s1) | 0)) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const chosen = (((h + s1) | 0) + ((e & f) ^ (~e & g))) | 0;
    const t1 = (chosen + ((ROUNDS[i]! + words[i]!) | 0)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** Returns the digest as 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array): string {
  const state = Int32Array.from(INITIAL);
  const words = new Int32Array(64);
  const padded = Math.ceil((bytes.length + 9) / 64) * 64;
  const byteAt = (at: number): number => {
    if (at < bytes.length) return bytes[at]!;
    if (at === bytes.length) return 0x80;
    return at < padded - 8 ? 0 : Math.floor((bytes.length * 8) / 2 ** (8 * (padded - 1 - at))) & 0xff;
  };
  for (let block = 0; block < padded; block += 64) {
    const whole = block + 64 <= bytes.length;
    for (let i = 0; i < 16; i++) {
      const at = block + i * 4;
      words[i] = whole
        ? (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
        : (byteAt(at) << 24) | (byteAt(at + 1) << 16) | (byteAt(at + 2) << 8) | byteAt(at + 3);
    }
    compress(state, words);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
