// Threads of scripts that run truly in parallel: each in a worker, with an engine of its own, on the same shared memories. Refuses to wait for ever for one.
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { PassedThread, StartedThread, ThreadReport } from '#src/wast/run-script.js';
import { projectRoot } from '../helpers/wat.js';

/** Less than a script has. */
const THREAD_TIMEOUT_MS = 50_000;

export interface ThreadData {
  readonly file: string;
  readonly mode: string;
  readonly thread: PassedThread;
  /** Word 0 is 1 once the report was posted: until then the thread that waits for it sleeps. */
  readonly ended: Int32Array;
}

/** @param file the script's path in the suite without `.wast` */
export function startThread(
  file: string,
  mode: string,
  thread: PassedThread,
  timeoutMs = THREAD_TIMEOUT_MS,
): StartedThread {
  const ended = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const workerData = { file, mode, thread, ended } satisfies ThreadData;
  const worker = new Worker(join(projectRoot(), 'build/test/spec/script-thread.js'), {
    workerData: { ...workerData, port: port2 },
    transferList: [port2],
  });
  worker.unref();
  return {
    join() {
      const isOver = Atomics.wait(ended, 0, 0, timeoutMs) !== 'timed-out';
      const report = isOver
        ? (receiveMessageOnPort(port1)!.message as ThreadReport)
        : failed(thread.line, 'a thread that ends', `still running after ${timeoutMs} ms`);
      port1.close();
      void worker.terminate();
      return report;
    },
  };
}

/** The report of a thread that did not run to its end. */
export function failed(line: number, expected: string, got: string): ThreadReport {
  return { passed: 0, failures: [{ line, follows: false, expected, got }], skipped: [], excuse: undefined };
}
