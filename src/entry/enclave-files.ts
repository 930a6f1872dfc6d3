// Which file the inside of an enclave is started from, and the folder of its code. Bundled programs name the file themselves.
// Refuses files that are not there, saying what to do, before anything is started.
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnclaveError } from '../enclave/protocol/enclave-errors.js';

/** A path, or the URL of a file as text or as a `URL`. */
export type FileName = string | { readonly href: string };

export interface EnclaveFiles {
  readonly entry: string;
  /** All that the inside needs to read. */
  readonly codeFolder: string;
}

/** Beside this file, or beside a bundle that this file is part of. */
const NAMES = ['enclave-main.js', 'enclave-main.cjs', 'enclave-main.mjs'];
const WHAT_TO_DO =
  "a bundled program gives createEnclave the option entry: the path of 'enclasm/enclave-main', or of its own bundle of it";

/** @param given the embedder's own choice @throws EnclaveError 'unavailable' */
export function enclaveFiles(given: FileName | undefined): EnclaveFiles {
  if (given !== undefined) {
    const path = pathOf(given);
    if (!existsSync(path)) throw new EnclaveError('unavailable', `entry: no such file: ${path}`);
    return filesAt(path);
  }
  // Bundlers that write CommonJS leave nothing of it.
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
  // This package's own: one large file, with the code that V8 made of it, loads several times faster than the many it was made of.
  if (basename(folder) !== 'entry') return { entry: path, codeFolder: folder };
  const bundled = join(folder, '..', 'bin', 'enclave-main.cjs');
  if (existsSync(bundled)) return { entry: bundled, codeFolder: dirname(bundled) };
  return { entry: path, codeFolder: dirname(folder) };
}
