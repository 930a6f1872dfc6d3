// Dense numbers for opcodes, and tables by them: what is looked up for every instruction that is read.
import { ALL_OP_NAMES, type Control, OPCODES, type OpcodeRow, type OpName, opcodeRow } from './opcodes.js';

/** One byte of code, or 512 sub-opcodes for each of the prefixes 0xFB to 0xFE. */
export const SLOTS = 2560;

/** The number of an opcode in tables of SLOTS entries. */
export function slotOf(op: number): number {
  return op < 0x100 ? op : ((op >>> 16) - 0xfa) * 512 + (op & 0xffff);
}

/** One entry per slot. @param other the entry of slots that are no instruction */
export function bySlot<Entry>(entry: (name: OpName) => Entry, other: Entry): readonly Entry[] {
  const table = new Array<Entry>(SLOTS).fill(other);
  for (const name of ALL_OP_NAMES) table[slotOf(OPCODES[name].code)] = entry(name);
  return table;
}

/** One byte per slot. @param other of slots that are no instruction */
export function bytesBySlot(entry: (row: OpcodeRow, name: OpName) => number, other = 0): Uint8Array {
  const table = new Uint8Array(SLOTS).fill(other);
  for (const name of ALL_OP_NAMES) table[slotOf(OPCODES[name].code)] = entry(opcodeRow(name), name);
  return table;
}

/** The instruction of each slot. */
export const OP_NAMES: readonly (OpName | undefined)[] = /* @__PURE__ */ (() => {
  const names = new Array<OpName | undefined>(SLOTS).fill(undefined);
  for (const name of ALL_OP_NAMES) names[slotOf(OPCODES[name].code)] = name;
  return names;
})();

// Column `control` as numbers: those of the structure of blocks are OPEN to CLOSE.
export const NO_CONTROL = 0;
export const OPEN = 1;
export const NEXT = 2;
export const CLOSE = 3;
export const BRANCH = 4;
export const LEAVE = 5;
export const THROW = 6;
const CONTROL_NUMBERS: Readonly<Record<Control, number>> = {
  open: OPEN,
  next: NEXT,
  close: CLOSE,
  branch: BRANCH,
  leave: LEAVE,
  throw: THROW,
};
export const CONTROL_OF_SLOT: Uint8Array = /* @__PURE__ */ bytesBySlot(({ control }) =>
  control === undefined ? NO_CONTROL : CONTROL_NUMBERS[control],
);
