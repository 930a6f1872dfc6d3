// Everything of the entries that depends on the JavaScript environment, for browsers: it takes the place of environment.ts there, and exports the
// same names. Refuses files, folders and processes of the operating system, by name.
import { sha256 } from '../base/sha256.js';
import { EnclaveError } from '../enclave/protocol/enclave-errors.js';
import type { Timers, Transport } from '../enclave/protocol/transport.js';
import { sameThreadTransport } from '../enclave/transport/same-thread.js';
import { webWorkerTransport } from '../enclave/transport/web-worker.js';
import type { FileSystem } from '../platform/files.js';
import { canBlock, webPlatform, webTimers } from '../platform/web/platform.js';
import { UsageError } from '../wasm/errors.js';
import type { FileName, TransportName, TransportOptions } from './transport-options.js';
import { trustedOn } from './trusted.js';

/** @throws UsageError: a browser is no Node */
export function nodePlatform(): never {
  throw new UsageError('nodePlatform: this is a browser; webPlatform of enclasm/web is its platform');
}

export const timers: Timers = webTimers;

function startWorker(entry: FileName | undefined): Worker {
  // Bundlers look for an expression of this very form, and bring the file along.
  if (entry === undefined) return new Worker(new URL('../web/enclave-main.js', import.meta.url), { type: 'module' });
  return new Worker(typeof entry === 'string' ? entry : entry.href, { type: 'module' });
}

/** The transports, by name. @throws EnclaveError 'unavailable' for one that is not to be had here */
export const transports: Readonly<Record<TransportName, (options: TransportOptions) => Transport>> = {
  'same-thread': ({ trusted }) => {
    if (trusted?.threadWorkers) {
      throw new EnclaveError(
        'unavailable',
        "threadWorkers: threads in workers need transport 'worker', which can wait",
      );
    }
    return sameThreadTransport({ trusted: trustedOn(webPlatform(), trusted) });
  },
  worker: ({ entry, worker, trusted: settings }) =>
    webWorkerTransport({
      start: () => startWorker(entry),
      canWait: canBlock(),
      sharedMemory: worker?.sharedMemory,
      areaBytes: worker?.areaBytes,
      settings,
    }),
  process: () => {
    throw new EnclaveError('unavailable', "transport 'process': browsers have no processes; use 'worker'");
  },
};

/** What option threadWorkers has to be; undefined where it may be given. */
export function threadWorkersFault(): string | undefined {
  return typeof SharedArrayBuffer === 'function'
    ? undefined
    : 'left out where a page is not isolated from other origins';
}

/** What option codeCache takes; undefined where `value` is that. */
export function codeCacheFault(value: unknown): string | undefined {
  return value === false ? undefined : 'false, as browsers keep code themselves,';
}

/** A key of these bytes: no others have it. */
export function contentKey(bytes: Uint8Array): string {
  return sha256(bytes);
}

/** The bytes of a module's file. @throws UsageError where the server does not give it */
export async function readModuleFile(name: FileName): Promise<Uint8Array> {
  const url = typeof name === 'string' ? name : name.href;
  const response = await fetch(url);
  if (!response.ok) throw new UsageError(`${url}: the server answers ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** @throws UsageError: browsers have no directories that a path names */
export function directory(path: string): FileSystem {
  throw new UsageError(`'${path}': a browser has no directories by their paths; use a MemoryFileSystem`);
}
