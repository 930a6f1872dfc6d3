// Threads of a guest in workers, in one mode: what two give instead of one, and what they cost beside the same program on bare workers; what threads do with
// each other and with their server.
// Refuses to time what is wrong: each guest's result is checked.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WasmModule } from '#src/embed/module/wasm-module.js';
import { Runtime } from '#src/embed/runtime.js';
import { wasi, wasiThreads } from '#src/entry/libraries.js';
import { OutputSink } from '#src/imports/wasi/index.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import type { LimitOptions } from '#src/wasm/limit-table.js';
import { assemble, projectRoot } from '../test/helpers/wat.js';
import { enginesFor } from '../test/threads/engines.js';
import { atLeast, atMost, type BenchRow, must, plain, processorMs } from './harness.js';
import { bareHandovers, bareWorkers } from './peers/bare-exchanges.js';
import { EXCHANGES, FirstInstructions, GUEST, least, ROUNDS } from './thread-guest.js';

type Mode = 'host' | 'jit' | 'aot' | 'interp';
export const WORKER_MODES: readonly Mode[] = ['host', 'jit', 'aot', 'interp'];

/** Programs in C, each with one thread and with two, for so much work. */
const PROGRAMS: readonly (readonly [name: string, args: (threads: string, work: number) => string[]])[] = [
  ['primes', (threads, work) => [String(60 * work), threads]],
  ['mandelbrot', (threads, work) => [threads, String(10 * work)]],
];
/**
 * The modes whose threads run in workers, and how much work takes one thread more than a second in each: V8 optimizes the code for each worker anew, on
 * the processors that the threads need, which takes up to 0.2 s of processor time a worker.
 */
const WORK: Readonly<Record<Mode, number>> = { host: 100_000, jit: 80_000, aot: 80_000, interp: 10_000 };
const QUICK_WORK = 400;
/** Fewer than of what takes less. */
const LONG_ROUNDS = 5;

/** As large as the linker lets the memory of the samples become. */
const SAMPLE_PAGES = 256;

/** A runtime with threads for one mode, and the module that it has loaded. */
function beginning(mode: Mode, bytes: Uint8Array, maxThreadNum = 4): { runtime: Runtime; module: WasmModule } {
  const parts = { platform: nodePlatform(), libraries: [wasi, wasiThreads], engines: enginesFor(mode) };
  const runtime = Runtime.init({ maxThreadNum }, parts);
  return { runtime, module: runtime.load(bytes) };
}

const sample = (name: string): string => join(projectRoot(), 'samples', 'threads', `${name}.wasm`);

/** Runs a program in a process of its own. @returns what it prints, and the milliseconds of processor time that it says */
function onBareWorkers(name: string, args: readonly string[]): [text: string, processor: number] {
  const script = fileURLToPath(new URL('./peers/bare-threads.js', import.meta.url));
  const words = ['--no-liftoff', '--no-warnings', script, sample(name), String(SAMPLE_PAGES), ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  must(status === 0, `${name} fails on bare workers: ${stderr}`);
  return [stdout, Number(stderr)];
}

/** What two threads in mode host cost beside the same program on node:wasi and bare workers: processor time, in turns. */
export function besideBareWorkers(quick: boolean): BenchRow[] {
  return PROGRAMS.flatMap(([name, args]) => {
    const { runtime, module } = beginning('host', readFileSync(sample(name)));
    const texts = new Set<string>();
    const words = [name, ...args('2', quick ? QUICK_WORK : WORK.host)];
    const ours = (limits: LimitOptions): number =>
      processorMs(() => {
        const stdout = new OutputSink();
        const instance = runtime.instantiate(module, { mode: 'host', limits, wasi: { args: words, stdout } });
        must(instance.executeMain() === 0, `${name} fails`);
        texts.add(stdout.text);
        instance.deinstantiate();
      });
    const best = { bare: Number.POSITIVE_INFINITY, fuel: Number.POSITIVE_INFINITY, deadline: Number.POSITIVE_INFINITY };
    for (let round = 0; round < (quick ? 2 : LONG_ROUNDS); round++) {
      const [text, bare] = onBareWorkers(name, words);
      texts.add(text);
      best.bare = Math.min(best.bare, bare);
      best.fuel = Math.min(best.fuel, ours({ fuel: 1e15 }));
      best.deadline = Math.min(best.deadline, ours({ timeoutMs: 600_000 }));
    }
    must(texts.size === 1, `${name} comes to something else on bare workers`);
    runtime.destroy();
    const what = `host, ${name}: two threads against node:wasi with bare workers, processor time`;
    return [
      atMost(`${what}, with fuel`, best.fuel / best.bare, 'times', 1.25),
      atMost(`${what}, with a deadline`, best.deadline / best.bare, 'times', 1.1),
    ];
  });
}

/** What two threads in workers give in one mode, and what starting one takes whose worker is there. */
export function inWorkers(mode: Mode, quick: boolean): BenchRow[] {
  const rows = PROGRAMS.flatMap(([name, args]) => {
    const { runtime, module } = beginning(mode, readFileSync(sample(name)));
    const texts = new Set<string>();
    const processor = { '1': Number.POSITIVE_INFINITY, '2': Number.POSITIVE_INFINITY };
    const run = (threads: '1' | '2') => (): void => {
      const ms = processorMs(() => {
        const stdout = new OutputSink();
        const options = { args: [name, ...args(threads, quick ? QUICK_WORK : WORK[mode])], stdout };
        const instance = runtime.instantiate(module, { mode, threads: 'parallel', wasi: options });
        must(instance.executeMain() === 0, `${name} fails`);
        texts.add(stdout.text);
        instance.deinstantiate();
      });
      processor[threads] = Math.min(processor[threads], ms);
    };
    const [one, two] = least(quick ? 2 : LONG_ROUNDS, [run('1'), run('2')]) as [number, number];
    must(texts.size === 1, `${name} comes to something else with two threads`);
    runtime.destroy();
    const what = `${mode}, ${name}: two threads in workers against one`;
    return [
      atLeast(what, one / two, 'times', 1.8),
      // It tells what the threads themselves lose also where others use the processors.
      plain(`${what}, processor time`, processor['2'] / processor['1'], 'times'),
    ];
  });
  const { runtime, module } = beginning(mode, assemble(GUEST));
  const first = new FirstInstructions();
  const imports = { bench: { begins: () => first.begins(), runs: () => first.runs() } };
  const guest = runtime.instantiate(module, { mode, threads: 'parallel', wasi: {}, imports });
  const spawns = quick ? 20 : 500;
  const call = (name: string) => (): void => void guest.lookupFunction(name)!.call(spawns);
  call('spawns')();
  const [spawned] = least(quick ? 2 : ROUNDS, [call('spawns')]) as [number];
  const begun = first.least(quick ? 2 : ROUNDS, spawns, call('firsts'));
  runtime.destroy();
  const start = `${mode}: start of a thread until its first instruction, in a warm worker`;
  return [
    ...rows,
    mode === 'host' ? atMost(start, begun * 1000, 'us', 500) : plain(start, begun * 1000, 'us'),
    plain(`${mode}: start, first instruction, end and join in a warm worker`, (spawned * 1000) / spawns, 'us'),
  ];
}

const SLEEPING = 16;
/** About as long as the work between writes after some time. */
const WORK_MS = 0.6;

/** What bare workers take, in the same minutes: the least milliseconds. */
class BareFigures {
  readonly best = { cold: Infinity, end: Infinity, handed: Infinity, late: Infinity };
  #note(what: keyof BareFigures['best'], ms: number): void {
    this.best[what] = Math.min(this.best[what], ms);
  }
  startAndEnd(): void {
    this.#note('cold', bareWorkers(2).cold);
    this.#note('end', bareWorkers(SLEEPING).end);
  }
  hand(handovers: number, late: number): void {
    this.#note('handed', bareHandovers(handovers));
    this.#note('late', bareHandovers(late, WORK_MS));
  }
}

/** From the last call of the first thread to the end of the program, so many times. */
function endsOf(count: number, end: () => number): [median: number, worst: number] {
  const times = Array.from({ length: count }, end).sort((a, b) => a - b);
  return [times[times.length >> 1]!, times.at(-1)!];
}

/** What threads of one mode do with each other and with the thread that serves them. */
export function exchanges(mode: Mode, quick: boolean): BenchRow[] {
  let ended = 0;
  const asked = [0, 0];
  let written = 0;
  const imports = {
    bench: { asks: (_: ExecEnv, k: number) => asked[k]!, ends: () => void (ended = performance.now()) },
  };
  const stdout = (chunk: Uint8Array): void => void (written += chunk.length);
  const { runtime, module } = beginning(mode, assemble(EXCHANGES), SLEEPING);
  const options = { mode, threads: 'parallel', imports, wasi: { stdout } } as const;

  const begin = performance.now();
  const guest = runtime.instantiate(module, options);
  const call = (name: string, ...values: number[]) => guest.lookupFunction(name)!.call(...values)[0] as number;
  call('handovers', 1);
  const cold = performance.now() - begin;

  const rounds = quick ? 2 : ROUNDS;
  const bare = new BareFigures();
  for (let round = 0; round < rounds; round++) bare.startAndEnd();
  const [handovers, locks, writes, slow] = quick ? [100, 10_000, 100, 10] : [5_000, 3_000_000, 20_000, 200];
  const idle = quick ? 1_000 : mode === 'interp' ? 30_000 : 2_000_000;
  must(call('locks', locks) === locks, 'a lock lets two in');
  // By themselves: words handed over put both threads on one processor, where each write waits for the other thread, and for many writes after that.
  const [wrote] = least(rounds, [() => call('writes', writes, 64, 0)]) as [number];
  const [handed, , locked, wroteSlowly, worked] = least(rounds, [
    () => must(call('handovers', handovers) === 0, 'a word was handed over wrongly'),
    () => bare.hand(handovers, slow),
    () => call('locks', locks),
    () => call('writes', slow, 64, idle),
    () => call('writes', slow, 0, idle),
  ]) as [number, number, number, number, number];
  must(written === 64 * rounds * (writes + slow), 'other bytes were written');
  guest.deinstantiate();

  const stops = (threads: number, kind: number): [median: number, worst: number] => {
    [asked[0], asked[1]] = [threads, kind];
    return endsOf(quick ? 3 : 21, () => {
      const program = runtime.instantiate(module, options);
      must(program.executeMain() === 0, 'the program fails');
      const time = performance.now() - ended;
      program.deinstantiate();
      return time;
    });
  };
  const [sleeping] = stops(SLEEPING, -1);
  const [spinning, worst] = stops(1, 0);
  runtime.destroy();
  const us = (ms: number, count: number): number => (ms * 1000) / count;
  const figures = {
    ...{ cold, sleeping, spinning, worst },
    ...{ handed: us(handed, handovers), locked: us(locked, locks), wrote: us(wrote, writes) },
    late: us(overWork(wroteSlowly, worked), slow),
  };
  const beside = {
    ...{ cold: cold / bare.best.cold, handed: handed / bare.best.handed },
    ...{ late: overWork(wroteSlowly, worked) / bare.best.late, sleeping: sleeping / bare.best.end },
  };
  return exchangeRows(mode, figures, beside);
}

/** Where the work alone took longer, as on a busy machine, nothing is known. */
function overWork(both: number, worked: number): number {
  return both > worked ? both - worked : Number.POSITIVE_INFINITY;
}

type Figure = 'cold' | 'handed' | 'locked' | 'wrote' | 'late' | 'sleeping' | 'spinning' | 'worst';
/** @param beside how often what bare workers take */
function exchangeRows(
  mode: Mode,
  figures: Readonly<Record<Figure, number>>,
  beside: Readonly<Record<'cold' | 'handed' | 'late' | 'sleeping', number>>,
): BenchRow[] {
  return [
    atMost(`${mode}: runtime, instance, two workers and a thread, all cold`, figures.cold, 'ms', 30),
    plain(`${mode}: the same, against two bare workers that import nothing`, beside.cold, 'times'),
    atMost(`${mode}: a word handed to another thread and back, by wait and notify`, figures.handed, 'us', 15),
    plain(`${mode}: the same, against bare workers`, beside.handed, 'times'),
    plain(`${mode}: lock and unlock of a mutex that nobody else wants`, figures.locked, 'us'),
    atMost(`${mode}: fd_write of 64 bytes, one after the other`, figures.wrote, 'us', 1),
    atMost(`${mode}: fd_write of 64 bytes, after some time`, figures.late, 'us', 15),
    plain(`${mode}: the same, against a word handed to a bare thread after that time and back`, beside.late, 'times'),
    atMost(`${mode}: end of the program while ${SLEEPING} threads sleep, median`, figures.sleeping, 'ms', 1),
    plain(`${mode}: the same, against waking so many bare workers`, beside.sleeping, 'times'),
    atMost(`${mode}: end of the program while a thread runs, median`, figures.spinning, 'ms', 4),
    atMost(`${mode}: end of the program while a thread runs, worst`, figures.worst, 'ms', 50),
  ];
}
