// `enclasm run --seed` and `--seeds`: one schedule of threads repeated, and many searched.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { enclasm, SAMPLES } from './support.js';

const dining = join(SAMPLES, 'threads', 'dining.wasm');

it('names each outcome once, with a seed', async () => {
  const { code, out } = await enclasm(['run', '--seeds', '6..8', dining]);
  expect(code).toBe(1);
  expect(out).toContain('3 seeds, 2 outcomes\n');
  expect(out).toContain('  2 times, first with --seed=6: exit code 0, having written "4 philosophers');
  expect(out).toContain('  1 times, first with --seed=7: trap: all threads wait: thread 0 at ');
});
it('is content where all outcomes are the same', async () => {
  const { code, out } = await enclasm(['run', '--seeds', '1..3', dining, 'ordered']);
  expect([code, out.includes('3 seeds, 1 outcome\n')]).toEqual([0, true]);
});
it('refuses what belongs to one run', async () => {
  const { code, err } = await enclasm(['run', '--seeds', '1..3', '--json', dining]);
  expect([code, err]).toEqual([1, expect.stringContaining('--seeds and --json exclude each other')]);
  expect((await enclasm(['run', '--seeds', '3..1', dining])).err).toContain('two numbers, as 1..100');
});
it('shows where each thread waits', async () => {
  const { code, err } = await enclasm(['run', '--seed', '7', '-v=3', dining]);
  expect(code).toBe(1);
  expect(err).toMatch(/thread 0 waits at address \d+\n(.*\n)*.*thread 4 waits at address \d+\n/);
});
