// Calls and tail calls: the counts go to the callee, in registers or through the globals, and come back.
import { OPCODES } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import { writeDepth } from './depth.js';
import { RESERVE } from './hooks.js';
import { threshold, writeRefill, writeReload } from './metering.js';
import { giveFrameBack } from './rewrite-frame.js';
import { tellLeft } from './rewrite-observation.js';
import type { RewrittenFunction } from './rewritten-function.js';

const CALL = OPCODES.call.code;
const CALL_INDIRECT = OPCODES.call_indirect.code;
const RETURN_CALL = OPCODES.return_call.code;
const RETURN_CALL_INDIRECT = OPCODES.return_call_indirect.code;

export function rewriteCall(f: RewrittenFunction): void {
  const { op, index } = f.reader;
  const position = op === CALL ? index - f.env.module.spaces.importedFunctions : -1;
  const storesAfter = position >= 0 && f.plan.calls[f.nextCall++] === 1;
  const inRegisters = position >= 0 && f.env.conventions.inRegisters[position];
  // Such a call stays as it is.
  if (position >= 0 && f.env.conventions.silent[position]) return;
  if (inRegisters) callInRegisters(f, position, storesAfter);
  else callOut(f, position >= 0);
  // This includes the module's own functions, as they may end in a tail call to a function of another instance.
  const foreign = !inRegisters && f.env.options.linked;
  if (f.metered && (foreign || f.plan.innerCost > RESERVE)) refillReserve(f);
}
function callInRegisters(f: RewrittenFunction, position: number, storesAfter: boolean): void {
  const code = f.code;
  const { count, own, left } = f.meter;
  f.spans.flushBefore();
  if (f.metered) f.account.pushExact();
  else code.getLocal(count);
  if (f.countsCalls) code.getLocal(own);
  f.spans.note();
  code.call(f.env.conventions.bodies[position]!);
  const stores = storesAfter && f.metered;
  if (stores) {
    code.teeLocal(count);
    code.setGlobal(left);
  } else code.setLocal(count);
  f.account.renew(stores);
  f.account.note();
}
/** Calls with the counts in the globals. In metered code the count is already stored, unless the plan did not expect this call to need it. */
function callOut(f: RewrittenFunction, unexpected: boolean): void {
  if (f.reader.op === CALL_INDIRECT) keepIndex(f);
  if (!f.counts) return;
  f.spans.flushBefore();
  if (!f.metered || unexpected) storeCount(f);
  if (f.countsCalls) writeDepth(f.code, f.meter);
  f.spans.copy();
  reloadCount(f);
}
function storeCount(f: RewrittenFunction): void {
  if (f.metered) f.account.pushExact();
  else f.code.getLocal(f.meter.count);
  f.code.setGlobal(f.meter.left);
}
export function reloadCount(f: RewrittenFunction): void {
  writeReload(f.code, f.meter);
  f.account.renew(true);
  f.account.note();
}
/** Keeps the table index of an indirect call, which is on the operand stack. */
function keepIndex(f: RewrittenFunction): void {
  const { tables, places } = f.env;
  const code = f.code;
  const wide = tables[f.reader.index2]!.address === 'i64';
  f.spans.flushUpTo();
  const local = f.locals.scratch(wide ? t.I64 : t.I32);
  code.teeLocal(local);
  if (wide) code.op('i32.wrap_i64');
  code.setGlobal(places.lastIndex);
  code.getLocal(local);
}
/** Refills after an operation that may leave less than the reserve. */
export function refillReserve(f: RewrittenFunction): void {
  writeRefill(f.code, f.meter, threshold(f.meter, 0), 0);
}
export function rewriteTailCall(f: RewrittenFunction): void {
  const code = f.code;
  const { op } = f.reader;
  const { own, depth } = f.meter;
  if (op === RETURN_CALL_INDIRECT) keepIndex(f);
  if (!f.counts) {
    f.spans.flushAll();
    return;
  }
  f.spans.flushBefore();
  const position = op === RETURN_CALL ? f.reader.index - f.env.module.spaces.importedFunctions : -1;
  giveFrameBack(f);
  tellLeft(f);
  // A tail call replaces this call, so the callee gets this call's depth.
  const allowance = (): boolean => {
    if (!f.countsCalls) return false;
    code.getLocal(own);
    code.i32(1);
    code.op('i32.add');
    return true;
  };
  if (f.inRegisters) {
    if (f.metered) f.account.pushExact();
    else code.getLocal(f.meter.count);
    allowance();
    code.opcode(op);
    code.u32(f.env.conventions.bodies[position]!);
  } else {
    storeCount(f);
    if (allowance()) code.setGlobal(depth);
    f.spans.copy();
  }
}
