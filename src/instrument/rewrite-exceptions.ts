// Exceptions: every way into a handler leads through a landing pad, which restores the counts.
import { CATCH, CATCH_ALL_REF, CATCH_REF } from '../binary/code-reader.js';
import { BLOCK } from '../binary/control-flow.js';
import * as t from '../wasm/types.js';
import type { Label, RewrittenFunction } from './rewritten-function.js';

/** Restores the counts in a landing pad: the depth is this function's again, and the fuel is what the callees left. */
export function writeLanding(f: RewrittenFunction): void {
  const code = f.code;
  if (f.stackLocal >= 0) {
    code.getLocal(f.stackLocal);
    code.setGlobal(f.env.places.stack);
  }
  if (f.countsCalls) code.getLocal(f.meter.own);
  else code.i32(0);
  code.call(f.env.added.caught());
  if (f.metered) code.setLocal(f.meter.count);
  else code.op('drop');
  f.account.renew(true);
  f.account.note();
}
/** Directs every clause to a landing pad of its own: a block around the try_table for each. */
export function openTryTable(f: RewrittenFunction): void {
  const code = f.code;
  const reader = f.reader;
  const kinds = [...reader.catchKinds];
  const tags = [...reader.catchTags];
  const targets = reader.catchLabels.map((depth) => f.flow.label(depth));
  if (kinds.length === 0) {
    f.spans.flushAll();
    f.push(BLOCK, f.flow.blockType());
    return;
  }
  const type = f.flow.blockType();
  f.spans.flushBefore();
  f.openExtra(type.params, type.results);
  for (let i = kinds.length - 1; i >= 0; i--) f.openExtra(type.params, caughtTypes(f, kinds[i]!, tags[i]!));
  code.op('try_table');
  f.blockType(type.params, type.results);
  code.u32(kinds.length);
  kinds.forEach((kind, i) => {
    code.u8(kind);
    if (kind === CATCH || kind === CATCH_REF) code.u32(tags[i]!);
    // The block of clause i is the i-th around the try_table.
    code.u32(i);
  });
  f.push(BLOCK, type);
  f.landings.set(f.flow.label(0), targets);
}
function caughtTypes(f: RewrittenFunction, kind: number, tag: number): readonly t.ValType[] {
  const exception = t.refType(t.HEAP_EXN, false);
  const payload = (): readonly t.ValType[] => f.env.module.spaces.tagParams(tag);
  if (kind === CATCH) return payload();
  if (kind === CATCH_REF) return [...payload(), exception];
  return kind === CATCH_ALL_REF ? [exception] : [];
}
/** Writes what follows the end of a try_table: the branch past the landing pads, and the pads. */
export function closeLandings(f: RewrittenFunction, label: Label): void {
  const targets = f.landings.get(label);
  if (targets === undefined) return;
  f.landings.delete(label);
  const code = f.code;
  code.br(targets.length);
  for (const target of targets) {
    code.end();
    f.open--;
    writeLanding(f);
    code.br(f.depthOf(target));
  }
  code.end();
  f.open--;
  f.account.continueAt(label.mergePoint);
  f.account.note();
}
