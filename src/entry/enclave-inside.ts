// What runs inside an enclave that has a thread or a process of its own: it serves the untrusted side until it is stopped.
// Refuses threads and processes that no transport started.
import { serveProcess } from '../enclave/transport/process-inside.js';
import { isEnclaveWorker, serveWorker } from '../enclave/transport/worker-inside.js';
import { givenCodeCache } from '../platform/node/cache-folder.js';
import { nodePlatform } from '../platform/node/platform.js';
import { type TrustedSettings, trustedOn } from './trusted.js';

export function serve(): void {
  const build = (settings: unknown) =>
    trustedOn(nodePlatform(undefined, givenCodeCache()), (settings ?? {}) as TrustedSettings);
  if (isEnclaveWorker()) serveWorker(build);
  else serveProcess(build);
}
