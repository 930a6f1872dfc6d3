// What instructions cost, and where a block of fuel ends: the same in every mode, so that every mode counts the same.
// A block is charged whole when it is entered. It ends after a branch and begins anew where branches meet. Dead code belongs to no block.
import { OPCODES, type OpName, opcodeRow } from './opcodes.js';

const FREE: ReadonlySet<number> = /* @__PURE__ */ new Set(
  (Object.keys(OPCODES) as OpName[])
    .filter((name) => opcodeRow(name).fuel === 0)
    .map((name) => OPCODES[name].code as number),
);

/** Static fuel of an instruction. */
export function fuelCost(op: number): 0 | 1 {
  return FREE.has(op) ? 0 : 1;
}

/** Bytes or elements that one more unit of fuel moves, for bulk instructions: they cost floor(length / this) more. */
export const BULK_LENGTH_PER_FUEL = 64;
/** Those instructions; the length is on top of the stack. */
export const BULK_NAMES = [
  'memory.fill',
  'memory.copy',
  'memory.init',
  'table.grow',
  'table.fill',
  'table.copy',
  'table.init',
  'array.new',
  'array.new_default',
  'array.new_data',
  'array.new_elem',
  'array.fill',
  'array.copy',
  'array.init_data',
  'array.init_elem',
] as const satisfies readonly OpName[];
export const BULK_CODES: ReadonlySet<number> = /* @__PURE__ */ new Set(
  BULK_NAMES.map((name) => OPCODES[name].code as number),
);
/** Bytes that a bulk instruction moves between two looks at the clock: some milliseconds where their pages are new. */
export const BYTES_PER_LOOK = 1 << 22;
/** References or numbers between two looks; the width of every entry (runtime/gc.ts) divides it. */
export const ENTRIES_PER_LOOK = 1 << 16;

const ENDS: ReadonlySet<number> = /* @__PURE__ */ new Set(
  (['br_if', 'br_on_null', 'br_on_non_null', 'br_on_cast', 'br_on_cast_fail'] as const).map(
    (name) => OPCODES[name].code as number,
  ),
);

/**
 * Whether the instruction after this one starts a new block although control falls through. Besides these a block starts: at the start of a
 * function; after `loop`, `if`, `else`, `catch`, `catch_all`; after the `end` of an if, and after the `end` of any other block
 * (not loop) that a reachable branch, a catch clause or a legacy catch part leads to.
 */
export function endsFuelBlock(op: number): boolean {
  return ENDS.has(op);
}
