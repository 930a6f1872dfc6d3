// The rules of control instructions, calls and variables; the other rules-*.ts have the rest.

import { bySlot } from '../../wasm/opcode-slots.js';
import {
  type AccessOp,
  type OpName,
  opcodeRow,
  type RuledOp,
  type ScalarOp,
  type VectorOp,
} from '../../wasm/opcodes.js';
import { TRAPS } from '../../wasm/traps.js';
import { F32, F64, I32, I64, isRef, V128 } from '../../wasm/types.js';
import type { FunctionEmitter, Rule } from './emit.js';
import { type Operand, tempName, wordCount } from './operands.js';
import { accessRule, addressValue, MEMORY_RULES } from './rules-memory.js';
import { CONSTANT_RULES, scalarRule } from './rules-numeric.js';
import { OBJECT_RULES } from './rules-objects.js';
import { VECTOR_CONSTANT_RULES, vectorRule } from './rules-vector.js';

function localGet(c: FunctionEmitter): void {
  const { index } = c.reader;
  c.pushLocal(index, c.localTypes[index]!, c.isQuietLocal(index));
}
function localSet(c: FunctionEmitter): void {
  const value = c.pop();
  c.setLocal(c.reader.index, value);
  c.release(value);
}

function globalGet(c: FunctionEmitter): void {
  const { index } = c.reader;
  const { type, mutable } = c.info.spaces.globals[index]!;
  const extra: Partial<Operand> = { effects: mutable, quiet: false };
  if (isRef(type)) {
    c.used.add(`Q${index}`);
    c.pushText(type, [`Q${index}.ref`], [], extra);
  } else if (type === F64) {
    c.used.add(`H${index}`);
    c.pushText(type, [`H${index}[0]`], [], extra);
  } else {
    c.used.add(`G${index}`);
    if (type === F32) {
      c.used.add('f32FromBits');
      c.pushText(type, [`f32FromBits(G${index}[0])`], [], { ...extra, bits: `G${index}[0]` });
    } else {
      const words: string[] = [];
      for (let k = 0; k < wordCount(type); k++) words.push(`G${index}[${k}]`);
      c.pushText(type, words, [], extra);
    }
  }
}
function globalSet(c: FunctionEmitter): void {
  const { index } = c.reader;
  const { type } = c.info.spaces.globals[index]!;
  c.flushBelow(1);
  const value = c.pop();
  if (isRef(type)) {
    c.used.add(`Q${index}`);
    c.emit(`Q${index}.ref=${value.words[0]};`);
  } else if (type === F64) {
    c.used.add(`H${index}`);
    c.emit(`H${index}[0]=${value.words[0]};`);
  } else if (type === F32) {
    c.markExact(value);
    c.used.add(`G${index}`);
    if (value.bits === undefined) c.used.add('f32ToBits');
    c.emit(`G${index}[0]=${value.bits ?? `f32ToBits(${value.words[0]})`};`);
  } else {
    c.used.add(`G${index}`);
    c.emit(value.words.map((word, k) => `G${index}[${k}]=${word};`).join(''));
  }
  c.release(value);
}

/** Returns a condition as the mask -1 or 0. */
function maskOf(condition: Operand): string {
  const [word] = condition.words as [string];
  if (condition.condition !== undefined) return `(0-${word})`;
  return /^\(\w+&1\)$/.test(word) ? `(0-${word})` : `(0-(${word}!==0|0))`;
}
/** Selects without a branch, which the processor would have to predict: b ^ ((a ^ b) & mask). */
function selectWords(a: Operand, b: Operand, mask: string): string[] {
  return a.words.map((x, k) => {
    const y = b.words[k]!;
    if (y === '0') return `(${x}&${mask})`;
    return x === '0' ? `(${y}&~${mask})` : `(${y}^(${x}^${y})&${mask})`;
  });
}
function select(c: FunctionEmitter): void {
  const { type } = c.at(1);
  const integer = type === I32 || type === I64 || type === V128;
  if (c.at(2).effects) c.settle(2);
  if (c.at(1).effects || integer) c.settle(1);
  const [a, b, condition] = c.popMany(3) as [Operand, Operand, Operand];
  if (integer) {
    let mask = maskOf(condition);
    if (type === I32) {
      c.pushText(type, selectWords(a, b, mask), [a, b, condition]);
      return;
    }
    if (condition.effects) c.flush();
    const temp = c.temp(0);
    c.emit(`${tempName(temp)}=${mask};`);
    mask = tempName(temp);
    c.release(condition);
    c.pushText(type, selectWords(a, b, mask), [a, b]);
    const pushed = c.pop();
    c.push({ ...pushed, temps: [...pushed.temps, temp] });
    return;
  }
  const test = condition.condition ?? condition.words[0]!;
  const aWords = c.argumentTexts([a]);
  const bWords = c.argumentTexts([b]);
  c.pushText(
    type,
    aWords.map((one, k) => `(${test}?${one}:${bWords[k]})`),
    [a, b, condition],
    { quiet: a.quiet && b.quiet },
  );
}

// ---- calls ----

/** Returns the name of a function in the text: its own variable, an entry of the module's functions, or an import's cell. */
function calleeName(c: FunctionEmitter, index: number, body: boolean): string {
  if (index < c.info.spaces.importedFunctions) {
    c.used.add(`J${index}`);
    return `J${index}.${body ? 'body' : 'run'}`;
  }
  if (c.local.has(index)) {
    const name = `${body ? 'b' : 'f'}${index}`;
    c.used.add(name);
    return name;
  }
  c.used.add(body ? 'B' : 'F');
  return `${body ? 'B' : 'F'}[${index}]`;
}
function call(c: FunctionEmitter): void {
  const { index } = c.reader;
  const { params, results } = c.info.spaces.functions[index]!;
  c.flushBelow(params.length);
  c.emitCall(calleeName(c, index, false), c.popMany(params.length), results, c.info.mayMove(index));
}
/** Stores the checked callee of call_indirect in a variable; the arguments stay on the stack, evaluated. */
function element(c: FunctionEmitter): number {
  const { index, index2 } = c.reader;
  c.flush();
  const at = c.pop();
  const temp = c.temp(2);
  const name = tempName(temp);
  c.used.add('E').add(`T${index2}`).add(`K${index}`);
  c.emit(`${name}=T${index2}.elements[${addressValue(at)}];`);
  c.emit(`if(${name}===undefined||${name}===null||${name}.jsType!==K${index})${name}=E.indirect(${name},${index});`);
  c.release(at);
  return temp;
}
/** Stores the callee of call_ref in a variable. */
function callee(c: FunctionEmitter): number {
  c.flush();
  const ref = c.pop();
  const temp = c.temp(2);
  const name = tempName(temp);
  c.used.add('E');
  c.emit(`${name}=${ref.words[0]};if(${name}===null||${name}.jsType===undefined)${name}=E.callable(${name});`);
  c.release(ref);
  return temp;
}
function callThrough(find: (c: FunctionEmitter) => number): Rule {
  return (c) => {
    const { params, results } = c.info.spaces.funcType(c.reader.index);
    const temp = find(c);
    c.emitCall(`${tempName(temp)}.run`, c.popMany(params.length), results, c.info.indirectMayMove, [temp]);
  };
}
function returnCallThrough(find: (c: FunctionEmitter) => number): Rule {
  return (c) => {
    const { params } = c.info.spaces.funcType(c.reader.index);
    const temp = find(c);
    c.emitTailCall(`${tempName(temp)}.body`, c.popMany(params.length), [temp]);
  };
}
function returnCall(c: FunctionEmitter): void {
  const { index } = c.reader;
  const { params } = c.info.spaces.functions[index]!;
  c.flushBelow(params.length);
  const args = c.popMany(params.length);
  if (index === c.index && c.jumpsToStart) c.emitSelfTailCall(args);
  else c.emitTailCall(calleeName(c, index, true), args, []);
}

/** This table is complete by type: an instruction whose row does not define its translation has a rule here. */
const RULES: Readonly<Record<RuledOp, Rule>> = {
  ...CONSTANT_RULES,
  ...MEMORY_RULES,
  ...OBJECT_RULES,
  ...VECTOR_CONSTANT_RULES,
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
    c.flush();
    c.used.add('E');
    c.emit(`E.trap(${TRAPS.unreachable.number});`);
  },
  nop: () => {},
  br: (c) => c.branch(c.reader.index),
  br_if: (c) => c.branchIf(c.reader.index),
  br_table: (c) => c.branchTable(c.reader.labels, c.reader.labelCount),
  return: (c) => {
    c.emitReturn();
  },
  call,
  call_indirect: callThrough(element),
  call_ref: callThrough(callee),
  return_call: returnCall,
  return_call_indirect: returnCallThrough(element),
  return_call_ref: returnCallThrough(callee),
  drop: (c) => {
    if (c.at(0).effects) c.settle(0);
    c.release(c.pop());
  },
  select,
  select_t: select,
  'local.get': localGet,
  'local.set': localSet,
  'local.tee': (c) => {
    localSet(c);
    localGet(c);
  },
  'global.get': globalGet,
  'global.set': globalSet,
};

function ruleOf(name: OpName): Rule {
  const own = (RULES as Readonly<Partial<Record<OpName, Rule>>>)[name];
  if (own) return own;
  const { bytes, feature } = opcodeRow(name);
  if (bytes !== undefined) return accessRule(name as AccessOp);
  if (feature === 'simd' || feature === 'relaxed-simd') return vectorRule(name as VectorOp);
  return scalarRule(name as ScalarOp);
}

/** The rules by slot; the reader finds no instruction in the other slots. */
export const RULES_BY_SLOT: readonly Rule[] = /* @__PURE__ */ bySlot<Rule>(ruleOf, () => {});
