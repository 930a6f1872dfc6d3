// Functions made to keep a compiler busy: each mode makes its code in time that grows with their bytes, and deadlines hold meanwhile.
import { expect } from 'vitest';
import { LimitError, Trap } from '#src/wasm/errors.js';
import { startProcessorTime } from '../helpers/processor-time.js';
import { all, bytes, counted, times, type Write, wasm } from '../hostile/build.js';
import { type ModeCase, modeCases } from './mode-cases.js';

const I32 = 0x7f;
const F32 = 0x7d;

interface Shape {
  /** A type of so many i32 parameters and results, beside the function's own; it has index 1. */
  readonly carries?: number;
  readonly locals?: readonly [count: number, type: number];
  readonly code: Write;
  /** So many of the function. */
  readonly functions?: number;
}
/** A module with a function "run" without parameters and results, and perhaps more like it. */
function moduleOf({ carries = 0, locals, code, functions = 1 }: Shape): Uint8Array {
  const i32s = counted(carries, times(carries, bytes(I32)));
  const declared = locals ? all(bytes(1), (writer) => writer.u32(locals[0]), bytes(locals[1])) : bytes(0);
  const body: Write = (writer) => writer.sized(() => all(declared, code, bytes(0x0b))(writer));
  return wasm(
    [1, counted(2, all(bytes(0x60, 0, 0, 0x60), i32s, i32s))],
    [3, counted(functions, times(functions, bytes(0)))],
    [7, all(bytes(1), (writer) => writer.name('run'), bytes(0, 0))],
    [10, counted(functions, times(functions, body))],
  );
}

const local = (op: number, index: number): Write => all(bytes(op), (writer) => writer.u32(index));
const GET = bytes(0x20, 0);
const ONE = bytes(0x41, 1);
const DROP = bytes(0x1a);
const END = bytes(0x0b);
const SHAPES: Readonly<Record<string, Shape>> = {
  'nested loops': { code: all(times(90_000, bytes(0x03, 0x40)), times(90_000, END)) },
  'nested ifs': { code: all(times(60_000, all(ONE, bytes(0x04, 0x40))), times(60_000, END)) },
  'blocks that pass a thousand operands on': {
    carries: 1000,
    code: all(times(1000, ONE), times(250, bytes(0x02, 1)), times(250, END), times(1000, DROP)),
  },
  'operands that wait': { locals: [1, I32], code: all(times(30_000, GET), times(30_000, DROP)) },
  'operands that wait while other locals are set': {
    locals: [2, I32],
    code: all(times(60_000, all(GET, ONE, local(0x21, 1))), times(60_000, DROP)),
  },
  'operands that wait while their local is set': {
    locals: [1, I32],
    code: all(times(60_000, all(GET, ONE, local(0x21, 0))), times(60_000, DROP)),
  },
  'sums of what waits': { locals: [1, I32], code: all(times(50_000, GET), times(49_999, bytes(0x6a)), DROP) },
  'a br_table whose targets all take a thousand operands': {
    carries: 1000,
    code: all(
      times(1000, ONE),
      bytes(0x02, 1, 0x41, 0, 0x0e),
      counted(900, times(900, bytes(0))),
      bytes(0, 0x0b),
      times(1000, DROP),
    ),
  },
  'floats that are copied against the order of their locals': {
    locals: [3900, F32],
    code: times(10, (writer) => {
      for (let i = 0; i < 3899; i++) all(local(0x20, i + 1), local(0x21, i))(writer);
    }),
  },
  'many functions of many locals': { locals: [3900, I32], code: () => {}, functions: 16_000 },
  'a long function': { locals: [1, I32], code: times(120_000, all(GET, ONE, bytes(0x6c), local(0x21, 0))) },
};

modeCases(
  'functions hostile to compilers',
  Object.entries(SHAPES).map(
    ([name, shape]): ModeCase => ({
      name,
      run({ mode, startBytes, start }) {
        const input = moduleOf(shape);
        const spent = startProcessorTime();
        // Mode aot writes all functions, and says where that is too much: it shall be nothing else that ends it.
        const tooMuch = mode === 'aot' && shape.functions !== undefined;
        try {
          startBytes(input, { limits: tooMuch ? {} : { timeoutMs: 100 } })
            .lookupFunction('run')!
            .call();
        } catch (error) {
          if (!(error instanceof Trap && /too large for this mode/.test(error.message))) {
            expect(error).toBeInstanceOf(LimitError);
            expect((error as LimitError).limit).toBe(tooMuch ? 'moduleBytes' : 'timeoutMs');
          }
        }
        // What is quadratic in these takes from ten seconds up on a quiet machine. Mode aot is written in the test as well, once for each ability, and
        // compiled by threads that count: five seconds in a line, ten where another program shares the core's caches.
        expect(spent()).toBeLessThan(mode === 'aot' ? 20_000 : 8_000);
        expect(
          start('(module (func (export "one") (result i32) (i32.const 1)))').lookupFunction('one')!.call(),
        ).toEqual([1]);
      },
    }),
  ),
);
