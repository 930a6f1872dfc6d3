// Threads of a guest: what a switch, a start, and threads instead of one cost in turn, and what two threads in workers give. Ratios come from one run, one
// part after the other in turns.
// Refuses to time what is wrong: each guest's result is checked.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Library } from '#src/embed/init/library.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { libPthread, wasi, wasiThreads } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { platformTime } from '#src/threads/guest-time.js';
import { InTurn } from '#src/threads/schedule.js';
import { Scheduler } from '#src/threads/scheduler.js';
import { assemble, projectRoot } from '../test/helpers/wat.js';
import { enginesFor } from '../test/threads/engines.js';
import { atMost, type BenchArgs, type BenchResult, type BenchRow, geomean, must, plain } from './harness.js';
import { programs } from './programs/programs.js';
import { FirstInstructions, GUEST, least, ROUNDS } from './thread-guest.js';
import { besideBareWorkers, exchanges, inWorkers, WORKER_MODES } from './threads-in-workers.js';

const THREADS = 8;

/** Turns so short that switching is most of the work. */
class ShortTurns extends InTurn {
  static readonly QUANTUM = 200;
  turns = 0;
  override quantum(): number {
    this.turns++;
    return ShortTurns.QUANTUM;
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

/** Programs without threads, of calls, of memory and of branches; in the interpreter with less work. */
const UNTHREADED = ['fib', 'quicksort', 'vm'];

/** What guests without threads take in a runtime that has the libraries of threads, against one that has not: nothing more. */
function withoutThreads(mode: 'host' | 'jit' | 'interp', quick: boolean): BenchRow {
  const ratios = programs
    .filter(({ name }) => UNTHREADED.includes(name))
    .map(({ name, file, n, expect, quickN, quickExpect }) => {
      const isShort = quick || mode === 'interp';
      const bytes = readFileSync(join(projectRoot(), 'bench', 'programs', file));
      const runs = [[wasi], [wasi, wasiThreads, libPthread]].map((libraries) => {
        const runtime = Runtime.init({}, { platform: nodePlatform(), libraries, engines: enginesFor(mode) });
        const run = runtime.instantiate(runtime.load(bytes), { mode, wasi: {} }).lookupFunction('run')!;
        const call = (): void => {
          const result = String(run.call(isShort ? quickN : n)[0]);
          must(result === (isShort ? quickExpect : expect), `${name} in mode ${mode} gives ${result}`);
        };
        return () => {
          for (let k = 0; k < (isShort ? 20 : 1); k++) call();
        };
      });
      const [without, withThem] = least(quick ? 2 : 4 * ROUNDS, runs) as [number, number];
      return withThem / without;
    });
  return atMost(`${mode}: guests without threads, beside a runtime that knows none`, geomean(ratios), 'times', 1.01);
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
  const parallel = WORKER_MODES.flatMap((mode) => [...inWorkers(mode, quick), ...exchanges(mode, quick)]);
  parallel.push(...besideBareWorkers(quick));
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
      ...(['host', 'jit', 'interp'] as const).map((mode) => withoutThreads(mode, quick)),
    ],
  };
}
