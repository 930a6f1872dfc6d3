// One program, one seed, one run, in whatever Node runs this; quickjs.test.ts asks the same of QuickJS, npm run test:hosts of other Nodes.
import { expect, test } from 'vitest';
import { SEEDED_RUNS, seededResults } from './seeded-runs.js';

test('seeded runs come to what they come to everywhere', () => {
  expect(SEEDED_RUNS.length).toBeGreaterThan(3);
  expect(seededResults()).toEqual(SEEDED_RUNS);
});
