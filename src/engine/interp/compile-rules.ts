// The translation of each instruction to register code: one rule per instruction, complete by type. The rules of arithmetic and of memory accesses,
// which follow from their table rows, are in peephole-*.ts, those of calls in rules-calls.ts.

import { rulesBySlot } from '../../wasm/opcode-slots.js';
import { opcodeRow, type RuledOp, type VectorOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import { type FunctionCompiler, REFERENCE, type Rule } from './compile-function.js';
import { operationOf, resultOf } from './operations.js';
import { OP } from './ops.gen.js';
import { accessRule } from './peephole-access.js';
import { scalarRule } from './peephole-arithmetic.js';
import { CALL_RULES, pushArguments } from './rules-calls.js';
import { VECTOR_NUMBERS } from './vector-table.js';

const kindSuffix = (type: t.ValType): '32' | '64' | 'f' | 'v' | 'ref' =>
  type >= 0 ? 'ref' : type === t.I64 ? '64' : type === t.F64 ? 'f' : type === t.V128 ? 'v' : '32';
const byKind = (prefix: string): Readonly<Record<string, number>> =>
  Object.fromEntries(['32', '64', 'f', 'v', 'ref'].map((kind) => [kind, operationOf(`${prefix}_${kind}`)]));
const SELECT = byKind('select');
const GLOBAL_GET = byKind('global_get');
const GLOBAL_SET = byKind('global_set');

function select(c: FunctionCompiler): void {
  const condition = c.operand(0);
  const b = c.operand(1);
  const a = c.operand(2);
  const type = c.typeAt(2);
  c.drop(3);
  c.emit(SELECT[kindSuffix(type)]!, c.push(type), a, b, condition);
}

/** Compiles `count` operands into an operation with one result: its words are the result, the operands, then `rest`. */
function generic(
  op: number,
  count: number,
  result: t.ValType | undefined,
  rest: (c: FunctionCompiler) => readonly number[],
): Rule {
  return (c) => {
    const words: number[] = [];
    const more = rest(c);
    for (let below = count - 1; below >= 0; below--) words.push(c.operand(below));
    c.drop(count);
    if (result !== undefined) words.unshift(c.push(result));
    words.push(...more);
    c.begin(op);
    for (const word of words) c.word(word);
  };
}
const none = (): readonly number[] => [];
const oneIndex = (c: FunctionCompiler): readonly number[] => [c.reader.index];
const twoIndices = (c: FunctionCompiler): readonly number[] => [c.reader.index, c.reader.index2];
/** Passes the two immediates in reverse order. */
const secondFirst = (c: FunctionCompiler): readonly number[] => [c.reader.index2, c.reader.index];

const addressOf = (type: { readonly address: 'i32' | 'i64' }): t.ValType => (type.address === 'i64' ? t.I64 : t.I32);

/** Compiles a field access: the type index, the position in the layout, and how a packed field is extended (0 no, 1 signed, 2 unsigned). */
function structGet(extension: number): Rule {
  return (c) => {
    const { index, index2 } = c.reader;
    const type = c.module.types[index]!.composite as t.StructType;
    const object = c.pop();
    c.emit(OP.struct_get, c.push(unpacked(type.fields[index2]!.type)), object, index, index2, extension);
  };
}
function arrayGet(extension: number): Rule {
  return (c) => {
    const { index } = c.reader;
    const type = c.module.types[index]!.composite as t.ArrayType;
    const at = c.operand(0);
    const object = c.operand(1);
    c.drop(2);
    c.emit(OP.array_get, c.push(unpacked(type.element.type)), object, at, index, extension);
  };
}
export function unpacked(type: t.StorageType): t.ValType {
  return type === t.I8 || type === t.I16 ? t.I32 : type;
}

/** Encodes a heap type immediate as the engine keeps it: a type index stays one, since it is resolved per instance. */
function castWords(c: FunctionCompiler, nullable: boolean): readonly number[] {
  return [c.reader.heap, nullable ? 1 : 0];
}
function brOnCast(op: number): Rule {
  return (c) => {
    const { index, heap2, castFlags } = c.reader;
    c.materialize(0);
    c.materializeTop(c.arity(index));
    const object = c.slotAt(0);
    c.branchWith(index, () => {
      c.begin(op);
      c.word(object);
      c.word(heap2);
      c.word((castFlags >> 1) & 1);
    });
  };
}

function atomicWait(c: FunctionCompiler, wide: number): void {
  const { index, offsetLow, offsetHigh } = c.reader;
  const timeout = c.operand(0);
  const expected = c.operand(1);
  const address = c.operand(2);
  c.drop(3);
  c.begin(OP.atomic_wait);
  for (const word of [c.push(t.I32), wide, address, expected, timeout, index, offsetLow, offsetHigh]) c.word(word);
}

function vectorRule(name: VectorOp): Rule {
  const { sig, nan } = opcodeRow(name);
  const operands = sig!.slice(0, sig!.indexOf(':'));
  const result = resultOf(name);
  const number = VECTOR_NUMBERS.get(name)!;
  const lanes = name === 'i8x16.shuffle';
  const canonicalOp = nan === 'f32x4' ? OP.canonical_f32x4 : OP.canonical_f64x2;
  return (c) => {
    const { bytes, vectorAt, lane } = c.reader;
    const words = [0, 0, 0];
    for (let i = 0; i < operands.length; i++) words[i] = c.operand(operands.length - 1 - i);
    c.drop(operands.length);
    const d = c.push(result);
    if (lanes) {
      c.emit(OP.shuffle, d, words[0], words[1]);
      c.pos -= 4;
      for (let i = 0; i < 16; i += 4) c.word(wordAt(bytes, vectorAt + i));
      return;
    }
    c.emit(OP.vector, d, number, words[0], words[1], words[2], lane);
    if (nan !== undefined && c.options.deterministic) c.emit(canonicalOp, d);
  };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

const RULES: Readonly<Record<RuledOp, Rule>> = {
  ...CALL_RULES,
  block: (c) => c.openBlock(),
  loop: (c) => c.openLoop(),
  if: (c) => c.openIf(),
  else: (c) => c.beginElse(),
  end: (c) => c.end(),
  try: (c) => c.openTry(),
  catch: (c) => c.beginCatch(true),
  catch_all: (c) => c.beginCatch(false),
  delegate: (c) => c.delegate(),
  try_table: (c) => c.openTryTable(),
  unreachable: (c) => {
    c.emit(OP.unreachable);
  },
  nop: () => {},
  br: (c) => c.branch(c.reader.index),
  br_if: (c) => c.branchIf(c.reader.index),
  br_table: (c) => c.branchTable(c.reader.labels, c.reader.labelCount),
  return: (c) => {
    c.emitReturn();
  },
  throw: (c) => {
    const { index } = c.reader;
    const params = c.spaces.tagParams(index);
    const at = pushArguments(c, params.length);
    c.emit(OP.throw, index, at);
  },
  throw_ref: (c) => {
    c.emit(OP.throw_ref, c.pop());
  },
  rethrow: (c) => {
    c.emit(OP.throw_ref, c.caughtAt(c.reader.index));
  },

  drop: (c) => c.drop(),
  select,
  select_t: select,
  'local.get': (c) => {
    const { index } = c.reader;
    c.pushLocal(c.localTypes[index]!, c.localSlots[index]!);
  },
  'local.set': (c) => {
    const { index } = c.reader;
    c.popToLocal(c.localTypes[index]!, c.localSlots[index]!);
  },
  'local.tee': (c) => {
    const { index } = c.reader;
    c.popToLocal(c.localTypes[index]!, c.localSlots[index]!);
    c.pushLocal(c.localTypes[index]!, c.localSlots[index]!);
  },
  'global.get': (c) => {
    const { index } = c.reader;
    const { type } = c.spaces.globals[index]!;
    c.emit(GLOBAL_GET[kindSuffix(type)]!, c.push(type), index);
  },
  'global.set': (c) => {
    const { index } = c.reader;
    const { type } = c.spaces.globals[index]!;
    c.emit(GLOBAL_SET[kindSuffix(type)]!, c.pop(), index);
  },

  'i32.const': (c) => c.pushConst(t.I32, c.reader.low, 0),
  'i64.const': (c) => c.pushConst(t.I64, c.reader.low, c.reader.high),
  'f32.const': (c) => c.pushConst(t.F32, c.reader.low, 0),
  'f64.const': (c) => c.pushConst(t.F64, c.reader.low, c.reader.high),
  'v128.const': (c) => {
    const { bytes, vectorAt } = c.reader;
    c.begin(OP.const_v);
    c.word(c.push(t.V128));
    for (let i = 0; i < 16; i += 4) c.word(wordAt(bytes, vectorAt + i));
  },

  'memory.size': (c) => {
    const { index } = c.reader;
    c.emit(OP.memory_size, c.push(addressOf(c.spaces.memories[index]!)), index);
  },
  'memory.grow': (c) => {
    const { index } = c.reader;
    const delta = c.pop();
    c.emit(OP.memory_grow, c.push(addressOf(c.spaces.memories[index]!)), delta, index);
    c.barrier();
  },
  'memory.fill': generic(OP.memory_fill, 3, undefined, oneIndex),
  'memory.copy': generic(OP.memory_copy, 3, undefined, twoIndices),
  'memory.init': generic(OP.memory_init, 3, undefined, secondFirst),
  'data.drop': generic(OP.data_drop, 0, undefined, oneIndex),
  'memory.atomic.notify': (c) => {
    const { index, offsetLow, offsetHigh } = c.reader;
    const count = c.operand(0);
    const address = c.operand(1);
    c.drop(2);
    c.emit(OP.atomic_notify, c.push(t.I32), address, count, index, offsetLow, offsetHigh);
  },
  'memory.atomic.wait32': (c) => atomicWait(c, 0),
  'memory.atomic.wait64': (c) => atomicWait(c, 1),
  'atomic.fence': () => {},

  'table.get': (c) => {
    const { index } = c.reader;
    const at = c.pop();
    c.emit(OP.table_get, c.push(REFERENCE), at, index);
  },
  'table.set': generic(OP.table_set, 2, undefined, oneIndex),
  'table.size': (c) => {
    const { index } = c.reader;
    c.emit(OP.table_size, c.push(addressOf(c.spaces.tables[index]!)), index);
  },
  'table.grow': (c) => {
    const { index } = c.reader;
    const delta = c.operand(0);
    const value = c.operand(1);
    c.drop(2);
    c.emit(OP.table_grow, c.push(addressOf(c.spaces.tables[index]!)), value, delta, index);
  },
  'table.fill': generic(OP.table_fill, 3, undefined, oneIndex),
  'table.copy': generic(OP.table_copy, 3, undefined, twoIndices),
  'table.init': generic(OP.table_init, 3, undefined, secondFirst),
  'elem.drop': generic(OP.elem_drop, 0, undefined, oneIndex),

  'ref.null': (c) => c.emit(OP.ref_null, c.push(REFERENCE)),
  'ref.is_null': generic(OP.ref_is_null, 1, t.I32, none),
  'ref.func': generic(OP.ref_func, 0, REFERENCE, oneIndex),
  'ref.eq': generic(OP.ref_eq, 2, t.I32, none),
  'ref.as_non_null': (c) => c.emit(OP.ref_as_non_null, c.operand(0)),
  br_on_null: (c) => {
    const { index } = c.reader;
    c.materialize(0);
    const object = c.slotAt(0);
    const type = c.typeAt(0);
    c.drop();
    c.materializeTop(c.arity(index));
    c.branchWith(index, () => {
      c.begin(OP.br_on_null);
      c.word(object);
    });
    c.push(type);
  },
  br_on_non_null: (c) => {
    const { index } = c.reader;
    c.materializeTop(c.arity(index));
    const object = c.slotAt(0);
    c.branchWith(index, () => {
      c.begin(OP.br_on_non_null);
      c.word(object);
    });
    c.drop();
  },
  br_on_cast: brOnCast(OP.br_on_cast),
  br_on_cast_fail: brOnCast(OP.br_on_cast_fail),
  'ref.test': generic(OP.ref_test, 1, t.I32, (c) => castWords(c, false)),
  'ref.test_null': generic(OP.ref_test, 1, t.I32, (c) => castWords(c, true)),
  'ref.cast': (c) => c.emit(OP.ref_cast, c.operand(0), c.reader.heap, 0),
  'ref.cast_null': (c) => c.emit(OP.ref_cast, c.operand(0), c.reader.heap, 1),
  'any.convert_extern': () => {},
  'extern.convert_any': () => {},
  'ref.i31': generic(OP.ref_i31, 1, REFERENCE, none),
  'i31.get_s': generic(OP.i31_get_s, 1, t.I32, none),
  'i31.get_u': generic(OP.i31_get_u, 1, t.I32, none),
  'struct.new': (c) => {
    const { index } = c.reader;
    const { fields } = c.module.types[index]!.composite as t.StructType;
    const at = pushArguments(c, fields.length);
    c.emit(OP.struct_new, c.push(REFERENCE), at, index);
  },
  'struct.new_default': generic(OP.struct_new_default, 0, REFERENCE, oneIndex),
  'struct.get': structGet(0),
  'struct.get_s': structGet(1),
  'struct.get_u': structGet(2),
  'struct.set': generic(OP.struct_set, 2, undefined, twoIndices),
  'array.new': generic(OP.array_new, 2, REFERENCE, oneIndex),
  'array.new_default': generic(OP.array_new_default, 1, REFERENCE, oneIndex),
  'array.new_fixed': (c) => {
    const { index, index2 } = c.reader;
    const at = pushArguments(c, index2);
    c.emit(OP.array_new_fixed, c.push(REFERENCE), at, index2, index);
  },
  'array.new_data': generic(OP.array_new_data, 2, REFERENCE, twoIndices),
  'array.new_elem': generic(OP.array_new_elem, 2, REFERENCE, twoIndices),
  'array.get': arrayGet(0),
  'array.get_s': arrayGet(1),
  'array.get_u': arrayGet(2),
  'array.set': generic(OP.array_set, 3, undefined, oneIndex),
  'array.len': generic(OP.array_len, 1, t.I32, none),
  'array.fill': generic(OP.array_fill, 4, undefined, oneIndex),
  'array.copy': generic(OP.array_copy, 5, undefined, none),
  'array.init_data': generic(OP.array_init_data, 4, undefined, twoIndices),
  'array.init_elem': generic(OP.array_init_elem, 4, undefined, twoIndices),
};

export const RULES_BY_SLOT: readonly Rule[] = /* @__PURE__ */ rulesBySlot<Rule>(
  RULES,
  { access: accessRule, scalar: scalarRule, vector: vectorRule },
  () => {},
);
