// Every file of examples/ runs as it stands, and prints something.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../helpers/wat.js';

const root = projectRoot();
it.each(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.mjs')))('%s', (name) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'examples', name)], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).not.toBe('');
});
