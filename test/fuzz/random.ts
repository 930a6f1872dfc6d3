// The fuzzer's randomness: the same seed gives the same numbers on every host. Refuses to be used for secrets.

/** Numbers at which machines go wrong. */
const I32 = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 63, 64, 100, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000];
const I32_EDGES = [0x7fffffff, -0x80000000, -1, -2, -128, -129, -32768, -65536, 0x12345678, 0x55555555, -0x7f800000];
const F32_BITS = [0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fa00000];
const F32_EDGES = [1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x4f800000, 0x3f000000];
const F64_HIGH = [0, 0x80000000, 0x3ff00000, 0xbff00000, 0x7ff00000, 0xfff00000, 0x7ff80000, 0xfff80000, 0x7ff40000];
const F64_EDGES = [0x000fffff, 0x00100000, 0x7fefffff, 0x41e00000, 0xc1e00000, 0x43e00000, 0xc3e00000, 0x43f00000];

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = stream | 0;
    for (let i = 0; i < 12; i++) this.u32();
  }

  /** 32 random bits, unsigned (sfc32). */
  u32(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return t >>> 0;
  }
  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return this.u32() % limit;
  }
  /** True once in `count`. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.u32() & 0xff);
  }

  // ---- numbers as bits, edges preferred ----

  i32(): number {
    const kind = this.below(4);
    if (kind === 0) return this.u32() | 0;
    return this.pick(kind === 1 ? I32_EDGES : I32);
  }
  i64(): bigint {
    const low = BigInt(this.i32());
    if (!this.oneIn(3)) return low;
    return BigInt.asIntN(64, (BigInt(this.i32()) << 32n) | BigInt.asUintN(32, low));
  }
  f32(): number {
    const kind = this.below(4);
    if (kind === 0) return this.u32();
    return this.pick(kind === 1 ? F32_EDGES : F32_BITS);
  }
  f64(): bigint {
    const kind = this.below(4);
    if (kind === 0) return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
    const low = this.oneIn(3) ? BigInt(this.u32()) : 0n;
    return (BigInt(this.pick(kind === 1 ? F64_EDGES : F64_HIGH)) << 32n) | low;
  }
}
