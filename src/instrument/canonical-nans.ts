// Writes the code that makes a NaN canonical, directly after the instruction that produced it.
import type { OpcodeRow, OpName } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import type { Code } from './code-writer.js';

/** The column `nan` of an instruction that can produce NaNs. */
export type NanShape = NonNullable<OpcodeRow['nan']>;

interface Shape {
  readonly type: t.ValType;
  /** The instruction that compares the value with itself. */
  readonly equal: OpName;
  /** The words of a vector whose lanes are all canonical NaNs. */
  readonly words: readonly number[];
}
const SINGLE = 0x7fc0_0000;
const DOUBLE = 0x7ff8_0000;
const SHAPES: Readonly<Record<NanShape, Shape>> = {
  f32: { type: t.F32, equal: 'f32.eq', words: [] },
  f64: { type: t.F64, equal: 'f64.eq', words: [] },
  f32x4: { type: t.V128, equal: 'f32x4.eq', words: [SINGLE, SINGLE, SINGLE, SINGLE] },
  f64x2: { type: t.V128, equal: 'f64x2.eq', words: [0, DOUBLE, 0, DOUBLE] },
};

/** Returns the type of the local that writeCanonical needs. */
export function nanType(shape: NanShape): t.ValType {
  return SHAPES[shape].type;
}

/** Canonicalises the value on top of the operand stack; `local` has the same type. */
export function writeCanonical(code: Code, shape: NanShape, local: number): void {
  const { type, equal, words } = SHAPES[shape];
  code.teeLocal(local);
  if (type === t.V128) {
    code.op('v128.const');
    for (const word of words) code.word(word);
  } else code.nan(type);
  code.getLocal(local);
  code.getLocal(local);
  code.op(equal);
  code.op(type === t.V128 ? 'v128.bitselect' : 'select');
}
