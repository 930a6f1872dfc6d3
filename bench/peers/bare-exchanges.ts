// What threads of a guest do with each other and with their server, on bare workers that import nothing: the least that this machine takes for it.
// Refuses nothing: who asks knows what is to come of it.
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Words that all have, each in a cache line of its own. */
const UP = 0;
const WORD = 16;
const STOP = 32;
const ENDED = 48;
const WORDS = 64;

type Role =
  /** Tells that it is up, and waits until it is to stop. */
  | { readonly kind: 'sleeps' }
  /** Hands the word over so often, each time that it is its turn; works for so many milliseconds before. */
  | { readonly kind: 'hands'; readonly turn: 0 | 1; readonly rounds: number; readonly workMs: number };

function hand(words: Int32Array, turn: 0 | 1, rounds: number, workMs = 0): void {
  for (let k = 0; k < rounds; k++) {
    for (let now = Atomics.load(words, WORD); now !== turn; now = Atomics.load(words, WORD))
      Atomics.wait(words, WORD, now);
    const begin = workMs > 0 ? performance.now() : 0;
    while (workMs > 0 && performance.now() - begin < workMs);
    Atomics.store(words, WORD, 1 - turn);
    Atomics.notify(words, WORD, 1);
  }
}

if (!isMainThread) {
  const { words, role } = workerData as { readonly words: Int32Array; readonly role: Role };
  Atomics.add(words, UP, 1);
  Atomics.notify(words, UP);
  if (role.kind === 'hands') hand(words, role.turn, role.rounds, role.workMs);
  else Atomics.wait(words, STOP, 0);
  Atomics.add(words, ENDED, 1);
  Atomics.notify(words, ENDED);
}

function until(words: Int32Array, at: number, value: number): void {
  for (let now = Atomics.load(words, at); now !== value; now = Atomics.load(words, at)) Atomics.wait(words, at, now);
}

/** Milliseconds until so many workers are up, and from the word to stop until the last of them, which sleep, has said that it is awake. */
export function bareWorkers(count: number): { readonly cold: number; readonly end: number } {
  const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  const begin = performance.now();
  const workers = Array.from({ length: count }, () => started(words, { kind: 'sleeps' }));
  until(words, UP, count);
  const cold = performance.now() - begin;
  const stop = performance.now();
  Atomics.store(words, STOP, 1);
  Atomics.notify(words, STOP);
  until(words, ENDED, count);
  const end = performance.now() - stop;
  for (const worker of workers) void worker.terminate();
  return { cold, end };
}

/** Milliseconds that a worker and this thread take to hand a word over and back so often, without the work. */
export function bareHandovers(rounds: number, workMs = 0): number {
  const words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  const worker = started(words, { kind: 'hands', turn: 1, rounds, workMs });
  until(words, UP, 1);
  const begin = performance.now();
  hand(words, 0, rounds);
  until(words, ENDED, 1);
  const ms = performance.now() - begin - rounds * workMs;
  void worker.terminate();
  return ms;
}

function started(words: Int32Array, role: Role): Worker {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { words, role }, env: {}, execArgv: [] });
  worker.unref();
  return worker;
}
