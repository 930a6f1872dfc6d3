// Values that cross a call boundary, as exact bits: arguments in, results out, 16 bytes a value. An i32 or f32 is word 4k; an i64 words 4k, 4k+1 (low
// first); an f64 double 2k; a v128 words 4k..4k+3; a reference refs[k]. A caller must read what it needs before it calls anything, because the callee
// reuses the same slots.

/** The most parameters or results that a function type may have. */
const CAPACITY = 1_024;

/** Where a raw native function finds its arguments and leaves its results: 16 bytes for each value, seen as words, doubles and bytes. */
export class Slots {
  /** Slot k begins at word 4k: an i32 takes that word, an i64 two words with the low one first. */
  readonly i32: Int32Array;
  /** The f32 of slot k is at 4k. */
  readonly f32: Float32Array;
  /** The f64 of slot k is at 2k. */
  readonly f64: Float64Array;
  /** The bytes of slot k begin at 16k; a v128 takes all 16. */
  readonly u8: Uint8Array;
  /** The reference of slot k is at k. */
  readonly refs: unknown[];

  constructor(capacity = CAPACITY) {
    const bytes = new ArrayBuffer(capacity * 16);
    this.i32 = new Int32Array(bytes);
    this.f32 = new Float32Array(bytes);
    this.f64 = new Float64Array(bytes);
    this.u8 = new Uint8Array(bytes);
    this.refs = new Array<unknown>(capacity).fill(null);
  }
}
