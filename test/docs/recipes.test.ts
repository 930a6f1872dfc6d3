// docs/recipes.md: each numbered line names a file that exists, and what the reader is to look at is in it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../helpers/wat.js';

const root = projectRoot();
const steps = [
  ...readFileSync(join(root, 'docs/recipes.md'), 'utf8').matchAll(/^\d+\. `([^`]+)`: .* see `([^`]+)`$/gm),
];
const numbered = [...readFileSync(join(root, 'docs/recipes.md'), 'utf8').matchAll(/^\d+\. /gm)];

it('has steps, each of which names a file and what to look at', () => {
  expect(steps.length).toBeGreaterThan(20);
  expect(steps.length).toBe(numbered.length);
});
it.each(steps.map(([, path, marker]) => [path!, marker!] as const))('%s holds %s', (path, marker) => {
  expect(existsSync(join(root, path))).toBe(true);
  expect(readFileSync(join(root, path), 'utf8')).toContain(marker);
});
