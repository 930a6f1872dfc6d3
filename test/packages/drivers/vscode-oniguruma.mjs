// A regular expression of the package vscode-oniguruma.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { loadWASM, OnigScanner, OnigString } = require('vscode-oniguruma');

export const answer = { index: 1, start: 4, end: 7 };

export async function run() {
  await loadWASM(await readFile(require.resolve('vscode-oniguruma/release/onig.wasm')));
  const { index, captureIndices } = new OnigScanner(['[A-Z]+', '(?<=\\s)\\d+']).findNextMatchSync(
    new OnigString('abc 123'),
    0,
  );
  return { index, start: captureIndices[0].start, end: captureIndices[0].end };
}
