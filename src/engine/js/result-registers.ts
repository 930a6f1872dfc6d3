// The place where a function leaves what JavaScript cannot return: words 1..3 of a v128, and every result beyond the first (result k at its own
// place). These are return registers of this thread, as in numeric/high.ts: they are read right after the call, before anything else can run.

/** Four words per result. */
export const W: Int32Array = new Int32Array(4096);
export const W_F64: Float64Array = new Float64Array(1024);
export const W_REFS: unknown[] = new Array<unknown>(1024).fill(null);

/** Words that are also read as floats. The array is longer than 64 bytes, so that V8 treats its address as a constant. */
export const FI: Int32Array = new Int32Array(32);
export const FF: Float32Array = new Float32Array(FI.buffer);
export const FD: Float64Array = new Float64Array(FI.buffer);

/** What outlined functions leave for their callers, by kind: see outline-scratch.ts. It is read right after they have returned. */
export const PI: Int32Array = new Int32Array(8192);
export const PF: Float64Array = new Float64Array(2048);
export const PR: unknown[] = new Array<unknown>(2048).fill(null);

/** The tail call that a function's body left for its wrapper. */
export const TC: { callee: ((...args: unknown[]) => unknown) | null; args: unknown[] | null } = {
  callee: null,
  args: null,
};
