// What a worker of Node, Bun or Deno for threads of guests runs. Refuses threads that no platform started for that.
import { parentPort, workerData } from 'node:worker_threads';
import { nodePlatform } from '../platform/node/platform.js';
import { ENDED, type ThreadStart, UP } from '../platform/node/threads.js';
import { type ImportFile, threadServer } from './thread-server.js';

export function serve(importFile: ImportFile): void {
  const { enclasm, up } = (workerData ?? {}) as Partial<ThreadStart>;
  if (parentPort === null || enclasm !== 'threads') {
    throw new Error('this file is the entry of workers for threads of guests');
  }
  const port = parentPort;
  port.on('message', threadServer({ platform: nodePlatform(), importFile, post: () => port.postMessage(0) }));
  const word = new Int32Array(up!);
  Atomics.store(word, 0, UP);
  Atomics.notify(word, 0);
  process.once('exit', () => void Atomics.store(word, 0, ENDED));
}
