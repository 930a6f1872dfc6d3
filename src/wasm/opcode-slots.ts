// Dense numbers for opcodes, and tables indexed by them, for what is looked up with every instruction that is read.
import {
  type AccessOp,
  ALL_OP_NAMES,
  type Control,
  OPCODES,
  type OpcodeRow,
  type OpName,
  opcodeRow,
  type RuledOp,
  type ScalarOp,
  type VectorOp,
} from './opcodes.js';

/** The slots are one for each single-byte opcode, and 512 sub-opcodes for each of the prefixes 0xFB to 0xFE. */
export const SLOTS = 2560;

/** Returns the index of an opcode in tables of SLOTS entries. */
export function slotOf(op: number): number {
  return op < 0x100 ? op : ((op >>> 16) - 0xfa) * 512 + (op & 0xffff);
}

/** The rows and their slots: some twenty tables are filled at the start of a process, which should not look each row up. */
const ROWS: readonly OpcodeRow[] = /* @__PURE__ */ Object.values(OPCODES);
const SLOT_OF_ROW: readonly number[] = /* @__PURE__ */ ROWS.map(({ code }) => slotOf(code));

/** Makes a table with one entry per slot. @param other the entry of slots that are no instruction */
export function bySlot<Entry>(entry: (name: OpName) => Entry, other: Entry): readonly Entry[] {
  const table = new Array<Entry>(SLOTS).fill(other);
  for (let i = 0; i < ROWS.length; i++) table[SLOT_OF_ROW[i]!] = entry(ALL_OP_NAMES[i]!);
  return table;
}

/** Makes a table with one byte per slot. @param other the byte of slots that are no instruction */
export function bytesBySlot(entry: (row: OpcodeRow, name: OpName) => number, other = 0): Uint8Array {
  const table = new Uint8Array(SLOTS).fill(other);
  for (let i = 0; i < ROWS.length; i++) table[SLOT_OF_ROW[i]!] = entry(ROWS[i]!, ALL_OP_NAMES[i]!);
  return table;
}

/** The rules of instructions whose rows say what they do. */
export interface RulesFromRows<Rule> {
  readonly access: (name: AccessOp) => Rule;
  readonly scalar: (name: ScalarOp) => Rule;
  readonly vector: (name: VectorOp) => Rule;
}
/** Makes an engine's table: each instruction has a rule of its own, or one that is made from its row; the reader finds none in the other slots. */
export function rulesBySlot<Rule>(
  own: Readonly<Record<RuledOp, Rule>>,
  { access, scalar, vector }: RulesFromRows<Rule>,
  other: Rule,
): readonly Rule[] {
  return bySlot((name) => {
    const rule = (own as Readonly<Partial<Record<OpName, Rule>>>)[name];
    if (rule) return rule;
    const { bytes, feature } = opcodeRow(name);
    if (bytes !== undefined) return access(name as AccessOp);
    if (feature === 'simd' || feature === 'relaxed-simd') return vector(name as VectorOp);
    return scalar(name as ScalarOp);
  }, other);
}

/** The instruction of each slot. */
export const OP_NAMES: readonly (OpName | undefined)[] = /* @__PURE__ */ bySlot<OpName | undefined>(
  (name) => name,
  undefined,
);

// The values of the column `control` as numbers. Those from OPEN to CLOSE belong to the structure of blocks.
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
