// Workers of Node, Bun and Deno for threads of guests. Refuses to start one whose file is not at hand: then there are none.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PlatformThread } from '../platform.js';
import { workerThreads } from './lazy.js';

/** Where the file that workers run lies: beside a bundle that this one is part of, in this package, or where its sources are compiled to. */
const PLACES = [
  'thread-main.cjs',
  'thread-main.js',
  '../bin/thread-main.cjs',
  '../../bin/thread-main.cjs',
  '../../entry/thread-main.js',
  '../../../dist/bin/thread-main.cjs',
  '../../../dist/entry/thread-main.js',
];

/** The data that a worker gets when it starts. */
export interface ThreadStart {
  readonly enclasm: 'threads';
  /** A word that is 0 until the worker has come up, and ENDED once it has failed. */
  readonly up: ArrayBufferLike;
}
export const UP = 1;
export const ENDED = 2;
/** A worker that is not up by then never will be. */
const LONGEST_START_MS = 30_000;

/** The file; undefined: it is not at hand, or this process may start no workers. */
export function threadFile(): string | undefined {
  const { permission } = process as { readonly permission?: { has(scope: string): boolean } };
  if (permission?.has('worker') === false) return undefined;
  // Bundlers that write CommonJS leave it empty.
  const own: string | undefined = import.meta.url;
  const folder = own === undefined ? undefined : dirname(fileURLToPath(own));
  return folder && PLACES.map((place) => join(folder, place)).find((path) => existsSync(path));
}

/** @param words arguments of the worker's file */
export function startThread(file: string, words: readonly string[], onMessage: () => void): PlatformThread {
  const up = new Int32Array(new SharedArrayBuffer(4));
  const worker = new (workerThreads().Worker)(file, {
    workerData: { enclasm: 'threads', up: up.buffer } satisfies ThreadStart,
    env: {},
    execArgv: [],
    argv: [...words],
    stdin: false,
    stdout: true,
    stderr: true,
  });
  let hasEnded = false;
  let seenAlive = false;
  worker.on('message', onMessage);
  worker.on('error', onMessage);
  worker.once('exit', () => {
    hasEnded = true;
    onMessage();
  });
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    awaitStart() {
      if (Atomics.wait(up, 0, 0, LONGEST_START_MS) === 'timed-out') hasEnded = true;
    },
    keepAlive(keep) {
      if (keep) worker.ref();
      else worker.unref();
    },
    get died() {
      if (hasEnded || Atomics.load(up, 0) === ENDED) return true;
      // This needs no event: the event loop of a worker that has stopped reports no time. Deno does not measure it.
      const performance: Partial<Pick<typeof worker.performance, 'eventLoopUtilization'>> = worker.performance;
      const active = performance.eventLoopUtilization?.().active ?? 0;
      if (active > 0) seenAlive = true;
      return seenAlive && active === 0;
    },
    end: () => void worker.terminate(),
  };
}
