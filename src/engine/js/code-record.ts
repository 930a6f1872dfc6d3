// What the emitter records about a large function while it writes it whole, so that parts of it can be outlined: one row for each reachable
// instruction. Refuses nothing.
import type { CodeReader } from '../../binary/code-reader.js';
import { bytesBySlot } from '../../wasm/opcode-slots.js';
import type { ControlOp, LocalOp, OpName } from '../../wasm/opcodes.js';

export const OTHER = 0;
export const GET = 1;
export const SET = 2;
export const BLOCK = 3;
export const LOOP = 4;
export const IF = 5;
export const ELSE = 6;
export const END = 7;
export const BRANCH = 8;
export const BRANCH_IF = 9;
export const BRANCH_TABLE = 10;
/** The instruction leaves the function. */
export const LEAVE = 11;
export const TRY = 12;
export const CATCH = 13;
export const TRY_TABLE = 14;
const DELEGATE = 15;

const KINDS: Readonly<Record<ControlOp | LocalOp, number>> = {
  'local.get': GET,
  'local.set': SET,
  'local.tee': SET,
  block: BLOCK,
  loop: LOOP,
  if: IF,
  else: ELSE,
  end: END,
  br: BRANCH,
  br_if: BRANCH_IF,
  br_on_null: BRANCH_IF,
  br_on_non_null: BRANCH_IF,
  br_on_cast: BRANCH_IF,
  br_on_cast_fail: BRANCH_IF,
  br_table: BRANCH_TABLE,
  unreachable: LEAVE,
  return: LEAVE,
  throw: LEAVE,
  rethrow: LEAVE,
  throw_ref: LEAVE,
  return_call: LEAVE,
  return_call_indirect: LEAVE,
  return_call_ref: LEAVE,
  try: TRY,
  catch: CATCH,
  catch_all: CATCH,
  try_table: TRY_TABLE,
  delegate: DELEGATE,
};
const KIND_OF_SLOT: Uint8Array = /* @__PURE__ */ bytesBySlot(
  (_, name) => (KINDS as Readonly<Partial<Record<OpName, number>>>)[name] ?? OTHER,
);

export class CodeRecord {
  readonly kinds: number[] = [];
  /** The local, the label, or the position in `lists`. */
  readonly args: number[] = [];
  /** The labels of a br_table or of a try_table's clauses. */
  readonly lists: number[][] = [];
  /** 1: no operand of the innermost block is unwritten before the instruction, so that an outlined region may begin or end there. */
  readonly cuts: number[] = [];
  /** The position in the text before the instruction. */
  readonly lines: number[] = [];
  /** The function contains something that no outlined region can contain. */
  uncuttable = false;

  note(slot: number, reader: CodeReader, cut: boolean, line: number): void {
    const kind = KIND_OF_SLOT[slot]!;
    let arg = 0;
    if (kind === BRANCH_TABLE) {
      arg = this.lists.push([...new Set(reader.labels.subarray(0, reader.labelCount + 1))]) - 1;
    } else if (kind === TRY_TABLE) arg = this.lists.push([...reader.catchLabels]) - 1;
    else if (kind === DELEGATE) this.uncuttable = true;
    else arg = reader.index;
    this.kinds.push(kind);
    this.args.push(arg);
    this.cuts.push(cut ? 1 : 0);
    this.lines.push(line);
  }
}
