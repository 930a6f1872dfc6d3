// A program that reaches into src as one script for hosts that know neither modules nor Node, such as QuickJS.
import { type BuildOptions, build } from 'esbuild';
import { projectRoot } from './wat.js';

/** Options of esbuild for such a program. @param source imports by paths from the project's folder, as `./src/entry/interp.ts` */
export const scriptOf = (source: string): BuildOptions => ({
  stdin: { contents: source, resolveDir: projectRoot(), loader: 'js' },
});

/** @param source as that of `scriptOf` */
export async function bundleForQuickJs(source: string): Promise<string> {
  const { outputFiles } = await build({
    ...scriptOf(source),
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
