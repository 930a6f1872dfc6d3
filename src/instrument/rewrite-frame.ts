// What surrounds the code of a function: its locals, the check at its start, and at its end what gives the counts back.
import { FUNCTION } from '../binary/control-flow.js';
import { FRAME_BYTES_PER_VALUE } from '../wasm/implementation-limits.js';
import type { FunctionBody, LocalRun } from '../wasm/module.js';
import * as t from '../wasm/types.js';
import { readDepth, writeDepthCheck, writeEntry } from './depth.js';
import { RESERVE } from './hooks.js';
import { threshold, writeCharge, writeRefill, writeReload, writeUncountedEntry } from './metering.js';
import { BLOCK_COST_SHIFT, BLOCK_LEAVES } from './plan.js';
import { tellEntered, tellLeft, tellPlace } from './rewrite-observation.js';
import type { RewrittenFunction } from './rewritten-function.js';

export function startFunction(f: RewrittenFunction, body: FunctionBody, position: number): void {
  const plan = f.plan;
  const { params, results } = f.env.types.funcType(body.typeIndex);
  f.open = 1;
  f.nextBlock = f.nextLoop = f.nextCall = f.nextLabel = 0;
  f.nests = f.counts && !f.env.conventions.silent[position] && (plan.hasCalls || plan.hasCatches);
  f.usesCount = f.counts && (f.metered || f.nests || plan.loops.length > 0);
  const hasInner = f.metered && plan.innerCost > 0;
  const storesAtEnd = f.metered ? plan.hasHiddenBlocks || f.nests : f.usesCount;
  const counts = f.env.options.countsStack;
  f.wrapped = f.env.options.tellsFunctions || f.inRegisters || storesAtEnd || hasInner || (counts && f.nests);
  placeLocals(f, params.length, body.locals);
  f.stackLocal = counts ? f.locals.add(t.I32) : -1;
  f.frameBytes = counts ? sizeOfFrame(f, params.length, position) : 0;
  f.index = f.env.module.spaces.importedFunctions + position;
  writeStart(f, body.code.start);
  f.exhausted = -1;
  if (hasInner) f.exhausted = f.openExtra([], []);
  const outermost = f.wrapped ? f.openExtra([], results) : 0;
  f.pendingByGroup = [];
  f.push(FUNCTION, f.flow.begin(body), outermost);
}
/** Returns the bytes of a frame: a share for each local and operand, as in the other modes. */
function sizeOfFrame(f: RewrittenFunction, params: number, position: number): number {
  const { module } = f.env;
  const locals = module.functions[position]!.locals.reduce((sum, { count }) => sum + count, params);
  return FRAME_BYTES_PER_VALUE * (locals + module.functionInfo(position).maxStack);
}
/** Subtracts the frame's bytes from what is left of the stack. A function without calls only compares. */
function takeFrame(f: RewrittenFunction): void {
  const code = f.code;
  const { stack } = f.env.places;
  code.getGlobal(stack);
  code.i32(f.frameBytes);
  code.op('i32.sub');
  code.teeLocal(f.stackLocal);
  code.i32(0);
  code.op('i32.lt_s');
  code.ifUnlikely();
  code.call(f.env.added.stackFull());
  code.end();
  if (!f.nests) return;
  code.getLocal(f.stackLocal);
  code.setGlobal(stack);
}
export function giveFrameBack(f: RewrittenFunction): void {
  if (f.stackLocal < 0 || !f.nests) return;
  f.code.getLocal(f.stackLocal);
  f.code.i32(f.frameBytes);
  f.code.op('i32.add');
  f.code.setGlobal(f.env.places.stack);
}
function placeLocals(f: RewrittenFunction, params: number, runs: readonly LocalRun[]): void {
  const { options } = f.env;
  const plan = f.plan;
  const meter = f.meter;
  f.locals.begin(params, runs);
  if (f.inRegisters) {
    f.locals.addParams(params, f.countsCalls ? 2 : 1);
    meter.count = params;
    meter.own = f.countsCalls ? params + 1 : 0;
  } else if (f.counts) {
    meter.count = f.usesCount ? f.locals.add(t.I32) : 0;
    meter.own = f.countsCalls ? f.locals.add(t.I32) : 0;
  }
  meter.bound = -1;
  meter.innerCost = options.metered ? plan.innerCost : 0;
}
function writeStart(f: RewrittenFunction, offset: number): void {
  const code = f.code;
  const meter = f.meter;
  const block = f.plan.blocks[f.nextBlock++]!;
  if (!f.counts) return;
  if (!f.inRegisters) {
    if (f.usesCount) writeReload(code, meter);
    if (f.countsCalls) readDepth(code, meter);
  }
  tellEntered(f);
  const check = f.countsCalls ? writeEntry : writeUncountedEntry;
  if (f.metered) {
    const cost = block >> BLOCK_COST_SHIFT;
    f.requires(threshold(meter, cost));
    check(code, meter, cost);
    f.account.renew(!f.inRegisters);
    f.account.allowedBlock(f.env.options.countsStack ? block | BLOCK_LEAVES : block);
    f.account.note();
  } else if (f.nests) {
    const weight = Math.max(1, f.plan.weight);
    f.requires(weight);
    check(code, meter, weight);
    writeCharge(code, meter, weight);
  } else if (f.countsCalls) writeDepthCheck(code, meter, f.usesCount);
  if (f.env.options.countsStack) takeFrame(f);
  tellPlace(f, offset);
}
export function finishFunction(f: RewrittenFunction): void {
  const code = f.code;
  if (f.wrapped) {
    code.end();
    writeEpilogue(f);
  }
  if (f.exhausted >= 0) {
    code.op('return');
    code.end();
    code.getLocal(f.meter.count);
    code.call(f.env.added.exhausted());
    code.op('unreachable');
  }
  code.end();
}
function writeEpilogue(f: RewrittenFunction): void {
  const plan = f.plan;
  const code = f.code;
  const account = f.account;
  if (f.metered && (f.nests || plan.hasHooks) && plan.innerCost > 0) {
    writeRefill(code, f.meter, RESERVE + account.pending, account.pending);
  } else if (f.metered && plan.hasUnseenBlocks) {
    code.getLocal(f.meter.count);
    code.i32(account.pending);
    code.op('i32.lt_s');
    code.brIf(0);
  }
  giveFrameBack(f);
  tellLeft(f);
  if (f.metered) account.pushExact();
  else code.getLocal(f.meter.count);
  if (!f.inRegisters) code.setGlobal(f.meter.left);
}
