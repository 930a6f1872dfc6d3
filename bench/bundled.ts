// npm run bench -- bundled: the interpreter after a bundler has been there, beside its own files, each run in a process of its own: processor time,
// medians of turns. A bundler makes variables of a module's constants; what the interpreter reads all the time must stay a constant.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleSource } from '../test/footprint/bundle.js';
import { projectRoot } from '../test/helpers/wat.js';
import { atMost, type BenchArgs, type BenchResult, geomean, median, must } from './harness.js';

/** Programs of the corpus, each with an argument that takes some tens of milliseconds. */
const PROGRAMS = { fib: 30, sieve: 40, quicksort: 100_000, xxhash64: 2_000, statemachine: 2_000_000, vm: 12_000 };
const TARGET = 1.05;

/** Runs a program in the interpreter, and prints the milliseconds of the fastest of three runs. @param root of the modules */
const source = (root: string): string => `
import { readFileSync } from 'node:fs';
import { Runtime } from '${root}/embed/runtime.js';
import { interpEngine } from '${root}/engine/interp/interp-engine.js';
import { nodePlatform } from '${root}/platform/node/platform.js';
const runtime = Runtime.init({}, { platform: nodePlatform(), engines: [interpEngine()], libraries: [] });
const run = runtime.instantiate(runtime.load(readFileSync(process.argv[2]))).lookupFunction('run');
const times = [0, 1, 2, 3].map(() => {
  const before = process.cpuUsage();
  run.call(Number(process.argv[3]));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
});
console.log(Math.min(...times.slice(1)));
`;

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-bench-bundled-'));
  try {
    const files = [join(folder, 'own.mjs'), join(folder, 'bundled.mjs')];
    const dist = join(projectRoot(), 'dist');
    writeFileSync(files[0]!, source(pathToFileURL(dist).href));
    writeFileSync(files[1]!, await bundleSource(source(dist), { minify: false }));
    const ratios = Object.entries(PROGRAMS).map(([name, argument]) => {
      const program = join(projectRoot(), 'bench/programs', `${name}.wasm`);
      const ms = (file: string): number =>
        Number(execFileSync(process.execPath, [file, program, String(argument)], { encoding: 'utf8' }));
      const turns = Array.from({ length: quick ? 1 : 7 }, () => files.map(ms));
      must(
        turns.flat().every((one) => one > 0),
        name,
      );
      return [name, median(turns.map(([, bundled]) => bundled!)) / median(turns.map(([own]) => own!))] as const;
    });
    return {
      name: 'bundled',
      results: [
        ...ratios.map(([name, ratio]) => atMost(`${name}, bundled beside its own files`, ratio, 'x', TARGET)),
        atMost('geomean', geomean(ratios.map(([, ratio]) => ratio)), 'x', TARGET),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
