// Vector arithmetic on lanes of 32-bit and 64-bit floats. Arithmetic gives quiet NaNs, canonical ones for canonical operands;
// neg, abs, pmin and pmax move bits and are done on words.
// Relaxed forms are the plain ones; relaxed_madd rounds twice, because JavaScript has no fused multiply-add.
import type { VectorOp } from '../wasm/opcodes.js';
import { f64_nearest } from './float.js';
import * as lane from './v128-lane-functions.js';
import { V, V_F32, V_F64, V_U32, type VectorFunction } from './v128-registers.js';

function unary32(f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = f(V_F32[at]);
  };
}

function unary64(f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = f(V_F64[at]);
  };
}

function binary32(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = f(V_F32[at], V_F32[4 + at]);
  };
}

function binary64(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = f(V_F64[at], V_F64[2 + at]);
  };
}

function compare32(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = f(V_F32[at], V_F32[4 + at]);
  };
}

function compare64(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) V[12 + at * 2] = V[13 + at * 2] = f(V_F64[at], V_F64[2 + at]);
  };
}

/** Takes the second operand's lane where `f` is not 0. */
function choose32(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = V[f(V_F32[at], V_F32[4 + at]) === 0 ? at : at + 4];
  };
}

function choose64(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) {
      const from = f(V_F64[at], V_F64[2 + at]) === 0 ? at * 2 : at * 2 + 4;
      V[12 + at * 2] = V[from];
      V[13 + at * 2] = V[from + 1];
    }
  };
}

/** Changes the words of the first operand that hold signs: every `step`th. */
function signs(step: number, f: lane.Unary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V[12 + at] = (at + 1) % step === 0 ? f(V[at]) : V[at];
  };
}

/** V8's rounding functions pass a signalling NaN on as it is, while a sum is quiet. */
function rounding(f: lane.Unary): VectorFunction {
  return unary64((a) => (Number.isNaN(a) ? a + a : f(a)));
}

function madd32(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = f(V_F32[8 + at], Math.fround(V_F32[at] * V_F32[4 + at]));
  };
}

function madd64(f: lane.Binary): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = f(V_F64[4 + at], V_F64[at] * V_F64[2 + at]);
  };
}

function convert32(lanes: Int32Array | Uint32Array): VectorFunction {
  return () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = lanes[at];
  };
}

function convert64(lanes: Int32Array | Uint32Array | Float32Array): VectorFunction {
  return () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = lanes[at];
  };
}

const abs: lane.Unary = (word) => word & 0x7fffffff;
const neg: lane.Unary = (word) => word ^ 0x80000000;

// Newer versions of V8 choose a NaN themselves.
const least = (a: number, b: number) => (Number.isNaN(a) || Number.isNaN(b) ? a + b : Math.min(a, b));
const greatest = (a: number, b: number) => (Number.isNaN(a) || Number.isNaN(b) ? a + b : Math.max(a, b));
const min32 = binary32(least);
const max32 = binary32(greatest);
const min64 = binary64(least);
const max64 = binary64(greatest);

// Doubles hold more than twice the digits of f32 operands, so rounding their sum or product to f32 is as if nothing was rounded before.
// The most common instructions are written out, which is five times faster than a lane function.
export const FLOAT_OPS = {
  'f32x4.eq': compare32(lane.eq),
  'f32x4.ne': compare32(lane.ne),
  'f32x4.lt': compare32(lane.lt),
  'f32x4.gt': compare32(lane.gt),
  'f32x4.le': compare32(lane.le),
  'f32x4.ge': compare32(lane.ge),
  'f32x4.ceil': unary32(Math.ceil),
  'f32x4.floor': unary32(Math.floor),
  'f32x4.trunc': unary32(Math.trunc),
  'f32x4.nearest': unary32(f64_nearest),
  'f32x4.sqrt': unary32(Math.sqrt),
  'f32x4.abs': signs(1, abs),
  'f32x4.neg': signs(1, neg),
  'f32x4.add': () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = V_F32[at] + V_F32[4 + at];
  },
  'f32x4.sub': () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = V_F32[at] - V_F32[4 + at];
  },
  'f32x4.mul': () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = V_F32[at] * V_F32[4 + at];
  },
  'f32x4.div': () => {
    for (let at = 0; at < 4; at++) V_F32[12 + at] = V_F32[at] / V_F32[4 + at];
  },
  'f32x4.min': min32,
  'f32x4.max': max32,
  'f32x4.relaxed_min': min32,
  'f32x4.relaxed_max': max32,
  'f32x4.pmin': choose32((a, b) => lane.lt(b, a)),
  'f32x4.pmax': choose32(lane.lt),
  'f32x4.relaxed_madd': madd32(lane.add),
  'f32x4.relaxed_nmadd': madd32(lane.sub),
  'f32x4.convert_i32x4_s': convert32(V),
  'f32x4.convert_i32x4_u': convert32(V_U32),
  'f32x4.demote_f64x2_zero': () => {
    V_F32[12] = V_F64[0];
    V_F32[13] = V_F64[1];
    V[14] = V[15] = 0;
  },

  'f64x2.eq': compare64(lane.eq),
  'f64x2.ne': compare64(lane.ne),
  'f64x2.lt': compare64(lane.lt),
  'f64x2.gt': compare64(lane.gt),
  'f64x2.le': compare64(lane.le),
  'f64x2.ge': compare64(lane.ge),
  'f64x2.ceil': rounding(Math.ceil),
  'f64x2.floor': rounding(Math.floor),
  'f64x2.trunc': rounding(Math.trunc),
  'f64x2.nearest': unary64(f64_nearest),
  'f64x2.sqrt': unary64(Math.sqrt),
  'f64x2.abs': signs(2, abs),
  'f64x2.neg': signs(2, neg),
  'f64x2.add': () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = V_F64[at] + V_F64[2 + at];
  },
  'f64x2.sub': () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = V_F64[at] - V_F64[2 + at];
  },
  'f64x2.mul': () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = V_F64[at] * V_F64[2 + at];
  },
  'f64x2.div': () => {
    for (let at = 0; at < 2; at++) V_F64[6 + at] = V_F64[at] / V_F64[2 + at];
  },
  'f64x2.min': min64,
  'f64x2.max': max64,
  'f64x2.relaxed_min': min64,
  'f64x2.relaxed_max': max64,
  'f64x2.pmin': choose64((a, b) => lane.lt(b, a)),
  'f64x2.pmax': choose64(lane.lt),
  'f64x2.relaxed_madd': madd64(lane.add),
  'f64x2.relaxed_nmadd': madd64(lane.sub),
  'f64x2.convert_low_i32x4_s': convert64(V),
  'f64x2.convert_low_i32x4_u': convert64(V_U32),
  'f64x2.promote_low_f32x4': convert64(V_F32),
} satisfies Partial<Record<VectorOp, VectorFunction>>;
