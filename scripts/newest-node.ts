// The newest Node, installed on demand into a cache folder: as a dependency it would shadow `node` in npm scripts.
// One exact version: to raise it, look at `npm view node version`, write it here, and run `npm run fuzz -- --minutes 5` and
// `npm run test:spec` with the new one.
import { fromNpm } from './from-npm.js';

/** The version on npm that judges. */
const NEWEST_NODE = '26.10.0';

/** Path of that Node's binary; installs it from npm the first time (about 60 MB). Null when that fails. */
export function newestNode(): string | null {
  const file = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  return fromNpm({ package: 'node', version: NEWEST_NODE, file });
}
