// Calls that wait, in the modes that can: interp everywhere, host where the JavaScript engine sets frames aside. So mode host runs here in a newer Node
// than this one, where one was installed by an earlier command (npm run fuzz, npm run test:hosts), and in Chromium (test/browsers).
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Runtime } from '#src/entry/index.js';
import { cachedNode } from '../../scripts/newest-node.js';
import { assemble, projectRoot } from '../helpers/wat.js';
import { runWaitingCase, WAITING_CASES, WAITING_TEXTS } from './waiting-cases.js';

const modules = { guest: assemble(WAITING_TEXTS.guest), caller: assemble(WAITING_TEXTS.caller) };
const SUSPENDS = 'promising' in (globalThis as unknown as { WebAssembly: object }).WebAssembly;

describe.each(SUSPENDS ? (['interp', 'host'] as const) : (['interp'] as const))('mode %s', (mode) => {
  test.each(WAITING_CASES)('$name', ({ run }) => runWaitingCase({ mode, Runtime, modules }, run));
});

const node = cachedNode();
const child = join(projectRoot(), 'build/test/modes/waiting-child.js');
test.skipIf(node === undefined)('mode host, in the newest Node', { timeout: 120_000 }, () => {
  if (!existsSync(child)) throw new Error('build/ is missing: run npm run build first');
  expect(JSON.parse(execFileSync(node!, [child, 'host'], { encoding: 'utf8' }))).toEqual([]);
});

test.skipIf(SUSPENDS)('where frames cannot be set aside, mode host says so, with the ways out', async () => {
  const runtime = Runtime.init({ runningMode: 'host' });
  const imports = { env: { wait: () => 1, wide: () => 1, touch: () => {} } };
  const count = runtime.instantiate(runtime.load(modules.guest), { imports }).lookupFunction('count')!;
  expect(count.canPause).toBe(false);
  await expect(count.callAsync([1])).rejects.toThrow(
    /mode 'host' cannot pause a call: .*promise integration \(JSPI\), or mode 'interp'; in an enclave/,
  );
  runtime.destroy();
});
