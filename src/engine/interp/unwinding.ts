// Unwinds the frames of an activation: passes an error to the innermost handler of the guest that takes it, or on to the caller with the guest's frames.
import { isStackOverflow } from '../../base/stack-overflow.js';
import { CATCH, CATCH_REF } from '../../binary/code-reader.js';
import { WasmException } from '../../runtime/exception.js';
import { EnclasmError, type Frame, noteFrames, Trap } from '../../wasm/errors.js';
import type { Activation } from './activation.js';
import { CALLS, HALT_PC, REFERENCES, SWITCH_BACK_PC } from './code-arena.js';
import { blockAt, framesAt } from './code-set.js';
import type { CatchClause } from './compile-function.js';
import type { InterpInstance } from './interp-instance.js';
import { fieldsTo } from './objects.js';

const MAX_TRACE = 100;

/** Passes an error to the innermost handler of the guest, or throws it with the guest's frames. */
export function unwind(a: Activation, thrown: unknown): void {
  const error = asGuestError(thrown, a);
  if (!(error instanceof WasmException)) {
    if (error instanceof EnclasmError && 'frames' in error) noteFrames(error as Trap, () => framesOf(a));
    throw error;
  }
  // The frames stay unchanged until a handler is found: if there is none, the trace is made from them.
  let { pc, fp, sp, I } = a;
  let outer = a.instances.length;
  for (;;) {
    const clause = findClause(I, pc, error);
    if (clause) {
      if (a.env.store.observations.size > 0) tellUnwound(a, sp);
      a.fp = fp;
      a.sp = sp;
      a.I = I;
      a.instances.length = outer;
      enterHandler(a, clause, error);
      return;
    }
    sp -= 2;
    fp = CALLS[sp + 1]!;
    if (CALLS[sp] === HALT_PC) break;
    if (CALLS[sp] === SWITCH_BACK_PC) I = a.instances[--outer]!;
    // This pc is inside the call operation, since the one after it may already be outside the handler.
    pc = CALLS[sp]! - 1;
  }
  noteFrames(error, () => framesOf(a));
  throw error;
}
/** Tells observers that the functions above a frame have ended. @param below the call words up to that frame */
function tellUnwound(a: Activation, below: number): void {
  let outer = a.instances.length;
  let I = a.I;
  for (let { pc, sp } = a; sp > below; ) {
    const index = blockAt(pc)?.index;
    if (index !== undefined && I.code.options.observed?.functions) I.instance.observation!.leave(index);
    sp -= 2;
    if (CALLS[sp] === SWITCH_BACK_PC) I = a.instances[--outer]!;
    pc = CALLS[sp]! - 1;
  }
}
function enterHandler(a: Activation, clause: CatchClause, error: WasmException): void {
  if (isTagged(clause)) fieldsTo(error.fields, error.tag.params, a.fp + clause.slot);
  if (clause.exceptionSlot >= 0) REFERENCES[a.fp + clause.exceptionSlot] = error;
  a.pc = clause.target;
}
/** A JavaScript stack overflow, reached through native functions that call back, counts as the guest's. */
export function asGuestError(error: unknown, a: Activation): unknown {
  if (isStackOverflow(error)) {
    const trap = new Trap('stack-exhausted');
    trap.frames = framesOf(a);
    return trap;
  }
  return error;
}
export function framesOf(a: Activation): Frame[] {
  const pcs: number[] = [];
  let { pc, sp } = a;
  while (pcs.length < MAX_TRACE) {
    if (blockAt(pc)) pcs.push(pc);
    if (sp <= a.callBase) break;
    sp -= 2;
    pc = CALLS[sp]! - 1;
  }
  return framesAt(pcs);
}

const isTagged = ({ kind }: CatchClause): boolean => kind === CATCH || kind === CATCH_REF;

/** Returns the clause of the innermost handler around pc that catches the exception. */
function findClause(I: InterpInstance, pc: number, error: WasmException): CatchClause | undefined {
  let depthLimit = Number.POSITIVE_INFINITY;
  for (const handler of blockAt(pc)?.handlers ?? []) {
    if (pc < handler.start || pc >= handler.end || handler.depth > depthLimit) continue;
    if (handler.delegateDepth !== undefined) {
      depthLimit = handler.delegateDepth;
      continue;
    }
    for (const clause of handler.clauses) {
      if (!isTagged(clause) || I.instance.tags[clause.tag] === error.tag) return clause;
    }
  }
  return undefined;
}
