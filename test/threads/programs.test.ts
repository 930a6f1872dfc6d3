// Programs in C with pthreads print what they print natively: in turn, in slices, and under several seeds.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { OutputSink } from '#src/imports/wasi/index.js';
import { type LimitError, Trap } from '#src/wasm/errors.js';
import { projectRoot } from '../helpers/wat.js';
import { runtimeOf, thrownBy } from './support.js';

const PROGRAMS = join(projectRoot(), 'test', 'threads', 'c');
const SAMPLES = join(projectRoot(), 'samples', 'threads');
const SEEDS = [1, 2, 3];

function load(file: string, args: readonly string[] = [], options: InstantiateOptions = {}) {
  const runtime = runtimeOf();
  const stdout = new OutputSink();
  const module = runtime.load(readFileSync(file), { name: file });
  const instance = runtime.instantiate(module, { ...options, wasi: { args: [file, ...args], stdout } });
  return { instance, stdout };
}
function run(file: string, args: readonly string[] = [], options: InstantiateOptions = {}) {
  const { instance, stdout } = load(file, args, options);
  expect(instance.executeMain()).toBe(0);
  return { instance, text: stdout.text };
}

const EXPECTED: readonly (readonly [name: string, file: string, args: readonly string[], text: string])[] = [
  ...['barrier', 'cancel', 'once', 'producer', 'queue', 'rwlock', 'storage'].map(
    (name) => [name, join(PROGRAMS, `${name}.wasm`), [], printed(name)] as const,
  ),
  ['mandelbrot', join(SAMPLES, 'mandelbrot.wasm'), ['3', '200'], printed('mandelbrot')],
  ['primes', join(SAMPLES, 'primes.wasm'), ['10000', '4'], '1229 primes below 10000\n'],
  ['dining', join(SAMPLES, 'dining.wasm'), ['ordered'], '4 philosophers have eaten 12 meals\n'],
];

function printed(name: string): string {
  return readFileSync(join(PROGRAMS, `${name}.txt`), 'utf8');
}

describe.each(EXPECTED)('%s', (_name, file, args, text) => {
  test('in turn', () => {
    const { instance, text: ours } = run(file, args);
    expect(ours).toBe(text);
    expect(instance.usage.threads).toBeGreaterThan(1);
  });
  test('in slices', async () => {
    const { instance, stdout } = load(file, args);
    expect(await instance.executeMainAsync()).toBe(0);
    expect(stdout.text).toBe(text);
  });
  test.each(SEEDS)('with seed %i, twice the same', (seed) => {
    const [one, two] = [run(file, args, { seed }), run(file, args, { seed })];
    expect([one.text, two.text]).toEqual([text, text]);
    const { wallMs: _, ...used } = one.instance.usage;
    expect(two.instance.usage).toMatchObject(used);
    expect(used.schedule).toBeGreaterThan(0);
  });
});

describe('seeds', () => {
  const race = join(PROGRAMS, 'race.wasm');
  const dining = join(SAMPLES, 'dining.wasm');

  test('find lost updates, other numbers with other seeds, the same with the same', () => {
    const numbers = SEEDS.map((seed) => run(race, [], { seed }).text);
    expect(new Set(numbers).size).toBeGreaterThan(1);
    expect(numbers.every((number) => Number(number) >= 1000 && Number(number) < 2000)).toBe(true);
    expect(SEEDS.map((seed) => run(race, [], { seed }).text)).toEqual(numbers);
    // Deterministic without a seed is seed 0.
    expect(run(race, [], { deterministic: true }).text).toBe(run(race, [], { seed: 0 }).text);
  });
  test('thirty runs of one seed have one schedule', () => {
    const hashes = Array.from({ length: 30 }, () => run(race, [], { seed: 3 }).instance.usage.schedule);
    expect(new Set(hashes).size).toBe(1);
  });
  test('find the deadlock of the philosophers, and say who waits where', () => {
    const attempt = (seed: number): WasmInstance => {
      const { instance } = load(dining, [], { seed });
      const trap = thrownBy(() => instance.executeMain()) as Trap;
      expect(trap).toBeInstanceOf(Trap);
      expect(trap.id).toBe('deadlock');
      expect(trap.message).toMatch(/^all threads wait: thread 0 at \d+, thread 1 at \d+, .*thread 4 at \d+$/);
      expect(trap.waits!.map(({ frames }) => frames.some(({ functionName }) => functionName === 'dine'))).toEqual([
        ...[false, true, true, true, true],
      ]);
      return instance;
    };
    expect(attempt(7).usage.schedule).toBe(attempt(7).usage.schedule);
  });
  test('time is counted: a long sleep takes none, and a deadline still holds', () => {
    const { instance } = load(join(SAMPLES, 'primes.wasm'), ['1000000', '2'], { seed: 1, limits: { timeoutMs: 50 } });
    expect((thrownBy(() => instance.executeMain()) as LimitError).limit).toBe('timeoutMs');
  });
});
