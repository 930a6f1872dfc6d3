// npm run test:wasi: the official WASI suite (WebAssembly/wasi-testsuite, branch prod/testsuite-base) in every running mode.
// $WASI_TESTSUITE is its checkout. Arguments: --mode NAME, and parts of test names. Exit code 1 when something differs, 2 for wrong use.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { OutputSink } from '#src/imports/wasi/index.js';
import { type Runner, runners } from './runners.js';
import { SKIPS } from './skips.js';

const LANGUAGES = ['c', 'rust', 'assemblyscript'];
const VERSION = 'wasm32-wasip1';

/** A test's JSON file, in the suite's older form: all of preview 1 has it. */
interface Spec {
  readonly args?: string[];
  readonly root?: string;
  readonly env?: Record<string, string>;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

interface Case {
  readonly name: string;
  readonly wasm: string;
  readonly folder: string;
  readonly spec: Spec;
}

function findCases(suite: string): Case[] {
  return LANGUAGES.flatMap((language) => {
    const folder = join(suite, 'tests', language, 'testsuite', VERSION);
    if (!existsSync(folder))
      throw new Error(`${folder} is missing: is WASI_TESTSUITE a checkout of prod/testsuite-base?`);
    return readdirSync(folder)
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => {
        const json = join(folder, file.replace(/\.wasm$/, '.json'));
        const spec = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Spec) : {};
        if ('operations' in spec) throw new Error(`${json} uses operations, which preview 1 has none of`);
        return { name: `${language}/${basename(file, '.wasm')}`, wasm: join(folder, file), folder, spec };
      });
  });
}

/** Undefined: passed; otherwise what differs. */
function runCase(runner: Runner, { name, wasm, folder, spec }: Case): string | undefined {
  const root = mkdtempSync(join(tmpdir(), 'enclasm-wasi-suite-'));
  const stdout = new OutputSink();
  const stderr = new OutputSink();
  try {
    // A copy: tests leave files behind where they fail.
    if (spec.root !== undefined) cpSync(join(folder, spec.root), root, { recursive: true });
    const result = runner.run(readFileSync(wasm), {
      args: [`${basename(name)}.wasm`, ...(spec.args ?? [])],
      env: spec.env ?? {},
      preopens: spec.root === undefined ? {} : { '/': root },
      stdout,
      stderr,
    });
    const wanted = spec.exit_code ?? 0;
    if (result.error !== undefined) return `${result.error}\n${stderr.text}`;
    if (result.exitCode !== wanted) return `exit code ${result.exitCode}, not ${wanted}\n${stderr.text}`;
    if (spec.stdout !== undefined && stdout.text !== spec.stdout) return `printed ${JSON.stringify(stdout.text)}`;
    if (spec.stderr !== undefined && stderr.text !== spec.stderr) return `complained ${JSON.stringify(stderr.text)}`;
    return undefined;
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Runs all cases in one mode; returns how many did not do what they should. */
function runAll(runner: Runner, cases: readonly Case[]): number {
  let passed = 0;
  let skipped = 0;
  let failed = 0;
  for (const one of cases) {
    const skip = SKIPS[one.name];
    const expectFailure = skip !== undefined && (skip.modes?.includes(runner.name) ?? true);
    const difference = runCase(runner, one);
    if (expectFailure && difference !== undefined) skipped++;
    else if (difference === undefined && !expectFailure) passed++;
    else {
      failed++;
      console.error(
        `${runner.name}: ${one.name}: ${difference ?? `passes, but is listed in skips.ts: ${skip!.reason}`}`,
      );
    }
  }
  console.log(`${runner.name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed;
}

function main(args: readonly string[]): number {
  const suite = process.env['WASI_TESTSUITE'];
  if (suite === undefined) {
    console.error(
      'WASI_TESTSUITE is not set: git clone -b prod/testsuite-base https://github.com/WebAssembly/wasi-testsuite, and point it there',
    );
    return 2;
  }
  const at = args.indexOf('--mode');
  const mode = at < 0 ? undefined : args[at + 1];
  const parts = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
  const chosen = runners().filter(({ name }) => mode === undefined || name === mode);
  const cases = findCases(suite).filter(({ name }) => parts.every((part) => name.includes(part)));
  if (chosen.length === 0 || cases.length === 0) {
    console.error(`nothing to run: modes are ${runners().map(({ name }) => name)}`);
    return 2;
  }
  return chosen.reduce((failed, runner) => failed + runAll(runner, cases), 0) === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
