// What a worker for threads of guests runs: it waits for a guest, runs threads of it until it is let go, and waits for the next. Refuses threads that no
// platform started for that.
import { parentPort, workerData } from 'node:worker_threads';
import { interpFallback } from '../engine/interp/interp-engine.js';
import { aotEngine, loadAot } from '../engine/js/aot-load.js';
import { nodePlatform } from '../platform/node/platform.js';
import { ENDED, type ThreadStart, UP } from '../platform/node/threads.js';
import type { Engine } from '../runtime/engine.js';
import type { WorkerSetup } from '../threads/cluster-setup.js';
import { serveCluster } from '../threads/thread-worker.js';
import { defaultEngines } from './engines.js';

/** Frames of this runtime come first: traps show those of the guest below them. */
const TRACED_FRAMES = 64;

/** @param importFile what a dynamic import is outside of a bundle, whose code has none */
export function serve(importFile: (url: string) => Promise<unknown>): void {
  const { enclasm, up } = (workerData ?? {}) as Partial<ThreadStart>;
  if (parentPort === null || enclasm !== 'threads') {
    throw new Error('this file is the entry of workers for threads of guests');
  }
  // A setting of V8 that other JavaScript engines ignore.
  Object.assign(Error, { stackTraceLimit: TRACED_FRAMES });
  const port = parentPort;
  const platform = nodePlatform();
  const engines = defaultEngines();
  const post = (): void => port.postMessage(0);
  port.on('message', async (setup: WorkerSetup) => {
    const used = setup.mode === 'aot' ? [await importedEngine(setup.code as string, importFile)] : engines;
    serveCluster(setup, { platform, engines: used, post });
  });
  const word = new Int32Array(up!);
  Atomics.store(word, 0, UP);
  Atomics.notify(word, 0);
  process.once('exit', () => void Atomics.store(word, 0, ENDED));
}

/** The engine of a compiled file, which the thread that serves has checked. */
async function importedEngine(url: string, importFile: (url: string) => Promise<unknown>): Promise<Engine> {
  return aotEngine([loadAot(await importFile(url), false, url)], interpFallback());
}
