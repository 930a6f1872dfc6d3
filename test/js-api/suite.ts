// The files of the official suite of the JavaScript interface (WebAssembly/spec, folder test/js-api), each with the scripts that it needs. Refuses a folder
// that is not there.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Builds modules of a million functions and buffers of a gigabyte: minutes. Runs when it is asked for by name. */
const SLOW = 'limits.any.js';

export interface SuiteFile {
  /** Below the folder of the suite. */
  readonly name: string;
  /** The scripts in the order in which they run, itself last. */
  readonly scripts: readonly { readonly path: string; readonly text: string }[];
}

/** @param parts of names: all must be in a file's name */
export function suiteFiles(folder: string, parts: readonly string[]): SuiteFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.any.js'))
    .filter((name) => (name === SLOW ? parts.includes(SLOW) : parts.every((part) => name.includes(part))))
    .sort()
    .map((name) => ({ name, scripts: scriptsOf(folder, name) }));
}

export function scriptsOf(folder: string, name: string): SuiteFile['scripts'] {
  const path = join(folder, name);
  const text = readFileSync(path, 'utf8');
  const needed = [...text.matchAll(/^\/\/ META: script=(\S+)/gm)].map(([, script]) =>
    script!.startsWith('/wasm/jsapi/')
      ? join(folder, script!.slice('/wasm/jsapi/'.length))
      : join(dirname(path), relative('.', script!)),
  );
  return [...needed.map((one) => ({ path: one, text: readFileSync(one, 'utf8') })), { path, text }];
}
