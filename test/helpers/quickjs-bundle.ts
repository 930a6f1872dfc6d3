// A program that reaches into src as one script for QuickJS, which knows neither modules nor Node.
import { build } from 'esbuild';
import { projectRoot } from './wat.js';

/** @param source imports by paths from the project's folder, as `./src/entry/interp.ts` */
export async function bundleForQuickJs(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: projectRoot(), loader: 'js' },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
