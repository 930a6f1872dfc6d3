// npm run test:js-api: the official suite of the JavaScript interface (WebAssembly/spec, folder test/js-api) over the runtime's namespace: on this Node and
// on the newest one in interp, jit and host, in QuickJS in interp and jit. $WASM_JSAPI_TESTSUITE is its folder. Arguments: --target node|newest|quickjs,
// --mode NAME, --verbose, and parts of file names. Exit code 1 when something differs, 2 for wrong use.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newestNode } from '../../scripts/newest-node.js';
import type { Outcome } from './harness.js';
import { quickJsTarget } from './quickjs.js';
import { absentIn, skipOf } from './skips.js';
import { type SuiteFile, suiteFiles } from './suite.js';

/** A place to run files in. */
interface Target {
  readonly name: string;
  readonly modes: readonly string[];
  run(folder: string, file: SuiteFile, mode: string): Promise<readonly Outcome[]>;
}

const JOBS = 2;
const NODE_MODES = ['interp', 'jit', 'host'];
const start = promisify(execFile);

function nodeTarget(name: string, binary: string): Target {
  return {
    name,
    modes: NODE_MODES,
    async run(folder, file, mode) {
      const child = fileURLToPath(new URL('node-child.js', import.meta.url));
      try {
        const { stdout } = await start(binary, [child, folder, file.name, mode], { maxBuffer: 1 << 28 });
        // Some files of the suite print something themselves.
        return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Outcome[];
      } catch (error) {
        return [{ name: 'the process', failure: error instanceof Error ? error.message : String(error) }];
      }
    },
  };
}

function targets(): Target[] {
  const newest = newestNode();
  return [
    nodeTarget('node', process.execPath),
    ...(newest === null ? [] : [nodeTarget('newest', newest)]),
    quickJsTarget,
  ];
}

interface Sums {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs all files in one mode of a target. */
async function runAll(
  target: Target,
  mode: string,
  folder: string,
  files: readonly SuiteFile[],
  verbose: boolean,
): Promise<Sums> {
  const sums: Sums = { passed: 0, failed: 0, skipped: 0 };
  const left = files.filter(({ name }) => absentIn(target.name, mode, name) === undefined);
  sums.skipped = files.length - left.length;
  const worker = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      for (const { name, failure } of await target.run(folder, file, mode)) {
        const skip = skipOf(target.name, mode, file.name, name);
        if (failure === undefined && skip === undefined) sums.passed++;
        else if (failure !== undefined && skip !== undefined) sums.skipped++;
        else {
          sums.failed++;
          console.error(
            `${target.name} ${mode}: ${file.name}: ${name}: ${failure ?? `passes, but is listed in skips.ts: ${skip!.reason}`}`,
          );
        }
      }
      if (verbose) console.log(`${target.name} ${mode}: ${file.name}`);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, worker));
  console.log(`${target.name} ${mode}: ${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`);
  return sums;
}

/** The value of an option, which is taken out of the arguments. */
function takeOption(args: string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}

async function main(given: readonly string[]): Promise<number> {
  const folder = process.env['WASM_JSAPI_TESTSUITE'];
  if (folder === undefined) {
    console.error(
      'WASM_JSAPI_TESTSUITE is not set: git clone https://github.com/WebAssembly/spec, and point it to test/js-api there',
    );
    return 2;
  }
  const args = [...given];
  const wanted = takeOption(args, '--target');
  const mode = takeOption(args, '--mode');
  const verbose = args.includes('--verbose');
  const files = suiteFiles(
    folder,
    args.filter((one) => one !== '--verbose'),
  );
  const chosen = targets().filter(({ name }) => wanted === undefined || name === wanted);
  const runs = chosen.flatMap((target) =>
    (mode === 'native' ? [mode] : target.modes)
      .filter((one) => mode === undefined || one === mode)
      .map((one) => ({ target, mode: one })),
  );
  if (runs.length === 0 || files.length === 0) {
    console.error('nothing to run: targets are node, newest and quickjs, modes interp, jit and host');
    return 2;
  }
  let failed = 0;
  for (const run of runs) failed += (await runAll(run.target, run.mode, folder, files, verbose)).failed;
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
