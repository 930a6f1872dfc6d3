// The translation of each instruction to register code: one rule per instruction, complete by type. The rules of arithmetic and of memory accesses,
// which follow from their table rows, are in peephole-*.ts, those of calls, objects, threads and vectors in rules-*.ts.

import { rulesBySlot } from '../../wasm/opcode-slots.js';
import type { RuledOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import { type FunctionCompiler, REFERENCE, type Rule } from './compile-function.js';
import * as OP from './op.gen.js';
import { operationOf } from './operations.js';
import { accessRule } from './peephole-access.js';
import { scalarRule } from './peephole-arithmetic.js';
import { generic, none, oneIndex, secondFirst, twoIndices } from './rule-makers.js';
import { CALL_RULES, pushArguments } from './rules-calls.js';
import { OBJECT_RULES } from './rules-objects.js';
import { THREAD_RULES } from './rules-threads.js';
import { VECTOR_RULES, vectorRule } from './rules-vectors.js';

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

const addressOf = (type: { readonly address: 'i32' | 'i64' }): t.ValType => (type.address === 'i64' ? t.I64 : t.I32);

/** No instruction of a valid module has it. */
const noRule = (): Rule => () => {};

const RULES: Readonly<Record<RuledOp, Rule>> = {
  ...CALL_RULES,
  ...((typeof ENCLASM_WITHOUT_GC === 'undefined' ? OBJECT_RULES : {}) as typeof OBJECT_RULES),
  ...((typeof ENCLASM_WITHOUT_THREADS === 'undefined' ? THREAD_RULES : {}) as typeof THREAD_RULES),
  ...((typeof ENCLASM_WITHOUT_VECTORS === 'undefined' ? VECTOR_RULES : {}) as typeof VECTOR_RULES),
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
};

export const RULES_BY_SLOT: readonly Rule[] = /* @__PURE__ */ rulesBySlot<Rule>(
  RULES,
  {
    access: accessRule,
    scalar: scalarRule,
    vector: typeof ENCLASM_WITHOUT_VECTORS === 'undefined' ? vectorRule : noRule,
  },
  noRule(),
);
