// What the two walks need to know of an instruction, as bits in a table by slot of the opcode.

import { SLOTS, slotOf } from '../wasm/opcode-slots.js';
import { ALL_OP_NAMES, OPCODES, type OpcodeRow, opcodeRow } from '../wasm/opcodes.js';

/** Costs one unit of fuel. */
export const COSTS = 1;
/** May trap in the host: what runs then is told the place, and from it what was not counted yet. */
export const TRAPS = 2;
/** Another guest function may run. */
export const CALLS = 4;
/** Opens, closes or leaves a block: both walks have a rule. */
export const CONTROL = 8;
/** The second walk puts code before or after it, or replaces it. */
export const REWRITTEN = 16;
/** Its replacement calls an added function. */
export const HOOKED = 32;
/** Makes a NaN that deterministic instances make canonical. */
export const MAKES_NAN = 64;
/** Makes a GC object. */
export const ALLOCATES = 128;
/** Names a local. */
export const NAMES_LOCAL = 256;
/** Changes what others can see. */
export const CHANGES = 512;
/** The count must be exact and in its global before it: it throws, leaves for other code, or traps at a place that nobody tells. */
export const LEAVES = 1024;

/**
 * Whether V8 11's optimised code tells the place of the instruction when it traps: of plain loads and stores, integer divisions and
 * `unreachable`, of nothing else.
 */
function isLocated({ code, sig, imm = [], bytes, effect, atomic, traps }: OpcodeRow): boolean {
  if (traps === undefined) return false;
  if (bytes === undefined) return code === OPCODES.unreachable.code || sig === 'ii:i' || sig === 'II:I';
  const isPlain = effect !== undefined && effect !== 'wait' && atomic === undefined && !imm.includes('lane');
  return isPlain && (bytes === 16 || !sig!.includes('V'));
}

function flagsOf(row: OpcodeRow): number {
  const { fuel, sig = '', imm = [], traps, control, calls, effect, bulk, allocates, nan } = row;
  let flags = fuel === 0 ? 0 : COSTS;
  if (isLocated(row)) flags |= TRAPS;
  else if (traps) flags |= LEAVES;
  if (control !== undefined) flags |= CONTROL;
  if (control === 'throw') flags |= LEAVES;
  if (calls) flags |= CALLS | LEAVES | REWRITTEN;
  if (bulk !== undefined || effect === 'wait') flags |= HOOKED | LEAVES | REWRITTEN;
  if (effect === 'write') flags |= CHANGES;
  if (imm[0] === 'local') flags |= NAMES_LOCAL;
  // A float becomes an integer, or traps.
  if (traps && /^[fF]/.test(sig)) flags |= LEAVES | REWRITTEN;
  if (nan !== undefined) flags |= MAKES_NAN;
  if (allocates) flags |= ALLOCATES | LEAVES;
  return flags;
}

/** By slot; empty until the first module is instrumented. */
export const OP_FLAGS: Uint16Array = /* @__PURE__ */ new Uint16Array(SLOTS);

/** Fills the table, once: a start that finds its code made already does without. */
export function prepareFlags(): void {
  if (OP_FLAGS.some((flags) => flags !== 0)) return;
  for (const name of ALL_OP_NAMES) OP_FLAGS[slotOf(OPCODES[name].code)] = flagsOf(opcodeRow(name));
}
