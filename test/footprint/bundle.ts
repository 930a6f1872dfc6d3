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
  return (await bundle(file, minify)).outputFiles[0]!.text;
}

/** Bytes of an entry's minified text by the rooms they come from, largest first. */
export async function bytesByRoom(entry: Entry): Promise<readonly (readonly [room: string, bytes: number])[]> {
  const { metafile } = await bundle(`src/entry/${entry}.ts`, true);
  const rooms = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0]!.inputs)) {
    const room = /^src\/((?:engine|imports)\/[^/]+|[^/]+)/.exec(file)?.[1] ?? file;
    rooms.set(room, (rooms.get(room) ?? 0) + bytesInOutput);
  }
  return [...rooms].sort(([, a], [, b]) => b - a);
}

function bundle(file: string, minify: boolean) {
  return build({
    absWorkingDir: projectRoot(),
    entryPoints: [file],
    bundle: true,
    minify,
    legalComments: 'none',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
}
