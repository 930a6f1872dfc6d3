// The opcode table: one row per instruction of WebAssembly 3.0 and the proposals in features.ts. Every fact about an instruction is a
// column of its row: decoder, validator, engines, instrumenter and printer read it, and no other file lists instructions for a
// property that they have. Rows that a build may leave out are in opcodes-*.ts. What pure instructions compute is in semantics.ts.

import type { AtomicOperator, Control, ImmediateKind, OpcodeRow } from './opcode-row.js';
import { OBJECT_ROWS } from './opcodes-objects.js';
import { THREAD_ROWS } from './opcodes-threads.js';
import {
  type LANE_LOAD,
  type LANE_STORE,
  type VECTOR_LOAD,
  VECTOR_ROWS,
  type VECTOR_STORE,
} from './opcodes-vectors.js';

export type { AtomicOperator, Control, ImmediateKind, OpcodeRow };

// Columns that many rows share.
const LOAD = { imm: ['memarg'], traps: true, effect: 'read' } as const;
const STORE = { imm: ['memarg'], traps: true, effect: 'write' } as const;

// The groups are joined at the end, and not spread into one literal: V8 makes constant literals at once, but one with a spread in it property
// by property, which took a tenth of a command's start (`npm run bench -- wasi-start`).

/** Control, parametric, variables and tables. */
const CONTROL_ROWS = {
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
} as const satisfies Record<string, OpcodeRow>;

/** Memory. */
const ACCESS_ROWS = {
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
} as const satisfies Record<string, OpcodeRow>;

/** Constants, comparisons, arithmetic, conversions and references. */
const NUMERIC_ROWS = {
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
} as const satisfies Record<string, OpcodeRow>;

/** Saturating conversions, bulk memory, tables and wide arithmetic: with prefix 0xFC. */
const MORE_ROWS = {
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
} as const satisfies Record<string, OpcodeRow>;

type AllRows = typeof CONTROL_ROWS &
  typeof ACCESS_ROWS &
  typeof NUMERIC_ROWS &
  typeof OBJECT_ROWS &
  typeof MORE_ROWS &
  typeof VECTOR_ROWS &
  typeof THREAD_ROWS;

/** All rows, in the order of their opcodes. */
export const OPCODES: { readonly [Name in keyof AllRows]: AllRows[Name] } = /* @__PURE__ */ Object.assign(
  {},
  CONTROL_ROWS,
  ACCESS_ROWS,
  NUMERIC_ROWS,
  (typeof ENCLASM_WITHOUT_GC === 'undefined' ? OBJECT_ROWS : {}) as typeof OBJECT_ROWS,
  MORE_ROWS,
  (typeof ENCLASM_WITHOUT_VECTORS === 'undefined' ? VECTOR_ROWS : {}) as typeof VECTOR_ROWS,
  (typeof ENCLASM_WITHOUT_THREADS === 'undefined' ? THREAD_ROWS : {}) as typeof THREAD_ROWS,
);

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
