// The newest Node, installed on demand into a cache folder: as a dependency it would shadow `node` in npm scripts.
// The version is exact. To raise it, run `npm view node version`, write the version here, and run `npm run fuzz -- --minutes 5` and `npm run
// test:spec` with the new one.
import { existsSync } from 'node:fs';
import { fromNpm, placeOf } from './from-npm.js';

/** The version on npm that the fuzzer compares with. */
const NEWEST_NODE = '26.10.0';
const BINARY = {
  package: 'node',
  version: NEWEST_NODE,
  file: process.platform === 'win32' ? 'bin/node.exe' : 'bin/node',
};

/** Returns the path of that Node's binary; installs it from npm the first time (about 60 MB). Returns null if that fails. */
export function newestNode(): string | null {
  return fromNpm(BINARY);
}
/** The same where it is installed already; undefined: it is not. */
export function cachedNode(): string | undefined {
  const path = placeOf(BINARY);
  return existsSync(path) ? path : undefined;
}
