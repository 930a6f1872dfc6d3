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

/** All scripts, sorted by name. */
export function listSuite(folder: string): SuiteFile[] {
  const entries = readdirSync(folder, { recursive: true }) as string[];
  return entries
    .filter((entry) => entry.endsWith('.wast'))
    .map((entry) => {
      const path = join(folder, entry);
      return { name: entry.slice(0, -'.wast'.length).split(sep).join('/'), path, bytes: statSync(path).size };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
