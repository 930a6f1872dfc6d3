// The other end of the peers that calls over the boundary are measured against: a plain echo by messages, and the same through Comlink.
import { parentPort, workerData } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

const api = {
  ping: (a: number, b: number, c: number, d: number) => [a, b, c, d],
  echo: (bytes: Uint8Array) => bytes,
};

if (workerData === 'comlink') Comlink.expose(api, nodeEndpoint(parentPort!));
else parentPort!.on('message', (message) => parentPort!.postMessage(message));
