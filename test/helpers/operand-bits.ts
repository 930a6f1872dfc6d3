// Operands for comparing number instructions with the host: edge values and seeded random ones, as 32-bit words,
// and the comparison of results, which leaves to NaNs the freedom that the specification gives them.

/** What the words hold: it decides the edge values, and where NaNs are. */
export type Lanes = 'i8' | 'i32' | 'i64' | 'f32' | 'f64';

/** Seeded, so that a failure can be repeated: a uint32 per call. */
export function randomWords(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
}

const BYTES = [0, 1, 2, 0x0f, 0x10, 0x11, 0x1f, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff];

const WORDS = [
  ...[0, 1, 2, 3, 7, 10, 31, 32, 33, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0xfffff, 0x100000],
  ...[
    0x1fffff, 0x200000, 0x55555555, 0x7fff8000, 0x7fffffff, 0x80000000, 0x80000001, 0x80008000, 0xaaaaaaaa, 0xffe00000,
  ],
  ...[0xfff00000, 0xffffff80, 0xffff8000, 0xfffffffe, 0xffffffff],
];

const FLOATS = [
  ...[
    0, 0.1, 0.25, 0.49999999999999994, 0.5, 0.75, 1, 1.5, 2, 2.5, 3.5, 4.5, 127, 128, 255, 256, 32767, 65535, 8388607.5,
  ],
  ...[8388608, 8388609, 16777215, 16777216, 16777217, 2147483520, 2147483647, 2147483647.5, 2147483648, 2147483648.5],
  ...[2147483649, 4294967040, 4294967295, 4294967295.5, 4294967296, 2 ** 52 - 0.5, 2 ** 52, 2 ** 52 + 1, 2 ** 53],
  ...[2 ** 63 - 1024, 2 ** 63, 2 ** 63 + 2048, 2 ** 64 - 2048, 2 ** 64, 3.4028234663852886e38, 3.4028235677973366e38],
  ...[1e300, 2 ** -149, 2 ** -150, 1.17549435e-38, 2 ** -1074, 2.2250738585072014e-308, Number.MAX_VALUE, Infinity],
].flatMap((value) => [value, -value]);

const NANS_32 = [0x7fc00000, 0xffc00000, 0x7f800001, 0x7fa00000, 0xffbfffff, 0x7fffffff, 0xffc00001];
const NAN_HIGHS = [0x7ff80000, 0xfff80000, 0x7ff00001, 0x7ff40000, 0xfff7ffff, 0x7fffffff, 0xfff80001];

const scratch = new Int32Array(2);
const scratch32 = new Float32Array(scratch.buffer);
const scratch64 = new Float64Array(scratch.buffer);

const F32_EDGES: readonly (readonly number[])[] = [
  ...FLOATS.map((value) => {
    scratch32[0] = value;
    return [scratch[0]!];
  }),
  ...NANS_32.map((bits) => [bits]),
];
const F64_EDGES: readonly (readonly number[])[] = [
  ...FLOATS.map((value) => {
    scratch64[0] = value;
    return [scratch[0]!, scratch[1]!];
  }),
  ...NAN_HIGHS.flatMap((high) => [
    [0, high],
    [1, high],
  ]),
];
const I32_EDGES = WORDS.map((word) => [word]);
const I64_EDGES = WORDS.flatMap((low) =>
  [0, 1, 0x1fffff, 0x200000, 0x7fffffff, 0x80000000, 0xffffffff].map((high) => [low, high]),
);

/** Every edge value of a lane, as its words. */
export const EDGES: Readonly<Record<Exclude<Lanes, 'i8'>, readonly (readonly number[])[]>> = {
  i32: I32_EDGES,
  i64: I64_EDGES,
  f32: F32_EDGES,
  f64: F64_EDGES,
};

function randomFloat(next: () => number): number {
  const integer = (next() | 0) * 2 ** ((next() % 70) - 40);
  return next() % 2 === 0 ? integer : Math.round(integer) / 2;
}

/** One lane, or a word of four bytes: an edge value, a value of any size, or random bits. */
export function randomLane(lanes: Lanes, next: () => number): readonly number[] {
  const kind = next() % 4;
  if (lanes === 'i8') {
    const byte = () => (kind < 2 ? BYTES[next() % BYTES.length]! : next() & 255);
    return [byte() | (byte() << 8) | (byte() << 16) | (byte() << 24)];
  }
  if (kind === 0) return EDGES[lanes][next() % EDGES[lanes].length]!;
  const shift = next() % 32;
  if (lanes === 'i32') return [kind === 1 ? next() : next() >> shift];
  if (lanes === 'i64') {
    if (kind === 1) return [next(), next()];
    return kind === 2 ? [next(), (next() | 0) >> shift] : [next() >> shift, -(next() & 1)];
  }
  if (lanes === 'f32') {
    scratch32[0] = randomFloat(next);
    return [kind === 1 ? next() : scratch[0]!];
  }
  scratch64[0] = randomFloat(next);
  return kind === 1 ? [next(), next()] : [scratch[0]!, scratch[1]!];
}

/** Fills words `from` to `to` (exclusive) with random lanes. */
export function fillRandom(words: Int32Array, from: number, to: number, lanes: Lanes, next: () => number): void {
  const length = lanes === 'i64' || lanes === 'f64' ? 2 : 1;
  for (let at = from; at + length <= to; at += length) words.set(randomLane(lanes, next), at);
}

function isNan32(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000;
}

function isNan64(low: number, high: number): boolean {
  return (high & 0x7fffffff) > 0x7ff00000 || ((high & 0x7fffffff) === 0x7ff00000 && low !== 0);
}

/** Whether all NaN lanes of words `from` to `to` are canonical, of either sign. */
export function hasOnlyCanonicalNans(words: Int32Array, from: number, to: number, lanes: 'f32' | 'f64'): boolean {
  for (let at = from; at < to; at += lanes === 'f32' ? 1 : 2) {
    const [first, second] = [words[at]!, words[at + 1]!];
    if (lanes === 'f32') {
      if (isNan32(first) && (first & 0x7fffffff) !== 0x7fc00000) return false;
    } else if (isNan64(first, second) && (first !== 0 || (second & 0x7fffffff) !== 0x7ff80000)) return false;
  }
  return true;
}

/**
 * Whether the float lanes of `actual` are those of `expected`, bit by bit; a NaN may be any quiet NaN,
 * but must be canonical where `canonical` says that the operands were.
 */
export function sameFloats(
  expected: readonly number[],
  actual: readonly number[],
  lanes: 'f32' | 'f64',
  canonical: boolean,
): boolean {
  const step = lanes === 'f32' ? 1 : 2;
  for (let at = 0; at < expected.length; at += step) {
    const top = at + step - 1;
    const isNan = lanes === 'f32' ? isNan32 : (high: number) => isNan64(expected[at]!, high);
    if (!isNan(expected[top]!)) {
      if (expected[at] !== actual[at] || expected[top] !== actual[top]) return false;
      continue;
    }
    const quiet = lanes === 'f32' ? 0x7fc00000 : 0x7ff80000;
    if ((actual[top]! & quiet) !== quiet) return false;
    if (canonical && ((actual[top]! & 0x7fffffff) !== quiet || (step === 2 && actual[at] !== 0))) return false;
  }
  return true;
}
