// The arenas of the interpreter: the register code and registers of every runtime in this thread. They are the one exception to "nothing is global",
// because V8 folds the addresses of module-level typed arrays into code (arrays owned by each runtime: 1.5 times slower, see docs/rationale.md). Each
// runtime gets spans of its own, zeroed when given back. Pages that were never touched use no memory.
import { SpanAllocator } from '../../base/span-allocator.js';
import * as OP from './op.gen.js';

const CODE_WORDS = 1 << 24;
const REGISTER_COUNT = 1 << 23;
const CALL_WORDS = 1 << 22;

/**
 * The buffer is a SharedArrayBuffer if possible: V8 counts any other buffer when it decides to collect garbage, and would do so twice while the
 * arenas are made (13 ms of each start). No other thread gets it.
 */
function uncounted(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'function' ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/** Register code. A function's code starts behind its header: see HEADER_WORDS. */
export const CODE: Int32Array = new Int32Array(uncounted(CODE_WORDS * 4));
/** Registers by type under one number: i32, f32 bits and low halves; high halves of i64; f64. A v128 takes two numbers. */
export const REGISTERS: Int32Array = new Int32Array(uncounted(REGISTER_COUNT * 4));
export const F32_REGISTERS: Float32Array = new Float32Array(REGISTERS.buffer);
export const HIGH_WORDS: Int32Array = new Int32Array(uncounted(REGISTER_COUNT * 4));
export const F64_REGISTERS: Float64Array = new Float64Array(uncounted(REGISTER_COUNT * 8));
export const F64_WORDS: Int32Array = new Int32Array(F64_REGISTERS.buffer);
/** The references, by the same numbers; the array grows with the frames that hold some. */
export const REFERENCES: unknown[] = [];
/** Two words per call: the return pc and the caller's frame pointer. */
export const CALLS: Int32Array = new Int32Array(uncounted(CALL_WORDS * 4));
/**
 * The state that step() and its caller exchange: pc, fp, sp, register limit, call limit, the end of the references in use by the running stack; what the
 * meter's slice holds beside what step() counts down (NO_FUEL: the code is not metered), and what step() has left.
 */
export const STATE: Int32Array = new Int32Array(32);
export const NO_FUEL = -1;

/**
 * The words before a function's first operation: registers to zero on entry (to, from: relative to the frame), frame size in registers, and an operation
 * `fuel` with the cost of the first block, which stands in front of other blocks too.
 */
export const HEADER_WORDS = 5;
/** The return addresses that end an activation, or return to the calling instance. */
export const HALT_PC = 4;
export const SWITCH_BACK_PC = 5;
const FIRST_FREE = 8;

CODE[HALT_PC] = OP.halt;
CODE[SWITCH_BACK_PC] = OP.switch_back;

/** The step function reads the two words behind an operation's number whether or not they are its own. */
export const codeSpans: SpanAllocator = new SpanAllocator(FIRST_FREE, CODE_WORDS - 2);
export const registerSpans: SpanAllocator = new SpanAllocator(0, REGISTER_COUNT);
export const callSpans: SpanAllocator = new SpanAllocator(0, CALL_WORDS);

/** The bytes of one register number over all arenas, for budgets. */
export const BYTES_PER_REGISTER = 16;

/** Makes REFERENCES at least `length` long. */
export function growReferences(length: number): void {
  while (REFERENCES.length < length) REFERENCES.push(null);
}
/** Makes REFERENCES at least `length` long, and records that the running stack uses that many. */
export function ensureReferences(length: number): void {
  growReferences(length);
  if (STATE[5]! < length) STATE[5] = length;
}
