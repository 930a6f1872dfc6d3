// What code tells observers: that a function was entered and left, and which places it reached. Nothing is written where nothing observes.

import type { FunctionEmitter } from './function-emitter.js';
import { handOver, takeBack } from './limit-checks.js';

/** Puts around a body what tells observers of the function. However it ends, its fuel is in the meter by then. */
export function observed(
  { options, index }: FunctionEmitter,
  before: string,
  text: string,
  after: string,
): readonly [before: string, text: string, after: string] {
  if (!options.observed?.functions) return [before, text, after];
  return [
    `E.instance.observation.enter(${index});try{${before}`,
    text,
    `${after}}finally{E.instance.observation.leave(${index});}`,
  ];
}

/** A tail call of the function itself, which jumps to its beginning, leaves it and enters it again. */
export function observeSelfTailCall(c: FunctionEmitter): void {
  if (!c.options.observed?.functions) return;
  handOver(c);
  c.emit(`E.instance.observation.leave(${c.index});E.instance.observation.enter(${c.index});`);
  takeBack(c);
}

/** @param offset where the code of that place begins, in the module's file */
export function observePlace(c: FunctionEmitter, offset: number): void {
  if (c.options.observed?.places) c.emit(`E.instance.observation.reach(${offset});`);
}
