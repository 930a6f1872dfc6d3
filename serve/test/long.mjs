// `npm run test:serve-long`: the tests of many requests, jobs and calls, with as many as a server has: 100,000 requests, 1,000 jobs, 1,000 calls.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'serve/test/many.test.ts', 'serve/test/cluster.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ENCLASM_SERVE_REQUESTS: '100000', ENCLASM_SERVE_JOBS: '1000', ...process.env },
  },
);
process.exitCode = status ?? 1;
