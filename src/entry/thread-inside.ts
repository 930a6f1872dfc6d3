// What a worker for threads of guests runs: it waits for a guest, runs threads of it until it is let go, and waits for the next. Refuses threads that no
// platform started for that.
import { parentPort, workerData } from 'node:worker_threads';
import { nodePlatform } from '../platform/node/platform.js';
import type { ThreadStart } from '../platform/node/threads.js';
import type { WorkerSetup } from '../threads/cluster-setup.js';
import { serveCluster } from '../threads/thread-worker.js';
import { defaultEngines } from './engines.js';

/** Frames of this runtime come first: traps show those of the guest below them. */
const TRACED_FRAMES = 64;

export function serve(): void {
  const { enclasm, up } = (workerData ?? {}) as Partial<ThreadStart>;
  if (parentPort === null || enclasm !== 'threads') {
    throw new Error('this file is the entry of workers for threads of guests');
  }
  // A setting of V8 that other JavaScript engines ignore.
  Object.assign(Error, { stackTraceLimit: TRACED_FRAMES });
  const port = parentPort;
  const parts = { platform: nodePlatform(), engines: defaultEngines(), post: () => port.postMessage(0) };
  port.on('message', (setup: WorkerSetup) => serveCluster(setup, parts));
  const word = new Int32Array(up!);
  Atomics.store(word, 0, 1);
  Atomics.notify(word, 0);
}
