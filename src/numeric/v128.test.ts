// Every vector instruction against the host's own WebAssembly; relaxed ones, which the host may lack, against the plain
// instruction or the rule that this runtime chose.
import { describe, expect, it } from 'vitest';
import { type HostCase, hostInstructions } from '../../test/helpers/host-instructions.js';
import {
  fillRandom,
  hasOnlyCanonicalNans,
  type Lanes,
  randomWords,
  sameFloats,
} from '../../test/helpers/operand-bits.js';
import { OPCODES, opcodeRow, type VectorOp } from '../wasm/opcodes.js';
import { VECTOR_OPS } from './v128.js';
import { V, V_F32, V_F64 } from './v128-registers.js';

const NAMES = Object.keys(VECTOR_OPS) as VectorOp[];
const LANES: readonly Lanes[] = ['i8', 'i32', 'i64', 'f32', 'f64'];
const LANE_COUNT: Readonly<Record<string, number>> = { i8: 16, i16: 8, i32: 4, i64: 2, f32: 4, f64: 2 };

/** Plain instructions that relaxed ones must equal. */
function plainName(name: VectorOp): VectorOp | undefined {
  if (!name.includes('relaxed_')) return name;
  if (name.includes('laneselect')) return 'v128.bitselect';
  if (name === 'i16x8.relaxed_q15mulr_s') return 'i16x8.q15mulr_sat_s';
  const plain = name.replace('relaxed_trunc', 'trunc_sat').replace('relaxed_', '');
  return plain in VECTOR_OPS ? (plain as VectorOp) : undefined;
}

function immediates(name: VectorOp, next: () => number): readonly (readonly number[])[] {
  const kind = opcodeRow(name).imm?.[0];
  if (kind === 'lanes16') return Array.from({ length: 20 }, () => Array.from({ length: 16 }, () => next() % 32));
  if (kind === 'lane') return Array.from({ length: LANE_COUNT[name.split('x')[0]!]! }, (_, lane) => [lane]);
  return [[]];
}

/** Float lanes of a result whose NaNs are the processor's choice. */
function floatLanes(name: VectorOp): 'f32' | 'f64' | undefined {
  if (!/^f(32x4|64x2)\./.test(name)) return undefined;
  if (/\.(eq|ne|lt|gt|le|ge|abs|neg|pmin|pmax|splat|extract_lane|replace_lane)$/.test(name)) return undefined;
  return name.startsWith('f32') ? 'f32' : 'f64';
}

const next = randomWords(7);
const CASES = NAMES.flatMap((name) => {
  const plain = plainName(name);
  return plain === undefined ? [] : immediates(name, next).map((immediate) => ({ name, plain, immediate }));
});
const host = hostInstructions(CASES.map(({ plain, immediate }): HostCase => ({ name: plain, immediate })));

function compareOnce(index: number): void {
  const { name, immediate } = CASES[index]!;
  if (immediate.length === 16) {
    for (let at = 0; at < 4; at++) {
      V[8 + at] =
        immediate[at * 4]! |
        (immediate[at * 4 + 1]! << 8) |
        (immediate[at * 4 + 2]! << 16) |
        (immediate[at * 4 + 3]! << 24);
    }
  }
  V.fill(0x5a5a5a5a, 12, 16);
  host.words.set(V.subarray(0, 16));
  host.run[index]!();
  const before = V.slice(0, 12);
  VECTOR_OPS[name](immediate.length === 1 ? immediate[0]! : 0);
  if (V.slice(0, 12).join() !== before.join()) expect.fail(`${name}: its operands do not stay`);
  const expected = [...host.words.subarray(12, 16)];
  const actual = [...V.subarray(12, 16)];
  if (expected.join() === actual.join()) return;
  const lanes = floatLanes(name);
  if (lanes !== undefined) {
    const operandLanes = name.includes('promote') ? 'f32' : name.includes('demote') ? 'f64' : lanes;
    const operands = opcodeRow(name).sig!.indexOf(':') * 4;
    if (sameFloats(expected, actual, lanes, hasOnlyCanonicalNans(V, 0, operands, operandLanes))) return;
  }
  expect.fail(`${name} ${immediate.join(' ')} of ${before.join(' ')}: ${actual.join(' ')}, host ${expected.join(' ')}`);
}

describe('vector instructions', () => {
  it('are all there, each in one file', () => {
    const rows = (Object.keys(OPCODES) as (keyof typeof OPCODES)[]).filter((name) => {
      const { feature, bytes } = opcodeRow(name);
      return (feature === 'simd' || feature === 'relaxed-simd') && bytes === undefined && name !== 'v128.const';
    });
    expect([...NAMES].sort()).toEqual(rows.sort());
  });

  it.each(CASES.map(({ name, immediate }, index) => ({ title: `${name} ${immediate.join(' ')}`, index })))(
    '$title gives what the host gives',
    ({ index }) => {
      const random = randomWords(index);
      for (const lanes of LANES) {
        for (let round = 0; round < 100; round++) {
          fillRandom(V, 0, 12, lanes, random);
          compareOnce(index);
        }
      }
    },
  );
});

describe('relaxed instructions without a plain form', () => {
  it('multiply and add with two roundings', () => {
    V_F32.set([1 + 2 ** -23, 3, Infinity, -0], 0);
    V_F32.set([1 + 2 ** -23, 4, 1, 0], 4);
    V_F32.set([-1, 5, -Infinity, -0], 8);
    VECTOR_OPS['f32x4.relaxed_madd'](0);
    expect([...V_F32.subarray(12, 16)]).toEqual([2 ** -22, 17, NaN, -0]);
    VECTOR_OPS['f32x4.relaxed_nmadd'](0);
    expect([...V_F32.subarray(12, 16)]).toEqual([-2 - 2 ** -22, -7, -Infinity, 0]);
    V_F64.set([1 + 2 ** -52, 2], 0);
    V_F64.set([1 + 2 ** -52, 3], 2);
    V_F64.set([-1, 1], 4);
    VECTOR_OPS['f64x2.relaxed_madd'](0);
    expect([...V_F64.subarray(6, 8)]).toEqual([2 ** -51, 7]);
    VECTOR_OPS['f64x2.relaxed_nmadd'](0);
    expect([...V_F64.subarray(6, 8)]).toEqual([-2 - 2 ** -51, -5]);
  });

  it('multiply signed bytes and saturate the sum of two', () => {
    const first = new Int8Array([-128, -128, 127, 127, -128, -128, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const second = new Int8Array([-128, -128, 127, 127, 127, 127, 3, 4, -5, -6, 7, 8, 9, 10, 11, 12]);
    V.set(new Int32Array(first.buffer), 0);
    V.set(new Int32Array(second.buffer), 4);
    V.set([1, 2, 0x7fffffff, -4], 8);
    VECTOR_OPS['i16x8.relaxed_dot_i8x16_i7x16_s'](0);
    const sums = [32767, 32258, -32512, 11, -39, 83, 143, 219];
    expect([...new Int16Array(V.slice(12, 16).buffer)]).toEqual(sums);
    VECTOR_OPS['i32x4.relaxed_dot_i8x16_i7x16_add_s'](0);
    expect([...V.subarray(12, 16)]).toEqual([65026, -32499, (0x7fffffff + 44) | 0, 358]);
  });
});
