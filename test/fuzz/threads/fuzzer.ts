// The loop: makes programs with threads, plays each under several seeds, makes what fails smaller and keeps it.
import { keepThreadCase } from './cases.js';
import { examine, examineInTurn } from './examine.js';
import { generateProgram } from './generate.js';
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

interface Fault {
  /** Of the schedule; undefined: threads in turn. */
  readonly seed: number | undefined;
  readonly text: string;
}
async function firstFault(seed: number, number: number): Promise<Fault | undefined> {
  const program = generateProgram(seed, number);
  for (let k = 1; k <= SEEDS; k++) {
    const [text] = await examine(program, k);
    if (text !== undefined) return { seed: k, text };
  }
  const [text] = await examineInTurn(program);
  return text === undefined ? undefined : { seed: undefined, text };
}
export function faultsOf(program: Program, seed: number | undefined): Promise<readonly string[]> {
  return seed === undefined ? examineInTurn(program) : examine(program, seed);
}
async function keep(seed: number, number: number, fault: Fault): Promise<string> {
  const kind = fault.text.split(':')[0];
  const program = await reduceProgram(
    generateProgram(seed, number),
    async (smaller) => (await faultsOf(smaller, fault.seed)).some((text) => text.split(':')[0] === kind),
    REDUCE_MS,
  );
  return keepThreadCase({ found: `seed ${seed}, program ${number}: ${fault.text}`, seed: fault.seed, program });
}
