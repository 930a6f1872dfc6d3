// The loop: makes programs with threads, plays each under several seeds, and such that no order changes in workers; makes what fails smaller and keeps it.
import type { RunningMode } from '#src/runtime/running-mode.js';
import { keepThreadCase } from './cases.js';
import { examine, examineInTurn, examineInWorkers } from './examine.js';
import { generateOrderless, generateProgram } from './generate.js';
import type { Program } from './program.js';
import { reduceProgram } from './reduce.js';

interface Options {
  readonly minutes: number;
  readonly seed: number;
  /** Only this program; undefined: all, one after another, until the time is over. */
  readonly number: number | undefined;
  readonly report: (line: string) => void;
}

/** Schedules of each program. */
const SEEDS = 3;
const PROGRESS_MS = 30_000;
const REDUCE_MS = 20_000;
/** Failures that are made small and kept. */
const MOST_KEPT = 5;

export async function fuzzThreads({
  minutes,
  seed,
  number,
  report,
}: Options): Promise<{ passed: number; failed: number }> {
  const end = Date.now() + minutes * 60_000;
  let [passed, failed] = [0, 0];
  let reported = Date.now();
  for (let k = number ?? 0; number === undefined ? Date.now() < end : k === number; k++) {
    const fault = await firstFault(seed, k);
    if (fault === undefined) passed++;
    else {
      failed++;
      report(`seed ${seed} program ${k}: ${fault.text}`);
      if (failed <= MOST_KEPT) report(`  kept as ${await keep(seed, k, fault)}`);
    }
    if (Date.now() - reported < PROGRESS_MS) continue;
    reported = Date.now();
    report(`${passed} passed, ${failed} failed`);
  }
  return { passed, failed };
}

interface Fault extends How {
  readonly program: Program;
  readonly text: string;
}
/** Without either: threads in turn. */
interface How {
  /** Of the schedule. */
  readonly seed?: number | undefined;
  /** In which each thread runs in a worker. */
  readonly mode?: RunningMode | undefined;
}
/** Mode aot, whose code is that of jit, would need a file of each program. */
const PARALLEL_MODES: readonly RunningMode[] = ['host', 'jit', 'interp'];

async function firstFault(seed: number, number: number): Promise<Fault | undefined> {
  const program = generateProgram(seed, number);
  const orderless = generateOrderless(seed, number);
  const ways: (readonly [Program, How])[] = [
    ...Array.from({ length: SEEDS }, (_, k) => [program, { seed: k + 1 }] as const),
    [program, {}],
    [orderless, { mode: PARALLEL_MODES[number % PARALLEL_MODES.length] }],
  ];
  for (const [one, how] of ways) {
    const [text] = await faultsOf(one, how);
    if (text !== undefined) return { ...how, program: one, text };
  }
  return undefined;
}
export async function faultsOf(program: Program, { seed, mode }: How): Promise<readonly string[]> {
  if (mode !== undefined) return examineInWorkers(program, mode);
  return seed === undefined ? examineInTurn(program) : examine(program, seed);
}
async function keep(seed: number, number: number, { text, program: whole, ...how }: Fault): Promise<string> {
  const kind = text.split(':')[0];
  const program = await reduceProgram(
    whole,
    async (smaller) => (await faultsOf(smaller, how)).some((other) => other.split(':')[0] === kind),
    REDUCE_MS,
  );
  return keepThreadCase({ found: `seed ${seed}, program ${number}: ${text}`, ...how, program });
}
