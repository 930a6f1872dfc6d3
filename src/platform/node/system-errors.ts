// Node's file and network errors as FileError. An error that is not a system error is rethrown unchanged: it is a bug.
import { ERRNO_NAMES, type ErrnoName, FileError } from '../errno.js';

const KNOWN: ReadonlySet<string> = new Set(ERRNO_NAMES);
const SYNONYMS: Readonly<Record<string, ErrnoName>> = {
  EOPNOTSUPP: 'ENOTSUP',
  EWOULDBLOCK: 'EAGAIN',
  EOF: 'EPIPE',
  ERR_ACCESS_DENIED: 'EACCES',
  ERR_FS_FILE_TOO_LARGE: 'EFBIG',
  ERR_OUT_OF_RANGE: 'EINVAL',
  ERR_INVALID_ARG_VALUE: 'EINVAL',
  ENOTFOUND: 'EHOSTUNREACH',
};

/** The WASI name for an error code of Node's; undefined for an unknown code. */
export function errnoName(code: unknown): ErrnoName | undefined {
  if (typeof code !== 'string') return undefined;
  return SYNONYMS[code] ?? (KNOWN.has(code) ? (code as ErrnoName) : code.startsWith('E') ? 'EIO' : undefined);
}

/** The error to throw for one that a call of Node's threw. */
export function fileError(thrown: unknown): unknown {
  if (thrown instanceof FileError) return thrown;
  const name = errnoName((thrown as { code?: unknown } | null)?.code);
  return name === undefined ? thrown : new FileError(name);
}
