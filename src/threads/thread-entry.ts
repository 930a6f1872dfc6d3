// What both schedulers know of a thread's beginning: what it runs, and which number it has. Refuses more threads than there are numbers.
import type { FunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import { LimitError } from '../wasm/errors.js';
import { I32 } from '../wasm/types.js';

/** The export that a spawned thread runs, as wasi-threads names it: it gets the thread's id and the argument. */
export const WASI_THREAD_START = 'wasi_thread_start';
const MOST_THREADS = 2 ** 29 - 1;

export function isEntry({ signature: { params, results } }: FunctionInstance): boolean {
  return params.length === 2 && params[0] === I32 && params[1] === I32 && results.length === 0;
}

/** The lowest number that no thread has. @throws LimitError */
export function lowestFree(threads: ReadonlyMap<number, unknown>): number {
  for (let id = 1; id <= MOST_THREADS; id++) if (!threads.has(id)) return id;
  throw new LimitError('threads', MOST_THREADS);
}

export function secondCall({ name }: Instance): string {
  return `instance '${name}' has threads: a call that runs in slices is on its way, and one at a time can be`;
}
