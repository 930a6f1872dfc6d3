// npm run bench -- hosts [--host NAME] [--only PROGRAM] [--modes interp,jit,jit-plain,jit-optimizing]: the engine corpus on hosts without a JIT compiler, as ratios to polywasm in
// the same process. Results are checked first. polywasm checks neither bounds nor signatures, and counts nothing: 1.0 is hard to reach.
// Refuses hosts that it does not know.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleForQuickJs } from '../test/helpers/quickjs-bundle.js';
import { atMost, type BenchArgs, type BenchResult, type BenchRow, geomean, must, option, plain } from './harness.js';
import { type BenchProgram, programs } from './programs/programs.js';

/** What runs in the host: one program, each way in turns, the milliseconds of its fastest round. */
const INSIDE = `
import { interpEngine, Runtime } from './src/entry/interp.ts';
import { jitEngine } from './src/engine/js/jit.ts';
import { WebAssembly as peer } from 'polywasm';

const ENGINES = {
  interp: interpEngine,
  jit: jitEngine,
  'jit-plain': () => jitEngine(undefined, { shape: 'plain' }),
  'jit-optimizing': () => jitEngine(undefined, { shape: 'optimizing' }),
};
// Processor time, which does not grow when other programs take turns on the processor.
const now = globalThis.processorMs ?? (() => {
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
function callText({ ways, program, quick }: Job): string {
  const file = new URL(`../../bench/programs/${program.file}`, import.meta.url);
  const bytes = JSON.stringify([...readFileSync(fileURLToPath(file))]);
  const { quickN, quickExpect } = program;
  return `measure(${JSON.stringify(ways)}, ${bytes}, ${quickN}, ${JSON.stringify(quickExpect)}, ${quick ? 1 : 3}, ${quick ? 2 : 10})`;
}

type Host = (bundle: string, job: Job) => Promise<Measured>;

async function inQuickJs(bundle: string, job: Job): Promise<Measured> {
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
    const text = context.unwrapResult(context.evalCode(callText(job), 'job.js')).consume((it) => context.dump(it));
    return JSON.parse(text as string);
  } finally {
    context.dispose();
    runtime.dispose();
  }
}
/** A host that runs a file of JavaScript and prints what console.log gets. */
const inProcess =
  (command: string, ...args: string[]): Host =>
  async (bundle, job) => {
    const folder = mkdtempSync(join(tmpdir(), 'enclasm-hosts-'));
    try {
      const file = join(folder, 'bench.cjs');
      writeFileSync(file, `${bundle}\nconsole.log(${callText(job)});\n`);
      return JSON.parse(execFileSync(command, [...args, file], { encoding: 'utf8' }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

const HOSTS: Readonly<Record<string, Host>> = {
  jitless: inProcess(process.execPath, '--jitless', '--no-warnings'),
  quickjs: inQuickJs,
};
/** How many times polywasm's time each way may take. */
const TARGETS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  jitless: { jit: 0.97 },
  quickjs: { jit: 0.93, interp: 8 },
};

/** Rows of one program; the ratios go into `all` by way. */
function rowsOf(host: string, program: BenchProgram, measured: Measured, all: Map<string, number[]>): BenchRow[] {
  const peer = measured['polywasm']!;
  const ways = Object.keys(measured).filter((way) => way !== 'polywasm');
  for (const way of ways)
    must(
      measured[way]!.result === program.quickExpect,
      `${program.name} by ${way} in ${host}: ${measured[way]!.result}`,
    );
  // Vectors, which it has not, or a result that only bounds checks give.
  if (peer.result !== program.quickExpect) return [];
  return ways.map((way) => {
    const ratio = measured[way]!.ms / peer.ms;
    all.set(way, [...(all.get(way) ?? []), ratio]);
    return plain(`${host}, ${way}: ${program.name}`, ratio, 'x polywasm');
  });
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const wanted = option(args, '--host', '');
  must(wanted === '' || wanted in HOSTS, `no host ${wanted}: one of ${Object.keys(HOSTS).join(', ')}`);
  const only = option(args, '--only', '');
  const ways = [...option(args, '--modes', 'interp,jit').split(','), 'polywasm'];
  const bundle = await bundleForQuickJs(INSIDE);
  const rows: BenchRow[] = [];
  for (const [name, host] of Object.entries(HOSTS)) {
    if (wanted !== '' && name !== wanted) continue;
    const all = new Map<string, number[]>();
    for (const program of programs) {
      if (!program.name.includes(only)) continue;
      rows.push(...rowsOf(name, program, await host(bundle, { ways, program, quick: args.quick }), all));
    }
    for (const [way, ratios] of all) {
      const target = TARGETS[name]?.[way];
      const what = `${name}, ${way}: geomean of ${ratios.length}`;
      rows.push(
        target === undefined
          ? plain(what, geomean(ratios), 'x polywasm')
          : atMost(what, geomean(ratios), 'x polywasm', target),
      );
    }
  }
  return { name: 'hosts', results: rows };
}
