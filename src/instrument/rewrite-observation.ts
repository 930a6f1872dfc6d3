// What rewritten code tells observers: that a function is entered and left, and which places it reaches. Nothing is written where nothing observes.
import type { RewrittenFunction } from './rewritten-function.js';

/** Before anything is charged. Code of another instance may hold the counts, so they may change. */
export function tellEntered(f: RewrittenFunction): void {
  if (!f.env.options.tellsFunctions) return;
  const code = f.code;
  const { count, own, left, depth } = f.meter;
  if (f.usesCount) code.getLocal(count);
  else code.getGlobal(left);
  code.getLocal(own);
  code.i32(f.index);
  code.call(f.env.added.entered());
  if (f.usesCount) code.setLocal(count);
  else code.op('drop');
  code.getGlobal(depth);
  code.setLocal(own);
}
export function tellLeft(f: RewrittenFunction): void {
  if (!f.env.options.tellsFunctions) return;
  const code = f.code;
  if (f.metered) f.account.pushExact();
  else code.i32(0);
  code.i32(f.index);
  code.call(f.env.added.left());
}
/** @param offset of the code that follows, in the original module */
export function tellPlace(f: RewrittenFunction, offset: number): void {
  if (!f.env.options.tellsPlaces) return;
  f.code.i32(offset);
  f.code.call(f.env.added.reached());
}
