// One program, one seed, one run, in whatever Node runs this; quickjs.test.ts asks the same of QuickJS, npm run test:hosts of other Nodes.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCHEDULES, seededResults } from './seeded-runs.js';

test('seeded runs come to what they come to everywhere', () => {
  expect(seededResults()).toEqual(JSON.parse(readFileSync(SCHEDULES, 'utf8')));
});
