// `npm run test:serve-long`: the test of many requests, with 100,000 of them.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'serve/test/many.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ENCLASM_SERVE_REQUESTS: '100000', ...process.env },
});
process.exitCode = status ?? 1;
