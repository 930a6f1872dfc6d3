// The rules of locals and globals, and of the operand stack: drop, select.
import type { RuledOp } from '../../wasm/opcodes.js';
import { F32, F64, I32, I64, isRef, V128 } from '../../wasm/types.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { localNames, type Operand, tempName, wordCount } from './operands.js';

function localGet(c: FunctionEmitter): void {
  const { index } = c.reader;
  c.pushLocal(index, c.localTypes[index]!, c.floatLocals.isQuiet(index));
}
function setLocal(c: FunctionEmitter, local: number, value: Operand): void {
  const type = c.localTypes[local]!;
  const names = localNames(local, type);
  c.materializeReaders(local);
  if (value.effects) c.flush();
  let { words } = value;
  if (type === F32) {
    const isExact = c.floatLocals.assign(local, value.local, value.quiet);
    if (isExact) words = c.exactly(value).words;
  }
  if (names.length > 1 && value.reads.includes(local)) {
    const temps = c.tempsFor(type);
    temps.forEach((temp, i) => {
      c.emit(`${tempName(temp)}=${words[i]};`);
    });
    words = temps.map(tempName);
    c.releaseTemps(temps);
  }
  names.forEach((name, i) => {
    if (name !== words[i]) c.emit(`${name}=${words[i]};`);
  });
}
function localSet(c: FunctionEmitter): void {
  const value = c.pop();
  setLocal(c, c.reader.index, value);
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
  // Where nothing is compiled, a branch costs less than the operators that replace it.
  const integer = !c.isPlain && (type === I32 || type === I64 || type === V128);
  if (c.at(2).effects) c.materialize(2);
  if (c.at(1).effects || integer) c.materialize(1);
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
  let test = condition.condition ?? condition.words[0]!;
  let held = condition;
  if (a.words.length > 1 && !condition.simple) {
    if (condition.effects) c.flush();
    const temp = c.temp(0);
    c.emit(`${tempName(temp)}=${condition.words[0]};`);
    c.release(condition);
    test = tempName(temp);
    held = { ...condition, reads: [], temps: [temp], effects: false };
  }
  const aWords = c.argumentTexts([a]);
  const bWords = c.argumentTexts([b]);
  c.pushText(
    type,
    aWords.map((one, k) => `(${test}?${one}:${bWords[k]})`),
    [a, b, held],
    { quiet: a.quiet && b.quiet },
  );
}

export const VARIABLE_RULES = {
  drop: (c) => {
    if (c.at(0).effects) c.materialize(0);
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
} satisfies Partial<Record<RuledOp, Rule>>;
