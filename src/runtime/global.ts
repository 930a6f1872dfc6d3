// Globals: one cell of 16 bytes and one reference each. Engines read the words directly.
import { type GlobalType, isRef } from '../wasm/types.js';
import type { Slots } from './slots.js';

export class GlobalInstance {
  /** The type, resolved in the store. */
  readonly type: GlobalType;
  /** i32, f32: word 0. i64: words 0 (low) and 1. f64: double 0. v128: words 0 to 3. */
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  ref: unknown = null;

  constructor(type: GlobalType) {
    this.type = type;
    const bytes = new ArrayBuffer(16);
    this.i32 = new Int32Array(bytes);
    this.f64 = new Float64Array(bytes);
  }
  /** The mode whose engine keeps the value elsewhere; undefined if these fields hold it. */
  get residesIn(): string | undefined {
    return undefined;
  }
  /** Copies the value to slot k. */
  toSlot(slots: Slots, k: number): void {
    if (isRef(this.type.type)) slots.refs[k] = this.ref;
    else slots.i32.set(this.i32, k * 4);
  }
  /** Sets the value from slot k. The caller has checked the type. */
  fromSlot(slots: Slots, k: number): void {
    if (isRef(this.type.type)) this.ref = slots.refs[k];
    else for (let i = 0; i < 4; i++) this.i32[i] = slots.i32[k * 4 + i]!;
  }
}
