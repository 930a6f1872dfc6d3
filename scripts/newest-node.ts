// The newest Node, installed on demand into a cache folder: as a dependency it would shadow `node` in npm scripts.
// One exact version, so that nothing changes by itself: to raise it, look at `npm view node version`, write it here, and run
// `npm run fuzz -- --minutes 5` and `npm run test:spec` with the new one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version on npm that judges. */
const NEWEST_NODE = '26.10.0';

function cacheFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'node_modules', '.cache', `node-${NEWEST_NODE}`);
}

/** Path of that Node's binary; installs it from npm the first time (about 60 MB). Null when that fails. */
export function newestNode(): string | null {
  const folder = cacheFolder();
  const binary = join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${NEWEST_NODE}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  return existsSync(binary) ? binary : null;
}
