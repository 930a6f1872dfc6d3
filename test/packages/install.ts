// Installs the packages of package-list.ts into cache folders and puts the drivers beside them, where their imports find them. Refuses nothing that npm
// does not.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../helpers/wat.js';
import { LARGE_PACKAGES, PACKAGES } from './package-list.js';

/** Where a package has what it would compile while it is installed: we run what it brings along. */
const NPM = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];

/** @returns the paths of the drivers */
export function installPackages(): string[] {
  return install('wasm-packages', PACKAGES, 'drivers');
}
/** The large ones. @returns the paths of their drivers */
export function installLargePackages(): string[] {
  return install('wasm-packages-large', LARGE_PACKAGES, join('drivers', 'long'));
}

/** @param place of the drivers, below test/packages */
function install(name: string, packages: Readonly<Record<string, string>>, place: string): string[] {
  const folder = join(projectRoot(), 'node_modules', '.cache', name);
  mkdirSync(folder, { recursive: true });
  const manifest = `${JSON.stringify({ private: true, type: 'module', dependencies: packages }, null, 2)}\n`;
  const path = join(folder, 'package.json');
  const installed = join(folder, 'installed.json');
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== manifest) {
    writeFileSync(path, manifest);
    const { status } = spawnSync('npm', [...NPM, '--prefix', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error('npm could not install the packages');
    writeFileSync(installed, manifest);
  }
  const drivers = join(projectRoot(), 'test', 'packages', place);
  return readdirSync(drivers)
    .filter((driver) => driver.endsWith('.mjs'))
    .map((driver) => {
      const copy = join(folder, driver);
      copyFileSync(join(drivers, driver), copy);
      return copy;
    });
}
