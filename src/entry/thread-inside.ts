// What a worker for threads of guests runs: it waits for a guest, runs threads of it until it is let go, and waits for the next. An engine is loaded with
// the first guest that runs on it: the interpreter's takes 200 MiB of addresses. Refuses threads that no platform started for that.
import { parentPort, workerData } from 'node:worker_threads';
import { nodePlatform } from '../platform/node/platform.js';
import { ENDED, type ThreadStart, UP } from '../platform/node/threads.js';
import type { Engine } from '../runtime/engine.js';
import type { RunningMode } from '../runtime/running-mode.js';
import type { WorkerSetup } from '../threads/cluster-setup.js';
import { serveCluster } from '../threads/thread-worker.js';

/** Frames of this runtime come first: traps show those of the guest below them. */
const TRACED_FRAMES = 64;

/** A dynamic import, which the code of a bundle cannot make itself. */
type ImportFile = (url: string) => Promise<unknown>;

const interp = () => import('../engine/interp/interp-engine.js');

/** Makes the engines, but that of compiled files: each guest has its own. */
const ENGINES: Readonly<Record<Exclude<RunningMode, 'aot'>, () => Promise<Engine>>> = {
  host: async () => (await import('../engine/native/native-engine.js')).hostEngine(),
  jit: async () => (await import('../engine/js/jit.js')).jitEngine((await interp()).interpFallback()),
  interp: async () => (await interp()).interpEngine(),
};

/** The engine of a compiled file, which the thread that serves has checked. */
async function importedEngine(url: string, importFile: ImportFile): Promise<Engine> {
  const { aotEngine, loadAot } = await import('../engine/js/aot-load.js');
  return aotEngine([loadAot(await importFile(url), false, url)], (await interp()).interpFallback());
}

export function serve(importFile: ImportFile): void {
  const { enclasm, up } = (workerData ?? {}) as Partial<ThreadStart>;
  if (parentPort === null || enclasm !== 'threads') {
    throw new Error('this file is the entry of workers for threads of guests');
  }
  // A setting of V8 that other JavaScript engines ignore.
  Object.assign(Error, { stackTraceLimit: TRACED_FRAMES });
  const port = parentPort;
  const platform = nodePlatform();
  const made = new Map<RunningMode, Promise<Engine>>();
  const engineFor = ({ mode, code }: WorkerSetup): Promise<Engine> => {
    if (mode === 'aot') return importedEngine(code as string, importFile);
    const engine = made.get(mode) ?? ENGINES[mode]();
    made.set(mode, engine);
    return engine;
  };
  const post = (): void => port.postMessage(0);
  port.on('message', async (setup: WorkerSetup) => {
    serveCluster(setup, { platform, engine: await engineFor(setup), post });
  });
  const word = new Int32Array(up!);
  Atomics.store(word, 0, UP);
  Atomics.notify(word, 0);
  process.once('exit', () => void Atomics.store(word, 0, ENDED));
}
