// Loops: the check at their head, its slow path, and the copies of those that are unrolled. Metered, an unrolled loop is followed by one more copy,
// with all checks inside, which runs when less is left than the others together may take. docs/host-mode.md draws them.
import { LOOP } from '../binary/control-flow.js';
import * as t from '../wasm/types.js';
import {
  threshold,
  writeLoopHeader,
  writePlainLoopEnd,
  writePlainLoopHeader,
  writePlainLoopStart,
  writeRefillOrRetry,
  writeSlowLoopHeader,
  writeTick,
  writeUnrolledLoopHeader,
} from './metering.js';
import { BLOCK_COST_SHIFT, BLOCK_TRAPS, PLAIN_LOOP } from './plan.js';
import type { Label, RewrittenFunction } from './rewritten-function.js';
import { boundOf, type Unrolling } from './unrolling.js';

export function openLoop(f: RewrittenFunction): void {
  const code = f.code;
  const blockType = f.flow.blockType();
  const loop = f.nextLoop++;
  const weight = Math.max(1, f.plan.loopWeights[loop]!);
  const cost = f.metered ? f.plan.blocks[f.nextBlock]! >> BLOCK_COST_SHIFT : weight;
  if (!f.counts) {
    f.spans.flushAll();
    f.push(LOOP, blockType);
    return;
  }
  f.spans.flushBefore();
  const needed = cost + (f.metered ? keepPending(f) : 0);
  if (f.plan.loops[loop] !== PLAIN_LOOP) {
    f.requires(threshold(f.meter, needed));
    f.spans.copy();
    f.push(LOOP, blockType);
    if (!f.metered) writeTick(code, f.meter, needed);
    else if (cost > 0) writeLoopHeader(code, f.meter, needed);
  } else if (f.copies[loop]! > 1) openUnrolled(f, loop, needed);
  else {
    f.requires(threshold(f.meter, needed));
    if (f.metered && f.meter.bound < 0) f.meter.bound = f.locals.add(t.I32);
    writePlainLoopStart(code, f.meter, needed);
    openPlain(f);
    f.push(LOOP, blockType, f.open - 1, needed);
    writePlainLoopHeader(code, f.meter, needed, 1);
  }
}
/** What is pending before a loop stays so in all its iterations, unless a branch to a label of its group has decided otherwise. Returns it. */
function keepPending(f: RewrittenFunction): number {
  const amount = f.nextAmount();
  amount.pending ??= f.account.pending;
  f.account.setPending(amount.pending);
  return amount.pending;
}
/** Opens the blocks of a plain loop: one to leave by, one to begin again, one around the slow path, and the loop itself. */
function openPlain(f: RewrittenFunction): void {
  const { bytes, start, pos } = f.reader;
  const type = bytes.subarray(start + 1, pos);
  f.code.op('block');
  f.code.raw(type);
  f.code.op('loop');
  f.code.raw(type);
  f.code.openEmpty('block');
  f.code.op('loop');
  f.code.raw(type);
  f.open += 4;
}
export function endLoop(f: RewrittenFunction, label: Label): void {
  if (f.unrolling !== undefined) {
    endCopy(f, f.unrolling, label);
    return;
  }
  f.code.end();
  f.open--;
  if (label.plainCost < 0) return;
  writePlainLoopEnd(f.code, f.meter, label.plainCost);
  f.open -= 3;
}

// ---- unrolled loops ----

function openUnrolled(f: RewrittenFunction, loop: number, cost: number): void {
  const { bytes, start, pos } = f.reader;
  const copies = f.copies[loop]!;
  const bound = boundOf(f.plan, loop, copies, f.meter) + f.account.pending;
  f.requires(bound);
  f.unrolling = {
    type: f.flow.blockType(),
    typeBytes: bytes.subarray(start + 1, pos),
    start: pos,
    block: f.nextBlock,
    label: f.nextLabel,
    cost: f.metered ? cost : bound,
    owed: f.account.pending,
    bound,
    exit: f.open,
    exitPoint: { amount: { pending: undefined }, stored: true },
    copiesLeft: copies,
    covered: true,
  };
  openPlain(f);
  writeUnrolledLoopHeader(f.code, f.meter, bound, 1);
  openCopy(f, f.unrolling);
}
/** Opens a block that branches to the loop leave, with the next copy behind it; in the last copy they begin the loop again. */
function openCopy(f: RewrittenFunction, unrolling: Unrolling): void {
  if (--unrolling.copiesLeft > 0) {
    f.code.openEmpty('block');
    f.push(LOOP, unrolling.type, f.open++, -1, { pending: undefined });
  } else f.push(LOOP, unrolling.type, f.open - 1);
}
function endCopy(f: RewrittenFunction, unrolling: Unrolling, { mergePoint }: Label): void {
  const code = f.code;
  if (f.flow.reached && f.metered) f.account.branchTo(unrolling.exitPoint);
  const isLast = unrolling.copiesLeft === 0;
  if (f.flow.reached && !isLast) code.br(f.open - 1 - unrolling.exit);
  code.end();
  f.open--;
  if (!isLast) {
    f.account.continueAt(mergePoint);
    readAgain(f, unrolling);
    openCopy(f, unrolling);
    beginCopy(f);
  } else if (unrolling.covered && f.metered) {
    writeRefillOrRetry(code, f.meter, unrolling);
    f.open--;
    code.op('loop');
    code.raw(unrolling.typeBytes);
    readAgain(f, unrolling);
    f.push(LOOP, unrolling.type);
    writeSlowLoopHeader(code, f.meter, unrolling.cost);
    unrolling.covered = false;
    f.account.beginLoop(unrolling.owed);
    beginCopy(f);
  } else endUnrolled(f, unrolling);
}
/** Goes back to where the body starts in the original. What its labels had pending is forgotten. */
function readAgain(f: RewrittenFunction, { start, block, label }: Unrolling): void {
  f.reader.pos = f.spans.from = start;
  f.flow.reachable = true;
  for (let i = label + 1; i < f.nextLabel; i++) f.pendingByGroup[f.plan.groups[i]!] = undefined;
  f.nextBlock = block;
  f.nextLabel = label;
}
function beginCopy(f: RewrittenFunction): void {
  const block = f.plan.blocks[f.nextBlock++]!;
  if (!f.metered) return;
  f.account.allowedBlock(block);
  f.account.note();
}
function endUnrolled(f: RewrittenFunction, { cost, exitPoint }: Unrolling): void {
  f.unrolling = undefined;
  if (!f.metered) {
    writePlainLoopEnd(f.code, f.meter, cost);
    f.open -= 3;
    return;
  }
  f.code.end();
  f.code.end();
  f.open -= 2;
  f.account.continueAt(exitPoint);
  // The block of fuel that has left the loop goes on behind it.
  if ((f.plan.blocks[f.nextBlock - 1]! & BLOCK_TRAPS) !== 0) f.account.keep();
  f.account.note();
}
