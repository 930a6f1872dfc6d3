// Instructions that open, divide, close and leave blocks: where paths merge, the same fuel must be pending on each.
import { BLOCK, FUNCTION, IF, LOOP, TRY } from '../binary/control-flow.js';
import { OPCODES } from '../wasm/opcodes.js';
import { controlBySlot } from './control-rules.js';
import { HAS_ELSE } from './plan.js';
import { rewriteTailCall } from './rewrite-calls.js';
import { closeLandings, openTryTable, writeLanding } from './rewrite-exceptions.js';
import { endLoop, openLoop } from './rewrite-loops.js';
import type { Label, RewrittenFunction } from './rewritten-function.js';

const LOOP_CODE = OPCODES.loop.code;
const BR_IF = OPCODES.br_if.code;

function openBlock(f: RewrittenFunction, kind: number): void {
  f.spans.flushAll();
  f.push(kind, f.flow.blockType());
}
function beginElse(f: RewrittenFunction): void {
  beginPart(f);
  f.account.continueAt(f.flow.label(0).before!);
}
function beginCatch(f: RewrittenFunction): void {
  beginPart(f);
  writeLanding(f);
}
function rewriteReturn(f: RewrittenFunction): void {
  const outermost = f.flow.labels[0]!;
  f.spans.flushBefore();
  f.mergeAt(outermost);
  if (f.wrapped) f.code.br(f.depthOf(outermost));
  else f.code.op('return');
}
function openIf(f: RewrittenFunction): void {
  const bits = f.plan.labels[f.nextLabel]!;
  f.spans.flushBefore();
  // Without an `else` a false condition branches to the end, whose pending amount a br_table to the same group may have decided already.
  if (f.metered && (bits & HAS_ELSE) === 0) f.account.setPending(f.nextAmount().pending ?? f.account.pending);
  f.keepHint();
  f.spans.copy();
  f.push(IF, f.flow.blockType());
}
/** Copies `else` or `catch`, whether or not the code before it is dead. */
function beginPart(f: RewrittenFunction): void {
  if (f.flow.reached) {
    f.spans.flush(f.reader.start);
    f.mergeAt(f.flow.label(0));
  }
  f.spans.from = f.reader.start;
  f.spans.flushAll();
}
/** Starts a block of fuel that does not begin the function. The check of a loop has covered its first block. */
export function beginFuelBlock(f: RewrittenFunction): void {
  const block = f.plan.blocks[f.nextBlock++]!;
  if (!f.metered) return;
  if (f.reader.op === LOOP_CODE) {
    f.account.beginLoop();
    f.account.allowedBlock(block);
  } else if (f.unrolling?.covered) f.account.allowedBlock(block);
  else f.account.innerBlock(block, f.open - 1 - f.exhausted);
  f.account.note();
}
function endBlock(f: RewrittenFunction): void {
  const code = f.code;
  const label = f.flow.closed;
  if (f.flow.reached) f.spans.flush(f.reader.start);
  if (label.kind !== LOOP) {
    if (f.flow.reached) f.mergeAt(label);
    f.account.continueAt(label.mergePoint);
  }
  if (label.kind === FUNCTION) return;
  f.spans.note();
  f.spans.from = f.reader.pos;
  if (label.kind === LOOP) endLoop(f, label);
  else {
    code.end();
    f.open--;
    closeLandings(f, label);
  }
  afterEnd(f);
}
function afterEnd(f: RewrittenFunction): void {
  // Dead code is omitted, but what follows the block must still be valid.
  if (!f.flow.reachable) f.code.op('unreachable');
}
function endByDelegate(f: RewrittenFunction): void {
  const code = f.code;
  const label = f.flow.closed;
  if (f.flow.reached) {
    f.spans.flush(f.reader.start);
    f.mergeAt(label);
  }
  const target = f.depthOf(f.flow.label(f.reader.index)) - 1;
  f.account.continueAt(label.mergePoint);
  f.spans.from = f.reader.pos;
  code.op('delegate');
  code.u32(target);
  f.open--;
  afterEnd(f);
}
/** Writes an instruction whose immediate is a label of the original, and adjusts the pending amount to what the label requires. */
function rewriteBranch(f: RewrittenFunction): void {
  const { op, index } = f.reader;
  const label = f.flow.label(index);
  f.spans.flushBefore();
  if (op === BR_IF && leavesCopies(f, label)) {
    payAside(f, label);
    return;
  }
  f.mergeAt(label);
  f.keepHint();
  f.code.opcode(op);
  f.code.u32(f.depthOf(label));
}
/** The label is outside of the loop that is being unrolled, and wants another amount than is pending. */
function leavesCopies({ flow, metered, unrolling, account }: RewrittenFunction, label: Label): boolean {
  if (!metered || !unrolling?.covered || label.position >= unrolling.exit) return false;
  return flow.branchTypes(label).length === 0 && account.owes(label.mergePoint);
}
/** Pays only where the branch is taken, so that what stays in the loop pays nothing. */
function payAside(f: RewrittenFunction, label: Label): void {
  const stays = f.account.save();
  f.keepHint();
  f.code.if();
  f.open++;
  f.mergeAt(label);
  f.code.br(f.depthOf(label));
  f.code.end();
  f.open--;
  f.account.continueAt(stays);
}
function rewriteBranchOnCast(f: RewrittenFunction): void {
  const code = f.code;
  const { op, index, castFlags, heap, heap2 } = f.reader;
  const label = f.flow.label(index);
  f.spans.flushBefore();
  f.mergeAt(label);
  code.opcode(op);
  code.u8(castFlags);
  code.u32(f.depthOf(label));
  code.heapType(heap);
  code.heapType(heap2);
}
function rewriteBranchTable(f: RewrittenFunction): void {
  const code = f.code;
  const { labels, labelCount } = f.reader;
  f.spans.flushBefore();
  for (const depth of new Set(labels.slice(0, labelCount + 1))) f.mergeAt(f.flow.label(depth));
  code.op('br_table');
  code.u32(labelCount);
  for (let i = 0; i <= labelCount; i++) code.u32(f.depthOf(f.flow.label(labels[i]!)));
}
function rethrow(f: RewrittenFunction): void {
  f.spans.flushBefore();
  f.code.op('rethrow');
  f.code.u32(f.depthOf(f.flow.label(f.reader.index)));
}

export const CONTROL_RULES = controlBySlot<RewrittenFunction>({
  block: (f) => openBlock(f, BLOCK),
  try: (f) => openBlock(f, TRY),
  loop: openLoop,
  if: openIf,
  else: beginElse,
  catch: beginCatch,
  catch_all: beginCatch,
  end: endBlock,
  delegate: endByDelegate,
  try_table: openTryTable,
  br: rewriteBranch,
  br_if: rewriteBranch,
  br_on_null: rewriteBranch,
  br_on_non_null: rewriteBranch,
  br_on_cast: rewriteBranchOnCast,
  br_on_cast_fail: rewriteBranchOnCast,
  br_table: rewriteBranchTable,
  return: rewriteReturn,
  return_call: rewriteTailCall,
  return_call_indirect: rewriteTailCall,
  return_call_ref: rewriteTailCall,
  unreachable: (f) => f.spans.flushAll(),
  throw: (f) => f.spans.flushAll(),
  throw_ref: (f) => f.spans.flushAll(),
  rethrow: rethrow,
});
