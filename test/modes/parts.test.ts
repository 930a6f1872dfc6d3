// What the parts of an instance cost: modules that are nothing but types, functions, imports and the like keep to timeoutMs and memoryBytes,
// are charged at least what the host's heap holds of them, and leave nothing behind.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { LimitError } from '#src/wasm/errors.js';
import { limitError } from '../helpers/failure.js';
import { all, bytes, counted, times, type Write, wasm } from '../hostile/build.js';
import { type ModeCase, type ModeWorld, modeCases } from './mode-cases.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const each = (count: number, write: (i: number) => Write): Write =>
  counted(count, (writer) => {
    for (let i = 0; i < count; i++) write(i)(writer);
  });
const name =
  (i: number): Write =>
  (writer) =>
    writer.name(`n${i}`);
const index =
  (i: number): Write =>
  (writer) =>
    writer.u32(i);
const NOTHING = [1, counted(1, bytes(0x60, 0, 0))] as const;
const defined = (count: number): (readonly [number, Write])[] => [[3, counted(count, times(count, bytes(0)))]];
const bodies = (count: number): readonly [number, Write] => [10, counted(count, times(count, bytes(2, 0, 0x0b)))];
/** Eight numbers that are others for each i. */
const digits = (i: number): number[] => [0, 1, 2, 3, 4, 5, 6, 7].map((k) => 0x7f - ((i >> (2 * k)) & 3));

const SHAPES: Readonly<Record<string, (count: number) => Uint8Array>> = {
  types: (count) => wasm([1, each(count, (i) => bytes(0x60, 4, ...digits(i).slice(0, 4), 4, ...digits(i).slice(4)))]),
  functions: (count) => wasm(NOTHING, ...defined(count), bodies(count)),
  'exported functions': (count) =>
    wasm(NOTHING, ...defined(count), [7, each(count, (i) => all(name(i), bytes(0), index(i)))], bodies(count)),
  exports: (count) => wasm(NOTHING, ...defined(1), [7, each(count, (i) => all(name(i), bytes(0, 0)))], bodies(1)),
  globals: (count) => wasm([6, counted(count, times(count, bytes(0x7f, 1, 0x41, 0, 0x0b)))]),
  imports: (count) => wasm(NOTHING, [2, each(count, (i) => all((w) => w.name('env'), name(i), bytes(0, 0)))]),
  tables: (count) => wasm([4, counted(count, times(count, bytes(0x6f, 0, 0)))]),
  elements: (count) => wasm([9, counted(count, times(count, bytes(5, 0x70, 1, 0xd0, 0x70, 0x0b)))]),
  data: (count) => wasm([11, counted(count, times(count, bytes(1, 1, 7)))]),
};
const FREE = 262_144;

/** Bytes of the host's heap, once garbage and the buffers that it held are gone. */
async function held(): Promise<number> {
  for (let again = 0; again < 3; again++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
function expectNothingLeft({ runtime }: ModeWorld): void {
  expect(runtime.instances).toEqual([]);
  expect(runtime.usage.memoryBytes).toBe(0);
}

const shapes = Object.entries(SHAPES);

modeCases('parts of an instance', [
  ...shapes.map(
    ([what, make]): ModeCase => ({
      name: `${what} are charged at least what they take, and given back`,
      ...(what === 'types' && { failsIn: { aot: 'this test compiles the module meanwhile, and keeps its text' } }),
      async run(world) {
        const { runtime, mode } = world;
        const count = 4_000;
        const module = runtime.load(make(count));
        // Types are made once; code that the engine keeps for all instances is none of theirs.
        if (what !== 'types') runtime.instantiate(module, { mode }).deinstantiate();
        const before = await held();
        const guest = runtime.instantiate(module, { mode });
        const taken = (await held()) - before;
        expect(guest.usage.memoryBytes + FREE).toBeGreaterThanOrEqual(taken);
        guest.deinstantiate();
        expectNothingLeft(world);
        module.unload();
      },
    }),
  ),
  ...shapes.map(
    ([what, make]): ModeCase => ({
      name: `${what} beyond memoryBytes`,
      run(world) {
        const input = make(9_000);
        const error = limitError(() => world.startBytes(input, { limits: { memoryBytes: 500_000 } }));
        expect([error.limit, error.value]).toEqual(['memoryBytes', 500_000]);
        expectNothingLeft(world);
      },
    }),
  ),
  ...shapes.map(
    ([what, make]): ModeCase => ({
      name: `${what}: the clock is looked at while they are made`,
      ...((what === 'elements' || what === 'data') && { failsIn: { host: 'the host makes segments in one go' } }),
      clockStepMs: 1,
      run(world) {
        const input = make(9_000);
        const error = limitError(() => world.startBytes(input, { limits: { timeoutMs: 12 } }));
        expect(error).toBeInstanceOf(LimitError);
        expect(error.limit).toBe('timeoutMs');
        expectNothingLeft(world);
      },
    }),
  ),
  {
    name: 'the runtime has a budget for them, too',
    initArgs: { limits: { memoryBytes: 1 << 20 } },
    run(world) {
      const error = limitError(() => world.startBytes(SHAPES['functions']!(9_000)));
      expect([error.limit, error.value]).toEqual(['memoryBytes', 1 << 20]);
      expectNothingLeft(world);
    },
  },
  {
    name: 'imports that nobody has: ten warnings, then how many more, and no name at length',
    run({ startBytes, log }) {
      const long: Write = (writer) => writer.name('x'.repeat(90_000));
      startBytes(wasm(NOTHING, [2, each(200, (i) => all(name(i), long, bytes(0, 0)))]));
      expect(log.length).toBe(11);
      expect(log[10]).toContain('190 more import functions');
      expect(log.join('').length).toBeLessThan(5_000);
    },
  },
]);
