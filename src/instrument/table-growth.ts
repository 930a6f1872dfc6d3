// table.grow: what the runtime must allow before, and learn of when it failed. A long growth is made in chunks with checkpoints between them.
import { ENTRIES_PER_CHECKPOINT } from '../wasm/fuel.js';
import type { Code } from './code-writer.js';
import type { HookName } from './hooks.js';

interface Callees {
  /** Returns the index of the function itself. */
  readonly self: () => number;
  /** Calls a hook whose arguments are on the operand stack. */
  readonly hook: (name: HookName) => void;
}

/** Writes the body of a function (element, delta) -> the size before, or -1. */
export function writeTableGrowth(code: Code, table: number, wide: boolean, { self, hook }: Callees): void {
  const before = 2;
  const asNumber = (): void => code.op(wide ? 'f64.convert_i64_u' : 'f64.convert_i32_u');
  const size = (): void => {
    code.op('table.size');
    code.u32(table);
  };
  const tableAndDelta = (): void => {
    code.i32(table);
    code.getLocal(1);
    asNumber();
  };
  const unlessCharged = (): void => {
    tableAndDelta();
    size();
    asNumber();
    hook('mayGrowTable');
    code.op('i32.eqz');
    code.if();
    code.integer(wide, -1);
    code.op('return');
    code.end();
  };
  const giveBack = (): void => {
    tableAndDelta();
    hook('tableStayed');
  };
  isLong(code, wide);
  code.if();
  unlessCharged();
  giveBack();
  size();
  code.setLocal(before);
  growInChunks(code, self(), wide, () => hook('check'));
  code.getLocal(before);
  code.op('return');
  code.end();
  unlessCharged();
  code.getLocal(0);
  code.getLocal(1);
  code.op('table.grow');
  code.u32(table);
  code.teeLocal(before);
  code.integer(wide, -1);
  code.op(wide ? 'i64.eq' : 'i32.eq');
  code.if();
  giveBack();
  code.end();
  code.getLocal(before);
}
function isLong(code: Code, wide: boolean): void {
  code.getLocal(1);
  code.integer(wide, ENTRIES_PER_CHECKPOINT);
  code.op(wide ? 'i64.gt_u' : 'i32.gt_u');
}
/**
 * Grows in chunks once the whole growth is known to fit. Each chunk is charged when it is made, so that chunks which a deadline prevents cost
 * nothing.
 */
function growInChunks(code: Code, grow: number, wide: boolean, checkpoint: () => void): void {
  const growBy = (length: () => void): void => {
    code.getLocal(0);
    length();
    code.call(grow);
    code.op('drop');
  };
  const chunk = (): void => code.integer(wide, ENTRIES_PER_CHECKPOINT);
  code.openEmpty('loop');
  growBy(chunk);
  checkpoint();
  code.getLocal(1);
  chunk();
  code.op(wide ? 'i64.sub' : 'i32.sub');
  code.setLocal(1);
  isLong(code, wide);
  code.brIf(0);
  code.end();
  growBy(() => code.getLocal(1));
}
