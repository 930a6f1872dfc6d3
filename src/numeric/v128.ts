// All vector instructions, complete by type: leaving one out does not compile. They work on the words of v128-registers.ts.
import type { VectorOp } from '../wasm/opcodes.js';
import { BIT_OPS } from './v128-bits.js';
import { FLOAT_OPS } from './v128-floats.js';
import { I8X16_OPS } from './v128-i8x16.js';
import { I16X8_OPS } from './v128-i16x8.js';
import { I32X4_OPS } from './v128-i32x4.js';
import { I64X2_OPS } from './v128-i64x2.js';
import type { VectorFunction } from './v128-registers.js';

export const VECTOR_OPS: Readonly<Record<VectorOp, VectorFunction>> = {
  ...BIT_OPS,
  ...I8X16_OPS,
  ...I16X8_OPS,
  ...I32X4_OPS,
  ...I64X2_OPS,
  ...FLOAT_OPS,
};
