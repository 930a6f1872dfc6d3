// `npm test`: makes the checkout ready, runs the unit tests (WASI programs, hostile modules and the command line among them), then the official
// suite in every running mode. It ends with one line of sums. Arguments are passed to vitest, and then the suite is left out.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT, setup } from './setup.mjs';

/**
 * Modes of the suite runner that test no engine of this project: what this Node can do itself, and the validator alone, which every mode includes.
 */
const LEFT_OUT = ['node', 'validate'];
const RESULTS = join(ROOT, 'build', 'unit-tests.json');
const SUMS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;

const sums = { passed: 0, failed: 0, skipped: 0 };

function add({ passed, failed, skipped }) {
  sums.passed += passed;
  sums.failed += failed;
  sums.skipped += skipped;
}

/** Runs a Node script. `onLine` gets its standard output by lines; without it the output goes to that of this process. Returns the exit code. */
function run(script, args, onLine) {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], {
    cwd: ROOT,
    stdio: ['ignore', onLine ? 'pipe' : 'inherit', 'inherit'],
  });
  if (onLine) createInterface({ input: child.stdout }).on('line', onLine);
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

async function unitTests(args) {
  rmSync(RESULTS, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];
  const code = await run('node_modules/vitest/vitest.mjs', ['run', ...reporters, ...args]);
  let results;
  try {
    results = JSON.parse(readFileSync(RESULTS, 'utf8'));
  } catch {
    return add({ passed: 0, failed: 1, skipped: 0 });
  }
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: todo } = results;
  // A file that cannot be loaded has no tests to count.
  add({ passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: pending + todo });
}

async function officialSuite(mode) {
  process.stdout.write(`\nofficial suite, mode ${mode}\n`);
  let found = false;
  const code = await run('build/test/spec/run.js', ['--mode', mode, '--jobs', '2'], (line) => {
    const match = SUMS.exec(line);
    if (match) {
      found = true;
      const [passed, failed, skipped] = match.slice(1).map(Number);
      add({ passed, failed, skipped });
    }
    // Each script that passes or is skipped has a line, which would be too many to read here.
    if (!/^(PASS|SKIP) /.test(line) && line !== '') console.log(`  ${line}`);
  });
  if (code !== 0 && (!found || sums.failed === 0)) add({ passed: 0, failed: 1, skipped: 0 });
}

await setup();
const args = process.argv.slice(2);
await unitTests(args);
if (args.length === 0) {
  const { MODES } = await import('../build/test/spec/targets/index.js');
  for (const mode of MODES) if (!LEFT_OUT.includes(mode)) await officialSuite(mode);
}
console.log(`\n${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`);
process.exitCode = sums.failed > 0 ? 1 : 0;
