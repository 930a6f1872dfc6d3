// Files that `enclasm compile` wrote, for `run --mode=aot`. Importing one runs its code outside of any sandbox: it is only done where the
// user says so. Refuses truncated and edited files, and those of other versions.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AotModule, checkAotText, loadAot } from '../entry/aot.js';
import { CliError, EXIT_CANNOT_LOAD } from './cli-error.js';
import { readBytes } from './files.js';
import type { Io } from './io.js';

/** The compiled file with the module inside it. @throws AotError; CliError where the module was left out */
export async function readCompiled(
  path: string,
  io: Io,
): Promise<{ readonly compiled: AotModule; readonly bytes: Uint8Array }> {
  checkAotText(Buffer.from(readBytes(path)).toString());
  const url = pathToFileURL(resolve(path)).href;
  const compiled = loadAot(await io.load(url), true, url);
  if (!compiled.wasm) {
    throw new CliError(
      `${path}: was compiled without its module; compile it again without --without-wasm`,
      EXIT_CANNOT_LOAD,
    );
  }
  return { compiled, bytes: compiled.wasm };
}
