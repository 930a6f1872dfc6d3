// Official test suite runner: `run.js --mode M [--filter NAME] [--list] [--jobs N] [--skips] [--node newest|PATH]`.
// Prints a line per script and the sums; exits 1 when anything failed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { newestNode } from '../../scripts/newest-node.js';
import { EXCLUDED_FILES } from './skips.js';
import { findSuite, findThreadScripts, listSuite, type SuiteFile } from './suite.js';
import type { ScriptReport } from './suite-script.js';
import { IN_WORKERS, MODES } from './targets/index.js';

/** A script that takes longer hangs; its worker is ended and the next script gets a new one. */
const SCRIPT_TIMEOUT_MS = 60_000;

const NO_THREAD_SCRIPTS =
  'they are not here: git clone https://github.com/WebAssembly/threads, and set WASM_THREADS_TESTSUITE to its test/core/threads';

const { values: options } = parseArgs({
  options: {
    mode: { type: 'string', default: 'node' },
    filter: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '2' },
    list: { type: 'boolean', default: false },
    skips: { type: 'boolean', default: false },
    node: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function failureReport(file: string, got: string): ScriptReport {
  const failure = { line: 0, follows: false, expected: 'a script that ends', got };
  return { file, passed: 0, failures: [failure], skipped: [], milliseconds: 0 };
}

/** One lane: a worker that takes scripts from the shared queue until it is empty. */
async function lane(queue: SuiteFile[], mode: string, done: (report: ScriptReport) => void): Promise<void> {
  let worker: Worker | undefined;
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    worker ??= new Worker(new URL('./worker.js', import.meta.url), { workerData: { mode } });
    const answer = await runOn(worker, file);
    done(answer.report);
    if (answer.workerLost) {
      await worker.terminate();
      worker = undefined;
    }
  }
  await worker?.terminate();
}

function runOn(worker: Worker, file: SuiteFile): Promise<{ report: ScriptReport; workerLost: boolean }> {
  return new Promise((resolve) => {
    const lost = (got: string): void => settle(failureReport(file.name, got), true);
    const onMessage = (report: ScriptReport): void => settle(report, false);
    const onError = (error: Error): void => lost(`worker died: ${error.message}`);
    const onExit = (code: number): void => lost(`worker exited with ${code}`);
    const timer = setTimeout(() => lost(`still running after ${SCRIPT_TIMEOUT_MS} ms`), SCRIPT_TIMEOUT_MS);
    const settle = (report: ScriptReport, workerLost: boolean): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      resolve({ report, workerLost });
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(file);
  });
}

function printReport(report: ScriptReport): void {
  const { file, passed, failures, skipped, milliseconds } = report;
  const verdict = failures.length > 0 ? 'FAIL' : 'PASS';
  console.log(`${verdict} ${file}  ${passed}/${failures.length}/${skipped.length}  ${milliseconds.toFixed(0)} ms`);
  const followers = failures.filter(({ follows }) => follows).length;
  for (const { line, follows, expected, got } of failures) {
    if (follows) continue;
    console.log(`  ${file}.wast:${line}`);
    if (expected !== '') console.log(`    expected ${expected}`);
    console.log(`    got      ${got}`);
  }
  if (followers > 0) console.log(`  ${followers} more because of these`);
  if (options.skips) for (const { line, reason } of skipped) console.log(`  ${file}.wast:${line}  skipped: ${reason}`);
}

function printSums(reports: readonly ScriptReport[]): void {
  const reasons = new Map<string, number>();
  for (const { reason } of reports.flatMap((report) => report.skipped)) {
    const general = reason.replace(/^module of line \d+: /, '');
    reasons.set(general, (reasons.get(general) ?? 0) + 1);
  }
  if (reasons.size > 0) console.log('\nskipped because');
  for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`  ${count}  ${reason}`);
  const passed = reports.reduce((sum, report) => sum + report.passed, 0);
  const failed = reports.reduce((sum, report) => sum + report.failures.length, 0);
  const skipped = reports.reduce((sum, report) => sum + report.skipped.length, 0);
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0) process.exitCode = 1;
}

function excludedBecause({ name }: SuiteFile): string | undefined {
  return EXCLUDED_FILES.find(({ file }) => file.test(name))?.reason;
}

async function runSuite(files: readonly SuiteFile[], mode: string, jobs: number): Promise<void> {
  const reports = new Map<string, ScriptReport>();
  // The largest first, so that no lane ends long after the others.
  const queue = [...files].sort((a, b) => b.bytes - a.bytes);
  let next = 0;
  const done = (report: ScriptReport): void => {
    reports.set(report.file, report);
    for (let ready = reports.get(files[next]?.name ?? ''); ready !== undefined; ) {
      printReport(ready);
      ready = reports.get(files[++next]?.name ?? '');
    }
  };
  await Promise.all(Array.from({ length: jobs }, () => lane(queue, mode, done)));
  printSums([...reports.values()]);
}

/** Runs this program again under another Node; the exit code is the child's. */
function rerunUnder(node: string): void {
  const path = node === 'newest' ? newestNode() : node;
  if (path === null) throw new Error('the newest Node could not be installed: is the npm registry reachable?');
  const given = process.argv.slice(2);
  const args = given.filter((arg, at) => arg !== '--node' && given[at - 1] !== '--node' && !arg.startsWith('--node='));
  const child = spawnSync(path, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });
  process.exitCode = child.status ?? 1;
}

async function main(): Promise<void> {
  if (options.help) {
    console.log(
      `run.js --mode ${MODES.join('|')} [--filter NAME]... [--list] [--jobs N] [--skips] [--node newest|PATH]`,
    );
    return;
  }
  if (!MODES.includes(options.mode)) throw new Error(`unknown mode ${options.mode}: one of ${MODES.join(', ')}`);
  const jobs = Number(options.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs wants a number from 1, not ${options.jobs}`);
  if (options.node !== undefined) return rerunUnder(options.node);
  const suite = findSuite();
  if (suite === undefined) {
    console.log('The official test suite is not here: git clone https://github.com/WebAssembly/testsuite');
    console.log('and set WASM_TESTSUITE to the folder.\n\n0 passed, 0 failed, 0 skipped');
    return;
  }
  const wanted = listSuite(suite).filter(
    ({ name }) =>
      (options.filter.length === 0 || options.filter.some((part) => name.includes(part))) &&
      (options.mode !== IN_WORKERS || name.startsWith('threads/')),
  );
  if (wanted.length === 0 && options.filter.length > 0)
    throw new Error(`no script matches ${options.filter.join(', ')}`);
  const files = wanted.filter((file) => excludedBecause(file) === undefined);
  if (options.list) {
    for (const { name } of files) console.log(name);
    return;
  }
  for (const file of wanted) if (!files.includes(file)) console.log(`SKIP ${file.name}  ${excludedBecause(file)}`);
  if (findThreadScripts() === undefined) console.log(`SKIP threads/*  ${NO_THREAD_SCRIPTS}`);
  await runSuite(files, options.mode, jobs);
}

try {
  await main();
} catch (error) {
  console.error(`spec: ${(error as Error).message}`);
  process.exitCode = 1;
}
