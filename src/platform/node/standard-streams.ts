// The process's own standard streams as files for a guest. Where the operating system allows it, they are opened a second time in non-blocking mode,
// so that a deadline holds while a guest waits for input or for its output to be read. Refuses nothing: elsewhere they block.
import * as fs from 'node:fs';
import type { OpenFile } from '../files.js';
import { workerThreads } from './lazy.js';
import { kernelPlace, OsFile } from './os-file.js';
import { fileError } from './system-errors.js';

export function standardStream(descriptor: 0 | 1 | 2): OpenFile {
  let mode: number;
  try {
    mode = fs.fstatSync(descriptor).mode;
  } catch (thrown) {
    throw fileError(thrown);
  }
  if (isRegular(mode)) {
    const state = kernelState(descriptor);
    if (!state) return new OsFile(descriptor, mode, false, { seekable: false, owned: false });
    return new OsFile(descriptor, mode, state.append, { sharesPlace: true, owned: false });
  }
  const own = openWithoutBlocking(descriptor);
  if (own !== undefined) return new OsFile(own, mode, false, { seekable: false });
  const blocking = !stopBlocking(descriptor, mode);
  return new OsFile(descriptor, mode, false, { seekable: false, owned: false, blocking });
}

/** The offset of a file; undefined where the kernel does not reveal it: the file is then read and written in one direction like a pipe. */
function kernelState(descriptor: number): ReturnType<typeof kernelPlace> | undefined {
  try {
    return kernelPlace(descriptor);
  } catch {
    return undefined;
  }
}

/**
 * A socket, which is what a parent process of Node's passes on, cannot be opened again. Making Node's own stream of it, without using that stream,
 * puts it into non-blocking mode. Returns false where that cannot be done.
 */
function stopBlocking(descriptor: 0 | 1 | 2, mode: number): boolean {
  if ((mode & fs.constants.S_IFMT) !== fs.constants.S_IFSOCK || !workerThreads().isMainThread) return false;
  const stream = descriptor === 0 ? process.stdin : descriptor === 1 ? process.stdout : process.stderr;
  return !stream.destroyed;
}

function isRegular(mode: number): boolean {
  return (mode & fs.constants.S_IFMT) === fs.constants.S_IFREG;
}

/** Opens through /proc, which gives a new file description: O_NONBLOCK on the descriptor itself would change it for the parent process too. */
function openWithoutBlocking(descriptor: 0 | 1 | 2): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const { O_RDONLY, O_WRONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
  try {
    return fs.openSync(`/proc/self/fd/${descriptor}`, (descriptor === 0 ? O_RDONLY : O_WRONLY) | O_NONBLOCK | O_NOCTTY);
  } catch {
    // This is a socket, another user's terminal, or a pipe without a reader: writing to the descriptor itself reports which.
    return undefined;
  }
}
