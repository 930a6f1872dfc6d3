// WASI's rights as bits of one number (30 of the 64 have a meaning), and which of them have a meaning for which type of file. Refuses nothing:
// fd-table.ts checks them.
import type { FileType } from '../../platform/files.js';

export const FD_DATASYNC = 1 << 0;
export const FD_READ = 1 << 1;
export const FD_SEEK = 1 << 2;
export const FD_FDSTAT_SET_FLAGS = 1 << 3;
export const FD_SYNC = 1 << 4;
export const FD_TELL = 1 << 5;
export const FD_WRITE = 1 << 6;
export const FD_ADVISE = 1 << 7;
export const FD_ALLOCATE = 1 << 8;
export const PATH_CREATE_DIRECTORY = 1 << 9;
export const PATH_CREATE_FILE = 1 << 10;
export const PATH_LINK_SOURCE = 1 << 11;
export const PATH_LINK_TARGET = 1 << 12;
export const PATH_OPEN = 1 << 13;
export const FD_READDIR = 1 << 14;
export const PATH_READLINK = 1 << 15;
export const PATH_RENAME_SOURCE = 1 << 16;
export const PATH_RENAME_TARGET = 1 << 17;
export const PATH_FILESTAT_GET = 1 << 18;
export const PATH_FILESTAT_SET_SIZE = 1 << 19;
export const PATH_FILESTAT_SET_TIMES = 1 << 20;
export const FD_FILESTAT_GET = 1 << 21;
export const FD_FILESTAT_SET_SIZE = 1 << 22;
export const FD_FILESTAT_SET_TIMES = 1 << 23;
export const PATH_SYMLINK = 1 << 24;
export const PATH_REMOVE_DIRECTORY = 1 << 25;
export const PATH_UNLINK_FILE = 1 << 26;
export const POLL_FD_READWRITE = 1 << 27;
export const SOCK_SHUTDOWN = 1 << 28;
export const SOCK_ACCEPT = 1 << 29;

export const ALL_RIGHTS = 2 ** 30 - 1;

/** The rights of a stream without positions: a terminal, a pipe, a callback. */
const STREAM = FD_READ | FD_FDSTAT_SET_FLAGS | FD_WRITE | FD_FILESTAT_GET | POLL_FD_READWRITE;

const REGULAR_FILE =
  STREAM |
  FD_DATASYNC |
  FD_SEEK |
  FD_SYNC |
  FD_TELL |
  FD_ADVISE |
  FD_ALLOCATE |
  FD_FILESTAT_SET_SIZE |
  FD_FILESTAT_SET_TIMES;

const SOCKET = STREAM | SOCK_SHUTDOWN | SOCK_ACCEPT;

const DIRECTORY =
  FD_DATASYNC |
  FD_FDSTAT_SET_FLAGS |
  FD_SYNC |
  FD_ADVISE |
  PATH_CREATE_DIRECTORY |
  PATH_CREATE_FILE |
  PATH_LINK_SOURCE |
  PATH_LINK_TARGET |
  PATH_OPEN |
  FD_READDIR |
  PATH_READLINK |
  PATH_RENAME_SOURCE |
  PATH_RENAME_TARGET |
  PATH_FILESTAT_GET |
  PATH_FILESTAT_SET_SIZE |
  PATH_FILESTAT_SET_TIMES |
  FD_FILESTAT_GET |
  FD_FILESTAT_SET_TIMES |
  PATH_SYMLINK |
  PATH_REMOVE_DIRECTORY |
  PATH_UNLINK_FILE |
  POLL_FD_READWRITE;

/** The rights that may be inherited through a directory. */
export const DIRECTORY_INHERITING = DIRECTORY | REGULAR_FILE | SOCKET;

/** The rights that have a meaning for an open file. */
export function meaningfulRights(type: FileType, terminal: boolean): number {
  switch (type) {
    case 'directory':
      return DIRECTORY;
    case 'regular-file':
    case 'block-device':
      return REGULAR_FILE;
    case 'character-device':
      // A C library takes a descriptor without the rights to seek and tell for a terminal.
      return terminal ? STREAM : STREAM | FD_SEEK | FD_TELL;
    case 'socket-stream':
    case 'socket-dgram':
      return SOCKET;
    default:
      return STREAM;
  }
}
