// The newest Node, installed on demand into a cache folder: as a dependency it would shadow `node` in npm scripts.
// The version is exact. To raise it, run `npm view node version`, write the version here, and run `npm run fuzz -- --minutes 5` and `npm run
// test:spec` with the new one.
import { fromNpm } from './from-npm.js';

/** The version on npm that the fuzzer compares with. */
const NEWEST_NODE = '26.10.0';

/** Returns the path of that Node's binary; installs it from npm the first time (about 60 MB). Returns null if that fails. */
export function newestNode(): string | null {
  const file = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  return fromNpm({ package: 'node', version: NEWEST_NODE, file });
}
