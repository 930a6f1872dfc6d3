// Vectors in registers: moves, constants, globals, and the instructions that numeric/ computes. A build may leave them out.
import { canonicalizeF32x4, canonicalizeF64x2 } from '../../../numeric/index.js';
import { VECTOR_OPS } from '../../../numeric/v128.js';
import { V } from '../../../numeric/v128-registers.js';
import { F64_WORDS, HIGH_WORDS, REGISTERS } from '../code-arena.js';
import { VECTOR_TABLE } from '../vector-table.js';
import { type Handler, word } from './handler.js';
import { LANE_HANDLERS } from './vector-access.js';

function copyVector(to: number, from: number): void {
  for (let half = 0; half < 2; half++) {
    REGISTERS[to + half] = REGISTERS[from + half]!;
    HIGH_WORDS[to + half] = HIGH_WORDS[from + half]!;
  }
}
const movV: Handler = (_, pc, fp) => {
  copyVector(fp + word(pc, 1), fp + word(pc, 2));
  return pc + 3;
};
const constV: Handler = (_, pc, fp) => {
  const d = fp + word(pc, 1);
  REGISTERS[d] = word(pc, 2);
  HIGH_WORDS[d] = word(pc, 3);
  REGISTERS[d + 1] = word(pc, 4);
  HIGH_WORDS[d + 1] = word(pc, 5);
  return pc + 6;
};
const selectV: Handler = (_, pc, fp) => {
  copyVector(fp + word(pc, 1), fp + (REGISTERS[fp + word(pc, 4)] !== 0 ? word(pc, 2) : word(pc, 3)));
  return pc + 5;
};

const globalGetV: Handler = (I, pc, fp) => {
  const { i32 } = I.globals[word(pc, 2)]!;
  const d = fp + word(pc, 1);
  REGISTERS[d] = i32[0]!;
  HIGH_WORDS[d] = i32[1]!;
  REGISTERS[d + 1] = i32[2]!;
  HIGH_WORDS[d + 1] = i32[3]!;
  return pc + 3;
};
const globalSetV: Handler = (I, pc, fp) => {
  const { i32 } = I.globals[word(pc, 2)]!;
  const s = fp + word(pc, 1);
  i32[0] = REGISTERS[s]!;
  i32[1] = HIGH_WORDS[s]!;
  i32[2] = REGISTERS[s + 1]!;
  i32[3] = HIGH_WORDS[s + 1]!;
  return pc + 3;
};

const canonicalVector =
  (canonicalize: (words: Int32Array, at: number) => void): Handler =>
  (_, pc, fp) => {
    const d = fp + word(pc, 1);
    vectorToScratch(d, 0);
    canonicalize(V, 0);
    scratchToVector(d, 0);
    return pc + 2;
  };

function vectorToScratch(slot: number, at: number): void {
  V[at] = REGISTERS[slot]!;
  V[at + 1] = HIGH_WORDS[slot]!;
  V[at + 2] = REGISTERS[slot + 1]!;
  V[at + 3] = HIGH_WORDS[slot + 1]!;
}
function scratchToVector(slot: number, at: number): void {
  REGISTERS[slot] = V[at]!;
  HIGH_WORDS[slot] = V[at + 1]!;
  REGISTERS[slot + 1] = V[at + 2]!;
  HIGH_WORDS[slot + 1] = V[at + 3]!;
}
/** Copies an operand of any kind to the scratch words of its position, as bits. */
function operandToScratch(kind: string, slot: number, at: number): void {
  switch (kind) {
    case 'V':
      vectorToScratch(slot, at);
      return;
    case 'I':
      V[at] = REGISTERS[slot]!;
      V[at + 1] = HIGH_WORDS[slot]!;
      return;
    case 'F':
      V[at] = F64_WORDS[slot * 2]!;
      V[at + 1] = F64_WORDS[slot * 2 + 1]!;
      return;
    default:
      V[at] = REGISTERS[slot]!;
  }
}
const RESULT = 12;
const vector: Handler = (_, pc, fp) => {
  const { run, operands, result } = VECTOR_TABLE[word(pc, 2)]!;
  for (let i = 0; i < operands.length; i++) operandToScratch(operands[i]!, fp + word(pc, 3 + i), i * 4);
  run(word(pc, 6));
  const d = fp + word(pc, 1);
  if (result === 'V') scratchToVector(d, RESULT);
  else if (result === 'F') {
    F64_WORDS[d * 2] = V[RESULT]!;
    F64_WORDS[d * 2 + 1] = V[RESULT + 1]!;
  } else {
    REGISTERS[d] = V[RESULT]!;
    if (result === 'I') HIGH_WORDS[d] = V[RESULT + 1]!;
  }
  return pc + 7;
};
/** The 16 lane numbers are in the operation's last four words. */
const shuffle: Handler = (_, pc, fp) => {
  vectorToScratch(fp + word(pc, 2), 0);
  vectorToScratch(fp + word(pc, 3), 4);
  for (let i = 0; i < 4; i++) V[8 + i] = word(pc, 4 + i);
  VECTOR_OPS['i8x16.shuffle'](0);
  scratchToVector(fp + word(pc, 1), RESULT);
  return pc + 8;
};

export const VECTOR_HANDLERS = {
  ...LANE_HANDLERS,
  mov_v: movV,
  const_v: constV,
  select_v: selectV,
  global_get_v: globalGetV,
  global_set_v: globalSetV,
  canonical_f32x4: canonicalVector(canonicalizeF32x4),
  canonical_f64x2: canonicalVector(canonicalizeF64x2),
  vector,
  shuffle,
} as const satisfies Record<string, Handler>;
