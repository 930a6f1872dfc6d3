// The validation rule of every instruction whose operands depend on the module or the stack. The table is complete by type: a row of the opcode
// table without a signature and without a rule does not compile.

import { bySlot } from '../wasm/opcode-slots.js';
import type { OpName, StatefulOp } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import type { GlobalEntry, TableEntry } from './context.js';
import { CONTROL_RULES } from './rules-control.js';
import { OBJECT_RULES } from './rules-objects.js';
import { REFERENCE_RULES } from './rules-references.js';
import { BOTTOM, type CodeValidator, type Rule, type RuleTable } from './validate-code.js';

function table(v: CodeValidator, index: number): TableEntry {
  return v.context.tables[index] ?? v.fail(`unknown table ${index}`);
}

/** The length of a copy between two index spaces has a type that fits both. */
function smaller(a: t.ValType, b: t.ValType): t.ValType {
  return a === t.I64 && b === t.I64 ? t.I64 : t.I32;
}

/** Pops length, source and destination. */
function popRange(v: CodeValidator, destination: t.ValType, source: t.ValType, length: t.ValType): void {
  v.pop(length);
  v.pop(source);
  v.pop(destination);
}

function global(v: CodeValidator): GlobalEntry {
  return v.context.globals[v.reader.index] ?? v.fail(`unknown global ${v.reader.index}`);
}

function globalGet(v: CodeValidator): void {
  const { reader, visibleGlobals, context } = v;
  if (visibleGlobals >= 0 && reader.index >= visibleGlobals) v.fail(`unknown global ${reader.index}`);
  const { type, mutable, imported } = global(v);
  if (visibleGlobals >= 0) {
    if (mutable) v.fail('constant expression required');
    if (!imported) context.require('gc', reader.start);
  }
  v.push(type);
}

function select(v: CodeValidator): void {
  v.pop(t.I32);
  const first = v.popAny();
  const second = v.popAny();
  if (first >= 0 || second >= 0) v.fail('type mismatch: select without a type takes numbers only');
  if (first !== second && first !== BOTTOM && second !== BOTTOM) v.fail('type mismatch: select of two types');
  v.push(first === BOTTOM ? second : first);
}

function selectTyped(v: CodeValidator): void {
  const { valTypes, start } = v.reader;
  if (valTypes.length !== 1) v.fail('invalid result arity');
  const type = v.context.resolve(valTypes[0]!, start, v.functionIndex);
  v.pop(t.I32);
  v.pop(type);
  v.pop(type);
  v.push(type);
}

function tableCopy(v: CodeValidator): void {
  const to = table(v, v.reader.index);
  const from = table(v, v.reader.index2);
  if (!v.matches(from.element, to.element)) v.fail('type mismatch: the tables hold different types');
  popRange(v, to.address, from.address, smaller(to.address, from.address));
}

function tableInit(v: CodeValidator): void {
  const to = table(v, v.reader.index2);
  const type = v.elementSegment(v.reader.index);
  if (!v.matches(type, to.element)) v.fail('type mismatch: segment and table hold different types');
  popRange(v, to.address, t.I32, t.I32);
}

export const rules: Readonly<Record<StatefulOp, Rule>> = {
  ...CONTROL_RULES,
  ...((typeof ENCLASM_WITHOUT_GC === 'undefined' ? OBJECT_RULES : {}) as typeof OBJECT_RULES),
  ...REFERENCE_RULES,
  drop: (v) => {
    v.popAny();
  },
  select,
  select_t: selectTyped,
  'local.get': (v) => v.push(v.localType(v.reader.index)),
  'local.set': (v) => v.pop(v.setLocal(v.reader.index)),
  'local.tee': (v) => {
    const type = v.setLocal(v.reader.index);
    v.pop(type);
    v.push(type);
  },
  'global.get': globalGet,
  'global.set': (v) => {
    const { type, mutable } = global(v);
    if (!mutable) v.fail('immutable global');
    v.pop(type);
  },
  'table.get': (v) => {
    const { address, element } = table(v, v.reader.index);
    v.pop(address);
    v.push(element);
  },
  'table.set': (v) => {
    const { address, element } = table(v, v.reader.index);
    v.pop(element);
    v.pop(address);
  },
  'table.size': (v) => v.push(table(v, v.reader.index).address),
  'table.grow': (v) => {
    const { address, element } = table(v, v.reader.index);
    v.pop(address);
    v.pop(element);
    v.push(address);
  },
  'table.fill': (v) => {
    const { address, element } = table(v, v.reader.index);
    v.pop(address);
    v.pop(element);
    v.pop(address);
  },
  'table.copy': tableCopy,
  'table.init': tableInit,
  'memory.init': (v) => {
    v.requireDataCount();
    const address = v.memory(v.reader.index2);
    v.dataSegment(v.reader.index);
    popRange(v, address, t.I32, t.I32);
  },
  'memory.copy': (v) => {
    const to = v.memory(v.reader.index);
    const from = v.memory(v.reader.index2);
    popRange(v, to, from, smaller(to, from));
  },
  'memory.fill': (v) => {
    const address = v.memory(v.reader.index);
    popRange(v, address, t.I32, address);
  },
};

/** The rules by slot; instructions with a signature need none. */
export const RULE_TABLE: RuleTable = /* @__PURE__ */ bySlot<Rule>(
  (name) => (rules as Readonly<Partial<Record<OpName, Rule>>>)[name] ?? (() => {}),
  () => {},
);
