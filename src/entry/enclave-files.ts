// Finds the file from which the inside of an enclave is started, and the folder of its code. Bundled programs name the file themselves.
// Refuses files that do not exist, and says what to do, before anything is started.
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnclaveError } from '../enclave/protocol/enclave-errors.js';
import type { FileName } from './transport-options.js';

export interface EnclaveFiles {
  readonly entry: string;
  /** The folder with all files that the inside needs to read. */
  readonly codeFolder: string;
}

/** The names of the file beside this one, or beside a bundle that this one is part of. */
const NAMES = ['enclave-main.js', 'enclave-main.cjs', 'enclave-main.mjs'];
/** The folders of this package in which it is. */
const OWN_FOLDERS = ['entry', 'node'];
const WHAT_TO_DO =
  "a bundled program gives createEnclave the option entry: the path of 'enclasm/enclave-main', or of its own bundle of it";

/** @param given the embedder's own choice @throws EnclaveError 'unavailable' */
export function enclaveFiles(given: FileName | undefined): EnclaveFiles {
  if (given !== undefined) {
    const path = pathOf(given);
    if (!existsSync(path)) throw new EnclaveError('unavailable', `entry: no such file: ${path}`);
    return filesAt(path);
  }
  // Bundlers that write CommonJS leave it empty.
  const own: string | undefined = import.meta.url;
  const folder = own === undefined ? undefined : dirname(fileURLToPath(own));
  const path = folder && NAMES.map((name) => join(folder, name)).find(existsSync);
  if (!path)
    throw new EnclaveError('unavailable', `the file that an enclave starts from is not at hand: ${WHAT_TO_DO}`);
  return filesAt(path);
}

/** @param given a path, or the URL of a file */
export function pathOf(given: FileName): string {
  const text = typeof given === 'string' ? given : given.href;
  return text.startsWith('file:') ? fileURLToPath(text) : resolve(text);
}

function filesAt(path: string): EnclaveFiles {
  const folder = dirname(path);
  // This package has a bundle of it, which loads several times faster than its modules, because V8's code of it is kept.
  if (!OWN_FOLDERS.includes(basename(folder))) return { entry: path, codeFolder: folder };
  const bundled = join(folder, '..', 'bin', 'enclave-main.cjs');
  if (existsSync(bundled)) return { entry: bundled, codeFolder: dirname(bundled) };
  return { entry: path, codeFolder: dirname(folder) };
}
