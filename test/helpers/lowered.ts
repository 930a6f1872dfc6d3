// Programs for JavaScript engines that lack parts of the language, as the package's own build makes them.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { projectRoot } from './wat.js';

/** @returns one script @param options of esbuild */
export async function lowered(options: BuildOptions): Promise<string> {
  const path = join(projectRoot(), 'scripts', 'lower.mjs');
  const script = (await import(pathToFileURL(path).href)) as { lowered: typeof lowered };
  return script.lowered(options);
}
