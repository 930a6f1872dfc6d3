// Checks the corpus against its table on this Node's own WebAssembly: no imports, exact results, and how long a warm
// measurement takes. With --native it also compiles each program with gcc and compares. Not a benchmark of ours.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchProgram, programs } from './programs.js';

// Compiled to build/bench/programs; the sources and modules stay where they are.
const folder = new URL('../../../bench/programs/', import.meta.url);

type Run = (n: number) => number | bigint;

function instantiate(program: BenchProgram): Run {
  const module = new WebAssembly.Module(readFileSync(new URL(program.file, folder)));
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) throw new Error(`${program.file} imports ${imports.map((i) => i.name).join(', ')}`);
  return new WebAssembly.Instance(module).exports['run'] as Run;
}

function native(program: BenchProgram, scratch: string): string[] {
  const source = program.file.replace(/\.wasm$/, '.c');
  const executable = join(scratch, program.name);
  const flags = ['-O2', '-ffp-contract=off', '-w', `-DPROGRAM="${source}"`, '-o', executable, 'native.c', '-lm'];
  execFileSync('gcc', flags, { cwd: folder });
  const output = execFileSync(executable, [String(program.n), String(program.quickN)], { encoding: 'utf8' });
  return output.trim().split('\n');
}

/** The same value, written by C's %.17g or by JavaScript. */
const same = (a: string, b: string): boolean => a === b || (/[.e]/.test(a + b) && Number(a) === Number(b));

function warmMs(program: BenchProgram, run: Run): number {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let call = 0; call < (program.calls ?? 1); call++) run(program.n);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[1]!;
}

function main(): number {
  const withNative = process.argv.includes('--native');
  const scratch = mkdtempSync(join(tmpdir(), 'corpus-'));
  let failed = 0;
  for (const program of programs) {
    const run = instantiate(program);
    const results: [string, string, string][] = [
      ['quickN', program.quickExpect, String(run(program.quickN))],
      ['n', program.expect, String(run(program.n))],
    ];
    if (withNative && !program.hostOnly) {
      const [long = '', quick = ''] = native(program, scratch);
      results.push(['native n', program.expect, long], ['native quickN', program.quickExpect, quick]);
    }
    const wrong = results.filter(([, expected, got]) => !same(expected, got));
    for (const [where, expected, got] of wrong) {
      console.log(`${program.name}: ${where}: expected ${expected}, got ${got}`);
    }
    failed += wrong.length;
    console.log(`${program.name.padEnd(16)} ${warmMs(program, run).toFixed(1).padStart(6)} ms  ${program.expect}`);
  }
  rmSync(scratch, { recursive: true });
  console.log(failed === 0 ? `${programs.length} programs agree` : `${failed} results differ`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
