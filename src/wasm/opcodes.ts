// The opcode table: one row per instruction of WebAssembly 3.0 and the proposals in features.ts. Every fact about an instruction is a
// column of its row: decoder, validator, engines, instrumenter and printer read it, and no other file lists instructions for a
// property that they have. What pure instructions compute is in semantics.ts.
// This is a data file of one row per instruction, so it is longer than other files.
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

// Columns that many rows share.
const LOAD = { imm: ['memarg'], traps: true, effect: 'read' } as const;
const STORE = { imm: ['memarg'], traps: true, effect: 'write' } as const;
const VECTOR_LOAD = { imm: ['memarg'], feature: 'simd', traps: true, effect: 'read' } as const;
const VECTOR_STORE = { imm: ['memarg'], feature: 'simd', traps: true, effect: 'write' } as const;
const LANE_LOAD = { imm: ['memarg', 'lane'], feature: 'simd', traps: true, effect: 'read' } as const;
const LANE_STORE = { imm: ['memarg', 'lane'], feature: 'simd', traps: true, effect: 'write' } as const;
const ON_STRUCT = { feature: 'gc', traps: true, onNull: 'null-structure-reference' } as const;
const ON_ARRAY = { feature: 'gc', traps: true, onNull: 'null-array-reference' } as const;
const ATOMIC = { imm: ['memarg'], feature: 'threads', traps: true } as const;

export const OPCODES = {
  // Control
  unreachable: { code: 0x00, traps: true, control: 'leave' },
  nop: { code: 0x01, sig: ':', fuel: 0 },
  block: { code: 0x02, imm: ['blocktype'], fuel: 0, control: 'open' },
  loop: { code: 0x03, imm: ['blocktype'], fuel: 0, control: 'open' },
  if: { code: 0x04, imm: ['blocktype'], control: 'open' },
  else: { code: 0x05, fuel: 0, control: 'next' },
  try: { code: 0x06, imm: ['blocktype'], feature: 'legacy-exceptions', fuel: 0, control: 'open' },
  catch: { code: 0x07, imm: ['tag'], feature: 'legacy-exceptions', fuel: 0, control: 'next' },
  throw: { code: 0x08, imm: ['tag'], control: 'throw' },
  rethrow: { code: 0x09, imm: ['label'], feature: 'legacy-exceptions', control: 'throw' },
  throw_ref: { code: 0x0a, feature: 'exceptions', traps: true, control: 'throw', onNull: 'null-exception-reference' },
  end: { code: 0x0b, fuel: 0, control: 'close' },
  br: { code: 0x0c, imm: ['label'], control: 'leave' },
  br_if: { code: 0x0d, imm: ['label'], control: 'branch' },
  br_table: { code: 0x0e, imm: ['labels'], control: 'leave' },
  return: { code: 0x0f, control: 'leave' },
  call: { code: 0x10, imm: ['func'], calls: true },
  call_indirect: { code: 0x11, imm: ['type', 'table'], traps: true, calls: true, reversed: true },
  return_call: { code: 0x12, imm: ['func'], feature: 'tail-call', control: 'leave', calls: true },
  return_call_indirect: {
    code: 0x13,
    imm: ['type', 'table'],
    feature: 'tail-call',
    traps: true,
    control: 'leave',
    calls: true,
    reversed: true,
  },
  call_ref: {
    code: 0x14,
    imm: ['type'],
    feature: 'function-references',
    traps: true,
    calls: true,
    onNull: 'null-function-reference',
  },
  return_call_ref: {
    code: 0x15,
    imm: ['type'],
    feature: 'function-references',
    traps: true,
    control: 'leave',
    calls: true,
    onNull: 'null-function-reference',
  },
  delegate: { code: 0x18, imm: ['label'], feature: 'legacy-exceptions', fuel: 0, control: 'close' },
  catch_all: { code: 0x19, feature: 'legacy-exceptions', fuel: 0, control: 'next' },
  try_table: { code: 0x1f, imm: ['blocktype', 'catches'], feature: 'exceptions', fuel: 0, control: 'open' },

  // Parametric and variables
  drop: { code: 0x1a },
  select: { code: 0x1b },
  select_t: { code: 0x1c, imm: ['valtypes'], feature: 'reference-types', text: 'select' },
  'local.get': { code: 0x20, imm: ['local'] },
  'local.set': { code: 0x21, imm: ['local'] },
  'local.tee': { code: 0x22, imm: ['local'] },
  'global.get': { code: 0x23, imm: ['global'], constant: true, effect: 'read' },
  'global.set': { code: 0x24, imm: ['global'], effect: 'write' },
  'table.get': { code: 0x25, imm: ['table'], feature: 'reference-types', traps: true, effect: 'read' },
  'table.set': { code: 0x26, imm: ['table'], feature: 'reference-types', traps: true, effect: 'write' },

  // Memory
  'i32.load': { code: 0x28, sig: 'A:i', bytes: 4, ...LOAD },
  'i64.load': { code: 0x29, sig: 'A:I', bytes: 8, ...LOAD },
  'f32.load': { code: 0x2a, sig: 'A:f', bytes: 4, ...LOAD },
  'f64.load': { code: 0x2b, sig: 'A:F', bytes: 8, ...LOAD },
  'i32.load8_s': { code: 0x2c, sig: 'A:i', bytes: 1, ...LOAD },
  'i32.load8_u': { code: 0x2d, sig: 'A:i', bytes: 1, ...LOAD },
  'i32.load16_s': { code: 0x2e, sig: 'A:i', bytes: 2, ...LOAD },
  'i32.load16_u': { code: 0x2f, sig: 'A:i', bytes: 2, ...LOAD },
  'i64.load8_s': { code: 0x30, sig: 'A:I', bytes: 1, ...LOAD },
  'i64.load8_u': { code: 0x31, sig: 'A:I', bytes: 1, ...LOAD },
  'i64.load16_s': { code: 0x32, sig: 'A:I', bytes: 2, ...LOAD },
  'i64.load16_u': { code: 0x33, sig: 'A:I', bytes: 2, ...LOAD },
  'i64.load32_s': { code: 0x34, sig: 'A:I', bytes: 4, ...LOAD },
  'i64.load32_u': { code: 0x35, sig: 'A:I', bytes: 4, ...LOAD },
  'i32.store': { code: 0x36, sig: 'Ai:', bytes: 4, ...STORE },
  'i64.store': { code: 0x37, sig: 'AI:', bytes: 8, ...STORE },
  'f32.store': { code: 0x38, sig: 'Af:', bytes: 4, ...STORE },
  'f64.store': { code: 0x39, sig: 'AF:', bytes: 8, ...STORE },
  'i32.store8': { code: 0x3a, sig: 'Ai:', bytes: 1, ...STORE },
  'i32.store16': { code: 0x3b, sig: 'Ai:', bytes: 2, ...STORE },
  'i64.store8': { code: 0x3c, sig: 'AI:', bytes: 1, ...STORE },
  'i64.store16': { code: 0x3d, sig: 'AI:', bytes: 2, ...STORE },
  'i64.store32': { code: 0x3e, sig: 'AI:', bytes: 4, ...STORE },
  'memory.size': { code: 0x3f, imm: ['memory'], sig: ':A', effect: 'read' },
  'memory.grow': { code: 0x40, imm: ['memory'], sig: 'A:A', effect: 'write', bulk: 'growth' },

  // Constants
  'i32.const': { code: 0x41, imm: ['i32'], sig: ':i', constant: true },
  'i64.const': { code: 0x42, imm: ['i64'], sig: ':I', constant: true },
  'f32.const': { code: 0x43, imm: ['f32'], sig: ':f', constant: true },
  'f64.const': { code: 0x44, imm: ['f64'], sig: ':F', constant: true },

  // Integer and float comparisons
  'i32.eqz': { code: 0x45, sig: 'i:i' },
  'i32.eq': { code: 0x46, sig: 'ii:i', mirror: 'i32.eq' },
  'i32.ne': { code: 0x47, sig: 'ii:i', mirror: 'i32.ne' },
  'i32.lt_s': { code: 0x48, sig: 'ii:i', mirror: 'i32.gt_s' },
  'i32.lt_u': { code: 0x49, sig: 'ii:i', mirror: 'i32.gt_u' },
  'i32.gt_s': { code: 0x4a, sig: 'ii:i', mirror: 'i32.lt_s' },
  'i32.gt_u': { code: 0x4b, sig: 'ii:i', mirror: 'i32.lt_u' },
  'i32.le_s': { code: 0x4c, sig: 'ii:i', mirror: 'i32.ge_s' },
  'i32.le_u': { code: 0x4d, sig: 'ii:i', mirror: 'i32.ge_u' },
  'i32.ge_s': { code: 0x4e, sig: 'ii:i', mirror: 'i32.le_s' },
  'i32.ge_u': { code: 0x4f, sig: 'ii:i', mirror: 'i32.le_u' },
  'i64.eqz': { code: 0x50, sig: 'I:i' },
  'i64.eq': { code: 0x51, sig: 'II:i', mirror: 'i64.eq' },
  'i64.ne': { code: 0x52, sig: 'II:i', mirror: 'i64.ne' },
  'i64.lt_s': { code: 0x53, sig: 'II:i', mirror: 'i64.gt_s' },
  'i64.lt_u': { code: 0x54, sig: 'II:i', mirror: 'i64.gt_u' },
  'i64.gt_s': { code: 0x55, sig: 'II:i', mirror: 'i64.lt_s' },
  'i64.gt_u': { code: 0x56, sig: 'II:i', mirror: 'i64.lt_u' },
  'i64.le_s': { code: 0x57, sig: 'II:i', mirror: 'i64.ge_s' },
  'i64.le_u': { code: 0x58, sig: 'II:i', mirror: 'i64.ge_u' },
  'i64.ge_s': { code: 0x59, sig: 'II:i', mirror: 'i64.le_s' },
  'i64.ge_u': { code: 0x5a, sig: 'II:i', mirror: 'i64.le_u' },
  'f32.eq': { code: 0x5b, sig: 'ff:i', mirror: 'f32.eq' },
  'f32.ne': { code: 0x5c, sig: 'ff:i', mirror: 'f32.ne' },
  'f32.lt': { code: 0x5d, sig: 'ff:i', mirror: 'f32.gt' },
  'f32.gt': { code: 0x5e, sig: 'ff:i', mirror: 'f32.lt' },
  'f32.le': { code: 0x5f, sig: 'ff:i', mirror: 'f32.ge' },
  'f32.ge': { code: 0x60, sig: 'ff:i', mirror: 'f32.le' },
  'f64.eq': { code: 0x61, sig: 'FF:i', mirror: 'f64.eq' },
  'f64.ne': { code: 0x62, sig: 'FF:i', mirror: 'f64.ne' },
  'f64.lt': { code: 0x63, sig: 'FF:i', mirror: 'f64.gt' },
  'f64.gt': { code: 0x64, sig: 'FF:i', mirror: 'f64.lt' },
  'f64.le': { code: 0x65, sig: 'FF:i', mirror: 'f64.ge' },
  'f64.ge': { code: 0x66, sig: 'FF:i', mirror: 'f64.le' },

  // Integer and float arithmetic
  'i32.clz': { code: 0x67, sig: 'i:i' },
  'i32.ctz': { code: 0x68, sig: 'i:i' },
  'i32.popcnt': { code: 0x69, sig: 'i:i' },
  'i32.add': { code: 0x6a, sig: 'ii:i', constant: 'extended-const', mirror: 'i32.add' },
  'i32.sub': { code: 0x6b, sig: 'ii:i', constant: 'extended-const' },
  'i32.mul': { code: 0x6c, sig: 'ii:i', constant: 'extended-const', mirror: 'i32.mul' },
  'i32.div_s': { code: 0x6d, sig: 'ii:i', traps: true },
  'i32.div_u': { code: 0x6e, sig: 'ii:i', traps: true },
  'i32.rem_s': { code: 0x6f, sig: 'ii:i', traps: true },
  'i32.rem_u': { code: 0x70, sig: 'ii:i', traps: true },
  'i32.and': { code: 0x71, sig: 'ii:i', mirror: 'i32.and' },
  'i32.or': { code: 0x72, sig: 'ii:i', mirror: 'i32.or' },
  'i32.xor': { code: 0x73, sig: 'ii:i', mirror: 'i32.xor' },
  'i32.shl': { code: 0x74, sig: 'ii:i' },
  'i32.shr_s': { code: 0x75, sig: 'ii:i' },
  'i32.shr_u': { code: 0x76, sig: 'ii:i' },
  'i32.rotl': { code: 0x77, sig: 'ii:i' },
  'i32.rotr': { code: 0x78, sig: 'ii:i' },
  'i64.clz': { code: 0x79, sig: 'I:I' },
  'i64.ctz': { code: 0x7a, sig: 'I:I' },
  'i64.popcnt': { code: 0x7b, sig: 'I:I' },
  'i64.add': { code: 0x7c, sig: 'II:I', constant: 'extended-const', mirror: 'i64.add' },
  'i64.sub': { code: 0x7d, sig: 'II:I', constant: 'extended-const' },
  'i64.mul': { code: 0x7e, sig: 'II:I', constant: 'extended-const', mirror: 'i64.mul' },
  'i64.div_s': { code: 0x7f, sig: 'II:I', traps: true },
  'i64.div_u': { code: 0x80, sig: 'II:I', traps: true },
  'i64.rem_s': { code: 0x81, sig: 'II:I', traps: true },
  'i64.rem_u': { code: 0x82, sig: 'II:I', traps: true },
  'i64.and': { code: 0x83, sig: 'II:I', mirror: 'i64.and' },
  'i64.or': { code: 0x84, sig: 'II:I', mirror: 'i64.or' },
  'i64.xor': { code: 0x85, sig: 'II:I', mirror: 'i64.xor' },
  'i64.shl': { code: 0x86, sig: 'II:I' },
  'i64.shr_s': { code: 0x87, sig: 'II:I' },
  'i64.shr_u': { code: 0x88, sig: 'II:I' },
  'i64.rotl': { code: 0x89, sig: 'II:I' },
  'i64.rotr': { code: 0x8a, sig: 'II:I' },
  'f32.abs': { code: 0x8b, sig: 'f:f' },
  'f32.neg': { code: 0x8c, sig: 'f:f' },
  'f32.ceil': { code: 0x8d, sig: 'f:f', nan: 'f32' },
  'f32.floor': { code: 0x8e, sig: 'f:f', nan: 'f32' },
  'f32.trunc': { code: 0x8f, sig: 'f:f', nan: 'f32' },
  'f32.nearest': { code: 0x90, sig: 'f:f', nan: 'f32' },
  'f32.sqrt': { code: 0x91, sig: 'f:f', nan: 'f32' },
  'f32.add': { code: 0x92, sig: 'ff:f', nan: 'f32', mirror: 'f32.add' },
  'f32.sub': { code: 0x93, sig: 'ff:f', nan: 'f32' },
  'f32.mul': { code: 0x94, sig: 'ff:f', nan: 'f32', mirror: 'f32.mul' },
  'f32.div': { code: 0x95, sig: 'ff:f', nan: 'f32' },
  'f32.min': { code: 0x96, sig: 'ff:f', nan: 'f32' },
  'f32.max': { code: 0x97, sig: 'ff:f', nan: 'f32' },
  'f32.copysign': { code: 0x98, sig: 'ff:f' },
  'f64.abs': { code: 0x99, sig: 'F:F' },
  'f64.neg': { code: 0x9a, sig: 'F:F' },
  'f64.ceil': { code: 0x9b, sig: 'F:F', nan: 'f64' },
  'f64.floor': { code: 0x9c, sig: 'F:F', nan: 'f64' },
  'f64.trunc': { code: 0x9d, sig: 'F:F', nan: 'f64' },
  'f64.nearest': { code: 0x9e, sig: 'F:F', nan: 'f64' },
  'f64.sqrt': { code: 0x9f, sig: 'F:F', nan: 'f64' },
  'f64.add': { code: 0xa0, sig: 'FF:F', nan: 'f64', mirror: 'f64.add' },
  'f64.sub': { code: 0xa1, sig: 'FF:F', nan: 'f64' },
  'f64.mul': { code: 0xa2, sig: 'FF:F', nan: 'f64', mirror: 'f64.mul' },
  'f64.div': { code: 0xa3, sig: 'FF:F', nan: 'f64' },
  'f64.min': { code: 0xa4, sig: 'FF:F', nan: 'f64' },
  'f64.max': { code: 0xa5, sig: 'FF:F', nan: 'f64' },
  'f64.copysign': { code: 0xa6, sig: 'FF:F' },

  // Conversions
  'i32.wrap_i64': { code: 0xa7, sig: 'I:i' },
  'i32.trunc_f32_s': { code: 0xa8, sig: 'f:i', traps: true },
  'i32.trunc_f32_u': { code: 0xa9, sig: 'f:i', traps: true },
  'i32.trunc_f64_s': { code: 0xaa, sig: 'F:i', traps: true },
  'i32.trunc_f64_u': { code: 0xab, sig: 'F:i', traps: true },
  'i64.extend_i32_s': { code: 0xac, sig: 'i:I' },
  'i64.extend_i32_u': { code: 0xad, sig: 'i:I' },
  'i64.trunc_f32_s': { code: 0xae, sig: 'f:I', traps: true },
  'i64.trunc_f32_u': { code: 0xaf, sig: 'f:I', traps: true },
  'i64.trunc_f64_s': { code: 0xb0, sig: 'F:I', traps: true },
  'i64.trunc_f64_u': { code: 0xb1, sig: 'F:I', traps: true },
  'f32.convert_i32_s': { code: 0xb2, sig: 'i:f' },
  'f32.convert_i32_u': { code: 0xb3, sig: 'i:f' },
  'f32.convert_i64_s': { code: 0xb4, sig: 'I:f' },
  'f32.convert_i64_u': { code: 0xb5, sig: 'I:f' },
  'f32.demote_f64': { code: 0xb6, sig: 'F:f', nan: 'f32' },
  'f64.convert_i32_s': { code: 0xb7, sig: 'i:F' },
  'f64.convert_i32_u': { code: 0xb8, sig: 'i:F' },
  'f64.convert_i64_s': { code: 0xb9, sig: 'I:F' },
  'f64.convert_i64_u': { code: 0xba, sig: 'I:F' },
  'f64.promote_f32': { code: 0xbb, sig: 'f:F', nan: 'f64' },
  'i32.reinterpret_f32': { code: 0xbc, sig: 'f:i' },
  'i64.reinterpret_f64': { code: 0xbd, sig: 'F:I' },
  'f32.reinterpret_i32': { code: 0xbe, sig: 'i:f' },
  'f64.reinterpret_i64': { code: 0xbf, sig: 'I:F' },
  'i32.extend8_s': { code: 0xc0, sig: 'i:i', feature: 'sign-extension' },
  'i32.extend16_s': { code: 0xc1, sig: 'i:i', feature: 'sign-extension' },
  'i64.extend8_s': { code: 0xc2, sig: 'I:I', feature: 'sign-extension' },
  'i64.extend16_s': { code: 0xc3, sig: 'I:I', feature: 'sign-extension' },
  'i64.extend32_s': { code: 0xc4, sig: 'I:I', feature: 'sign-extension' },

  // References
  'ref.null': { code: 0xd0, imm: ['heaptype'], feature: 'reference-types', constant: true },
  'ref.is_null': { code: 0xd1, feature: 'reference-types' },
  'ref.func': { code: 0xd2, imm: ['func'], feature: 'reference-types', constant: true },
  'ref.eq': { code: 0xd3, feature: 'gc' },
  'ref.as_non_null': { code: 0xd4, feature: 'function-references', traps: true, onNull: 'null-reference' },
  br_on_null: { code: 0xd5, imm: ['label'], feature: 'function-references', control: 'branch' },
  br_on_non_null: { code: 0xd6, imm: ['label'], feature: 'function-references', control: 'branch' },

  // Garbage-collected objects (0xFB)
  'struct.new': { code: 0xfb_0000, imm: ['type'], feature: 'gc', constant: true, allocates: true },
  'struct.new_default': { code: 0xfb_0001, imm: ['type'], feature: 'gc', constant: true, allocates: true },
  'struct.get': { code: 0xfb_0002, imm: ['type', 'field'], effect: 'read', ...ON_STRUCT },
  'struct.get_s': { code: 0xfb_0003, imm: ['type', 'field'], effect: 'read', ...ON_STRUCT },
  'struct.get_u': { code: 0xfb_0004, imm: ['type', 'field'], effect: 'read', ...ON_STRUCT },
  'struct.set': { code: 0xfb_0005, imm: ['type', 'field'], effect: 'write', ...ON_STRUCT },
  'array.new': { code: 0xfb_0006, imm: ['type'], feature: 'gc', constant: true, bulk: 'length', allocates: true },
  'array.new_default': {
    code: 0xfb_0007,
    imm: ['type'],
    feature: 'gc',
    constant: true,
    bulk: 'length',
    allocates: true,
  },
  'array.new_fixed': { code: 0xfb_0008, imm: ['type', 'u32'], feature: 'gc', constant: true, allocates: true },
  'array.new_data': {
    code: 0xfb_0009,
    imm: ['type', 'data'],
    feature: 'gc',
    traps: true,
    bulk: 'length',
    allocates: true,
  },
  'array.new_elem': {
    code: 0xfb_000a,
    imm: ['type', 'elem'],
    feature: 'gc',
    traps: true,
    bulk: 'length',
    allocates: true,
  },
  'array.get': { code: 0xfb_000b, imm: ['type'], effect: 'read', ...ON_ARRAY },
  'array.get_s': { code: 0xfb_000c, imm: ['type'], effect: 'read', ...ON_ARRAY },
  'array.get_u': { code: 0xfb_000d, imm: ['type'], effect: 'read', ...ON_ARRAY },
  'array.set': { code: 0xfb_000e, imm: ['type'], effect: 'write', ...ON_ARRAY },
  'array.len': { code: 0xfb_000f, ...ON_ARRAY },
  'array.fill': { code: 0xfb_0010, imm: ['type'], effect: 'write', bulk: 'length', ...ON_ARRAY },
  'array.copy': { code: 0xfb_0011, imm: ['type', 'type'], effect: 'write', bulk: 'length', ...ON_ARRAY },
  'array.init_data': { code: 0xfb_0012, imm: ['type', 'data'], effect: 'write', bulk: 'length', ...ON_ARRAY },
  'array.init_elem': { code: 0xfb_0013, imm: ['type', 'elem'], effect: 'write', bulk: 'length', ...ON_ARRAY },
  'ref.test': { code: 0xfb_0014, imm: ['heaptype'], feature: 'gc', nullable: false },
  'ref.test_null': { code: 0xfb_0015, imm: ['heaptype'], feature: 'gc', text: 'ref.test', nullable: true },
  'ref.cast': { code: 0xfb_0016, imm: ['heaptype'], feature: 'gc', traps: true, nullable: false },
  'ref.cast_null': { code: 0xfb_0017, imm: ['heaptype'], feature: 'gc', traps: true, text: 'ref.cast', nullable: true },
  br_on_cast: {
    code: 0xfb_0018,
    imm: ['castflags', 'label', 'heaptype', 'heaptype'],
    feature: 'gc',
    control: 'branch',
  },
  br_on_cast_fail: {
    code: 0xfb_0019,
    imm: ['castflags', 'label', 'heaptype', 'heaptype'],
    feature: 'gc',
    control: 'branch',
  },
  'any.convert_extern': { code: 0xfb_001a, feature: 'gc', constant: true },
  'extern.convert_any': { code: 0xfb_001b, feature: 'gc', constant: true },
  'ref.i31': { code: 0xfb_001c, feature: 'gc', constant: true },
  'i31.get_s': { code: 0xfb_001d, feature: 'gc', traps: true, onNull: 'null-i31-reference' },
  'i31.get_u': { code: 0xfb_001e, feature: 'gc', traps: true, onNull: 'null-i31-reference' },

  // Saturating conversions, bulk memory, tables, wide arithmetic (0xFC)
  'i32.trunc_sat_f32_s': { code: 0xfc_0000, sig: 'f:i', feature: 'saturating-float-to-int' },
  'i32.trunc_sat_f32_u': { code: 0xfc_0001, sig: 'f:i', feature: 'saturating-float-to-int' },
  'i32.trunc_sat_f64_s': { code: 0xfc_0002, sig: 'F:i', feature: 'saturating-float-to-int' },
  'i32.trunc_sat_f64_u': { code: 0xfc_0003, sig: 'F:i', feature: 'saturating-float-to-int' },
  'i64.trunc_sat_f32_s': { code: 0xfc_0004, sig: 'f:I', feature: 'saturating-float-to-int' },
  'i64.trunc_sat_f32_u': { code: 0xfc_0005, sig: 'f:I', feature: 'saturating-float-to-int' },
  'i64.trunc_sat_f64_s': { code: 0xfc_0006, sig: 'F:I', feature: 'saturating-float-to-int' },
  'i64.trunc_sat_f64_u': { code: 0xfc_0007, sig: 'F:I', feature: 'saturating-float-to-int' },
  'memory.init': {
    code: 0xfc_0008,
    imm: ['data', 'memory'],
    feature: 'bulk-memory',
    traps: true,
    effect: 'write',
    bulk: 'length',
    reversed: true,
  },
  'data.drop': { code: 0xfc_0009, imm: ['data'], sig: ':', feature: 'bulk-memory', effect: 'write' },
  'memory.copy': {
    code: 0xfc_000a,
    imm: ['memory', 'memory'],
    feature: 'bulk-memory',
    traps: true,
    effect: 'write',
    bulk: 'length',
  },
  'memory.fill': {
    code: 0xfc_000b,
    imm: ['memory'],
    feature: 'bulk-memory',
    traps: true,
    effect: 'write',
    bulk: 'length',
  },
  'table.init': {
    code: 0xfc_000c,
    imm: ['elem', 'table'],
    feature: 'bulk-memory',
    traps: true,
    effect: 'write',
    bulk: 'length',
    reversed: true,
  },
  'elem.drop': { code: 0xfc_000d, imm: ['elem'], sig: ':', feature: 'bulk-memory', effect: 'write' },
  'table.copy': {
    code: 0xfc_000e,
    imm: ['table', 'table'],
    feature: 'bulk-memory',
    traps: true,
    effect: 'write',
    bulk: 'length',
  },
  'table.grow': { code: 0xfc_000f, imm: ['table'], feature: 'reference-types', effect: 'write', bulk: 'length' },
  'table.size': { code: 0xfc_0010, imm: ['table'], feature: 'reference-types', effect: 'read' },
  'table.fill': {
    code: 0xfc_0011,
    imm: ['table'],
    feature: 'reference-types',
    traps: true,
    effect: 'write',
    bulk: 'length',
  },
  'i64.add128': { code: 0xfc_0013, sig: 'IIII:II', feature: 'wide-arithmetic' },
  'i64.sub128': { code: 0xfc_0014, sig: 'IIII:II', feature: 'wide-arithmetic' },
  'i64.mul_wide_s': { code: 0xfc_0015, sig: 'II:II', feature: 'wide-arithmetic' },
  'i64.mul_wide_u': { code: 0xfc_0016, sig: 'II:II', feature: 'wide-arithmetic' },

  // Vectors (0xFD)
  'v128.load': { code: 0xfd_0000, sig: 'A:V', bytes: 16, ...VECTOR_LOAD },
  'v128.load8x8_s': { code: 0xfd_0001, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'v128.load8x8_u': { code: 0xfd_0002, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'v128.load16x4_s': { code: 0xfd_0003, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'v128.load16x4_u': { code: 0xfd_0004, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'v128.load32x2_s': { code: 0xfd_0005, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'v128.load32x2_u': { code: 0xfd_0006, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'v128.load8_splat': { code: 0xfd_0007, sig: 'A:V', bytes: 1, ...VECTOR_LOAD },
  'v128.load16_splat': { code: 0xfd_0008, sig: 'A:V', bytes: 2, ...VECTOR_LOAD },
  'v128.load32_splat': { code: 0xfd_0009, sig: 'A:V', bytes: 4, ...VECTOR_LOAD },
  'v128.load64_splat': { code: 0xfd_000a, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'v128.store': { code: 0xfd_000b, sig: 'AV:', bytes: 16, ...VECTOR_STORE },
  'v128.const': { code: 0xfd_000c, imm: ['v128'], sig: ':V', feature: 'simd', constant: true },
  'i8x16.shuffle': { code: 0xfd_000d, imm: ['lanes16'], sig: 'VV:V', feature: 'simd' },
  'i8x16.swizzle': { code: 0xfd_000e, sig: 'VV:V', feature: 'simd' },
  'i8x16.splat': { code: 0xfd_000f, sig: 'i:V', feature: 'simd' },
  'i16x8.splat': { code: 0xfd_0010, sig: 'i:V', feature: 'simd' },
  'i32x4.splat': { code: 0xfd_0011, sig: 'i:V', feature: 'simd' },
  'i64x2.splat': { code: 0xfd_0012, sig: 'I:V', feature: 'simd' },
  'f32x4.splat': { code: 0xfd_0013, sig: 'f:V', feature: 'simd' },
  'f64x2.splat': { code: 0xfd_0014, sig: 'F:V', feature: 'simd' },
  'i8x16.extract_lane_s': { code: 0xfd_0015, imm: ['lane'], sig: 'V:i', feature: 'simd', lanes: 16 },
  'i8x16.extract_lane_u': { code: 0xfd_0016, imm: ['lane'], sig: 'V:i', feature: 'simd', lanes: 16 },
  'i8x16.replace_lane': { code: 0xfd_0017, imm: ['lane'], sig: 'Vi:V', feature: 'simd', lanes: 16 },
  'i16x8.extract_lane_s': { code: 0xfd_0018, imm: ['lane'], sig: 'V:i', feature: 'simd', lanes: 8 },
  'i16x8.extract_lane_u': { code: 0xfd_0019, imm: ['lane'], sig: 'V:i', feature: 'simd', lanes: 8 },
  'i16x8.replace_lane': { code: 0xfd_001a, imm: ['lane'], sig: 'Vi:V', feature: 'simd', lanes: 8 },
  'i32x4.extract_lane': { code: 0xfd_001b, imm: ['lane'], sig: 'V:i', feature: 'simd', lanes: 4 },
  'i32x4.replace_lane': { code: 0xfd_001c, imm: ['lane'], sig: 'Vi:V', feature: 'simd', lanes: 4 },
  'i64x2.extract_lane': { code: 0xfd_001d, imm: ['lane'], sig: 'V:I', feature: 'simd', lanes: 2 },
  'i64x2.replace_lane': { code: 0xfd_001e, imm: ['lane'], sig: 'VI:V', feature: 'simd', lanes: 2 },
  'f32x4.extract_lane': { code: 0xfd_001f, imm: ['lane'], sig: 'V:f', feature: 'simd', lanes: 4 },
  'f32x4.replace_lane': { code: 0xfd_0020, imm: ['lane'], sig: 'Vf:V', feature: 'simd', lanes: 4 },
  'f64x2.extract_lane': { code: 0xfd_0021, imm: ['lane'], sig: 'V:F', feature: 'simd', lanes: 2 },
  'f64x2.replace_lane': { code: 0xfd_0022, imm: ['lane'], sig: 'VF:V', feature: 'simd', lanes: 2 },
  'i8x16.eq': { code: 0xfd_0023, sig: 'VV:V', feature: 'simd' },
  'i8x16.ne': { code: 0xfd_0024, sig: 'VV:V', feature: 'simd' },
  'i8x16.lt_s': { code: 0xfd_0025, sig: 'VV:V', feature: 'simd' },
  'i8x16.lt_u': { code: 0xfd_0026, sig: 'VV:V', feature: 'simd' },
  'i8x16.gt_s': { code: 0xfd_0027, sig: 'VV:V', feature: 'simd' },
  'i8x16.gt_u': { code: 0xfd_0028, sig: 'VV:V', feature: 'simd' },
  'i8x16.le_s': { code: 0xfd_0029, sig: 'VV:V', feature: 'simd' },
  'i8x16.le_u': { code: 0xfd_002a, sig: 'VV:V', feature: 'simd' },
  'i8x16.ge_s': { code: 0xfd_002b, sig: 'VV:V', feature: 'simd' },
  'i8x16.ge_u': { code: 0xfd_002c, sig: 'VV:V', feature: 'simd' },
  'i16x8.eq': { code: 0xfd_002d, sig: 'VV:V', feature: 'simd' },
  'i16x8.ne': { code: 0xfd_002e, sig: 'VV:V', feature: 'simd' },
  'i16x8.lt_s': { code: 0xfd_002f, sig: 'VV:V', feature: 'simd' },
  'i16x8.lt_u': { code: 0xfd_0030, sig: 'VV:V', feature: 'simd' },
  'i16x8.gt_s': { code: 0xfd_0031, sig: 'VV:V', feature: 'simd' },
  'i16x8.gt_u': { code: 0xfd_0032, sig: 'VV:V', feature: 'simd' },
  'i16x8.le_s': { code: 0xfd_0033, sig: 'VV:V', feature: 'simd' },
  'i16x8.le_u': { code: 0xfd_0034, sig: 'VV:V', feature: 'simd' },
  'i16x8.ge_s': { code: 0xfd_0035, sig: 'VV:V', feature: 'simd' },
  'i16x8.ge_u': { code: 0xfd_0036, sig: 'VV:V', feature: 'simd' },
  'i32x4.eq': { code: 0xfd_0037, sig: 'VV:V', feature: 'simd' },
  'i32x4.ne': { code: 0xfd_0038, sig: 'VV:V', feature: 'simd' },
  'i32x4.lt_s': { code: 0xfd_0039, sig: 'VV:V', feature: 'simd' },
  'i32x4.lt_u': { code: 0xfd_003a, sig: 'VV:V', feature: 'simd' },
  'i32x4.gt_s': { code: 0xfd_003b, sig: 'VV:V', feature: 'simd' },
  'i32x4.gt_u': { code: 0xfd_003c, sig: 'VV:V', feature: 'simd' },
  'i32x4.le_s': { code: 0xfd_003d, sig: 'VV:V', feature: 'simd' },
  'i32x4.le_u': { code: 0xfd_003e, sig: 'VV:V', feature: 'simd' },
  'i32x4.ge_s': { code: 0xfd_003f, sig: 'VV:V', feature: 'simd' },
  'i32x4.ge_u': { code: 0xfd_0040, sig: 'VV:V', feature: 'simd' },
  'f32x4.eq': { code: 0xfd_0041, sig: 'VV:V', feature: 'simd' },
  'f32x4.ne': { code: 0xfd_0042, sig: 'VV:V', feature: 'simd' },
  'f32x4.lt': { code: 0xfd_0043, sig: 'VV:V', feature: 'simd' },
  'f32x4.gt': { code: 0xfd_0044, sig: 'VV:V', feature: 'simd' },
  'f32x4.le': { code: 0xfd_0045, sig: 'VV:V', feature: 'simd' },
  'f32x4.ge': { code: 0xfd_0046, sig: 'VV:V', feature: 'simd' },
  'f64x2.eq': { code: 0xfd_0047, sig: 'VV:V', feature: 'simd' },
  'f64x2.ne': { code: 0xfd_0048, sig: 'VV:V', feature: 'simd' },
  'f64x2.lt': { code: 0xfd_0049, sig: 'VV:V', feature: 'simd' },
  'f64x2.gt': { code: 0xfd_004a, sig: 'VV:V', feature: 'simd' },
  'f64x2.le': { code: 0xfd_004b, sig: 'VV:V', feature: 'simd' },
  'f64x2.ge': { code: 0xfd_004c, sig: 'VV:V', feature: 'simd' },
  'v128.not': { code: 0xfd_004d, sig: 'V:V', feature: 'simd' },
  'v128.and': { code: 0xfd_004e, sig: 'VV:V', feature: 'simd' },
  'v128.andnot': { code: 0xfd_004f, sig: 'VV:V', feature: 'simd' },
  'v128.or': { code: 0xfd_0050, sig: 'VV:V', feature: 'simd' },
  'v128.xor': { code: 0xfd_0051, sig: 'VV:V', feature: 'simd' },
  'v128.bitselect': { code: 0xfd_0052, sig: 'VVV:V', feature: 'simd' },
  'v128.any_true': { code: 0xfd_0053, sig: 'V:i', feature: 'simd' },
  'v128.load8_lane': { code: 0xfd_0054, sig: 'AV:V', bytes: 1, ...LANE_LOAD },
  'v128.load16_lane': { code: 0xfd_0055, sig: 'AV:V', bytes: 2, ...LANE_LOAD },
  'v128.load32_lane': { code: 0xfd_0056, sig: 'AV:V', bytes: 4, ...LANE_LOAD },
  'v128.load64_lane': { code: 0xfd_0057, sig: 'AV:V', bytes: 8, ...LANE_LOAD },
  'v128.store8_lane': { code: 0xfd_0058, sig: 'AV:', bytes: 1, ...LANE_STORE },
  'v128.store16_lane': { code: 0xfd_0059, sig: 'AV:', bytes: 2, ...LANE_STORE },
  'v128.store32_lane': { code: 0xfd_005a, sig: 'AV:', bytes: 4, ...LANE_STORE },
  'v128.store64_lane': { code: 0xfd_005b, sig: 'AV:', bytes: 8, ...LANE_STORE },
  'v128.load32_zero': { code: 0xfd_005c, sig: 'A:V', bytes: 4, ...VECTOR_LOAD },
  'v128.load64_zero': { code: 0xfd_005d, sig: 'A:V', bytes: 8, ...VECTOR_LOAD },
  'f32x4.demote_f64x2_zero': { code: 0xfd_005e, sig: 'V:V', feature: 'simd', nan: 'f32x4' },
  'f64x2.promote_low_f32x4': { code: 0xfd_005f, sig: 'V:V', feature: 'simd', nan: 'f64x2' },
  'i8x16.abs': { code: 0xfd_0060, sig: 'V:V', feature: 'simd' },
  'i8x16.neg': { code: 0xfd_0061, sig: 'V:V', feature: 'simd' },
  'i8x16.popcnt': { code: 0xfd_0062, sig: 'V:V', feature: 'simd' },
  'i8x16.all_true': { code: 0xfd_0063, sig: 'V:i', feature: 'simd' },
  'i8x16.bitmask': { code: 0xfd_0064, sig: 'V:i', feature: 'simd' },
  'i8x16.narrow_i16x8_s': { code: 0xfd_0065, sig: 'VV:V', feature: 'simd' },
  'i8x16.narrow_i16x8_u': { code: 0xfd_0066, sig: 'VV:V', feature: 'simd' },
  'f32x4.ceil': { code: 0xfd_0067, sig: 'V:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.floor': { code: 0xfd_0068, sig: 'V:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.trunc': { code: 0xfd_0069, sig: 'V:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.nearest': { code: 0xfd_006a, sig: 'V:V', feature: 'simd', nan: 'f32x4' },
  'i8x16.shl': { code: 0xfd_006b, sig: 'Vi:V', feature: 'simd' },
  'i8x16.shr_s': { code: 0xfd_006c, sig: 'Vi:V', feature: 'simd' },
  'i8x16.shr_u': { code: 0xfd_006d, sig: 'Vi:V', feature: 'simd' },
  'i8x16.add': { code: 0xfd_006e, sig: 'VV:V', feature: 'simd' },
  'i8x16.add_sat_s': { code: 0xfd_006f, sig: 'VV:V', feature: 'simd' },
  'i8x16.add_sat_u': { code: 0xfd_0070, sig: 'VV:V', feature: 'simd' },
  'i8x16.sub': { code: 0xfd_0071, sig: 'VV:V', feature: 'simd' },
  'i8x16.sub_sat_s': { code: 0xfd_0072, sig: 'VV:V', feature: 'simd' },
  'i8x16.sub_sat_u': { code: 0xfd_0073, sig: 'VV:V', feature: 'simd' },
  'f64x2.ceil': { code: 0xfd_0074, sig: 'V:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.floor': { code: 0xfd_0075, sig: 'V:V', feature: 'simd', nan: 'f64x2' },
  'i8x16.min_s': { code: 0xfd_0076, sig: 'VV:V', feature: 'simd' },
  'i8x16.min_u': { code: 0xfd_0077, sig: 'VV:V', feature: 'simd' },
  'i8x16.max_s': { code: 0xfd_0078, sig: 'VV:V', feature: 'simd' },
  'i8x16.max_u': { code: 0xfd_0079, sig: 'VV:V', feature: 'simd' },
  'f64x2.trunc': { code: 0xfd_007a, sig: 'V:V', feature: 'simd', nan: 'f64x2' },
  'i8x16.avgr_u': { code: 0xfd_007b, sig: 'VV:V', feature: 'simd' },
  'i16x8.extadd_pairwise_i8x16_s': { code: 0xfd_007c, sig: 'V:V', feature: 'simd' },
  'i16x8.extadd_pairwise_i8x16_u': { code: 0xfd_007d, sig: 'V:V', feature: 'simd' },
  'i32x4.extadd_pairwise_i16x8_s': { code: 0xfd_007e, sig: 'V:V', feature: 'simd' },
  'i32x4.extadd_pairwise_i16x8_u': { code: 0xfd_007f, sig: 'V:V', feature: 'simd' },
  'i16x8.abs': { code: 0xfd_0080, sig: 'V:V', feature: 'simd' },
  'i16x8.neg': { code: 0xfd_0081, sig: 'V:V', feature: 'simd' },
  'i16x8.q15mulr_sat_s': { code: 0xfd_0082, sig: 'VV:V', feature: 'simd' },
  'i16x8.all_true': { code: 0xfd_0083, sig: 'V:i', feature: 'simd' },
  'i16x8.bitmask': { code: 0xfd_0084, sig: 'V:i', feature: 'simd' },
  'i16x8.narrow_i32x4_s': { code: 0xfd_0085, sig: 'VV:V', feature: 'simd' },
  'i16x8.narrow_i32x4_u': { code: 0xfd_0086, sig: 'VV:V', feature: 'simd' },
  'i16x8.extend_low_i8x16_s': { code: 0xfd_0087, sig: 'V:V', feature: 'simd' },
  'i16x8.extend_high_i8x16_s': { code: 0xfd_0088, sig: 'V:V', feature: 'simd' },
  'i16x8.extend_low_i8x16_u': { code: 0xfd_0089, sig: 'V:V', feature: 'simd' },
  'i16x8.extend_high_i8x16_u': { code: 0xfd_008a, sig: 'V:V', feature: 'simd' },
  'i16x8.shl': { code: 0xfd_008b, sig: 'Vi:V', feature: 'simd' },
  'i16x8.shr_s': { code: 0xfd_008c, sig: 'Vi:V', feature: 'simd' },
  'i16x8.shr_u': { code: 0xfd_008d, sig: 'Vi:V', feature: 'simd' },
  'i16x8.add': { code: 0xfd_008e, sig: 'VV:V', feature: 'simd' },
  'i16x8.add_sat_s': { code: 0xfd_008f, sig: 'VV:V', feature: 'simd' },
  'i16x8.add_sat_u': { code: 0xfd_0090, sig: 'VV:V', feature: 'simd' },
  'i16x8.sub': { code: 0xfd_0091, sig: 'VV:V', feature: 'simd' },
  'i16x8.sub_sat_s': { code: 0xfd_0092, sig: 'VV:V', feature: 'simd' },
  'i16x8.sub_sat_u': { code: 0xfd_0093, sig: 'VV:V', feature: 'simd' },
  'f64x2.nearest': { code: 0xfd_0094, sig: 'V:V', feature: 'simd', nan: 'f64x2' },
  'i16x8.mul': { code: 0xfd_0095, sig: 'VV:V', feature: 'simd' },
  'i16x8.min_s': { code: 0xfd_0096, sig: 'VV:V', feature: 'simd' },
  'i16x8.min_u': { code: 0xfd_0097, sig: 'VV:V', feature: 'simd' },
  'i16x8.max_s': { code: 0xfd_0098, sig: 'VV:V', feature: 'simd' },
  'i16x8.max_u': { code: 0xfd_0099, sig: 'VV:V', feature: 'simd' },
  'i16x8.avgr_u': { code: 0xfd_009b, sig: 'VV:V', feature: 'simd' },
  'i16x8.extmul_low_i8x16_s': { code: 0xfd_009c, sig: 'VV:V', feature: 'simd' },
  'i16x8.extmul_high_i8x16_s': { code: 0xfd_009d, sig: 'VV:V', feature: 'simd' },
  'i16x8.extmul_low_i8x16_u': { code: 0xfd_009e, sig: 'VV:V', feature: 'simd' },
  'i16x8.extmul_high_i8x16_u': { code: 0xfd_009f, sig: 'VV:V', feature: 'simd' },
  'i32x4.abs': { code: 0xfd_00a0, sig: 'V:V', feature: 'simd' },
  'i32x4.neg': { code: 0xfd_00a1, sig: 'V:V', feature: 'simd' },
  'i32x4.all_true': { code: 0xfd_00a3, sig: 'V:i', feature: 'simd' },
  'i32x4.bitmask': { code: 0xfd_00a4, sig: 'V:i', feature: 'simd' },
  'i32x4.extend_low_i16x8_s': { code: 0xfd_00a7, sig: 'V:V', feature: 'simd' },
  'i32x4.extend_high_i16x8_s': { code: 0xfd_00a8, sig: 'V:V', feature: 'simd' },
  'i32x4.extend_low_i16x8_u': { code: 0xfd_00a9, sig: 'V:V', feature: 'simd' },
  'i32x4.extend_high_i16x8_u': { code: 0xfd_00aa, sig: 'V:V', feature: 'simd' },
  'i32x4.shl': { code: 0xfd_00ab, sig: 'Vi:V', feature: 'simd' },
  'i32x4.shr_s': { code: 0xfd_00ac, sig: 'Vi:V', feature: 'simd' },
  'i32x4.shr_u': { code: 0xfd_00ad, sig: 'Vi:V', feature: 'simd' },
  'i32x4.add': { code: 0xfd_00ae, sig: 'VV:V', feature: 'simd' },
  'i32x4.sub': { code: 0xfd_00b1, sig: 'VV:V', feature: 'simd' },
  'i32x4.mul': { code: 0xfd_00b5, sig: 'VV:V', feature: 'simd' },
  'i32x4.min_s': { code: 0xfd_00b6, sig: 'VV:V', feature: 'simd' },
  'i32x4.min_u': { code: 0xfd_00b7, sig: 'VV:V', feature: 'simd' },
  'i32x4.max_s': { code: 0xfd_00b8, sig: 'VV:V', feature: 'simd' },
  'i32x4.max_u': { code: 0xfd_00b9, sig: 'VV:V', feature: 'simd' },
  'i32x4.dot_i16x8_s': { code: 0xfd_00ba, sig: 'VV:V', feature: 'simd' },
  'i32x4.extmul_low_i16x8_s': { code: 0xfd_00bc, sig: 'VV:V', feature: 'simd' },
  'i32x4.extmul_high_i16x8_s': { code: 0xfd_00bd, sig: 'VV:V', feature: 'simd' },
  'i32x4.extmul_low_i16x8_u': { code: 0xfd_00be, sig: 'VV:V', feature: 'simd' },
  'i32x4.extmul_high_i16x8_u': { code: 0xfd_00bf, sig: 'VV:V', feature: 'simd' },
  'i64x2.abs': { code: 0xfd_00c0, sig: 'V:V', feature: 'simd' },
  'i64x2.neg': { code: 0xfd_00c1, sig: 'V:V', feature: 'simd' },
  'i64x2.all_true': { code: 0xfd_00c3, sig: 'V:i', feature: 'simd' },
  'i64x2.bitmask': { code: 0xfd_00c4, sig: 'V:i', feature: 'simd' },
  'i64x2.extend_low_i32x4_s': { code: 0xfd_00c7, sig: 'V:V', feature: 'simd' },
  'i64x2.extend_high_i32x4_s': { code: 0xfd_00c8, sig: 'V:V', feature: 'simd' },
  'i64x2.extend_low_i32x4_u': { code: 0xfd_00c9, sig: 'V:V', feature: 'simd' },
  'i64x2.extend_high_i32x4_u': { code: 0xfd_00ca, sig: 'V:V', feature: 'simd' },
  'i64x2.shl': { code: 0xfd_00cb, sig: 'Vi:V', feature: 'simd' },
  'i64x2.shr_s': { code: 0xfd_00cc, sig: 'Vi:V', feature: 'simd' },
  'i64x2.shr_u': { code: 0xfd_00cd, sig: 'Vi:V', feature: 'simd' },
  'i64x2.add': { code: 0xfd_00ce, sig: 'VV:V', feature: 'simd' },
  'i64x2.sub': { code: 0xfd_00d1, sig: 'VV:V', feature: 'simd' },
  'i64x2.mul': { code: 0xfd_00d5, sig: 'VV:V', feature: 'simd' },
  'i64x2.eq': { code: 0xfd_00d6, sig: 'VV:V', feature: 'simd' },
  'i64x2.ne': { code: 0xfd_00d7, sig: 'VV:V', feature: 'simd' },
  'i64x2.lt_s': { code: 0xfd_00d8, sig: 'VV:V', feature: 'simd' },
  'i64x2.gt_s': { code: 0xfd_00d9, sig: 'VV:V', feature: 'simd' },
  'i64x2.le_s': { code: 0xfd_00da, sig: 'VV:V', feature: 'simd' },
  'i64x2.ge_s': { code: 0xfd_00db, sig: 'VV:V', feature: 'simd' },
  'i64x2.extmul_low_i32x4_s': { code: 0xfd_00dc, sig: 'VV:V', feature: 'simd' },
  'i64x2.extmul_high_i32x4_s': { code: 0xfd_00dd, sig: 'VV:V', feature: 'simd' },
  'i64x2.extmul_low_i32x4_u': { code: 0xfd_00de, sig: 'VV:V', feature: 'simd' },
  'i64x2.extmul_high_i32x4_u': { code: 0xfd_00df, sig: 'VV:V', feature: 'simd' },
  'f32x4.abs': { code: 0xfd_00e0, sig: 'V:V', feature: 'simd' },
  'f32x4.neg': { code: 0xfd_00e1, sig: 'V:V', feature: 'simd' },
  'f32x4.sqrt': { code: 0xfd_00e3, sig: 'V:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.add': { code: 0xfd_00e4, sig: 'VV:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.sub': { code: 0xfd_00e5, sig: 'VV:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.mul': { code: 0xfd_00e6, sig: 'VV:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.div': { code: 0xfd_00e7, sig: 'VV:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.min': { code: 0xfd_00e8, sig: 'VV:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.max': { code: 0xfd_00e9, sig: 'VV:V', feature: 'simd', nan: 'f32x4' },
  'f32x4.pmin': { code: 0xfd_00ea, sig: 'VV:V', feature: 'simd' },
  'f32x4.pmax': { code: 0xfd_00eb, sig: 'VV:V', feature: 'simd' },
  'f64x2.abs': { code: 0xfd_00ec, sig: 'V:V', feature: 'simd' },
  'f64x2.neg': { code: 0xfd_00ed, sig: 'V:V', feature: 'simd' },
  'f64x2.sqrt': { code: 0xfd_00ef, sig: 'V:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.add': { code: 0xfd_00f0, sig: 'VV:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.sub': { code: 0xfd_00f1, sig: 'VV:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.mul': { code: 0xfd_00f2, sig: 'VV:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.div': { code: 0xfd_00f3, sig: 'VV:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.min': { code: 0xfd_00f4, sig: 'VV:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.max': { code: 0xfd_00f5, sig: 'VV:V', feature: 'simd', nan: 'f64x2' },
  'f64x2.pmin': { code: 0xfd_00f6, sig: 'VV:V', feature: 'simd' },
  'f64x2.pmax': { code: 0xfd_00f7, sig: 'VV:V', feature: 'simd' },
  'i32x4.trunc_sat_f32x4_s': { code: 0xfd_00f8, sig: 'V:V', feature: 'simd' },
  'i32x4.trunc_sat_f32x4_u': { code: 0xfd_00f9, sig: 'V:V', feature: 'simd' },
  'f32x4.convert_i32x4_s': { code: 0xfd_00fa, sig: 'V:V', feature: 'simd' },
  'f32x4.convert_i32x4_u': { code: 0xfd_00fb, sig: 'V:V', feature: 'simd' },
  'i32x4.trunc_sat_f64x2_s_zero': { code: 0xfd_00fc, sig: 'V:V', feature: 'simd' },
  'i32x4.trunc_sat_f64x2_u_zero': { code: 0xfd_00fd, sig: 'V:V', feature: 'simd' },
  'f64x2.convert_low_i32x4_s': { code: 0xfd_00fe, sig: 'V:V', feature: 'simd' },
  'f64x2.convert_low_i32x4_u': { code: 0xfd_00ff, sig: 'V:V', feature: 'simd' },

  // Relaxed vectors
  'i8x16.relaxed_swizzle': { code: 0xfd_0100, sig: 'VV:V', feature: 'relaxed-simd' },
  'i32x4.relaxed_trunc_f32x4_s': { code: 0xfd_0101, sig: 'V:V', feature: 'relaxed-simd' },
  'i32x4.relaxed_trunc_f32x4_u': { code: 0xfd_0102, sig: 'V:V', feature: 'relaxed-simd' },
  'i32x4.relaxed_trunc_f64x2_s_zero': { code: 0xfd_0103, sig: 'V:V', feature: 'relaxed-simd' },
  'i32x4.relaxed_trunc_f64x2_u_zero': { code: 0xfd_0104, sig: 'V:V', feature: 'relaxed-simd' },
  'f32x4.relaxed_madd': { code: 0xfd_0105, sig: 'VVV:V', feature: 'relaxed-simd', nan: 'f32x4' },
  'f32x4.relaxed_nmadd': { code: 0xfd_0106, sig: 'VVV:V', feature: 'relaxed-simd', nan: 'f32x4' },
  'f64x2.relaxed_madd': { code: 0xfd_0107, sig: 'VVV:V', feature: 'relaxed-simd', nan: 'f64x2' },
  'f64x2.relaxed_nmadd': { code: 0xfd_0108, sig: 'VVV:V', feature: 'relaxed-simd', nan: 'f64x2' },
  'i8x16.relaxed_laneselect': { code: 0xfd_0109, sig: 'VVV:V', feature: 'relaxed-simd' },
  'i16x8.relaxed_laneselect': { code: 0xfd_010a, sig: 'VVV:V', feature: 'relaxed-simd' },
  'i32x4.relaxed_laneselect': { code: 0xfd_010b, sig: 'VVV:V', feature: 'relaxed-simd' },
  'i64x2.relaxed_laneselect': { code: 0xfd_010c, sig: 'VVV:V', feature: 'relaxed-simd' },
  'f32x4.relaxed_min': { code: 0xfd_010d, sig: 'VV:V', feature: 'relaxed-simd', nan: 'f32x4' },
  'f32x4.relaxed_max': { code: 0xfd_010e, sig: 'VV:V', feature: 'relaxed-simd', nan: 'f32x4' },
  'f64x2.relaxed_min': { code: 0xfd_010f, sig: 'VV:V', feature: 'relaxed-simd', nan: 'f64x2' },
  'f64x2.relaxed_max': { code: 0xfd_0110, sig: 'VV:V', feature: 'relaxed-simd', nan: 'f64x2' },
  'i16x8.relaxed_q15mulr_s': { code: 0xfd_0111, sig: 'VV:V', feature: 'relaxed-simd' },
  'i16x8.relaxed_dot_i8x16_i7x16_s': { code: 0xfd_0112, sig: 'VV:V', feature: 'relaxed-simd' },
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': { code: 0xfd_0113, sig: 'VVV:V', feature: 'relaxed-simd' },

  // Threads (0xFE)
  'memory.atomic.notify': { code: 0xfe_0000, imm: ['memarg'], sig: 'Ai:i', bytes: 4, feature: 'threads', traps: true },
  'memory.atomic.wait32': {
    code: 0xfe_0001,
    imm: ['memarg'],
    sig: 'AiI:i',
    bytes: 4,
    feature: 'threads',
    traps: true,
    effect: 'wait',
  },
  'memory.atomic.wait64': {
    code: 0xfe_0002,
    imm: ['memarg'],
    sig: 'AII:i',
    bytes: 8,
    feature: 'threads',
    traps: true,
    effect: 'wait',
  },
  'atomic.fence': { code: 0xfe_0003, imm: ['fence'], sig: ':', feature: 'threads' },
  'i32.atomic.load': { code: 0xfe_0010, sig: 'A:i', bytes: 4, atomic: 'load', ...ATOMIC },
  'i64.atomic.load': { code: 0xfe_0011, sig: 'A:I', bytes: 8, atomic: 'load', ...ATOMIC },
  'i32.atomic.load8_u': { code: 0xfe_0012, sig: 'A:i', bytes: 1, atomic: 'load', ...ATOMIC },
  'i32.atomic.load16_u': { code: 0xfe_0013, sig: 'A:i', bytes: 2, atomic: 'load', ...ATOMIC },
  'i64.atomic.load8_u': { code: 0xfe_0014, sig: 'A:I', bytes: 1, atomic: 'load', ...ATOMIC },
  'i64.atomic.load16_u': { code: 0xfe_0015, sig: 'A:I', bytes: 2, atomic: 'load', ...ATOMIC },
  'i64.atomic.load32_u': { code: 0xfe_0016, sig: 'A:I', bytes: 4, atomic: 'load', ...ATOMIC },
  'i32.atomic.store': { code: 0xfe_0017, sig: 'Ai:', bytes: 4, atomic: 'store', ...ATOMIC },
  'i64.atomic.store': { code: 0xfe_0018, sig: 'AI:', bytes: 8, atomic: 'store', ...ATOMIC },
  'i32.atomic.store8': { code: 0xfe_0019, sig: 'Ai:', bytes: 1, atomic: 'store', ...ATOMIC },
  'i32.atomic.store16': { code: 0xfe_001a, sig: 'Ai:', bytes: 2, atomic: 'store', ...ATOMIC },
  'i64.atomic.store8': { code: 0xfe_001b, sig: 'AI:', bytes: 1, atomic: 'store', ...ATOMIC },
  'i64.atomic.store16': { code: 0xfe_001c, sig: 'AI:', bytes: 2, atomic: 'store', ...ATOMIC },
  'i64.atomic.store32': { code: 0xfe_001d, sig: 'AI:', bytes: 4, atomic: 'store', ...ATOMIC },
  'i32.atomic.rmw.add': { code: 0xfe_001e, sig: 'Ai:i', bytes: 4, atomic: 'add', ...ATOMIC },
  'i64.atomic.rmw.add': { code: 0xfe_001f, sig: 'AI:I', bytes: 8, atomic: 'add', ...ATOMIC },
  'i32.atomic.rmw8.add_u': { code: 0xfe_0020, sig: 'Ai:i', bytes: 1, atomic: 'add', ...ATOMIC },
  'i32.atomic.rmw16.add_u': { code: 0xfe_0021, sig: 'Ai:i', bytes: 2, atomic: 'add', ...ATOMIC },
  'i64.atomic.rmw8.add_u': { code: 0xfe_0022, sig: 'AI:I', bytes: 1, atomic: 'add', ...ATOMIC },
  'i64.atomic.rmw16.add_u': { code: 0xfe_0023, sig: 'AI:I', bytes: 2, atomic: 'add', ...ATOMIC },
  'i64.atomic.rmw32.add_u': { code: 0xfe_0024, sig: 'AI:I', bytes: 4, atomic: 'add', ...ATOMIC },
  'i32.atomic.rmw.sub': { code: 0xfe_0025, sig: 'Ai:i', bytes: 4, atomic: 'sub', ...ATOMIC },
  'i64.atomic.rmw.sub': { code: 0xfe_0026, sig: 'AI:I', bytes: 8, atomic: 'sub', ...ATOMIC },
  'i32.atomic.rmw8.sub_u': { code: 0xfe_0027, sig: 'Ai:i', bytes: 1, atomic: 'sub', ...ATOMIC },
  'i32.atomic.rmw16.sub_u': { code: 0xfe_0028, sig: 'Ai:i', bytes: 2, atomic: 'sub', ...ATOMIC },
  'i64.atomic.rmw8.sub_u': { code: 0xfe_0029, sig: 'AI:I', bytes: 1, atomic: 'sub', ...ATOMIC },
  'i64.atomic.rmw16.sub_u': { code: 0xfe_002a, sig: 'AI:I', bytes: 2, atomic: 'sub', ...ATOMIC },
  'i64.atomic.rmw32.sub_u': { code: 0xfe_002b, sig: 'AI:I', bytes: 4, atomic: 'sub', ...ATOMIC },
  'i32.atomic.rmw.and': { code: 0xfe_002c, sig: 'Ai:i', bytes: 4, atomic: 'and', ...ATOMIC },
  'i64.atomic.rmw.and': { code: 0xfe_002d, sig: 'AI:I', bytes: 8, atomic: 'and', ...ATOMIC },
  'i32.atomic.rmw8.and_u': { code: 0xfe_002e, sig: 'Ai:i', bytes: 1, atomic: 'and', ...ATOMIC },
  'i32.atomic.rmw16.and_u': { code: 0xfe_002f, sig: 'Ai:i', bytes: 2, atomic: 'and', ...ATOMIC },
  'i64.atomic.rmw8.and_u': { code: 0xfe_0030, sig: 'AI:I', bytes: 1, atomic: 'and', ...ATOMIC },
  'i64.atomic.rmw16.and_u': { code: 0xfe_0031, sig: 'AI:I', bytes: 2, atomic: 'and', ...ATOMIC },
  'i64.atomic.rmw32.and_u': { code: 0xfe_0032, sig: 'AI:I', bytes: 4, atomic: 'and', ...ATOMIC },
  'i32.atomic.rmw.or': { code: 0xfe_0033, sig: 'Ai:i', bytes: 4, atomic: 'or', ...ATOMIC },
  'i64.atomic.rmw.or': { code: 0xfe_0034, sig: 'AI:I', bytes: 8, atomic: 'or', ...ATOMIC },
  'i32.atomic.rmw8.or_u': { code: 0xfe_0035, sig: 'Ai:i', bytes: 1, atomic: 'or', ...ATOMIC },
  'i32.atomic.rmw16.or_u': { code: 0xfe_0036, sig: 'Ai:i', bytes: 2, atomic: 'or', ...ATOMIC },
  'i64.atomic.rmw8.or_u': { code: 0xfe_0037, sig: 'AI:I', bytes: 1, atomic: 'or', ...ATOMIC },
  'i64.atomic.rmw16.or_u': { code: 0xfe_0038, sig: 'AI:I', bytes: 2, atomic: 'or', ...ATOMIC },
  'i64.atomic.rmw32.or_u': { code: 0xfe_0039, sig: 'AI:I', bytes: 4, atomic: 'or', ...ATOMIC },
  'i32.atomic.rmw.xor': { code: 0xfe_003a, sig: 'Ai:i', bytes: 4, atomic: 'xor', ...ATOMIC },
  'i64.atomic.rmw.xor': { code: 0xfe_003b, sig: 'AI:I', bytes: 8, atomic: 'xor', ...ATOMIC },
  'i32.atomic.rmw8.xor_u': { code: 0xfe_003c, sig: 'Ai:i', bytes: 1, atomic: 'xor', ...ATOMIC },
  'i32.atomic.rmw16.xor_u': { code: 0xfe_003d, sig: 'Ai:i', bytes: 2, atomic: 'xor', ...ATOMIC },
  'i64.atomic.rmw8.xor_u': { code: 0xfe_003e, sig: 'AI:I', bytes: 1, atomic: 'xor', ...ATOMIC },
  'i64.atomic.rmw16.xor_u': { code: 0xfe_003f, sig: 'AI:I', bytes: 2, atomic: 'xor', ...ATOMIC },
  'i64.atomic.rmw32.xor_u': { code: 0xfe_0040, sig: 'AI:I', bytes: 4, atomic: 'xor', ...ATOMIC },
  'i32.atomic.rmw.xchg': { code: 0xfe_0041, sig: 'Ai:i', bytes: 4, atomic: 'exchange', ...ATOMIC },
  'i64.atomic.rmw.xchg': { code: 0xfe_0042, sig: 'AI:I', bytes: 8, atomic: 'exchange', ...ATOMIC },
  'i32.atomic.rmw8.xchg_u': { code: 0xfe_0043, sig: 'Ai:i', bytes: 1, atomic: 'exchange', ...ATOMIC },
  'i32.atomic.rmw16.xchg_u': { code: 0xfe_0044, sig: 'Ai:i', bytes: 2, atomic: 'exchange', ...ATOMIC },
  'i64.atomic.rmw8.xchg_u': { code: 0xfe_0045, sig: 'AI:I', bytes: 1, atomic: 'exchange', ...ATOMIC },
  'i64.atomic.rmw16.xchg_u': { code: 0xfe_0046, sig: 'AI:I', bytes: 2, atomic: 'exchange', ...ATOMIC },
  'i64.atomic.rmw32.xchg_u': { code: 0xfe_0047, sig: 'AI:I', bytes: 4, atomic: 'exchange', ...ATOMIC },
  'i32.atomic.rmw.cmpxchg': { code: 0xfe_0048, sig: 'Aii:i', bytes: 4, atomic: 'compareExchange', ...ATOMIC },
  'i64.atomic.rmw.cmpxchg': { code: 0xfe_0049, sig: 'AII:I', bytes: 8, atomic: 'compareExchange', ...ATOMIC },
  'i32.atomic.rmw8.cmpxchg_u': { code: 0xfe_004a, sig: 'Aii:i', bytes: 1, atomic: 'compareExchange', ...ATOMIC },
  'i32.atomic.rmw16.cmpxchg_u': { code: 0xfe_004b, sig: 'Aii:i', bytes: 2, atomic: 'compareExchange', ...ATOMIC },
  'i64.atomic.rmw8.cmpxchg_u': { code: 0xfe_004c, sig: 'AII:I', bytes: 1, atomic: 'compareExchange', ...ATOMIC },
  'i64.atomic.rmw16.cmpxchg_u': { code: 0xfe_004d, sig: 'AII:I', bytes: 2, atomic: 'compareExchange', ...ATOMIC },
  'i64.atomic.rmw32.cmpxchg_u': { code: 0xfe_004e, sig: 'AII:I', bytes: 4, atomic: 'compareExchange', ...ATOMIC },
} as const satisfies Record<string, OpcodeRow>;

export type OpName = keyof typeof OPCODES;

type Rows = typeof OPCODES;
/** Rows that have these columns. */
type Having<Columns> = { [Name in OpName]: Rows[Name] extends Columns ? Name : never }[OpName];

/** Rows with a fixed signature: the validator needs no rule for them. */
export type SimpleOp = Having<{ sig: string }>;
/** Rows whose operands depend on the module or the stack: every part that handles instructions needs a rule for each. */
export type StatefulOp = Exclude<OpName, SimpleOp>;
/** Rows that compute a result from their operands and nothing else, by semantics.ts or numeric/. */
export type PureOp = {
  [Name in SimpleOp]: Rows[Name] extends { bytes: number } | { effect: string } | { constant: true } | { sig: ':' }
    ? never
    : Name;
}[SimpleOp];
export type VectorOp = Extract<PureOp, Having<{ feature: 'simd' | 'relaxed-simd' }>>;
export type ScalarOp = Exclude<PureOp, VectorOp>;
/** Rows that compute integers of twice 64 bits. */
export type WideOp = Having<{ feature: 'wide-arithmetic' }>;
/** Accesses of a memory: atomic ones, those of one lane of a vector, all others. */
export type AtomicOp = Having<{ atomic: AtomicOperator }>;
export type LaneLoadOp = Having<typeof LANE_LOAD>;
export type LaneStoreOp = Having<typeof LANE_STORE>;
export type LoadOp = Having<typeof LOAD | typeof VECTOR_LOAD>;
export type StoreOp = Having<typeof STORE | typeof VECTOR_STORE>;
export type AccessOp = AtomicOp | LaneLoadOp | LaneStoreOp | LoadOp | StoreOp;
/** Rows for which an engine needs a rule of its own: all but those that their columns describe. */
export type RuledOp = Exclude<OpName, PureOp | AccessOp>;
export type ControlOp = Having<{ control: Control }>;
/** Rows that open, divide and close blocks. */
export type BlockOp = Having<{ control: 'open' | 'next' | 'close' }>;
export type CallOp = Having<{ calls: true }>;
export type BulkOp = Having<{ bulk: 'length' }>;
export type GrowthOp = Having<{ bulk: 'growth' }>;
export type WaitOp = Having<{ effect: 'wait' }>;
/** Rows that name a local. */
export type LocalOp = Having<{ imm: readonly ['local'] }>;
export type AllocatingOp = Having<{ allocates: true }>;

/** Returns the row of a name, seen as the common interface. */
export function opcodeRow(name: OpName): OpcodeRow {
  return OPCODES[name];
}

export const ALL_OP_NAMES: readonly OpName[] = /* @__PURE__ */ Object.keys(OPCODES) as OpName[];

/** Returns the names of the rows that pass a test. */
export function opNames(test: (row: OpcodeRow) => boolean): readonly OpName[] {
  return ALL_OP_NAMES.filter((name) => test(OPCODES[name]));
}
