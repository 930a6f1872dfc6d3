// The simulation of many machines, small: the same figures from the same seed, and budgets that are never exceeded.
import { expect, test } from 'vitest';

const simulation = '../bench/simulation.mjs';

test('four nodes: no budget is exceeded, and the figures are the same again', async () => {
  const { simulate } = (await import(simulation)) as {
    simulate(nodes: number): Promise<Readonly<Record<string, number>>>;
  };
  const found = await simulate(4);
  expect(found['mostOfBudget']).toBeGreaterThan(0.8);
  expect(found['mostOfBudget']).toBeLessThanOrEqual(1);
  expect(found['unavailable']).toBe(0);
  expect(found['refusedPart']).toBeGreaterThan(0);
  expect(await simulate(4)).toEqual(found);
});
