// Where the official test suite lies on this machine and which scripts it has.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { projectRoot } from '../helpers/wat.js';

export interface SuiteFile {
  /** Path in the suite, with "/", without `.wast`. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** Folder of the suite, or undefined when it is not there. */
export function findSuite(): string | undefined {
  const candidates = [process.env['WASM_TESTSUITE'], resolve(projectRoot(), '../shared/testsuites/spec')];
  return candidates.find((folder) => folder !== undefined && folder !== '' && existsSync(folder));
}

/** Folder of the scripts with threads (WebAssembly/threads, test/core/threads), which are no part of the suite; undefined when it is not there. */
export function findThreadScripts(): string | undefined {
  const candidates = [process.env['WASM_THREADS_TESTSUITE'], resolve(projectRoot(), '../shared/testsuites/threads')];
  return candidates.find((folder) => folder !== undefined && folder !== '' && existsSync(folder));
}

/** All scripts, sorted by name; those with threads are in `threads/`. */
export function listSuite(folder: string): SuiteFile[] {
  const threads = findThreadScripts();
  const inThreads =
    threads === undefined ? [] : scriptsIn(threads).map((file) => ({ ...file, name: `threads/${file.name}` }));
  return [...scriptsIn(folder), ...inThreads].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function scriptsIn(folder: string): SuiteFile[] {
  const entries = readdirSync(folder, { recursive: true }) as string[];
  return entries
    .filter((entry) => entry.endsWith('.wast'))
    .map((entry) => {
      const path = join(folder, entry);
      return { name: entry.slice(0, -'.wast'.length).split(sep).join('/'), path, bytes: statSync(path).size };
    });
}
