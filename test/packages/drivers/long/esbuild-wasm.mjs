// A program that esbuild lowers: the package esbuild-wasm, a program in Go, as browsers run it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const esbuild = require('esbuild-wasm/lib/browser.js');

export const answer = 'const f = (a) => a != null ? a : 1;\n';

export async function run() {
  // As in a browser.
  globalThis.self ??= globalThis;
  const module = await WebAssembly.compile(await readFile(require.resolve('esbuild-wasm/esbuild.wasm')));
  await esbuild.initialize({ wasmModule: module, worker: false });
  return (await esbuild.transform('const f = (a) => a ?? 1', { target: 'es2019' })).code;
}
