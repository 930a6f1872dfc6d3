// Installs the packages of package-list.ts into a cache folder and puts the drivers beside them, where their imports find them. Refuses nothing that npm
// does not.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectRoot } from '../helpers/wat.js';
import { PACKAGES } from './package-list.js';

/** Where a package has what it would compile while it is installed: we run what it brings along. */
const NPM = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];

/** @returns the paths of the drivers */
export function installPackages(): string[] {
  const folder = join(projectRoot(), 'node_modules', '.cache', 'wasm-packages');
  mkdirSync(folder, { recursive: true });
  const manifest = `${JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }, null, 2)}\n`;
  const path = join(folder, 'package.json');
  const installed = join(folder, 'installed.json');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== manifest) {
    writeFileSync(path, manifest);
    const { status } = spawnSync('npm', [...NPM, '--prefix', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error('npm could not install the packages');
    writeFileSync(installed, manifest);
  }
  const drivers = join(projectRoot(), 'test', 'packages', 'drivers');
  return readdirSync(drivers).map((name) => {
    const copy = join(folder, basename(name));
    copyFileSync(join(drivers, name), copy);
    return copy;
  });
}
