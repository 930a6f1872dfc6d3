// Return registers of this thread: what a number function computes beyond the one number that JavaScript can return.
// They are not state: a caller reads them right after the call, before anything else can run.
// They have 128 bytes each, because V8 keeps arrays beyond 64 bytes off its heap and then folds their address into compiled code.

/** Word 0: the high 32 bits of the 64-bit result whose low word the function returned. */
export const HIGH: Int32Array = new Int32Array(32);

/** Words 0..3: a 128-bit result, least significant word first. */
export const WIDE: Int32Array = new Int32Array(32);
