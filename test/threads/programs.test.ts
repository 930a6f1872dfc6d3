// Programs in C with pthreads print what they print natively: in turn, under several seeds, in slices, in workers, and in enclaves over every transport.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { OutputSink } from '#src/imports/wasi/index.js';
import { type LimitError, Trap } from '#src/wasm/errors.js';
import type { Usage } from '#src/wasm/usage-table.js';
import { projectRoot } from '../helpers/wat.js';
import { places } from './places.js';
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

/** What each program came to with each seed, in the first place. */
const seeded = new Map<string, Usage>();

/** A worker by messages and a process by a launcher differ in what carries packets, which the hostile programs try. */
const PLACES = places().filter(({ name }) => !/ by | in bubblewrap/.test(name));
const FIRST = PLACES[0];

describe.each(PLACES.map((place) => [place.name, place] as const))('%s', (_name, place) => {
  afterAll(() => place.close());

  describe.each(EXPECTED)('%s', (name, file, args, text) => {
    const bytes = readFileSync(file);
    const given = [file, ...args];

    test('in turn', async () => {
      const guest = await place.start(bytes, { args: given });
      const { end, usage } = await guest.main();
      expect([end, guest.text]).toEqual([0, text]);
      expect(usage.threads).toBeGreaterThan(1);
      expect(await place.end()).toEqual({ bytes: 0, threads: 0 });
    });
    test.skipIf(place.parallel).each(place === FIRST ? SEEDS : SEEDS.slice(0, 1))(
      'with seed %i, the same everywhere',
      async (seed) => {
        const guest = await place.start(bytes, { args: given, seed });
        const outcome = await guest.main();
        expect([outcome.end, guest.text]).toEqual([0, text]);
        const usage = { ...outcome.usage, wallMs: 0 };
        expect(usage.schedule).toBeGreaterThan(0);
        const key = `${name} ${seed}`;
        seeded.set(key, seeded.get(key) ?? usage);
        expect(usage).toEqual(seeded.get(key));
      },
    );
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
