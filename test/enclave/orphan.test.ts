// The child of a process enclave dies with its host, even when a guest without limits keeps it from noticing anything.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const HOST = fileURLToPath(new URL('endless-host.mjs', import.meta.url));
const here = process.platform === 'linux' && existsSync('/usr/bin/setpriv');

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test.skipIf(!here)('a killed host takes its enclave along (needs Linux and setpriv)', async () => {
  const host = spawn(process.execPath, [HOST], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => host.stdout.once('data', resolve));
  const children = childrenOf(host.pid!);
  expect(children.length).toBeGreaterThan(0);
  host.kill('SIGKILL');
  const deadline = Date.now() + 60_000;
  while (children.some(runs) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(children.filter(runs)).toEqual([]);
});
