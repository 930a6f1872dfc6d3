// Blocks: their beginnings, their else parts, their ends.
import { BLOCK, FUNCTION, IF, LOOP, TRY } from '../../binary/control-flow.js';
import type { ValType } from '../../wasm/types.js';
import { moveTo } from './emit-branches.js';
import { emitReturn } from './emit-calls.js';
import { emitClauses, handlerFrom } from './emit-exceptions.js';
import type { FunctionEmitter, Label } from './function-emitter.js';
import { closeFuelBlock } from './limit-checks.js';

export function openBlock(c: FunctionEmitter): void {
  c.materializeAll();
  c.open(BLOCK, '{', '}');
}
export function openTry(c: FunctionEmitter): void {
  c.materializeAll();
  c.open(TRY, '{try{', '');
}
export function openLoop(c: FunctionEmitter): void {
  c.materializeAll();
  const type = c.flow.blockType();
  const label = c.newLabel(LOOP, type, []);
  // The parameters move to variables of their own, which branches back assign.
  const values = c.popMany(type.params.length);
  values.forEach((value, i) => {
    c.assign(label.targets[i]!, value);
    c.release(value);
  });
  c.floatLocals.forget();
  c.entry?.beforeOpening(c);
  const opened: Label = { ...label, at: c.out.length };
  c.emit('');
  c.emit('for(;;){');
  c.text.views.enterLoop(`_${label.id}`, c.out.length);
  c.emit('');
  c.entry?.afterOpening(c);
  c.flow.open(opened);
  pushTargets(c, label, type.params);
}
export function openIf(c: FunctionEmitter): void {
  c.materializeUpTo(c.height - 1);
  const condition = c.popCondition();
  const type = c.flow.blockType();
  const operands = type.params.map((_, i) => c.at(type.params.length - 1 - i));
  c.entry?.beforeOpening(c);
  const label = c.newLabel(IF, type, operands);
  label.close = '}';
  c.emit('');
  c.emit(`if(${c.entry?.condition(c, label, condition) ?? condition}){`);
  c.entry?.afterOpening(c);
  c.flow.open(label);
}
export function beginElse(c: FunctionEmitter): void {
  const label = c.flow.label(0);
  if (c.flow.reached) moveTo(c, label.targets, label.type.results);
  c.cutTo(label.height);
  for (const operand of label.operands) {
    c.retain(operand.temps);
    c.push(operand);
  }
  c.floatLocals.forget();
  c.emit('}else{');
  c.entry?.afterElse(c, label);
}
export function end(c: FunctionEmitter): void {
  const { closed: label, reached, reachable } = c.flow;
  const { results } = label.type;
  c.floatLocals.forget();
  if (label.kind === FUNCTION) {
    if (reached) emitReturn(c);
    closeFuelBlock(c);
    return;
  }
  if (label.kind === LOOP) {
    endLoop(c, label);
    return;
  }
  if (reached) moveTo(c, label.targets, results);
  if (label.kind === IF && !label.hasElse && results.length > 0) {
    c.cutTo(label.height);
    c.emit('}else{');
    label.operands.forEach((operand, i) => {
      c.assign(label.targets[i]!, operand);
    });
  }
  closeBlock(c, label);
  if (label.named) c.out[label.at] = `L${label.id}:`;
  c.cutTo(label.height);
  if (!reachable) {
    for (const temps of label.targets) c.releaseTemps(temps);
    return;
  }
  results.forEach((type, i) => {
    c.pushTemps(type, label.targets[i]!);
  });
}
function closeBlock(c: FunctionEmitter, label: Label): void {
  if (label.clauses) {
    c.cutTo(label.height);
    emitClauses(c, label, label.clauses);
    c.emit('}');
  } else if (label.kind === TRY && label.close === '') c.emit(`}catch(e){throw e;}}`);
  else c.emit(label.close);
}
function endLoop(c: FunctionEmitter, label: Label): void {
  // Unwritten loads use the loop's own variables.
  const { reached } = c.flow;
  if (reached) c.flush();
  c.emit(reached ? 'break;}' : '}');
  c.text.views.leaveLoop();
  if (label.named) c.out[label.at] = `L${label.id}:`;
  for (const temps of label.targets) c.releaseTemps(temps);
  if (!reached) c.cutTo(label.height);
}
export function delegate(c: FunctionEmitter): void {
  const label = c.flow.closed;
  c.delegates = true;
  const target = handlerFrom(c, c.reader.index);
  const name = `e${label.id}`;
  label.close = `}catch(${name}){if(dg===0||dg===${label.id + 1})dg=${target};throw ${name};}}`;
  end(c);
}
/** Pushes the variables of a label, which keeps its own references to them. */
function pushTargets(c: FunctionEmitter, label: Label, types: readonly ValType[]): void {
  types.forEach((type, i) => {
    c.retain(label.targets[i]!);
    c.pushTemps(type, label.targets[i]!);
  });
}
