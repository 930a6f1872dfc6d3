// npm run bench -- hosts [--host NAME] [--only PROGRAM] [--modes interp,jit,aot,jit-plain,jit-optimizing] [--quick [--write]]: the engine corpus on other hosts than this one,
// as ratios to polywasm in the same process. Results are checked first. polywasm checks neither bounds nor signatures, and counts nothing: 1.0 is hard to reach.
// With --write the geomeans of short rounds go into docs/modes.md. Programs come from npm the first time. Refuses hosts that it does not know or cannot have.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode } from '#src/binary/decode.js';
import { compileToModule } from '#src/engine/js/aot-compile.js';
import type { AotTarget } from '#src/engine/js/aot-format.js';
import { validate } from '#src/validate/validate.js';
import { fromNpm } from '../scripts/from-npm.js';
import { BUN, DENO, HERMES } from '../scripts/hosts-on-npm.js';
import { lowered } from '../test/helpers/lowered.js';
import { bundleForQuickJs, scriptOf } from '../test/helpers/quickjs-bundle.js';
import { writeMeasured } from './document.js';
import { atMost, type BenchArgs, type BenchResult, type BenchRow, geomean, must, option, plain } from './harness.js';
import { type BenchProgram, programsNamed } from './programs/programs.js';

/** What runs in the host: one program, each way in turns, the milliseconds of its fastest round. */
const INSIDE = `
import { interpEngine, Runtime } from './src/entry/interp.ts';
import { aotEngine, loadAot } from './src/engine/js/aot-load.ts';
import { jitEngine } from './src/engine/js/jit.ts';
import { WebAssembly as peer } from 'polywasm';

const ENGINES = {
  interp: interpEngine,
  jit: jitEngine,
  aot: () => aotEngine([loadAot(globalThis.compiled)]),
  'jit-plain': () => jitEngine(undefined, { shape: 'plain' }),
  'jit-optimizing': () => jitEngine(undefined, { shape: 'optimizing' }),
};
// Processor time, which does not grow when other programs take turns on the processor.
const now = globalThis.processorMs ?? (typeof process === 'undefined' ? Date.now : () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
});
const platform = {
  name: 'bench', monotonicNow: () => Date.now(), realtimeNow: () => 0n, cpuTimeNow: () => undefined, randomFill: (array) => array,
  log: () => {}, sleep: () => false, yieldToEventLoop: () => Promise.resolve(),
};
function runOf(way, bytes) {
  if (way === 'polywasm') return new peer.Instance(new peer.Module(bytes)).exports.run;
  const runtime = Runtime.init({}, { platform, engines: [ENGINES[way]()], libraries: [] });
  const run = runtime.instantiate(runtime.load(bytes), { interruptible: false }).lookupFunction('run');
  return (n) => run.call(n)[0];
}
globalThis.measure = (ways, byteList, n, wanted, rounds, leastMs) => {
  const bytes = Uint8Array.from(byteList);
  const runs = ways.map((way) => [way, runOf(way, bytes)]);
  const results = {};
  const resultOf = (run) => {
    try {
      return String(run(n));
    } catch (error) {
      return String(error);
    }
  };
  for (const [way, run] of runs) results[way] = { result: resultOf(run), ms: Infinity };
  const time = (run, calls) => {
    const start = now();
    for (let i = 0; i < calls; i++) run(n);
    return now() - start;
  };
  // As many calls as the fastest way needs for a time that the clock can measure.
  let calls = 1;
  const right = runs.filter(([way]) => results[way].result === wanted);
  const quickest = () => Math.min(...[1, 2, 3].flatMap(() => right.map(([, run]) => time(run, calls))));
  while (right.length > 0 && quickest() < leastMs) calls *= 2;
  for (let round = 0; round < rounds; round++) {
    for (const [way, run] of right) results[way].ms = Math.min(results[way].ms, time(run, calls));
  }
  return JSON.stringify(results);
};`;

type Measured = Readonly<Record<string, { readonly result: string; readonly ms: number }>>;

interface Job {
  readonly ways: readonly string[];
  readonly program: BenchProgram;
  readonly quick: boolean;
}

interface Host {
  /** As the table of the document calls it. */
  readonly title: string;
  readonly ways: readonly string[];
  /** The way whose time is 1: polywasm, which makes code from text, or what takes its place. */
  readonly base: string;
  /** What the program is compiled for ahead of time. */
  readonly target: AotTarget;
  /** The milliseconds that a measurement takes at least: more where code becomes fast only after a while. */
  readonly leastMs: number;
  readonly targets?: Readonly<Record<string, number>>;
  /** Makes the script of the runtime from its source. */
  bundle(source: string): Promise<string>;
  /** Evaluates a bundle and then an expression. @returns undefined where the host cannot be had */
  open(): ((bundle: string, expression: string) => Promise<string>) | undefined;
}

async function inQuickJs(bundle: string, expression: string): Promise<string> {
  const { getQuickJS } = await import('quickjs-emscripten');
  const runtime = (await getQuickJS()).newRuntime();
  runtime.setMaxStackSize(1 << 20);
  const context = runtime.newContext();
  const processorMs = context.newFunction('processorMs', () => {
    const { user, system } = process.cpuUsage();
    return context.newNumber((user + system) / 1000);
  });
  processorMs.consume((it) => context.setProp(context.global, 'processorMs', it));
  try {
    context.unwrapResult(context.evalCode(bundle, 'bundle.js')).dispose();
    return context.unwrapResult(context.evalCode(expression, 'job.js')).consume((it) => context.dump(it) as string);
  } finally {
    context.dispose();
    runtime.dispose();
  }
}
/** A program that runs a file of JavaScript. @param print its function that prints @param program null: it cannot be had */
function inProcess(print: string, program: string | null, ...args: string[]): ReturnType<Host['open']> {
  if (program === null) return undefined;
  return async (bundle, expression) => {
    const folder = mkdtempSync(join(tmpdir(), 'enclasm-hosts-'));
    try {
      const file = join(folder, 'bench.cjs');
      writeFileSync(file, `${bundle}\n${print}(${expression});\n`);
      return execFileSync(program, [...args, file], { encoding: 'utf8', maxBuffer: 1 << 26 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

const FULL = { ways: ['interp', 'jit', 'aot'], base: 'polywasm', bundle: bundleForQuickJs };
const INTERPRETED = { ...FULL, target: 'jitless', leastMs: 10 } as const;
const COMPILED = { ...FULL, target: 'node', leastMs: 100 } as const;
const HOSTS: Readonly<Record<string, Host>> = {
  jitless: {
    ...INTERPRETED,
    title: `\`node --jitless\` (${process.versions.node})`,
    targets: { jit: 0.97, aot: 0.97 },
    open: () => inProcess('console.log', process.execPath, '--jitless', '--no-warnings'),
  },
  quickjs: {
    ...INTERPRETED,
    title: 'QuickJS',
    targets: { jit: 0.93, aot: 0.93, interp: 8 },
    open: () => inQuickJs,
  },
  // It makes no code from text.
  hermes: {
    ...{ title: `Hermes (${HERMES.version})`, ways: ['interp'], base: 'aot', target: 'hermes', leastMs: 10 },
    bundle: (source) => lowered(scriptOf(source)),
    open: () => inProcess('print', fromNpm(HERMES), '-w', '-O'),
  },
  bun: {
    ...COMPILED,
    title: `Bun (${BUN.version})`,
    open: () => inProcess('console.log', fromNpm(BUN)),
  },
  deno: {
    ...COMPILED,
    title: `Deno (${DENO.version})`,
    open: () => inProcess('console.log', fromNpm(DENO), 'run', '--allow-all', '--quiet'),
  },
};

/** The program compiled ahead of time, as statements that leave it in a global variable. */
function compiledText(bytes: Uint8Array, target: AotTarget): string {
  const text = compileToModule(validate(decode(bytes)), { target, abilities: ['plain'] });
  const asProperties = text.replace(/^export const (\w+)=/gm, 'const $1=exports.$1=');
  return `globalThis.compiled=function(exports){${asProperties}\nreturn exports}({})`;
}
function expressionOf({ ways, program, quick }: Job, { target, leastMs }: Host): string {
  const bytes = readFileSync(fileURLToPath(new URL(`../../bench/programs/${program.file}`, import.meta.url)));
  const { quickN, quickExpect } = program;
  const words = [JSON.stringify(ways), JSON.stringify([...bytes]), quickN, JSON.stringify(quickExpect)];
  const compiled = ways.includes('aot') ? compiledText(bytes, target) : '0';
  return `(${compiled},measure(${[...words, quick ? 1 : 3, quick ? leastMs / 5 : leastMs].join()}))`;
}

/** Rows of one program; the ratios go into `all` by way. */
function rowsOf(name: string, base: string, program: BenchProgram, measured: Measured, all: Map<string, number[]>) {
  const right = (way: string): boolean => measured[way]!.result === program.quickExpect;
  const ways = Object.keys(measured).filter((way) => way !== base);
  for (const way of ways) must(right(way), `${program.name} by ${way} in ${name}: ${measured[way]!.result}`);
  // Vectors, which polywasm has not, or a result that only bounds checks give.
  if (!right(base)) return [];
  return ways.map((way) => {
    const ratio = measured[way]!.ms / measured[base]!.ms;
    all.set(way, [...(all.get(way) ?? []), ratio]);
    return plain(`${name}, ${way}: ${program.name}`, ratio, `x ${base}`);
  });
}
function geomeanRow(name: string, { base, targets }: Host, way: string, ratios: readonly number[]): BenchRow {
  const what = `${name}, ${way}: geomean of ${ratios.length}`;
  const target = targets?.[way];
  const unit = `x ${base}`;
  return target === undefined ? plain(what, geomean(ratios), unit) : atMost(what, geomean(ratios), unit, target);
}

const COLUMNS = ['interp', 'jit', 'aot'];
const HEAD = ['| host | `interp` | `jit` | `aot` | 1.0 is the time of |', '| --- | --- | --- | --- | --- |'];
function lineOf({ title, base }: Host, all: ReadonlyMap<string, readonly number[]>): string {
  const cells = COLUMNS.map((way) => (all.has(way) ? geomean(all.get(way)!).toFixed(2) : way === base ? '1' : '-'));
  return `| ${title} | ${cells.join(' | ')} | ${base === 'aot' ? '`aot`' : base} |`;
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const wanted = option(args, '--host', '');
  must(wanted === '' || wanted in HOSTS, `no host ${wanted}: one of ${Object.keys(HOSTS).join(', ')}`);
  const only = option(args, '--only', '');
  const modes = option(args, '--modes', '');
  const rows: BenchRow[] = [];
  const lines = [...HEAD];
  for (const [name, host] of Object.entries(HOSTS)) {
    if (wanted !== '' && name !== wanted) continue;
    const run = host.open();
    must(run !== undefined, `${name} cannot be had: is the npm registry reachable?`);
    const bundle = await host.bundle(INSIDE);
    const all = new Map<string, number[]>();
    const ways = [...new Set([...(modes === '' ? host.ways : modes.split(',')), host.base])];
    for (const program of programsNamed(only)) {
      const measured = JSON.parse(await run!(bundle, expressionOf({ ways, program, quick: args.quick }, host)));
      rows.push(...rowsOf(name, host.base, program, measured as Measured, all));
    }
    for (const [way, ratios] of all) rows.push(geomeanRow(name, host, way, ratios));
    lines.push(lineOf(host, all));
  }
  if (args.rest.includes('--write')) {
    must(args.quick && `${wanted}${only}${modes}` === '', '--write wants --quick, and all hosts, programs and modes');
    writeMeasured('docs/modes.md', 'npm run bench -- hosts --quick --write', lines);
  }
  return { name: 'hosts', results: rows };
}
