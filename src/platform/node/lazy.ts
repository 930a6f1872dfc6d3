// Modules of Node's that take milliseconds to load and that most runs do not use: each is loaded at its first use.
import { fstatSync } from 'node:fs';
import { createRequire } from 'node:module';

let require: NodeJS.Require | undefined;
function load(name: string): unknown {
  // Any path will do to resolve Node's own modules. import.meta.url will not: bundlers that write CommonJS leave it empty.
  require ??= createRequire(process.execPath);
  return require(name);
}

/** The null device of Linux. */
const NULL_DEVICE = 0x103;

/** Whether a descriptor is a terminal. */
export function isTerminal(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isCharacterDevice() || (process.platform === 'linux' && stat.rdev === NULL_DEVICE)) return false;
  } catch {
    return false;
  }
  return (load('node:tty') as typeof import('node:tty')).isatty(descriptor);
}

export function workerThreads(): typeof import('node:worker_threads') {
  return load('node:worker_threads') as typeof import('node:worker_threads');
}
