// Threads of a guest: what a switch, a start, and threads instead of one cost in turn, and what two threads in workers give. Ratios come from one run, one
// part after the other in turns.
// Refuses to time what is wrong: each guest's result is checked.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Library } from '#src/embed/init/library.js';
import type { WasmModule } from '#src/embed/module/wasm-module.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { wasi, wasiThreads } from '#src/entry/libraries.js';
import { OutputSink } from '#src/imports/wasi/index.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { platformTime } from '#src/threads/guest-time.js';
import { InTurn } from '#src/threads/schedule.js';
import { Scheduler } from '#src/threads/scheduler.js';
import { assemble, projectRoot } from '../test/helpers/wat.js';
import { enginesFor } from '../test/threads/engines.js';
import { threaded } from '../test/threads/guest-text.js';
import { atLeast, atMost, type BenchArgs, type BenchResult, must, plain } from './harness.js';

const GUEST = threaded(`
  (import "bench" "begins" (func $begins))
  (import "bench" "runs" (func $runs))
  (func $sum (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 7)) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; The least argument: tells at once that it runs. One below zero: yields so many times. Zero: notes that it runs. Others: works.
  (func (export "wasi_thread_start") (param $id i32) (param $n i32)
    (if (i32.eq (local.get $n) (i32.const 0x80000000)) (then (call $runs) (local.set $n (i32.const 0))))
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (call $yields (i32.sub (i32.const 0) (local.get $n)))))
    (if (i32.gt_s (local.get $n) (i32.const 0))
      (then (drop (i32.atomic.rmw.add (i32.const 8) (call $sum (local.get $n))))))
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
  (func $yields (param $n i32)
    (loop $again (drop (call $yield)) (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func $join (param $threads i32) (local $done i32)
    (block $all (loop $again
      (local.set $done (i32.atomic.load (i32.const 0)))
      (br_if $all (i32.ge_u (local.get $done) (local.get $threads)))
      (drop (memory.atomic.wait32 (i32.const 0) (local.get $done) (i64.const -1)))
      (br $again))))
  (func (export "threads") (param $threads i32) (param $n i32) (result i32) (local $k i32)
    (i64.store (i32.const 0) (i64.const 0))
    (i32.store (i32.const 8) (i32.const 0))
    (loop $again
      (if (i32.lt_s (call $spawn (local.get $n)) (i32.const 1)) (then unreachable))
      (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $threads))))
    (call $join (local.get $threads))
    (i32.load (i32.const 8)))
  (func (export "yields") (param $n i32) (result i32)
    (i64.store (i32.const 0) (i64.const 0))
    (if (i32.lt_s (call $spawn (i32.sub (i32.const 0) (local.get $n))) (i32.const 1)) (then unreachable))
    (call $yields (local.get $n))
    (call $join (i32.const 1))
    (i32.const 0))
  (func (export "firsts") (param $n i32) (result i32)
    (loop $again
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (call $begins)
      (if (i32.lt_s (call $spawn (i32.const 0x80000000)) (i32.const 1)) (then unreachable))
      (call $join (i32.const 1))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 0))
  (func (export "spawns") (param $n i32) (result i32)
    (loop $again
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then unreachable))
      (call $join (i32.const 1))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.const 0))`);

const THREADS = 8;
const ROUNDS = 7;

/** The least milliseconds of the parts, which take turns so that a busy machine disturbs all alike. */
function least(rounds: number, parts: readonly (() => void)[]): number[] {
  const best = parts.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [k, part] of parts.entries()) {
      const start = performance.now();
      part();
      best[k] = Math.min(best[k]!, performance.now() - start);
    }
  }
  return best;
}

/** Turns so short that switching is most of the work. */
class ShortTurns extends InTurn {
  static readonly QUANTUM = 200;
  turns = 0;
  override quantum(): number {
    this.turns++;
    return ShortTurns.QUANTUM;
  }
}

/** From the call that starts a thread to its first instruction. */
class FirstInstructions {
  #begun = 0;
  #ms = 0;
  begins(): void {
    this.#begun = performance.now();
  }
  runs(): void {
    this.#ms += performance.now() - this.#begun;
  }
  /** The least mean of the rounds, in milliseconds. @param call starts so many threads */
  least(rounds: number, threads: number, call: () => void): number {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      this.#ms = 0;
      call();
      best = Math.min(best, this.#ms / threads);
    }
    return best;
  }
}

/** A guest in a runtime of its own, whose threads take turns as the schedule says. */
function guestOn(schedule: InTurn, first = new FirstInstructions()) {
  const threads: Library = {
    ...wasiThreads,
    threads: {
      ...wasiThreads.threads!,
      create: (main, _, options) => new Scheduler(main, { ...options, schedule, time: platformTime(main) }),
    },
  };
  const runtime = Runtime.init(
    { maxThreadNum: THREADS },
    { platform: nodePlatform(), libraries: [wasi, threads], engines: [interpEngine()] },
  );
  const instance = runtime.instantiate(runtime.load(assemble(GUEST)), {
    mode: 'interp',
    wasi: {},
    imports: { bench: { begins: () => first.begins(), runs: () => first.runs() } },
  });
  const call = (name: string, ...values: number[]): number =>
    instance.lookupFunction(name)!.call(...values)[0] as number;
  return { runtime, call };
}

/** Programs in C, each with one thread and with two, for so much work. */
const PROGRAMS: readonly (readonly [name: string, args: (threads: string, work: number) => string[]])[] = [
  ['primes', (threads, work) => [String(60 * work), threads]],
  ['mandelbrot', (threads, work) => [threads, String(10 * work)]],
];
/**
 * The modes whose threads run in workers, and how much work takes one thread more than a second in each: V8 optimizes the code for each worker anew, on
 * the processors that the threads need, which takes up to 0.2 s of processor time a worker.
 */
const WORK = { host: 100_000, jit: 80_000, aot: 80_000, interp: 10_000 } as const;
const QUICK_WORK = 400;
/** Fewer than of what takes less. */
const LONG_ROUNDS = 5;

/** What two threads in workers give in one mode, and what starting one takes whose worker is there. */
function inWorkers(mode: keyof typeof WORK, quick: boolean): BenchResult['results'] {
  const folder = join(projectRoot(), 'samples', 'threads');
  const beginning = (bytes: Uint8Array): { runtime: Runtime; module: WasmModule } => {
    const parts = { platform: nodePlatform(), libraries: [wasi, wasiThreads], engines: enginesFor(mode) };
    const runtime = Runtime.init({}, parts);
    return { runtime, module: runtime.load(bytes) };
  };
  const rows = PROGRAMS.flatMap(([name, args]) => {
    const { runtime, module } = beginning(readFileSync(join(folder, `${name}.wasm`)));
    const texts = new Set<string>();
    const processor = { '1': Number.POSITIVE_INFINITY, '2': Number.POSITIVE_INFINITY };
    const run = (threads: '1' | '2') => (): void => {
      const before = process.cpuUsage();
      const stdout = new OutputSink();
      const options = { args: [name, ...args(threads, quick ? QUICK_WORK : WORK[mode])], stdout };
      const instance = runtime.instantiate(module, { mode, threads: 'parallel', wasi: options });
      must(instance.executeMain() === 0, `${name} fails`);
      texts.add(stdout.text);
      instance.deinstantiate();
      const { user, system } = process.cpuUsage(before);
      processor[threads] = Math.min(processor[threads], user + system);
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
  const { runtime, module } = beginning(assemble(GUEST));
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

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  const first = new FirstInstructions();
  const { runtime, call } = guestOn(new InTurn(), first);
  const short = new ShortTurns();
  const switching = guestOn(short);

  const work = quick ? 50_000 : 2_000_000;
  const sums = [call('threads', 1, THREADS * work), call('threads', THREADS, work), switching.call('threads', 2, work)];
  const sum = call('threads', 1, work);
  must(
    sums[0] !== 0 && sums[1] === Math.imul(sum, THREADS) && sums[2] === Math.imul(sum, 2),
    'threads add other sums than one does',
  );
  const parallel = (Object.keys(WORK) as (keyof typeof WORK)[]).flatMap((mode) => inWorkers(mode, quick));
  const spawns = quick ? 50 : 1_000;
  const yields = quick ? 2_000 : 100_000;
  short.turns = 0;
  switching.call('threads', 2, work);
  const { turns } = short;

  const [one, many, two, switched, yielded, spawned] = least(quick ? 2 : ROUNDS, [
    () => call('threads', 1, THREADS * work),
    () => call('threads', THREADS, work),
    () => call('threads', 2, work),
    () => switching.call('threads', 2, work),
    () => call('yields', yields),
    () => call('spawns', spawns),
  ]) as [number, number, number, number, number, number];
  const begun = first.least(quick ? 2 : ROUNDS, spawns, () => void call('firsts', spawns));
  switching.runtime.destroy();
  runtime.destroy();
  return {
    name: 'threads of guests: cooperative in interp, parallel in each mode',
    results: [
      atMost(`${THREADS} threads of work against one with all of it`, many / one, 'times', 1.03),
      atMost('switch at the end of a turn', ((switched - two) * 1000) / turns, 'us', 1.5),
      plain('switch by sched_yield, the call of the native included', (yielded * 1000) / (2 * yields), 'us'),
      plain('start of a thread until its first instruction', begun * 1000, 'us'),
      atMost('start, first instruction, end and join of a thread', (spawned * 1000) / spawns, 'us', 200),
      ...parallel,
    ],
  };
}
