// The package as a user's bundler makes it: one entry, minified, nothing of ours outside it. Refuses nothing.
import { build } from 'esbuild';
import { projectRoot } from '../helpers/wat.js';

export type Entry = 'interp' | 'index';

/** The text of an entry in one file. @param minify false keeps names */
export async function bundleEntry(entry: Entry, minify = true): Promise<string> {
  return bundleFile(`src/entry/${entry}.ts`, minify);
}

/** @param file relative to the project's folder */
export async function bundleFile(file: string, minify: boolean): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: projectRoot(),
    entryPoints: [file],
    bundle: true,
    minify,
    legalComments: 'none',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
