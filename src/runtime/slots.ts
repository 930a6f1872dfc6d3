// Values on their way across a call boundary, as exact bits: arguments in, results out, 16 bytes a value.
// An i32 or f32 is word 4k; an i64 words 4k, 4k+1 (low first); an f64 double 2k; a v128 words 4k..4k+3; a reference refs[k].
// Whoever calls anything must have read what it needs: the callee reuses the same slots.

/** As many as a function type may have parameters or results. */
const CAPACITY = 1_024;

/** Where a raw native finds its arguments and leaves its results: 16 bytes for each value, seen as words, doubles and bytes. */
export class Slots {
  /** Slot k begins at word 4k: an i32 there, an i64 in two words, the low one first. */
  readonly i32: Int32Array;
  /** An f32 of slot k is at 4k. */
  readonly f32: Float32Array;
  /** An f64 of slot k is at 2k. */
  readonly f64: Float64Array;
  /** The bytes of slot k begin at 16k: a v128 has all of them. */
  readonly u8: Uint8Array;
  /** A reference of slot k is at k. */
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
