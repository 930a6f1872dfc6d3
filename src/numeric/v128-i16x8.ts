// Vector arithmetic on eight lanes of 16 bits.
import type { VectorOp } from '../wasm/opcodes.js';
import * as lane from './v128-lane-functions.js';
import { V, V_I8, V_I16, V_U8, V_U16, type VectorFunction } from './v128-registers.js';

type Bytes = Int8Array | Uint8Array;

function unary(f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 8; at++) V_I16[24 + at] = f(V_I16[at]);
  };
}

function signed(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 8; at++) V_I16[24 + at] = f(V_I16[at], V_I16[8 + at]);
  };
}

function unsigned(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 8; at++) V_U16[24 + at] = f(V_U16[at], V_U16[8 + at]);
  };
}

function shift(f: lane.Binary, lanes: Int16Array | Uint16Array): VectorFunction {
  return () => {
    const count = V[4] & 15;
    for (let at = 0; at < 8; at++) V_I16[24 + at] = f(lanes[at], count);
  };
}

/** The lanes of both operands lie one after the other. */
function narrow(f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 8; at++) V_I16[24 + at] = f(V[at]);
  };
}

/** `from` is 0 for the low half and 8 for the high one. */
function extend(lanes: Bytes, from: number): VectorFunction {
  return () => {
    for (let at = 0; at < 8; at++) V_I16[24 + at] = lanes[from + at];
  };
}

function extmul(lanes: Bytes, from: number): VectorFunction {
  return () => {
    for (let at = 0; at < 8; at++) V_I16[24 + at] = lanes[from + at] * lanes[16 + from + at];
  };
}

function extaddPairwise(lanes: Bytes): VectorFunction {
  return () => {
    for (let at = 0; at < 8; at++) V_I16[24 + at] = lanes[at * 2] + lanes[at * 2 + 1];
  };
}

const q15mulr: VectorFunction = signed((a, b) => lane.clampI16((a * b + 0x4000) >> 15));

/** Both operands are signed and the sum is saturated, as in the deterministic profile. */
export function relaxedDot(at: number): number {
  return lane.clampI16(V_I8[at * 2] * V_I8[16 + at * 2] + V_I8[at * 2 + 1] * V_I8[17 + at * 2]);
}

export const I16X8_OPS = {
  'i16x8.eq': signed(lane.eq),
  'i16x8.ne': signed(lane.ne),
  'i16x8.lt_s': signed(lane.lt),
  'i16x8.lt_u': unsigned(lane.lt),
  'i16x8.gt_s': signed(lane.gt),
  'i16x8.gt_u': unsigned(lane.gt),
  'i16x8.le_s': signed(lane.le),
  'i16x8.le_u': unsigned(lane.le),
  'i16x8.ge_s': signed(lane.ge),
  'i16x8.ge_u': unsigned(lane.ge),
  'i16x8.abs': unary(Math.abs),
  'i16x8.neg': unary(lane.neg),
  'i16x8.add': signed(lane.add),
  'i16x8.add_sat_s': signed((a, b) => lane.clampI16(a + b)),
  'i16x8.add_sat_u': unsigned((a, b) => lane.clampU16(a + b)),
  'i16x8.sub': signed(lane.sub),
  'i16x8.sub_sat_s': signed((a, b) => lane.clampI16(a - b)),
  'i16x8.sub_sat_u': unsigned((a, b) => lane.clampU16(a - b)),
  'i16x8.mul': signed(lane.mul),
  'i16x8.min_s': signed(Math.min),
  'i16x8.min_u': unsigned(Math.min),
  'i16x8.max_s': signed(Math.max),
  'i16x8.max_u': unsigned(Math.max),
  'i16x8.avgr_u': unsigned(lane.avgr),
  'i16x8.q15mulr_sat_s': q15mulr,
  'i16x8.relaxed_q15mulr_s': q15mulr,
  'i16x8.shl': shift(lane.shl, V_I16),
  'i16x8.shr_s': shift(lane.shr, V_I16),
  'i16x8.shr_u': shift(lane.shr, V_U16),
  'i16x8.narrow_i32x4_s': narrow(lane.clampI16),
  'i16x8.narrow_i32x4_u': narrow(lane.clampU16),
  'i16x8.extend_low_i8x16_s': extend(V_I8, 0),
  'i16x8.extend_high_i8x16_s': extend(V_I8, 8),
  'i16x8.extend_low_i8x16_u': extend(V_U8, 0),
  'i16x8.extend_high_i8x16_u': extend(V_U8, 8),
  'i16x8.extmul_low_i8x16_s': extmul(V_I8, 0),
  'i16x8.extmul_high_i8x16_s': extmul(V_I8, 8),
  'i16x8.extmul_low_i8x16_u': extmul(V_U8, 0),
  'i16x8.extmul_high_i8x16_u': extmul(V_U8, 8),
  'i16x8.extadd_pairwise_i8x16_s': extaddPairwise(V_I8),
  'i16x8.extadd_pairwise_i8x16_u': extaddPairwise(V_U8),
  'i16x8.relaxed_dot_i8x16_i7x16_s': () => {
    for (let at = 0; at < 8; at++) V_I16[24 + at] = relaxedDot(at);
  },
} satisfies Partial<Record<VectorOp, VectorFunction>>;
