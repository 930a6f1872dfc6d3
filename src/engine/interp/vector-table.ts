// Vector instructions by number, with the kinds of their operands: the table of the interpreter's `vector` operation.
import { VECTOR_OPS } from '../../numeric/v128.js';
import type { VectorFunction } from '../../numeric/v128-registers.js';
import { type OpName, opcodeRow, type VectorOp } from '../../wasm/opcodes.js';

export interface VectorEntry {
  readonly run: VectorFunction;
  /** One letter of i I f F V for each operand. */
  readonly operands: string;
  readonly result: string;
}

const NAMES = /* @__PURE__ */ Object.keys(VECTOR_OPS) as VectorOp[];

export const VECTOR_NUMBERS: ReadonlyMap<OpName, number> = /* @__PURE__ */ new Map(NAMES.map((name, i) => [name, i]));

export const VECTOR_TABLE: readonly VectorEntry[] = /* @__PURE__ */ NAMES.map((name) => {
  const [operands, result] = opcodeRow(name).sig!.split(':') as [string, string];
  return { run: VECTOR_OPS[name], operands, result };
});
