// What every worker for threads of guests does, on any platform: it is given a guest, runs threads of it until it is let go, and is given the next. An engine
// is loaded with the first guest that runs on it: the interpreter's takes 200 MiB of addresses. Refuses nothing.
import type { Platform } from '../platform/platform.js';
import type { Engine } from '../runtime/engine.js';
import type { RunningMode } from '../runtime/running-mode.js';
import type { WorkerSetup } from '../threads/cluster-setup.js';
import { serveCluster } from '../threads/thread-worker.js';

/** Frames of this runtime come first: traps show those of the guest below them. */
const TRACED_FRAMES = 64;

/** A dynamic import, which the code of a bundle cannot make itself. */
export type ImportFile = (url: string) => Promise<unknown>;

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

/** What a worker has. */
export interface ThreadServerParts {
  readonly platform: Platform;
  readonly importFile: ImportFile;
  /** Wakes the event loop of the thread that serves. */
  post(): void;
}

/** @returns what takes each guest, and resolves when the worker has been let go */
export function threadServer({ platform, importFile, post }: ThreadServerParts): (setup: WorkerSetup) => Promise<void> {
  // A setting of V8 that other JavaScript engines ignore.
  Object.assign(Error, { stackTraceLimit: TRACED_FRAMES });
  const made = new Map<RunningMode, Promise<Engine>>();
  const engineFor = ({ mode, code }: WorkerSetup): Promise<Engine> => {
    if (mode === 'aot') return importedEngine(code as string, importFile);
    const engine = made.get(mode) ?? ENGINES[mode]();
    made.set(mode, engine);
    return engine;
  };
  return async (setup) => serveCluster(setup, { platform, engine: await engineFor(setup), post });
}
