// The hand-written operations by number, complete by type but for what a build leaves out.

import { type BulkOp, opNames } from '../../../wasm/opcodes.js';
import { STATE } from '../code-arena.js';
import type { InterpInstance } from '../interp-instance.js';
import { FIRST_HANDLED, type HandledOp, NUMBER_OF, SLICE } from '../ops.gen.js';
import { ATOMIC_HANDLERS } from './atomic.js';
import { GC_HANDLERS } from './gc.js';
import type { Handler } from './handler.js';
import { MEMORY_HANDLERS } from './memory.js';
import { OBSERVE_HANDLERS } from './observe.js';
import { REFERENCE_HANDLERS } from './references.js';
import { REGISTER_HANDLERS } from './register.js';
import { TABLE_HANDLERS } from './table.js';
import { VECTOR_HANDLERS } from './vector.js';

const BY_NAME: Readonly<Record<HandledOp, Handler>> = {
  ...((typeof ENCLASM_WITHOUT_THREADS === 'undefined' ? ATOMIC_HANDLERS : {}) as typeof ATOMIC_HANDLERS),
  ...((typeof ENCLASM_WITHOUT_GC === 'undefined' ? GC_HANDLERS : {}) as typeof GC_HANDLERS),
  ...MEMORY_HANDLERS,
  ...OBSERVE_HANDLERS,
  ...REFERENCE_HANDLERS,
  ...REGISTER_HANDLERS,
  ...TABLE_HANDLERS,
  ...((typeof ENCLASM_WITHOUT_VECTORS === 'undefined' ? VECTOR_HANDLERS : {}) as typeof VECTOR_HANDLERS),
};

/** The operation name of an instruction name. */
type OperationOf<Name extends string> = Name extends `${infer Group}.${infer Rest}` ? `${Group}_${Rest}` : never;
/** The operations that may take the time of many backward branches. */
const BULK = /* @__PURE__ */ opNames(({ bulk }) => bulk === 'length').map(
  (name) => name.replace('.', '_') as OperationOf<BulkOp>,
) satisfies readonly HandledOp[];
/** The number of these operations between two checkpoints: one costs as much as a small operation. */
const OPERATIONS_PER_CHECKPOINT = 8;
let operations = 0;
/** The end of the running activation's slice, in monotonic milliseconds; Infinity if it has no slices. */
export const slice = { end: Number.POSITIVE_INFINITY };

/** Wraps the handlers so that the slice may end after the operation. */
const endingSlices =
  (handler: Handler): Handler =>
  (I, pc, fp) => {
    const next = handler(I, pc, fp);
    if (slice.end === Number.POSITIVE_INFINITY || next < 0 || ++operations % OPERATIONS_PER_CHECKPOINT !== 0)
      return next;
    if (I.store.platform.monotonicNow() < slice.end) return next;
    STATE[0] = next;
    return ~SLICE;
  };

const BY_NUMBER: readonly Handler[] = /* @__PURE__ */ (() => {
  const handlers: Handler[] = [];
  const placeOf = (name: HandledOp): number => NUMBER_OF.get(name)! - FIRST_HANDLED;
  for (const name of Object.keys(BY_NAME) as HandledOp[]) handlers[placeOf(name)] = BY_NAME[name];
  for (const name of BULK) handlers[placeOf(name)] = endingSlices(BY_NAME[name]);
  return handlers;
})();

/** Runs the handled operation `op`. See Handler. */
export function runHandled(I: InterpInstance, op: number, pc: number, fp: number): number {
  return BY_NUMBER[op - FIRST_HANDLED]!(I, pc, fp);
}
