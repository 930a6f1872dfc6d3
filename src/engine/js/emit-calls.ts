// Calls, tail calls and returns, and how results pass: the first is the JavaScript function's own, the others are left in registers
// (result-registers.ts).
import { F32, F64, I64, isRef, V128, type ValType } from '../../wasm/types.js';
import { observeSelfTailCall } from './emit-observation.js';
import type { FunctionEmitter } from './function-emitter.js';
import { handOver, leaveDepth, loopTick, takeBack } from './limit-checks.js';
import { localNames, type Operand, tempName } from './operands.js';
import { resultPlace } from './outline-scratch.js';

/** Called after the arguments were popped: writes a call and pushes its results. `held` are temporaries that the callee's text reads. */
export function emitCall(
  c: FunctionEmitter,
  callee: string,
  args: readonly Operand[],
  results: readonly ValType[],
  mayMove: boolean,
  held: readonly number[] = [],
): void {
  c.text.hasCalls = true;
  const text = `${callee}(${c.argumentTexts(args).join()})`;
  c.release(...args);
  c.releaseTemps(held);
  handOver(c);
  const [first] = results;
  if (first === undefined) {
    c.emit(`${text};`);
  } else {
    const temps = results.map((type) => c.tempsFor(type));
    c.emit(`${tempName(temps[0]![0]!)}=${c.isPlain ? text : coerced(first, text)};`);
    results.forEach((type, i) => {
      takeResult(c, i, type, temps[i]!);
      c.pushTemps(type, temps[i]!);
    });
  }
  takeBack(c);
  if (mayMove) c.reloadViews();
}
/** Writes a library call whose result is a value of a type, and pushes it. Its operands are already popped. */
export function takeCall(
  c: FunctionEmitter,
  call: string,
  operands: readonly Operand[],
  type: ValType,
  quiet: boolean,
): void {
  const temps = c.tempsFor(type);
  c.emit(`${tempName(temps[0]!)}=${coerced(type, call)};`);
  takeResult(c, 0, type, temps);
  c.release(...operands);
  c.pushTemps(type, temps, quiet);
}
function takeResult(c: FunctionEmitter, i: number, type: ValType, temps: readonly number[]): void {
  const names = temps.map(tempName);
  if (i === 0) {
    if (type === I64) {
      c.used.add('HIGH');
      c.emit(`${names[1]}=HIGH[0];`);
    } else if (type === V128) {
      c.used.add('W');
      c.emit(`${names[1]}=W[1];${names[2]}=W[2];${names[3]}=W[3];`);
    }
    return;
  }
  if (isRef(type)) {
    c.used.add('W_REFS');
    c.emit(`${names[0]}=W_REFS[${i}];`);
  } else if (type === F32 || type === F64) {
    c.used.add('W_F64');
    c.emit(`${names[0]}=W_F64[${i}];`);
  } else {
    c.used.add('W');
    c.emit(names.map((name, k) => `${name}=W[${i * 4 + k}];`).join(''));
  }
}
/** Leaves the pending tail call of this function's body. */
export function emitTailCall(
  c: FunctionEmitter,
  callee: string,
  args: readonly Operand[],
  held: readonly number[],
): void {
  c.text.hasCalls = true;
  c.tailCalls = true;
  c.used.add('TC');
  const texts = c.argumentTexts(args);
  // V8 makes NaNs quiet in arrays that contain only numbers. Functions ignore the additional argument.
  if (args.some(({ type }) => type === F32 || type === F64)) texts.push('null');
  c.emit(`TC.args=[${texts.join()}];TC.callee=${callee};`);
  leaveFunction(c, '');
  c.release(...args);
  c.releaseTemps(held);
}
/** A tail call of the function itself becomes a jump to its beginning. */
export function emitSelfTailCall(c: FunctionEmitter, args: readonly Operand[]): void {
  const held = args.map((arg) => c.tempsFor(arg.type));
  args.forEach((arg, i) => {
    c.assign(held[i]!, arg);
  });
  args.forEach((arg, i) => {
    localNames(i, arg.type).forEach((name, k) => {
      c.emit(`${name}=${tempName(held[i]![k]!)};`);
    });
  });
  c.releaseTemps(held.flat());
  for (let i = args.length; i < c.localTypes.length; i++) {
    const type = c.localTypes[i]!;
    const zero = isRef(type) ? 'null' : '0';
    c.emit(`${localNames(i, type).join('=')}=${zero};`);
  }
  c.release(...args);
  c.selfTailCalls = true;
  observeSelfTailCall(c);
  c.emit(`${loopTick(c, 0)}continue LF;`);
}
/** Returns the topmost operands as results. Does not pop. */
export function emitReturn(c: FunctionEmitter): void {
  const { results } = c.info.spaces.functions[c.index]!;
  const count = results.length;
  c.flush();
  if (count === 0) {
    leaveFunction(c, '');
    return;
  }
  const values = results.map((_, i) => c.exactly(c.at(count - 1 - i)));
  const first = values[0]!;
  for (let i = 1; i < count; i++) c.emit(resultText(c, i, values[i]!));
  if (first.type === I64) {
    c.used.add('HIGH');
    c.emit(`HIGH[0]=${first.words[1]};`);
  } else if (first.type === V128) {
    c.used.add('W');
    c.emit(`W[1]=${first.words[1]};W[2]=${first.words[2]};W[3]=${first.words[3]};`);
  }
  const [text] = first.words;
  if (c.options.ticks && !first.simple && !c.text.region) {
    // The code of the exit must not come between an expression with effects and its value.
    const temps = [c.temp(isRef(first.type) ? 2 : first.type === F32 || first.type === F64 ? 1 : 0)];
    const name = tempName(temps[0]!);
    c.emit(`${name}=${text};`);
    leaveFunction(c, name);
    c.releaseTemps(temps);
    return;
  }
  leaveFunction(c, text!);
}
/** Returns a text; an outlined function leaves it where its caller reads it. */
export function leaveFunction(c: FunctionEmitter, value: string): void {
  const [type] = c.info.spaces.functions[c.index]!.results;
  if (c.text.region) {
    if (value !== '') c.emit(`${resultPlaceOf(c, type!)}=${value};`);
    c.emit(c.text.leaveFunction());
    return;
  }
  leaveDepth(c);
  c.emit(value === '' ? 'return;' : `return ${value};`);
}
/** Returns where the function's result is kept while outlined functions return. */
export function resultPlaceOf(c: FunctionEmitter, type: ValType): string {
  const place = resultPlace(type);
  c.used.add(place.slice(0, 2));
  return place;
}
/** Stores a result beyond the first where callers read it. */
function resultText(c: FunctionEmitter, i: number, { type, words }: Operand): string {
  if (isRef(type)) {
    c.used.add('W_REFS');
    return `W_REFS[${i}]=${words[0]};`;
  }
  if (type === F32 || type === F64) {
    c.used.add('W_F64');
    return `W_F64[${i}]=${words[0]};`;
  }
  c.used.add('W');
  return words.map((word, k) => `W[${i * 4 + k}]=${word};`).join('');
}

/** Coerces a call's result, so that the JavaScript engine's optimizer knows its type. */
export function coerced(type: ValType, text: string): string {
  if (type === F32 || type === F64) return `+${text}`;
  return isRef(type) ? text : `${text}|0`;
}
