// The worker of one thread of a script.
import { type MessagePort, workerData } from 'node:worker_threads';
import { runThread, type ThreadReport } from '#src/wast/run-script.js';
import { failed, type ThreadData } from './script-threads.js';
import { optionsFor } from './suite-script.js';
import { loadTarget } from './targets/index.js';

const { file, mode, thread, ended, port } = workerData as ThreadData & { readonly port: MessagePort };

async function report(): Promise<ThreadReport> {
  try {
    const makeTarget = await loadTarget(mode);
    return runThread(thread, makeTarget(), optionsFor(file, mode));
  } catch (error) {
    return failed(thread.line, 'a thread that runs', error instanceof Error ? (error.stack ?? '') : String(error));
  }
}

port.postMessage(await report());
Atomics.store(ended, 0, 1);
Atomics.notify(ended, 0);
