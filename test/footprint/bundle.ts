// The package as a user's bundler makes it: one entry, minified, nothing of ours outside it. Refuses nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { projectRoot } from '../helpers/wat.js';

export type Entry = 'interp' | 'index';

/** The constants by which a build leaves something out: all that src/base/build.d.ts declares. */
export const LEAVE_OUTS: readonly string[] = [
  ...readFileSync(join(projectRoot(), 'src/base/build.d.ts'), 'utf8').matchAll(/declare const (\w+)/g),
].map(([, name]) => name!);

/** What a bundle is made with. */
export interface BundleOptions {
  /** False keeps names. */
  readonly minify?: boolean;
  /** Constants of LEAVE_OUTS. */
  readonly without?: readonly string[];
}

/** The text of an entry in one file. */
export async function bundleEntry(entry: Entry, options: BundleOptions = {}): Promise<string> {
  return bundleFile(`src/entry/${entry}.ts`, options);
}

/** @param file relative to the project's folder */
export async function bundleFile(file: string, options: BundleOptions = {}): Promise<string> {
  return (await bundle({ entryPoints: [file] }, options)).outputFiles[0]!.text;
}

/** @param source a module that imports by paths from the project's folder, as './src/entry/interp.ts' */
export async function bundleSource(source: string, options: BundleOptions = {}): Promise<string> {
  const stdin = { contents: source, resolveDir: projectRoot(), loader: 'ts' } as const;
  return (await bundle({ stdin }, options)).outputFiles[0]!.text;
}

/** Returns the bytes of a text as it is sent: compressed as well as gzip can. */
export function gzippedBytes(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}

/** Bytes of an entry's minified text by the rooms they come from, largest first. */
export async function bytesByRoom(entry: Entry): Promise<readonly (readonly [room: string, bytes: number])[]> {
  const { metafile } = await bundle({ entryPoints: [`src/entry/${entry}.ts`] }, {});
  const rooms = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0]!.inputs)) {
    const room = /^src\/((?:engine|imports)\/[^/]+|[^/]+)/.exec(file)?.[1] ?? file;
    rooms.set(room, (rooms.get(room) ?? 0) + bytesInOutput);
  }
  return [...rooms].sort(([, a], [, b]) => b - a);
}

function bundle(input: Pick<BuildOptions, 'entryPoints' | 'stdin'>, { minify = true, without = [] }: BundleOptions) {
  return build({
    ...input,
    absWorkingDir: projectRoot(),
    bundle: true,
    minify,
    // Without it, nothing is left out.
    minifySyntax: true,
    define: Object.fromEntries(without.map((name) => [name, 'true'])),
    legalComments: 'none',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
}
