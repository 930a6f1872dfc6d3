// What the two passes need to know about an instruction, as bits in a table indexed by opcode slot.

import type { ValidatedModule } from '../wasm/module.js';
import { SLOTS, slotOf } from '../wasm/opcode-slots.js';
import { ALL_OP_NAMES, OPCODES, type OpcodeRow, opcodeRow } from '../wasm/opcodes.js';

/** The instruction may trap in native code. The runtime then learns the position of the trap, and from it the fuel that is still pending. */
export const TRAPS = 2;
/** The instruction may run another guest function. */
export const CALLS = 4;
/** The instruction opens, closes or leaves a block; both passes have a rule for it. */
export const CONTROL = 8;
/** The second pass puts code before or after the instruction, or replaces it. */
export const REWRITTEN = 16;
/** The code that replaces the instruction calls an added function. */
export const HOOKED = 32;
/** The instruction can produce a NaN, which deterministic instances make canonical. */
export const MAKES_NAN = 64;
/** The instruction allocates a GC object. */
export const ALLOCATES = 128;
/** The instruction has a local index as its immediate. */
export const NAMES_LOCAL = 256;
/** The instruction has side effects that are visible outside the function. */
export const CHANGES = 512;
/** The exact count must be in its global before the instruction: it throws, transfers control to other code, or traps without a known position. */
export const LEAVES = 1024;

/**
 * Whether optimised code of V8 11 reports the position of the instruction when it traps. It does so for plain loads and stores, integer divisions and
 * `unreachable`, and for nothing else.
 */
function isLocated({ code, sig, imm = [], bytes, effect, atomic, traps }: OpcodeRow): boolean {
  if (traps === undefined) return false;
  if (bytes === undefined) return code === OPCODES.unreachable.code || sig === 'ii:i' || sig === 'II:I';
  const isPlain = effect !== undefined && effect !== 'wait' && atomic === undefined && !imm.includes('lane');
  return isPlain && (bytes === 16 || !sig!.includes('V'));
}

const NOTIFY = OPCODES['memory.atomic.notify'].code;

function flagsOf(row: OpcodeRow): number {
  const { code, sig = '', imm = [], traps, control, calls, effect, bulk, allocates, nan } = row;
  let flags = isLocated(row) ? TRAPS : traps ? LEAVES : 0;
  if (control !== undefined) flags |= CONTROL;
  if (control === 'throw') flags |= LEAVES;
  if (calls) flags |= CALLS | LEAVES | REWRITTEN;
  if (bulk !== undefined || effect === 'wait' || code === NOTIFY) flags |= HOOKED | LEAVES | REWRITTEN;
  if (effect === 'write') flags |= CHANGES;
  if (imm[0] === 'local') flags |= NAMES_LOCAL;
  // The instruction converts a float to an integer and traps if that is impossible.
  if (traps && /^[fF]/.test(sig)) flags |= LEAVES | REWRITTEN;
  if (nan !== undefined) flags |= MAKES_NAN;
  if (allocates) flags |= ALLOCATES | LEAVES;
  return flags;
}

/** The flags by opcode slot; the table is empty until the first module is instrumented. */
export const OP_FLAGS: Uint16Array = /* @__PURE__ */ new Uint16Array(SLOTS);

/** The flags of memory.size where another thread may let the memory grow: compiled native code keeps the size that it has read once. */
const SHARED_SIZE = HOOKED | LEAVES | REWRITTEN;
const SIZE_SLOT = slotOf(OPCODES['memory.size'].code);

/** What is added to the flags of an instruction of the module, by slot. */
export function addedFlags({ spaces }: Pick<ValidatedModule, 'spaces'>): (slot: number) => number {
  const shared = spaces.memories.some(({ shared }) => shared);
  return (slot) => (shared && slot === SIZE_SLOT ? SHARED_SIZE : 0);
}

/** Fills the table once. A process that finds all its code in a cache never needs it. */
export function prepareFlags(): void {
  if (OP_FLAGS.some((flags) => flags !== 0)) return;
  for (const name of ALL_OP_NAMES) OP_FLAGS[slotOf(OPCODES[name].code)] = flagsOf(opcodeRow(name));
}
