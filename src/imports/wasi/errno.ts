// The WASI error number that a guest gets for an exception. Refuses to hide exceptions that are no file errors: exits, limits, traps and bugs are
// rethrown.
import { ERRNO_NAMES, type ErrnoName, FileError } from '../../platform/errno.js';

export const SUCCESS = 0;

const NUMBERS: ReadonlyMap<ErrnoName, number> = new Map(ERRNO_NAMES.map((name, number) => [name, number]));

export function errnoNumber(name: ErrnoName): number {
  return NUMBERS.get(name)!;
}

/** The number for an exception of a file system or of one of this folder's checks; rethrows every other exception. */
export function errnoOf(thrown: unknown): number {
  if (thrown instanceof FileError) return errnoNumber(thrown.code);
  throw thrown;
}

export function isErrno(thrown: unknown, name: ErrnoName): boolean {
  return thrown instanceof FileError && thrown.code === name;
}
