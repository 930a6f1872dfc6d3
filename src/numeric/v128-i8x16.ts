// Vector arithmetic on sixteen lanes of 8 bits.
import type { VectorOp } from '../wasm/opcodes.js';
import { i32_popcnt } from './int32.js';
import * as lane from './v128-lane-functions.js';
import { V, V_I8, V_I16, V_U8, type VectorFunction } from './v128-registers.js';

function unary(f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 16; at++) V_I8[48 + at] = f(V_I8[at]);
  };
}

function signed(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 16; at++) V_I8[48 + at] = f(V_I8[at], V_I8[16 + at]);
  };
}

function unsigned(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 16; at++) V_U8[48 + at] = f(V_U8[at], V_U8[16 + at]);
  };
}

function shift(f: lane.Binary, lanes: Int8Array | Uint8Array): VectorFunction {
  return () => {
    const count = V[4] & 7;
    for (let at = 0; at < 16; at++) V_I8[48 + at] = f(lanes[at], count);
  };
}

/** The lanes of both operands lie one after the other. */
function narrow(f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 16; at++) V_I8[48 + at] = f(V_I16[at]);
  };
}

export const I8X16_OPS = {
  'i8x16.eq': signed(lane.eq),
  'i8x16.ne': signed(lane.ne),
  'i8x16.lt_s': signed(lane.lt),
  'i8x16.lt_u': unsigned(lane.lt),
  'i8x16.gt_s': signed(lane.gt),
  'i8x16.gt_u': unsigned(lane.gt),
  'i8x16.le_s': signed(lane.le),
  'i8x16.le_u': unsigned(lane.le),
  'i8x16.ge_s': signed(lane.ge),
  'i8x16.ge_u': unsigned(lane.ge),
  'i8x16.abs': unary(Math.abs),
  'i8x16.neg': unary(lane.neg),
  'i8x16.popcnt': unary((a) => i32_popcnt(a & 255)),
  'i8x16.add': signed(lane.add),
  'i8x16.add_sat_s': signed((a, b) => lane.clampI8(a + b)),
  'i8x16.add_sat_u': unsigned((a, b) => lane.clampU8(a + b)),
  'i8x16.sub': signed(lane.sub),
  'i8x16.sub_sat_s': signed((a, b) => lane.clampI8(a - b)),
  'i8x16.sub_sat_u': unsigned((a, b) => lane.clampU8(a - b)),
  'i8x16.min_s': signed(Math.min),
  'i8x16.min_u': unsigned(Math.min),
  'i8x16.max_s': signed(Math.max),
  'i8x16.max_u': unsigned(Math.max),
  'i8x16.avgr_u': unsigned(lane.avgr),
  'i8x16.shl': shift(lane.shl, V_I8),
  'i8x16.shr_s': shift(lane.shr, V_I8),
  'i8x16.shr_u': shift(lane.shr, V_U8),
  'i8x16.narrow_i16x8_s': narrow(lane.clampI8),
  'i8x16.narrow_i16x8_u': narrow(lane.clampU8),
} satisfies Partial<Record<VectorOp, VectorFunction>>;
