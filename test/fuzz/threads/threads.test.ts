// Programs with threads that the fuzzer found once, and the first ones of a seed: the same run of the same seed, named outcomes, right bills.
import { expect, test } from 'vitest';
import { assemble } from '../../helpers/wat.js';
import { loadThreadCases } from './cases.js';
import { play } from './examine.js';
import { faultsOf } from './fuzzer.js';
import { generateOrderless, generateProgram } from './generate.js';
import { type Program, textOf } from './program.js';

const CASES = loadThreadCases();

test.each(CASES)('$name', async ({ program, seed, mode }) => {
  expect(await faultsOf(program, { seed, mode })).toEqual([]);
});

test('the first programs of a seed, under two schedules each', async () => {
  for (let number = 0; number < 25; number++) {
    for (const seed of [1, 2, undefined]) expect(await faultsOf(generateProgram(1, number), { seed })).toEqual([]);
  }
});

test.each(['host', 'jit', 'interp'] as const)(
  'programs that no order changes come to the same in workers, mode %s',
  async (mode) => {
    for (let number = 0; number < 4; number++) {
      expect(await faultsOf(generateOrderless(1, number), { mode })).toEqual([]);
    }
  },
);

test('they come to many ends, and run into each other', async () => {
  const ends = new Set<string>();
  const schedules = new Set<unknown>();
  for (let number = 0; number < 50; number++) {
    const program = generateProgram(2, number);
    const run = await play(program, assemble(textOf(program)), { inSlices: false, seed: 1 });
    for (const end of run.ends) ends.add(end.split(' ').slice(0, 2).join(' '));
    schedules.add((run.usage as { readonly schedule: number }).schedule);
  }
  const kinds = [...ends].filter((end) => !/^returns/.test(end)).map((end) => end.split(' ')[0]);
  expect(new Set(kinds)).toEqual(new Set(['trap', 'limit', 'exits']));
  expect(ends).toContain('trap deadlock');
  expect(schedules.size).toBeGreaterThan(30);
});

test('a program that is not the same twice is noticed', async () => {
  const racing: Program = {
    bodies: [[{ does: 'loop', times: 50, inside: [{ does: 'race', at: 0, spins: 3_000 }] }]],
    calls: [[{ does: 'spawn', body: 0 }, { does: 'spawn', body: 0 }, { does: 'join' }, { does: 'load', at: 0 }]],
    limits: { fuel: 10_000_000, threads: 4, hostCalls: 100 },
  };
  const bytes = assemble(textOf(racing));
  const [one, two] = [
    await play(racing, bytes, { inSlices: false, seed: 1 }),
    await play(racing, bytes, { inSlices: false, seed: 2 }),
  ];
  expect([one.faults, two.faults]).toEqual([[], []]);
  expect(one.memory).not.toBe(two.memory);
});
