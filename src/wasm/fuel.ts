// What instructions cost: the same in every mode, so that every mode counts the same. A block of fuel is charged whole when it is entered; where
// blocks begin and end is in binary/control-flow.ts.
import { structEntries } from './object-size.js';
import { bytesBySlot, slotOf } from './opcode-slots.js';
import { OPCODES } from './opcodes.js';
import type { FuncType, StructType, SubType } from './types.js';

const COSTS = 1;
const BULK = 2;
const FACTS: Uint8Array = /* @__PURE__ */ bytesBySlot(
  ({ fuel, bulk }) => (fuel === 0 ? 0 : COSTS) | (bulk === undefined ? 0 : BULK),
);

/** The fields or locals that one more unit of fuel pays for, if an instruction makes many at once. */
const VALUES_PER_FUEL = 16;
export const STRUCT_NEW_DEFAULT: number =
  typeof ENCLASM_WITHOUT_GC === 'undefined' ? OPCODES['struct.new_default'].code : -1;

/** Returns the static fuel of an instruction. @param index its first index @param types of the module */
export function fuelCost(op: number, index: number, types: readonly SubType[]): number {
  if (op === STRUCT_NEW_DEFAULT) return 1 + fieldsFuel(types[index]!);
  return FACTS[slotOf(op)]! & COSTS;
}
/** Returns what struct.new_default costs besides its own unit. */
export function fieldsFuel({ composite }: SubType): number {
  return Math.floor(structEntries(composite as StructType) / VALUES_PER_FUEL);
}
/** Returns what entering a function costs, in its first block: its frame is made and cleared. */
export function frameFuel({ params, results }: FuncType, locals: readonly { readonly count: number }[]): number {
  const values = locals.reduce((sum, { count }) => sum + count, params.length + results.length);
  return Math.floor(values / VALUES_PER_FUEL);
}

/** The bytes or elements that one more unit of fuel moves: bulk instructions cost floor(length / this) more. */
export const BULK_LENGTH_PER_FUEL = 64;
/** Whether an instruction charges fuel while it runs, besides what its block costs: column `bulk`. */
export function chargesWhileItRuns(op: number): boolean {
  return (FACTS[slotOf(op)]! & BULK) !== 0;
}
/**
 * Returns what memory.grow costs besides its own unit: its zeros are written like those of memory.fill. A growth that the type refuses costs no
 * more.
 */
export function growthFuel(memory: { pages: number; maxPages: number; pageSize: number }, delta: number): number {
  if (memory.pages + delta > memory.maxPages) return 0;
  return Math.floor((delta * memory.pageSize) / BULK_LENGTH_PER_FUEL);
}
/** The bytes that a bulk instruction moves between two checkpoints: some milliseconds if their pages are new. */
export const BYTES_PER_CHECKPOINT = 1 << 22;
/** The references or numbers between two checkpoints; the width of every entry (runtime/gc.ts) divides it. */
export const ENTRIES_PER_CHECKPOINT = 1 << 16;
