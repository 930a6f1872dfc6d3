// Functions made to keep a compiler busy: each mode makes its code in time that grows with their bytes, and deadlines hold meanwhile.
import { expect } from 'vitest';
import { LimitError, Trap } from '#src/wasm/errors.js';
import { type ModeCase, modeCases } from './mode-cases.js';

/** An unsigned LEB128 number. */
function u32(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
const repeat = (bytes: readonly number[], count: number): number[] => Array.from({ length: count }, () => bytes).flat();
const I32 = 0x7f;
const F32 = 0x7d;

interface Shape {
  /** A type of so many i32 parameters and results, beside the function's own; it has index 1. */
  readonly carries?: number;
  readonly locals?: readonly [count: number, type: number];
  readonly code: readonly number[];
  /** So many of the function. */
  readonly functions?: number;
}
/** A module with a function "run" without parameters and results, and perhaps more like it. */
function moduleOf({ carries = 0, locals, code, functions = 1 }: Shape): Uint8Array {
  const section = (id: number, bytes: readonly number[]): number[] => [id, ...u32(bytes.length), ...bytes];
  const i32s = [...u32(carries), ...repeat([I32], carries)];
  const body = [...(locals ? [1, ...u32(locals[0]), locals[1]] : [0]), ...code, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 0, 0, 0x60, ...i32s, ...i32s]),
    ...section(3, [...u32(functions), ...repeat([0], functions)]),
    ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]),
    ...section(10, [...u32(functions), ...repeat([...u32(body.length), ...body], functions)]),
  ]);
}

const GET = [0x20, 0];
const ONE = [0x41, 1];
const DROP = [0x1a];
const END = [0x0b];
const SHAPES: Readonly<Record<string, Shape>> = {
  'nested loops': { code: [...repeat([0x03, 0x40], 90_000), ...repeat(END, 90_000)] },
  'nested ifs': { code: [...repeat([...ONE, 0x04, 0x40], 60_000), ...repeat(END, 60_000)] },
  'blocks that pass a thousand operands on': {
    carries: 1000,
    code: [...repeat(ONE, 1000), ...repeat([0x02, 1], 250), ...repeat(END, 250), ...repeat(DROP, 1000)],
  },
  'operands that wait': { locals: [1, I32], code: [...repeat(GET, 30_000), ...repeat(DROP, 30_000)] },
  'operands that wait while other locals are set': {
    locals: [2, I32],
    code: [...repeat([...GET, ...ONE, 0x21, 1], 60_000), ...repeat(DROP, 60_000)],
  },
  'operands that wait while their local is set': {
    locals: [1, I32],
    code: [...repeat([...GET, ...ONE, 0x21, 0], 60_000), ...repeat(DROP, 60_000)],
  },
  'sums of what waits': { locals: [1, I32], code: [...repeat(GET, 50_000), ...repeat([0x6a], 49_999), ...DROP] },
  'a br_table whose targets all take a thousand operands': {
    carries: 1000,
    code: [
      ...[...repeat(ONE, 1000), 0x02, 1, 0x41, 0],
      ...[0x0e, ...u32(900), ...repeat([0], 900), 0, 0x0b, ...repeat(DROP, 1000)],
    ],
  },
  'floats that are copied against the order of their locals': {
    locals: [3900, F32],
    code: repeat(Array.from({ length: 3899 }, (_, i) => [0x20, ...u32(i + 1), 0x21, ...u32(i)]).flat(), 10),
  },
  'many functions of many locals': { locals: [3900, I32], code: [], functions: 16_000 },
  'a long function': { locals: [1, I32], code: repeat([...GET, ...ONE, 0x6c, 0x21, 0], 120_000) },
};

modeCases(
  'functions hostile to compilers',
  Object.entries(SHAPES).map(
    ([name, shape]): ModeCase => ({
      name,
      run({ mode, startBytes, start }) {
        const bytes = moduleOf(shape);
        const before = performance.now();
        try {
          startBytes(bytes, { limits: { timeoutMs: 100 } })
            .lookupFunction('run')!
            .call();
        } catch (error) {
          if (!(error instanceof Trap && /too large for this mode/.test(error.message))) {
            expect(error).toBeInstanceOf(LimitError);
            // Mode aot writes all functions, and says where that is too much.
            const limits = mode === 'aot' && shape.functions ? ['moduleBytes'] : ['timeoutMs'];
            expect(limits).toContain((error as LimitError).limit);
          }
        }
        // Mode aot is made in the test as well. What is quadratic in these takes from ten seconds up.
        expect(performance.now() - before).toBeLessThan(4_000);
        expect(
          start('(module (func (export "one") (result i32) (i32.const 1)))').lookupFunction('one')!.call(),
        ).toEqual([1]);
      },
    }),
  ),
);
