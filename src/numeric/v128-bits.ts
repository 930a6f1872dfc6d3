// Vector operations that move bits and never interpret them: bitwise logic, shuffles, splats, access to one lane, tests.
// Relaxed forms are the plain ones, so that every mode and host gives the same bits.
import type { VectorOp } from '../wasm/opcodes.js';
import { V, V_I8, V_I16, V_U8, V_U16, type VectorFunction } from './v128-registers.js';

function words(word: (at: number) => number): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = word(at);
  };
}

/** The second operand names bytes of the first, and an index out of range gives 0. */
const swizzle: VectorFunction = () => {
  for (let at = 0; at < 16; at++) V_U8[48 + at] = V_U8[16 + at] < 16 ? V_U8[V_U8[16 + at]] : 0;
};

const bitselect: VectorFunction = words((at) => (V[at] & V[8 + at]) | (V[4 + at] & ~V[8 + at]));

const splat32: VectorFunction = () => {
  V[12] = V[13] = V[14] = V[15] = V[0];
};

const splat64: VectorFunction = () => {
  V[12] = V[14] = V[0];
  V[13] = V[15] = V[1];
};

const extract32: VectorFunction = (lane) => {
  V[12] = V[lane];
};

const extract64: VectorFunction = (lane) => {
  V[12] = V[lane * 2];
  V[13] = V[lane * 2 + 1];
};

function copyFirst(): void {
  for (let at = 0; at < 4; at++) V[12 + at] = V[at];
}

const replace32: VectorFunction = (lane) => {
  copyFirst();
  V[12 + lane] = V[4];
};

const replace64: VectorFunction = (lane) => {
  copyFirst();
  V[12 + lane * 2] = V[4];
  V[13 + lane * 2] = V[5];
};

function allTrue(lanes: Int8Array | Int16Array | Int32Array, count: number): VectorFunction {
  return () => {
    let result = 1;
    for (let at = 0; at < count; at++) if (lanes[at] === 0) result = 0;
    V[12] = result;
  };
}

/** Collects the sign bits of `count` lanes. Each lane has `step` elements, and its sign is in the last. */
function bitmask(lanes: Int8Array | Int16Array | Int32Array, count: number, step = 1): VectorFunction {
  return () => {
    let result = 0;
    for (let at = 0; at < count; at++) if (lanes[at * step + step - 1] < 0) result |= 1 << at;
    V[12] = result;
  };
}

export const BIT_OPS = {
  'v128.not': words((at) => ~V[at]),
  'v128.and': words((at) => V[at] & V[4 + at]),
  'v128.andnot': words((at) => V[at] & ~V[4 + at]),
  'v128.or': words((at) => V[at] | V[4 + at]),
  'v128.xor': words((at) => V[at] ^ V[4 + at]),
  'v128.bitselect': bitselect,
  'i8x16.relaxed_laneselect': bitselect,
  'i16x8.relaxed_laneselect': bitselect,
  'i32x4.relaxed_laneselect': bitselect,
  'i64x2.relaxed_laneselect': bitselect,
  'v128.any_true': () => {
    V[12] = (V[0] | V[1] | V[2] | V[3]) === 0 ? 0 : 1;
  },
  'i8x16.all_true': allTrue(V_I8, 16),
  'i16x8.all_true': allTrue(V_I16, 8),
  'i32x4.all_true': allTrue(V, 4),
  'i64x2.all_true': () => {
    V[12] = (V[0] | V[1]) !== 0 && (V[2] | V[3]) !== 0 ? 1 : 0;
  },
  'i8x16.bitmask': bitmask(V_I8, 16),
  'i16x8.bitmask': bitmask(V_I16, 8),
  'i32x4.bitmask': bitmask(V, 4),
  'i64x2.bitmask': bitmask(V, 2, 2),

  'i8x16.shuffle': () => {
    for (let at = 0; at < 16; at++) V_U8[48 + at] = V_U8[V_U8[32 + at]];
  },
  'i8x16.swizzle': swizzle,
  'i8x16.relaxed_swizzle': swizzle,

  'i8x16.splat': () => {
    V_U8.fill(V[0], 48, 64);
  },
  'i16x8.splat': () => {
    V_U16.fill(V[0], 24, 32);
  },
  'i32x4.splat': splat32,
  'f32x4.splat': splat32,
  'i64x2.splat': splat64,
  'f64x2.splat': splat64,

  'i8x16.extract_lane_s': (lane) => {
    V[12] = V_I8[lane];
  },
  'i8x16.extract_lane_u': (lane) => {
    V[12] = V_U8[lane];
  },
  'i16x8.extract_lane_s': (lane) => {
    V[12] = V_I16[lane];
  },
  'i16x8.extract_lane_u': (lane) => {
    V[12] = V_U16[lane];
  },
  'i32x4.extract_lane': extract32,
  'f32x4.extract_lane': extract32,
  'i64x2.extract_lane': extract64,
  'f64x2.extract_lane': extract64,

  'i8x16.replace_lane': (lane) => {
    copyFirst();
    V_I8[48 + lane] = V[4];
  },
  'i16x8.replace_lane': (lane) => {
    copyFirst();
    V_I16[24 + lane] = V[4];
  },
  'i32x4.replace_lane': replace32,
  'f32x4.replace_lane': replace32,
  'i64x2.replace_lane': replace64,
  'f64x2.replace_lane': replace64,
} satisfies Partial<Record<VectorOp, VectorFunction>>;
