// Vector arithmetic on four lanes of 32 bits.
import type { VectorOp } from '../wasm/opcodes.js';
import { relaxedDot } from './v128-i16x8.js';
import * as lane from './v128-lane-functions.js';
import { V, V_F32, V_F64, V_I16, V_U16, V_U32, type VectorFunction } from './v128-registers.js';

type Halves = Int16Array | Uint16Array;

function unary(f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = f(V[at]);
  };
}

function signed(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = f(V[at], V[4 + at]);
  };
}

function unsigned(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = f(V_U32[at], V_U32[4 + at]);
  };
}

function shift(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = f(V[at], V[4]);
  };
}

/** `from` is 0 for the low half and 4 for the high one. */
function extend(lanes: Halves, from: number): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = lanes[from + at];
  };
}

function extmul(lanes: Halves, from: number): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = lanes[from + at] * lanes[8 + from + at];
  };
}

function extaddPairwise(lanes: Halves): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = lanes[at * 2] + lanes[at * 2 + 1];
  };
}

/** Converts the first `count` floats with saturation; the other lanes are zero. NaN passes Math.min and Math.max, and the array makes 0 of it. */
function truncSat(lanes: Float32Array | Float64Array, count: number, least: number, greatest: number): VectorFunction {
  return () => {
    V[14] = V[15] = 0;
    for (let at = 0; at < count; at++) V[12 + at] = Math.max(least, Math.min(greatest, lanes[at]));
  };
}

const truncF32S = truncSat(V_F32, 4, -0x80000000, 0x7fffffff);
const truncF32U = truncSat(V_F32, 4, 0, 0xffffffff);
const truncF64S = truncSat(V_F64, 2, -0x80000000, 0x7fffffff);
const truncF64U = truncSat(V_F64, 2, 0, 0xffffffff);

// The most common instructions are written out, which is five times faster than a lane function.
export const I32X4_OPS = {
  'i32x4.eq': signed(lane.eq),
  'i32x4.ne': signed(lane.ne),
  'i32x4.lt_s': signed(lane.lt),
  'i32x4.lt_u': unsigned(lane.lt),
  'i32x4.gt_s': signed(lane.gt),
  'i32x4.gt_u': unsigned(lane.gt),
  'i32x4.le_s': signed(lane.le),
  'i32x4.le_u': unsigned(lane.le),
  'i32x4.ge_s': signed(lane.ge),
  'i32x4.ge_u': unsigned(lane.ge),
  'i32x4.abs': unary(Math.abs),
  'i32x4.neg': unary(lane.neg),
  'i32x4.add': () => {
    for (let at = 0; at < 4; at++) V[12 + at] = V[at] + V[4 + at];
  },
  'i32x4.sub': () => {
    for (let at = 0; at < 4; at++) V[12 + at] = V[at] - V[4 + at];
  },
  'i32x4.mul': () => {
    for (let at = 0; at < 4; at++) V[12 + at] = Math.imul(V[at], V[4 + at]);
  },
  'i32x4.min_s': signed(Math.min),
  'i32x4.min_u': unsigned(Math.min),
  'i32x4.max_s': signed(Math.max),
  'i32x4.max_u': unsigned(Math.max),
  'i32x4.shl': shift(lane.shl),
  'i32x4.shr_s': shift(lane.shr),
  'i32x4.shr_u': shift((a, count) => a >>> count),
  'i32x4.extend_low_i16x8_s': extend(V_I16, 0),
  'i32x4.extend_high_i16x8_s': extend(V_I16, 4),
  'i32x4.extend_low_i16x8_u': extend(V_U16, 0),
  'i32x4.extend_high_i16x8_u': extend(V_U16, 4),
  'i32x4.extmul_low_i16x8_s': extmul(V_I16, 0),
  'i32x4.extmul_high_i16x8_s': extmul(V_I16, 4),
  'i32x4.extmul_low_i16x8_u': extmul(V_U16, 0),
  'i32x4.extmul_high_i16x8_u': extmul(V_U16, 4),
  'i32x4.extadd_pairwise_i16x8_s': extaddPairwise(V_I16),
  'i32x4.extadd_pairwise_i16x8_u': extaddPairwise(V_U16),
  'i32x4.dot_i16x8_s': () => {
    for (let at = 0; at < 8; at += 2) V[12 + at / 2] = V_I16[at] * V_I16[8 + at] + V_I16[at + 1] * V_I16[9 + at];
  },
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': () => {
    for (let at = 0; at < 4; at++) V[12 + at] = relaxedDot(at * 2) + relaxedDot(at * 2 + 1) + V[8 + at];
  },
  'i32x4.trunc_sat_f32x4_s': truncF32S,
  'i32x4.trunc_sat_f32x4_u': truncF32U,
  'i32x4.trunc_sat_f64x2_s_zero': truncF64S,
  'i32x4.trunc_sat_f64x2_u_zero': truncF64U,
  'i32x4.relaxed_trunc_f32x4_s': truncF32S,
  'i32x4.relaxed_trunc_f32x4_u': truncF32U,
  'i32x4.relaxed_trunc_f64x2_s_zero': truncF64S,
  'i32x4.relaxed_trunc_f64x2_u_zero': truncF64U,
} satisfies Partial<Record<VectorOp, VectorFunction>>;
