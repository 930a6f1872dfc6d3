// Catching exceptions: clauses of try_table, and legacy catch parts. Both become JavaScript catch parts, which pass on what is not wasm's.
import { CATCH, CATCH_ALL_REF, CATCH_REF } from '../../binary/code-reader.js';
import { BLOCK, TRY } from '../../binary/control-flow.js';
import { EXNREF, F32, F64, isRef, type ValType } from '../../wasm/types.js';
import { leave, moveTo } from './emit-branches.js';
import type { Clause, FunctionEmitter, Label } from './function-emitter.js';
import { takeBack } from './limit-checks.js';
import { wordCount } from './operands.js';

export function openTryTable(c: FunctionEmitter): void {
  const { catchKinds, catchTags, catchLabels } = c.reader;
  const clauses = catchKinds.map((kind, i) => ({ kind, tag: catchTags[i]!, depth: catchLabels[i]! }));
  c.materializeAll();
  c.open(BLOCK, '{try{', '').clauses = clauses;
}
/** Emits the beginning of a JavaScript catch part: it accepts only exceptions of wasm, and rethrows those that must reach a delegate's target. */
function enterCatch(c: FunctionEmitter, label: Label): string {
  const name = `e${label.id}`;
  c.used.add('X');
  c.emit(`}catch(${name}){if(!(${name} instanceof X))throw ${name};`);
  c.text.delegateChecks.push(c.out.length);
  c.emit(`if(dg!==0){if(dg!==${label.id + 1})throw ${name};dg=0;}`);
  if (c.options.depth) c.emit('R[1]=dp;S[0]=ds;');
  if (c.options.ticks || c.options.metered) c.emit('E.caught();');
  takeBack(c);
  c.reloadViews();
  return name;
}
export function emitClauses(c: FunctionEmitter, label: Label, clauses: readonly Clause[]): void {
  const name = enterCatch(c, label);
  const height = c.height;
  for (const { kind, tag, depth } of clauses) {
    const tagged = kind === CATCH || kind === CATCH_REF;
    if (tagged) {
      c.used.add(`Y${tag}`);
      c.emit(`if(${name}.tag===Y${tag}){`);
      pushPayload(c, name, c.info.spaces.tagParams(tag));
    }
    if (kind === CATCH_REF || kind === CATCH_ALL_REF) c.pushFixed(EXNREF, [name]);
    leave(c, depth);
    c.cutTo(height);
    if (tagged) c.emit('}');
    else {
      c.emit('}');
      return;
    }
  }
  c.emit(`throw ${name};}`);
}
/** Pushes the payload of an exception. */
function pushPayload(c: FunctionEmitter, name: string, types: readonly ValType[]): void {
  let at = 0;
  for (const type of types) {
    const words: string[] = [];
    for (let i = wordCount(type); i > 0; i--) words.push(`${name}.fields[${at++}]`);
    if (type === F32) {
      c.used.add('f32FromBits');
      c.pushFixed(type, [`f32FromBits(${words[0]}|0)`], false);
    } else
      c.pushFixed(
        type,
        isRef(type) ? words : words.map((word) => (type === F64 ? `(+${word})` : `(${word}|0)`)),
        false,
      );
  }
}
export function beginCatch(c: FunctionEmitter, withTag: boolean): void {
  const label = c.flow.label(0);
  const { index } = c.reader;
  if (c.flow.reached) moveTo(c, label.targets, label.type.results);
  c.cutTo(label.height);
  const first = label.exception === '';
  if (first) label.exception = enterCatch(c, label);
  c.floatLocals.forget();
  const name = label.exception;
  if (withTag) {
    c.used.add(`Y${index}`);
    c.emit(`${first ? '' : '}else '}if(${name}.tag===Y${index}){`);
    pushPayload(c, name, c.info.spaces.tagParams(index));
    c.materializeAll();
    label.close = `}else throw ${name};}}`;
  } else {
    c.emit(first ? '{' : '}else{');
    label.close = '}}}';
  }
}
/** Returns the number of the innermost handler at or outside the label `depth` blocks out; -1 if there is none here. */
export function handlerFrom(c: FunctionEmitter, depth: number): number {
  for (let at = depth; at < c.flow.labels.length; at++) {
    const label = c.flow.label(at);
    if ((label.kind === TRY && label.exception === '') || label.clauses !== undefined) return label.id + 1;
  }
  return -1;
}
