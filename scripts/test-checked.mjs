// `npm run test:checked`: the unit tests and the official suite, in the modes whose memories the runtime allocates, on the checked build
// (test/checked): memories move at each growth and lie between canaries, and their old buffers are poisoned and detached. Arguments are passed to
// vitest, and then the suite is left out.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, setup } from './setup.mjs';

const RESULTS = join(ROOT, 'build', 'checked-tests.json');
const HOOKS = pathToFileURL(join(ROOT, 'test', 'checked', 'register.mjs')).href;
const MODES = ['interp', 'jit', 'aot'];
const sums = { passed: 0, failed: 0, skipped: 0 };

function run(script, args, options = {}) {
  return spawnSync(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: 'inherit', ...options });
}

function add(passed, failed, skipped) {
  sums.passed += passed;
  sums.failed += failed;
  sums.skipped += skipped;
}

function unitTests(args) {
  rmSync(RESULTS, { force: true });
  const reporters = ['--reporter=default', '--silent', '--reporter=json', `--outputFile.json=${RESULTS}`];
  const { status } = run('node_modules/vitest/vitest.mjs', ['run', ...reporters, ...args], {
    env: { ...process.env, ENCLASM_CHECKED: '1' },
  });
  const results = JSON.parse(readFileSync(RESULTS, 'utf8'));
  const failed = status !== 0 && results.numFailedTests === 0 ? 1 : results.numFailedTests;
  add(results.numPassedTests, failed, results.numPendingTests + results.numTodoTests);
}

function officialSuite(mode) {
  const { status, stdout } = run('build/test/spec/run.js', ['--mode', mode, '--jobs', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${HOOKS}` },
  });
  const found = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(stdout);
  console.log(`official suite, mode ${mode}: ${found?.[0] ?? 'no result'}`);
  for (const line of stdout.split('\n')) if (line.startsWith('FAIL')) console.log(`  ${line}`);
  add(Number(found?.[1] ?? 0), Number(found?.[2] ?? 0) || (status === 0 ? 0 : 1), Number(found?.[3] ?? 0));
}

await setup();
const args = process.argv.slice(2);
unitTests(args);
if (args.length === 0) for (const mode of MODES) officialSuite(mode);
console.log(`\n${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`);
process.exitCode = sums.failed > 0 ? 1 : 0;
