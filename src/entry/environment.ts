// Everything of the entries that depends on the JavaScript environment, for Node, Bun and Deno: platform, timers, transports, files. In a browser
// web-environment.ts, which exports the same names, takes this file's place (package.json, "browser").
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { PlatformWithFiles } from '../embed/init/runtime-state.js';
import type { Timers, Transport } from '../enclave/protocol/transport.js';
import { processTransport } from '../enclave/transport/process.js';
import { sameThreadTransport } from '../enclave/transport/same-thread.js';
import { workerTransport } from '../enclave/transport/worker.js';
import type { FileSystem, OsFiles } from '../platform/files.js';
import { openCacheFolder } from '../platform/node/cache-folder.js';
import { nodePlatform as platformOf } from '../platform/node/platform.js';
import { nodeTimers } from '../platform/node/timer.js';
import { enclaveFiles, pathOf } from './enclave-files.js';
import type { FileName, TransportName, TransportOptions } from './transport-options.js';
import { trustedOn } from './trusted.js';

/**
 * Node, Bun or Deno as a platform: clocks, randomness, log, files, and a network for WASI's sockets.
 * @param log takes each line of the log; standard error unless given
 * @param codeCache a folder where the code is kept that V8 makes of the file which workers for threads of guests run, so that they start in about half the
 * time: an absolute path. Every program that can write there can run code here. Default: none is kept
 */
export function nodePlatform(log?: (line: string) => void, codeCache?: string): PlatformWithFiles & OsFiles {
  return platformOf(log, codeCache);
}

export const timers: Timers = nodeTimers;

/** The folder's name below the one for code, so that the code of commands and that of enclaves are apart. */
const CACHE_NAME = 'enclave';

function codeCache({ codeCache: given }: TransportOptions): string | undefined {
  if (given === false) return undefined;
  return openCacheFolder(given, given === undefined ? CACHE_NAME : '');
}

/** The transports, by name. @throws EnclaveError 'unavailable' for one that is not to be had here */
export const transports: Readonly<Record<TransportName, (options: TransportOptions) => Transport>> = {
  'same-thread': ({ trusted }) => sameThreadTransport({ trusted: trustedOn(platformOf(), trusted) }),
  worker: (options) =>
    workerTransport({
      ...options.worker,
      entry: enclaveFiles(options.entry).entry,
      codeCache: codeCache(options),
      settings: options.trusted,
    }),
  process: (options) => {
    const { process, trusted: settings } = options;
    // A launcher starts its own file.
    if (process?.launcher) return processTransport({ ...process, entry: '', codeFolder: '', settings });
    const files = enclaveFiles(options.entry);
    return processTransport({ ...process, ...files, codeCache: codeCache(options), settings });
  },
};

/** What option threadWorkers has to be; undefined where it may be given. */
export function threadWorkersFault(): string | undefined {
  return 'left out: it is for browsers, and here workers are started when they are needed,';
}

/** What option codeCache takes; undefined where `value` is that. */
export function codeCacheFault(value: unknown): string | undefined {
  return value === false || (typeof value === 'string' && isAbsolute(value)) ? undefined : 'an absolute path, or false';
}

/** A key of these bytes: no others have it. */
export function contentKey(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** The bytes of a module's file. */
export async function readModuleFile(name: FileName): Promise<Uint8Array> {
  return new Uint8Array(await readFile(pathOf(name)));
}

/** A directory of the operating system as a file system. */
export function directory(path: string): FileSystem {
  return platformOf().directory(path);
}
