// Branches: what moves the operands of a label into place, and the jump. Their labels are opened in emit-blocks.ts.
import { FUNCTION, LOOP } from '../../binary/control-flow.js';
import type { ValType } from '../../wasm/types.js';
import { emitReturn } from './emit-calls.js';
import type { FunctionEmitter } from './function-emitter.js';
import { loopTick } from './limit-checks.js';
import { tempName, wordCount } from './operands.js';

/** Returns the text that jumps to the label `depth` blocks out; the operands are in place. */
export function jumpText(c: FunctionEmitter, depth: number): string {
  const label = c.flow.label(depth);
  label.named = true;
  if (c.flow.labels.length - 1 - depth < c.text.firstLabel) {
    return c.text.leave(label.id, label.targets.flat().map(tempName));
  }
  if (label.kind === LOOP) {
    return `${loopTick(c, label.start)}continue L${label.id};`;
  }
  return `break L${label.id};`;
}
/** Jumps to a label with the topmost operands, or returns. Does not pop. */
export function leave(c: FunctionEmitter, depth: number): void {
  const label = c.flow.label(depth);
  if (label.kind === FUNCTION) {
    emitReturn(c);
    return;
  }
  moveTo(c, label.targets, c.labelTypes(depth));
  c.emit(jumpText(c, depth));
}
export function branch(c: FunctionEmitter, depth: number): void {
  // Operands that the label does not take may still trap.
  c.flush();
  leave(c, depth);
}
/** Jumps if a condition that was already popped holds; the operands of the label stay. Everything with effects is written before it. */
export function branchWhen(c: FunctionEmitter, condition: string, depth: number): void {
  keepForBoth(c, c.labelTypes(depth).length);
  c.emit(`if(${condition}){`);
  leave(c, depth);
  c.emit('}');
}
/** Materializes operands that are used on both paths after a branch. */
function keepForBoth(c: FunctionEmitter, count: number): void {
  for (let below = count - 1; below >= 0; below--) c.materialize(below);
}
export function branchIf(c: FunctionEmitter, depth: number): void {
  const arity = c.labelTypes(depth).length;
  for (let below = arity; below >= 1; below--) c.materialize(below);
  branchWhen(c, c.popCondition(), depth);
}
export function branchTable(c: FunctionEmitter, labels: Uint32Array, count: number): void {
  const arity = c.labelTypes(labels[count]!).length;
  for (let below = arity; below >= 1; below--) c.materialize(below);
  c.flushBelow(1);
  const index = c.pop();
  c.emit(`switch(${index.words[0]}){`);
  c.release(index);
  // The cases of one target are grouped; the default's own cases need no line.
  const groups = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    if (labels[i] === labels[count]) continue;
    const group = groups.get(labels[i]!);
    if (group) group.push(i);
    else groups.set(labels[i]!, [i]);
  }
  for (const [depth, cases] of groups) {
    c.emit(cases.map((one) => `case ${one}:`).join(''));
    leave(c, depth);
  }
  c.emit('default:');
  leave(c, labels[count]!);
  c.emit('}');
}
/** Moves the topmost operands into variables. Does not pop. */
export function moveTo(c: FunctionEmitter, targets: readonly (readonly number[])[], types: readonly ValType[]): void {
  const count = types.length;
  if (count === 0) return;
  c.flush();
  const values = types.map((_, i) => c.exactly(c.at(count - 1 - i)));
  const held: number[] = [];
  if (count > 1 || wordCount(types[0]!) > 1) {
    // The variables of a loop may be read by operands that are still to be assigned.
    const all = targets.flat();
    values.forEach((value, i) => {
      if (!value.temps.some((temp) => all.includes(temp))) return;
      const temps = c.tempsFor(value.type);
      c.assign(temps, value);
      held.push(...temps);
      values[i] = { ...value, words: temps.map(tempName), bits: undefined };
    });
  }
  for (let i = 0; i < count; i++) c.assign(targets[i]!, values[i]!);
  c.releaseTemps(held);
}
