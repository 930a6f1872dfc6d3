// The hand-written operations by number, complete by type.
import type { InterpInstance } from '../interp-instance.js';
import { FIRST_HANDLED, type HandledOp, OP } from '../ops.gen.js';
import { ATOMIC_HANDLERS } from './atomic.js';
import { GC_HANDLERS } from './gc.js';
import type { Handler } from './handler.js';
import { MEMORY_HANDLERS } from './memory.js';
import { REGISTER_HANDLERS } from './register.js';
import { TABLE_HANDLERS } from './table.js';

const BY_NAME: Readonly<Record<HandledOp, Handler>> = {
  ...ATOMIC_HANDLERS,
  ...GC_HANDLERS,
  ...MEMORY_HANDLERS,
  ...REGISTER_HANDLERS,
  ...TABLE_HANDLERS,
};

const BY_NUMBER: readonly Handler[] = /* @__PURE__ */ (() => {
  const handlers: Handler[] = [];
  for (const name of Object.keys(BY_NAME) as HandledOp[]) handlers[OP[name] - FIRST_HANDLED] = BY_NAME[name];
  return handlers;
})();

/** Runs the handled operation `op`. See Handler. */
export function runHandled(I: InterpInstance, op: number, pc: number, fp: number): number {
  return BY_NUMBER[op - FIRST_HANDLED]!(I, pc, fp);
}
