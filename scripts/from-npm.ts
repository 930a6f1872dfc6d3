// A file of an npm package that this project does not depend on, downloaded on first use into a cache folder. Versions are exact, so that nothing
// changes by itself.
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

/** Where the file is, or would be. */
export function placeOf(wanted: FileOnNpm): string {
  return join(folderOf(wanted), 'node_modules', wanted.package, wanted.file);
}
function folderOf(wanted: FileOnNpm): string {
  return cacheFolder(exactName(wanted).replace(/^@/, '').replace(/[/@]/g, '-'));
}
function exactName({ package: name, version }: FileOnNpm): string {
  return `${name}@${version}`;
}

/**
 * Returns the file's path; null if it cannot be downloaded.
 * @param announce is called before anything is downloaded
 */
export function fromNpm(wanted: FileOnNpm, announce: (what: string) => void = () => {}): string | null {
  const exact = exactName(wanted);
  const folder = folderOf(wanted);
  const path = placeOf(wanted);
  if (existsSync(path)) return path;
  announce(exact);
  mkdirSync(folder, { recursive: true });
  spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', exact], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  return existsSync(path) ? path : null;
}
