// What the table of instructions says of each: its columns. Refuses rows, which are in opcodes*.ts.
import type { Feature } from './features.js';
import type { TrapId } from './traps.js';

/** How an immediate is read, skipped, written and printed: one reader per kind, none per instruction. */
export type ImmediateKind =
  | 'blocktype'
  | 'label'
  | 'labels'
  | 'catches'
  | 'func'
  | 'type'
  | 'table'
  | 'memory'
  | 'memarg'
  | 'local'
  | 'global'
  | 'tag'
  | 'data'
  | 'elem'
  | 'field'
  | 'valtypes'
  | 'heaptype'
  | 'castflags'
  | 'lane'
  | 'lanes16'
  | 'u32'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'v128'
  | 'fence';

/** What an instruction does to the structure of blocks. */
export type Control =
  /** It opens a block. */
  | 'open'
  /** It ends one part of a block and begins the next. */
  | 'next'
  /** It closes a block. */
  | 'close'
  /** It branches or falls through. */
  | 'branch'
  /** It never falls through: a branch, a return, a trap. */
  | 'leave'
  /** It never falls through: it throws an exception. */
  | 'throw';

/** The name of the function of JavaScript's `Atomics` that does what an atomic access does. */
export type AtomicOperator = 'load' | 'store' | 'add' | 'sub' | 'and' | 'or' | 'xor' | 'exchange' | 'compareExchange';

export interface OpcodeRow {
  /** `prefix << 16 | sub`; a single byte for unprefixed instructions. */
  readonly code: number;
  /** The immediates in the order of the binary format. */
  readonly imm?: readonly ImmediateKind[];
  /** Operands ':' results, where they do not depend on the module or the stack: i I f F V, A = address type of the memory. */
  readonly sig?: string;
  /** The bytes of memory that it accesses; the natural alignment follows from them. */
  readonly bytes?: number;
  /** The feature that it needs. `throw` has none, since either feature of exceptions allows it: its validation rule requires one of them. */
  readonly feature?: Feature;
  /** It is allowed in constant expressions; with the name of a feature, only if that is on. */
  readonly constant?: true | Feature;
  readonly traps?: true;
  /** The fuel that it costs: 1 if absent. */
  readonly fuel?: 0;
  /** Its mnemonic in the text format, if two rows share one. */
  readonly text?: string;
  readonly control?: Control;
  /** Another function may run before the next instruction. */
  readonly calls?: true;
  /** It reads or changes what lies outside of the function: memories, tables, globals, segments, objects; or it waits for other threads. */
  readonly effect?: 'read' | 'write' | 'wait';
  /** An atomic access of a memory, with what it does there. */
  readonly atomic?: AtomicOperator;
  /** It costs more fuel the more it moves (see fuel.ts): by the length on top of the stack, or by the pages that a memory grows by. */
  readonly bulk?: 'length' | 'growth';
  /** It makes a new object. */
  readonly allocates?: true;
  /** It may make a NaN whose bits the specification leaves open, in a value of this shape. */
  readonly nan?: 'f32' | 'f64' | 'f32x4' | 'f64x2';
  /** The number of lanes, if an immediate is a lane of the operand. */
  readonly lanes?: number;
  /** The instruction that gives the same result with its two operands exchanged: itself if it is commutative. */
  readonly mirror?: string;
  /** Its trap when a reference operand is null. */
  readonly onNull?: TrapId;
  /** Whether a cast lets null pass. */
  readonly nullable?: boolean;
  /** The text format has its immediates in the opposite order of the binary format. */
  readonly reversed?: true;
}
