// Programs for JavaScript engines that lack parts of the language: Hermes 0.12, which has no classes and takes `let` in a loop for `var`. esbuild writes
// private members, async functions and what is newer as older code; swc writes classes, blocks and regular expressions so. Refuses what neither can.
import { createRequire } from 'node:module';
import { build } from 'esbuild';

// Loaded at its first use: it is large.
const require = createRequire(import.meta.url);

/** What Hermes has, and what it has not; see its document "Features". */
const ESBUILD = {
  bundle: true,
  minify: true,
  target: 'es2017',
  supported: { bigint: true, 'async-await': false, 'async-generator': false, generator: true },
  platform: 'neutral',
  charset: 'ascii',
  legalComments: 'none',
  write: false,
  logLevel: 'warning',
};
const SWC = {
  swcrc: false,
  configFile: false,
  isModule: true,
  minify: true,
  jsc: { minify: { compress: false, mangle: false, format: { asciiOnly: true } } },
  env: {
    targets: 'chrome 120',
    include: ['transform-classes', 'transform-block-scoping', 'transform-named-capturing-groups-regex'],
  },
};

/**
 * Makes one script of a program.
 * @param options of esbuild, such as entryPoints or stdin
 */
export async function lowered(options) {
  const { outputFiles } = await build({ ...ESBUILD, format: 'iife', ...options });
  const { code } = require('@swc/wasm').transformSync(outputFiles[0].text, SWC);
  // swc has each class say that it is strict, which Hermes refuses in functions whose parameters have defaults. All of the script is strict instead.
  return `"use strict";${code.replaceAll('){"use strict";', '){')}`;
}
