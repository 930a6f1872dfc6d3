// The scratch words on which vector instructions work, viewed as lanes of every type. They are return registers of this thread like HIGH, not
// state: an engine fills the operands, calls the operation and reads the result before anything else can run.
// They assume a little-endian host, as all views over linear memory do.

/**
 * Words 0..3 are the first operand, 4..7 the second, 8..11 the third (or the lane bytes of i8x16.shuffle), and 12..15 the result. A scalar is
 * stored as bits at the start of the place of its operand or result, low word first.
 */
export const V: Int32Array = new Int32Array(32);
export const V_I8: Int8Array = new Int8Array(V.buffer);
export const V_U8: Uint8Array = new Uint8Array(V.buffer);
export const V_I16: Int16Array = new Int16Array(V.buffer);
export const V_U16: Uint16Array = new Uint16Array(V.buffer);
export const V_U32: Uint32Array = new Uint32Array(V.buffer);
export const V_F32: Float32Array = new Float32Array(V.buffer);
export const V_F64: Float64Array = new Float64Array(V.buffer);

/** Computes the result from the operands; `lane` is the lane immediate, 0 where there is none. */
export type VectorFunction = (lane: number) => void;
