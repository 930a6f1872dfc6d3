// A file of a package on npm that this project does not depend on, fetched when it is first wanted, into a cache folder.
// Exact versions alone, so that nothing changes by itself.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FileOnNpm {
  readonly package: string;
  /** The exact version. */
  readonly version: string;
  /** The file's path in the package. */
  readonly file: string;
}

function cacheFolder(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'node_modules', '.cache', name);
}

/**
 * The file's path; null when it cannot be fetched.
 * @param announce told before anything is downloaded
 */
export function fromNpm(wanted: FileOnNpm, announce: (what: string) => void = () => {}): string | null {
  const exact = `${wanted.package}@${wanted.version}`;
  const folder = cacheFolder(exact.replace(/^@/, '').replace(/[/@]/g, '-'));
  const path = join(folder, 'node_modules', wanted.package, wanted.file);
  if (existsSync(path)) return path;
  announce(exact);
  mkdirSync(folder, { recursive: true });
  spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', exact], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  return existsSync(path) ? path : null;
}
