// The translation of vector instructions. A build may leave them out.
import { opcodeRow, type RuledOp, type VectorOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import type { Rule } from './compile-function.js';
import * as OP from './op.gen.js';
import { resultOf } from './operations.js';
import { VECTOR_NUMBERS } from './vector-table.js';

/** The rule of an instruction that numeric/ computes. */
export function vectorRule(name: VectorOp): Rule {
  const { sig, nan } = opcodeRow(name);
  const operands = sig!.slice(0, sig!.indexOf(':'));
  const result = resultOf(name);
  const number = VECTOR_NUMBERS.get(name)!;
  const lanes = name === 'i8x16.shuffle';
  const canonicalOp = nan === 'f32x4' ? OP.canonical_f32x4 : OP.canonical_f64x2;
  return (c) => {
    const { bytes, vectorAt, lane } = c.reader;
    const words = [0, 0, 0];
    for (let i = 0; i < operands.length; i++) words[i] = c.operand(operands.length - 1 - i);
    c.drop(operands.length);
    const d = c.push(result);
    if (lanes) {
      c.emit(OP.shuffle, d, words[0], words[1]);
      c.pos -= 4;
      for (let i = 0; i < 16; i += 4) c.word(wordAt(bytes, vectorAt + i));
      return;
    }
    c.emit(OP.vector, d, number, words[0], words[1], words[2], lane);
    if (nan !== undefined && c.options.deterministic) c.emit(canonicalOp, d);
  };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

export const VECTOR_RULES = {
  'v128.const': (c) => {
    const { bytes, vectorAt } = c.reader;
    c.begin(OP.const_v);
    c.word(c.push(t.V128));
    for (let i = 0; i < 16; i += 4) c.word(wordAt(bytes, vectorAt + i));
  },
} as const satisfies Partial<Record<RuledOp, Rule>>;
