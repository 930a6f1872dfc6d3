// Plays a program with threads in every way there is, and says what must not be: another run of the same seed, an outcome without a name, a bill that
// is wrong, something that is left over.

import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { ExitError, LimitError, Trap } from '#src/wasm/errors.js';
import { assemble } from '../../helpers/wat.js';
import { type Program, STARTED, textOf } from './program.js';

const platform = nodePlatform();
/** Threads that the runtime allows; programs allow themselves fewer. */
const MOST_THREADS = 8;
/** Of a run without a seed, whose waits take their time. */
const TIMEOUT_MS = 50;

/** What can be seen of a run. */
export interface Run {
  /** How each call ended; the first that fails ends all threads, and the next goes on without them. */
  readonly ends: readonly string[];
  readonly told: readonly number[];
  readonly memory: string;
  readonly usage: object;
  readonly fuel: number;
  /** Faults that need no other run to be seen. */
  readonly faults: readonly string[];
}

/** Calls of one way, and options. */
export interface Way {
  readonly inSlices: boolean;
  readonly seed: number | undefined;
  /** In which each thread runs in a worker; absent: in turn. */
  readonly mode?: RunningMode;
  /** Instead of the program's. */
  readonly fuel?: number;
}

export async function play(program: Program, bytes: Uint8Array, { inSlices, seed, mode, fuel }: Way): Promise<Run> {
  const runtime = Runtime.init(
    { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 1 << 21 } }, maxThreadNum: MOST_THREADS },
    { platform, libraries: ALL_LIBRARIES, engines: mode ? defaultEngines() : [interpEngine()] },
  );
  const told: number[] = [];
  const tell = (_: ExecEnv, sum: number): void => void told.push(sum);
  const module = runtime.load(bytes);
  const instance = runtime.instantiate(module, {
    limits: program.limits,
    imports: { test: { tell } },
    wasi: {},
    ...(seed !== undefined && { seed }),
    ...(mode && { mode, threads: 'parallel', metered: true }),
  });
  const ends: string[] = [];
  const faults: string[] = [];
  for (let k = 0; k < program.calls.length; k++) {
    const func = instance.lookupFunction(`call${k}`)!;
    // Not of making the instance, which on a busy machine takes as long by itself.
    const limits = { fuel, timeoutMs: seed === undefined && mode === undefined ? TIMEOUT_MS : 60_000 };
    try {
      const results = inSlices ? await func.callAsync([], limits) : func.callOn(instance.execEnv, [], limits);
      ends.push(`returns ${results.join()}`);
    } catch (error) {
      ends.push(named(error, faults));
      if (instance.instance.extraExecEnvs > 0) faults.push(`call ${k} failed, and threads are left`);
    }
  }
  faults.push(...bill(program, instance));
  const { wallMs: _, ...usage } = instance.usage;
  const memory = Buffer.from(instance.getMemory()!.bytes.slice(0, 512))
    .toString('hex')
    .replace(/(00)+$/, '');
  instance.deinstantiate();
  module.unload();
  const left = runtime.destroy();
  if (left.execEnvs + left.threads + left.leaks!.bytes > 0) faults.push(`left over: ${JSON.stringify(left)}`);
  return { ends, told, memory, usage, fuel: usage.fuel!, faults };
}

function named(error: unknown, faults: string[]): string {
  if (error instanceof ExitError) return `exits with ${error.code}`;
  if (error instanceof LimitError) return `limit ${error.limit} in thread ${error.thread}`;
  if (error instanceof Trap) {
    if (error.id === 'deadlock' && !error.waits?.length) faults.push('a deadlock of nobody');
    return `trap ${error.id} in thread ${error.thread}: ${error.message}`;
  }
  faults.push(`no outcome of a guest: ${error instanceof Error ? error.stack : String(error)}`);
  return String(error);
}
function bill({ limits }: Program, instance: WasmInstance): string[] {
  const faults: string[] = [];
  const { threads, peakThreads } = instance.usage;
  const started = new Int32Array(instance.getMemory()!.bytes.slice(STARTED, STARTED + 4).buffer)[0]!;
  // A guest that is stopped in the middle of starting one has not counted it.
  if (threads! < started || threads! > started + peakThreads!) faults.push(`${started} started, ${threads} billed`);
  if (peakThreads! > limits.threads + 1) faults.push(`${peakThreads} threads at once, ${limits.threads} allowed`);
  return faults;
}

function differences(what: string, one: Run, other: Run): string[] {
  const [a, b] = [one, other].map(({ faults: _, ...seen }) => JSON.stringify(seen));
  return a === b ? [] : [`${what}: ${a} <> ${b}`];
}

/** What is wrong with a program under a seed. */
export async function examine(program: Program, seed: number): Promise<string[]> {
  const bytes = assemble(textOf(program));
  const first = await play(program, bytes, { inSlices: false, seed });
  const again = await play(program, bytes, { inSlices: false, seed });
  const slices = await play(program, bytes, { inSlices: true, seed });
  const faults = [...first.faults, ...slices.faults];
  faults.push(...differences('the same again', first, again), ...differences('in slices', first, slices));
  if (program.calls.length === 1 && first.fuel > 1 && !first.ends[0]!.startsWith('limit fuel')) {
    const exact = await play(program, bytes, { inSlices: false, seed, fuel: first.fuel });
    faults.push(...differences('with exactly its fuel', first, exact));
    const less = await play(program, bytes, { inSlices: true, seed, fuel: first.fuel - 1 });
    if (!less.ends[0]!.startsWith('limit fuel')) faults.push(`with less fuel: ${less.ends[0]}`);
    if (less.fuel !== first.fuel - 1) faults.push(`with fuel ${first.fuel - 1}: used ${less.fuel}`);
  }
  return faults;
}

/** The same without a seed: threads in turn, on the real clock, so that no two runs need be the same. */
export async function examineInTurn(program: Program): Promise<readonly string[]> {
  return (await play(program, assemble(textOf(program)), { inSlices: false, seed: undefined })).faults;
}

/** A fuel limit less than this says little: what waiting for the others costs depends on who comes first. */
const ENOUGH_FUEL = 4_000;

/**
 * A program whose outcome no order of its threads changes, with each thread in a worker: it must come to what it comes to in turn, and where its fuel is too
 * little, use all of it and no more.
 */
export async function examineInWorkers(program: Program, mode: RunningMode): Promise<readonly string[]> {
  const bytes = assemble(textOf(program));
  const inTurn = await play(program, bytes, { inSlices: false, seed: 1 });
  const inWorkers = await play(program, bytes, { inSlices: inTurn.fuel % 2 === 0, seed: undefined, mode });
  const faults = [...inTurn.faults, ...inWorkers.faults];
  const [a, b] = [inTurn, inWorkers].map(({ ends, memory }) =>
    [...ends.map((end) => end.split(' ')[0]), memory].join(),
  );
  if (a !== b) faults.push(`in workers, ${mode}: ${a} <> ${b}`);
  if (program.calls.length > 1 || inTurn.fuel < ENOUGH_FUEL) return faults;
  const fuel = Math.floor(inTurn.fuel / 2);
  const less = await play(program, bytes, { inSlices: false, seed: undefined, mode, fuel });
  faults.push(...less.faults.filter((fault) => !/started, .* billed/.test(fault)));
  if (!less.ends[0]!.startsWith('limit fuel') || less.fuel !== fuel)
    faults.push(`in workers, ${mode}, with fuel ${fuel}: ${less.ends[0]}, used ${less.fuel}`);
  return faults;
}
