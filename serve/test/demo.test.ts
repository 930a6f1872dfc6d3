// The demonstration tells its story to the end, within its minute.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../test/helpers/wat.js';
import { noBroker } from './broker.js';

const MOST_MS = 60_000;

test.skipIf(noBroker !== undefined)(`npm run demo:serve ${noBroker ?? ''}`, { timeout: 2 * MOST_MS }, () => {
  const script = join(projectRoot(), 'build/scripts/demo-serve.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: MOST_MS });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.match(/^\d\. /gm)).toHaveLength(6);
  for (const line of [
    /Ann may not call what is of Eve, 403/,
    /ann: \d+ times 200; half/,
    /bob: \d+ times 200; half/,
    /eve: .*\d+ times 429/,
    /and now: 429, tenant 'eve' has used, or reserved, all of its budget/,
    /60 of 60 have their result, each once/,
    /Eve asks for Bob's: 404/,
    /it drains, and ends with 0/,
  ]) {
    expect(stdout).toMatch(line);
  }
});
