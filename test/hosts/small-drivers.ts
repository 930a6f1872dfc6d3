// Drivers of test/packages that need nothing of a host beside WebAssembly, UTF-8 and base64: every host of npm run test:hosts runs them.
import { basename } from 'node:path';
import { installPackages } from '../packages/install.js';

const NAMES: ReadonlySet<string> = new Set(['cjs-module-lexer', 'es-module-lexer', 'hash-wasm', 'xxhash-wasm']);

/** Their paths; the packages are installed beside them. */
export function smallDrivers(): string[] {
  return installPackages().filter((path) => NAMES.has(basename(path, '.mjs')));
}
