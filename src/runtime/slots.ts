// Values on their way across a call boundary, as exact bits: arguments in, results out, 16 bytes a value.
// An i32 or f32 is word 4k; an i64 words 4k, 4k+1 (low first); an f64 double 2k; a v128 words 4k..4k+3; a reference refs[k].
// Whoever calls anything must have read what it needs: the callee reuses the same slots.

/** As many as a function type may have parameters or results. */
const CAPACITY = 1_024;

export class Slots {
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
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
