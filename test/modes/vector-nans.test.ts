// The bits of vectors' NaNs: the same in every mode where the instance is deterministic, and NaNs in the same lanes where it is not.
import { expect } from 'vitest';
import { modeCases } from './mode-cases.js';

const UNARY = ['sqrt', 'ceil', 'floor', 'trunc', 'nearest', 'abs', 'neg'];
const BINARY = ['add', 'sub', 'mul', 'div', 'min', 'max', 'pmin', 'pmax'];
const SHAPES = ['f32x4', 'f64x2'];
const CONVERSIONS = ['f32x4.demote_f64x2_zero', 'f64x2.promote_low_f32x4'];
const one = [...SHAPES.flatMap((shape) => UNARY.map((op) => `${shape}.${op}`)), ...CONVERSIONS];
const two = SHAPES.flatMap((shape) => BINARY.map((op) => `${shape}.${op}`));
const TEXT = `(module ${[...one, ...two]
  .map((op) => {
    const second = two.includes(op) ? '(local.get 1)' : '';
    return `(func (export "${op}") (param v128 v128) (result v128) (${op} (local.get 0) ${second}))`;
  })
  .join('\n')})`;

/** Quiet and signalling NaNs of both signs and widths, infinities, zeros and numbers. */
const VECTORS = [
  [0x7fa0_0001, 0xffc0_0123, 0x7f80_0000, 0x3f80_0000],
  [0x7fc0_0055, 0x7fa0_0002, 0x7f80_0000, 0xff80_0000],
  [0xff80_0000, 0x7f80_0000, 0, 0x8000_0000],
  [0x0000_0001, 0x7ff4_0000, 0x1234_5678, 0xfff8_0000],
].map((words) => new Uint8Array(Uint32Array.from(words).buffer));

/** By the first mode that runs: the others give the same. */
const expected = new Map<string, string>();
/** In mode host the processor chooses between the NaNs of operands. */
const OPEN = new Set([
  'f32x4.add',
  'f32x4.mul',
  'f32x4.min',
  'f32x4.max',
  'f64x2.add',
  'f64x2.mul',
  'f64x2.min',
  'f64x2.max',
]);

/** All bits of NaNs as one, for lanes of 32 or 64 bits. */
function withoutPayloads(bytes: Uint8Array, wide: boolean): string {
  const { buffer, byteOffset } = bytes;
  const values = wide ? new Float64Array(buffer, byteOffset, 2) : new Float32Array(buffer, byteOffset, 4);
  return Array.from(values, (value) => (Object.is(value, -0) ? '-0' : String(value))).join();
}

modeCases("vectors' NaNs", [
  ...[true, false].map((deterministic) => ({
    name: deterministic
      ? 'are the same bits where the instance is deterministic'
      : 'are the same where the specification leaves nothing open',
    run({ start }: Parameters<Parameters<typeof modeCases>[1][number]['run']>[0]) {
      const instance = start(TEXT, { deterministic });
      for (const op of [...one, ...two]) {
        const results = VECTORS.flatMap((a) =>
          VECTORS.map((b) => instance.lookupFunction(op)!.call(a, b)[0] as Uint8Array),
        );
        const open = !deterministic && OPEN.has(op);
        const text = results
          .map((bytes) =>
            open ? withoutPayloads(bytes.slice(), op.startsWith('f64')) : Buffer.from(bytes).toString('hex'),
          )
          .join('\n');
        const key = `${op} ${deterministic}`;
        if (!expected.has(key)) expected.set(key, text);
        expect(text, key).toBe(expected.get(key));
      }
    },
  })),
]);
