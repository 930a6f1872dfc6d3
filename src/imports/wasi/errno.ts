// What a guest gets for an error: WASI's number. Refuses to hide what is not a file error: exits, limits, traps and bugs go on.
import { ERRNO_NAMES, type ErrnoName, FileError } from '../../platform/errno.js';

export const SUCCESS = 0;

const NUMBERS = new Map<ErrnoName, number>(ERRNO_NAMES.map((name, number) => [name, number]));

function errnoNumber(name: ErrnoName): number {
  return NUMBERS.get(name)!;
}

/** The number for something thrown by a file system or by a check of ours; throws everything else on. */
export function errnoOf(thrown: unknown): number {
  if (thrown instanceof FileError) return errnoNumber(thrown.code);
  throw thrown;
}

export function isErrno(thrown: unknown, name: ErrnoName): boolean {
  return thrown instanceof FileError && thrown.code === name;
}
