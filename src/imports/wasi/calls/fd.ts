// The calls on one open descriptor, except reading and writing (io.ts): its state, size, times, offset, and directory entries. Refuses descriptors
// without the right that a call needs.

import { encodeUtf8 } from '../../../base/utf8.js';
import { FileError } from '../../../platform/errno.js';
import type { FileType, Listing, OpenFile } from '../../../platform/files.js';
import type { ExecEnv } from '../../../runtime/exec-env.js';
import { errnoNumber, SUCCESS } from '../errno.js';
import { type Descriptor, FLAG_APPEND, FLAG_NONBLOCK } from '../fd-table.js';
import {
  checkRange,
  DIRENT_SIZE,
  deltaArgument,
  encodeDirent,
  FDSTAT_SIZE,
  memoryOf,
  PRESTAT_SIZE,
  sizeArgument,
  u64Argument,
  writeFdstat,
  writePrestat,
  writeSize64,
  writeU32,
} from '../memory-layout.js';
import {
  ALL_RIGHTS,
  FD_ADVISE,
  FD_ALLOCATE,
  FD_DATASYNC,
  FD_FDSTAT_SET_FLAGS,
  FD_FILESTAT_GET,
  FD_FILESTAT_SET_SIZE,
  FD_FILESTAT_SET_TIMES,
  FD_READDIR,
  FD_SEEK,
  FD_SYNC,
  FD_TELL,
} from '../rights.js';
import type { WasiState } from '../state.js';
import { type Call, call } from './call.js';

const LAST_ADVICE = 5;

export function refuseReadOnly(descriptor: Descriptor): void {
  if (descriptor.readOnly) throw new FileError('EROFS');
}

const ATIM = 1;
const ATIM_NOW = 2;
const MTIM = 4;
const MTIM_NOW = 8;

/** The times that fstflags ask for, in nanoseconds; undefined leaves a time as it is. */
export function timesFor(
  wasi: WasiState,
  accessed: bigint,
  modified: bigint,
  flags: number,
): [accessed: bigint | undefined, modified: bigint | undefined] {
  const both = (set: number) => (flags & set) === set;
  if (both(ATIM | ATIM_NOW) || both(MTIM | MTIM_NOW) || flags > 15) throw new FileError('EINVAL');
  const now = (flags & (ATIM_NOW | MTIM_NOW)) === 0 ? 0n : wasi.clock.realtime();
  return [
    (flags & ATIM_NOW) !== 0 ? now : (flags & ATIM) !== 0 ? accessed : undefined,
    (flags & MTIM_NOW) !== 0 ? now : (flags & MTIM) !== 0 ? modified : undefined,
  ];
}

/**
 * The dirents for `.` and `..` come first, with cookies 0 and 1. Both have the directory's own inode, so that the guest learns nothing of the
 * directory above.
 */
const DOTS = ['.', '..'];

interface Entry {
  readonly name: Uint8Array;
  readonly inode: bigint;
  readonly type: FileType;
}

function entryAt(descriptor: Descriptor, listing: Listing, cookie: number): Entry | undefined {
  if (cookie < DOTS.length) {
    return { name: encodeUtf8(DOTS[cookie]!), inode: descriptor.node.stat().inode, type: 'directory' };
  }
  const name = listing.names[cookie - DOTS.length]!;
  const found = listing.entry(name);
  // The file was removed since the directory was listed.
  return found && { name: encodeUtf8(name), inode: found.inode, type: found.type };
}

/** Entries between two checks of the meter: one of the operating system's takes some microseconds. */
const ENTRIES_PER_CHECKPOINT = 64;

const dirent = new Uint8Array(DIRENT_SIZE);
const direntView = new DataView(dirent.buffer);

/**
 * Fills the guest's bytes [start, end) with entries, the last perhaps cut off: then the guest asks again. Returns the bytes used. The memory is
 * fetched anew for each entry: reading the entry may run the guest. Throws what the meter throws.
 */
function writeEntries(descriptor: Descriptor, cookie: number, env: ExecEnv, start: number, end: number): number {
  const kept = cookie === 0 ? undefined : descriptor.listing;
  const listing = kept ?? descriptor.list(env.instance.budget);
  const last = listing.names.length + DOTS.length;
  let at = start;
  for (let next = cookie; next < last && at < end; next++) {
    if (next % ENTRIES_PER_CHECKPOINT === 0) env.store.meter.checkpoint();
    const entry = entryAt(descriptor, listing, next);
    if (!entry) continue;
    const bytes = memoryOf(env).u8;
    encodeDirent(direntView, next + 1, entry.inode, entry.name.length, entry.type);
    const head = Math.min(DIRENT_SIZE, end - at);
    bytes.set(dirent.subarray(0, head), at);
    at += head;
    const tail = Math.min(entry.name.length, end - at);
    bytes.set(entry.name.subarray(0, tail), at);
    at += tail;
  }
  return at - start;
}

/** Sets a file's length. Growth counts as output: it costs the guest nothing else, and takes as much of the disk or of memory as writing. */
function resize(wasi: WasiState, file: OpenFile, bytes: number): void {
  const more = Math.max(0, bytes - file.size());
  wasi.allowOutput(more);
  file.setSize(bytes);
  wasi.countGrowth(more);
}

/** Computes the target of a seek. */
function target(descriptor: Descriptor, whence: 'set' | 'current' | 'end', delta: number): number {
  if (whence === 'set') return delta;
  return delta + (whence === 'current' ? descriptor.position : descriptor.file!.size());
}

const BAD_DESCRIPTOR = errnoNumber('EBADF');

const STATE_CALLS: Readonly<Record<string, Call>> = {
  fd_close: call('i', (wasi, _env, a) => {
    wasi.fds.close(a[0]!);
    return SUCCESS;
  }),
  fd_renumber: call('ii', (wasi, _env, a) => {
    wasi.fds.renumber(a[0]!, a[4]!);
    return SUCCESS;
  }),
  fd_fdstat_get: call('ii', (wasi, env, a) => {
    const result = a[4]! >>> 0;
    const memory = memoryOf(env);
    checkRange(memory, result, FDSTAT_SIZE);
    writeFdstat(memory, result, wasi.fds.get(a[0]!, 0));
    return SUCCESS;
  }),
  fd_fdstat_set_flags: call('ii', (wasi, _env, a) => {
    const flags = a[4]!;
    const descriptor = wasi.fds.get(a[0]!, FD_FDSTAT_SET_FLAGS);
    const changed = flags ^ descriptor.flags;
    // Whether writes are synchronous is fixed when a file is opened.
    if ((changed & ~(FLAG_APPEND | FLAG_NONBLOCK)) !== 0) throw new FileError('ENOTSUP');
    if ((changed & FLAG_APPEND) !== 0) {
      const { position } = descriptor;
      descriptor.file?.setAppend((flags & FLAG_APPEND) !== 0);
      descriptor.position = position;
    }
    descriptor.flags = flags;
    return SUCCESS;
  }),
  // Rights can only be removed.
  fd_fdstat_set_rights: call('iII', (wasi, _env, a) => {
    const base = a[4]! & ALL_RIGHTS;
    const inheriting = a[8]! & ALL_RIGHTS;
    const descriptor = wasi.fds.get(a[0]!, 0);
    if ((base & ~descriptor.rightsBase) !== 0 || (inheriting & ~descriptor.rightsInheriting) !== 0) {
      throw new FileError('ENOTCAPABLE');
    }
    descriptor.rightsBase = base;
    descriptor.rightsInheriting = inheriting;
    return SUCCESS;
  }),
  fd_prestat_get: call('ii', (wasi, env, a) => {
    const result = a[4]! >>> 0;
    const memory = memoryOf(env);
    checkRange(memory, result, PRESTAT_SIZE);
    const preopen = wasi.fds.peek(a[0]!)?.preopen;
    // This is how every program learns, at its start, that there are no more: an exception for it takes a twentieth of a short run.
    if (!preopen) return BAD_DESCRIPTOR;
    writePrestat(memory, result, preopen.length);
    return SUCCESS;
  }),
  fd_prestat_dir_name: call('iii', (wasi, env, a) => {
    const path = a[4]! >>> 0;
    const length = a[8]! >>> 0;
    const memory = memoryOf(env);
    checkRange(memory, path, length);
    const { preopen } = wasi.fds.get(a[0]!, 0);
    if (!preopen) throw new FileError('EBADF');
    if (preopen.length > length) throw new FileError('ENAMETOOLONG');
    memory.u8.set(preopen, path);
    return SUCCESS;
  }),
  fd_sync: call('i', (wasi, _env, a) => {
    wasi.fds.get(a[0]!, FD_SYNC).node.sync(false);
    return SUCCESS;
  }),
  fd_datasync: call('i', (wasi, _env, a) => {
    wasi.fds.get(a[0]!, FD_DATASYNC).node.sync(true);
    return SUCCESS;
  }),
};

const FILE_CALLS: Readonly<Record<string, Call>> = {
  // The advice is checked and then has no effect.
  fd_advise: call('iIIi', (wasi, _env, a) => {
    sizeArgument(a, 1);
    sizeArgument(a, 2);
    const advice = a[12]!;
    const { file } = wasi.fds.get(a[0]!, FD_ADVISE);
    if (file && !file.seekable) throw new FileError('ESPIPE');
    if (advice < 0 || advice > LAST_ADVICE) throw new FileError('EINVAL');
    return SUCCESS;
  }),
  // This only makes the file long enough: node:fs cannot reserve the blocks.
  fd_allocate: call('iII', (wasi, _env, a) => {
    const end = sizeArgument(a, 1) + sizeArgument(a, 2);
    const length = sizeArgument(a, 2);
    const descriptor = wasi.fds.getFile(a[0]!, FD_ALLOCATE);
    if (!descriptor.file.seekable) throw new FileError('ESPIPE');
    if (length === 0) throw new FileError('EINVAL');
    if (end > Number.MAX_SAFE_INTEGER) throw new FileError('EFBIG');
    if (descriptor.file.size() < end) resize(wasi, descriptor.file, end);
    return SUCCESS;
  }),
  fd_filestat_get: call('ii', (wasi, env, a, dialect) => {
    const result = a[4]! >>> 0;
    checkRange(memoryOf(env), result, dialect.filestatSize);
    const stat = wasi.fds.get(a[0]!, FD_FILESTAT_GET).node.stat();
    dialect.writeFilestat(memoryOf(env), result, wasi.guestStat(stat));
    return SUCCESS;
  }),
  fd_filestat_set_size: call('iI', (wasi, _env, a) => {
    const size = sizeArgument(a, 1);
    const descriptor = wasi.fds.getFile(a[0]!, FD_FILESTAT_SET_SIZE);
    if (!descriptor.file.seekable) throw new FileError('EINVAL');
    resize(wasi, descriptor.file, size);
    return SUCCESS;
  }),
  fd_filestat_set_times: call('iIIi', (wasi, _env, a) => {
    const [accessed, modified] = timesFor(wasi, u64Argument(a, 1), u64Argument(a, 2), a[12]!);
    const descriptor = wasi.fds.get(a[0]!, FD_FILESTAT_SET_TIMES);
    refuseReadOnly(descriptor);
    if (accessed !== undefined || modified !== undefined) descriptor.node.setTimes(accessed, modified);
    return SUCCESS;
  }),
  fd_seek: call('iIii', (wasi, env, a, dialect) => {
    const delta = deltaArgument(a, 1);
    const whence = dialect.whence[a[8]!];
    const result = a[12]! >>> 0;
    checkRange(memoryOf(env), result, 8);
    if (whence === undefined) throw new FileError('EINVAL');
    // Reading the offset needs fewer rights than changing it.
    const descriptor = wasi.fds.getFile(a[0]!, whence === 'current' && delta === 0 ? FD_TELL : FD_SEEK);
    if (!descriptor.file.seekable) throw new FileError('ESPIPE');
    const position = target(descriptor, whence, delta);
    if (position < 0) throw new FileError('EINVAL');
    if (position > Number.MAX_SAFE_INTEGER) throw new FileError('EOVERFLOW');
    descriptor.seek(position);
    writeSize64(memoryOf(env), result, position);
    return SUCCESS;
  }),
  fd_tell: call('ii', (wasi, env, a) => {
    const result = a[4]! >>> 0;
    checkRange(memoryOf(env), result, 8);
    const descriptor = wasi.fds.getFile(a[0]!, FD_TELL);
    if (!descriptor.file.seekable) throw new FileError('ESPIPE');
    writeSize64(memoryOf(env), result, descriptor.position);
    return SUCCESS;
  }),
  fd_readdir: call('iiiIi', (wasi, env, a) => {
    const buffer = a[4]! >>> 0;
    const length = a[8]! >>> 0;
    const cookie = sizeArgument(a, 3);
    const result = a[16]! >>> 0;
    checkRange(memoryOf(env), buffer, length);
    checkRange(memoryOf(env), result, 4);
    const descriptor = wasi.fds.getDirectory(a[0]!, FD_READDIR);
    const used = writeEntries(descriptor, cookie, env, buffer, buffer + length);
    writeU32(memoryOf(env), result, used);
    return SUCCESS;
  }),
};

export const FD_CALLS: Readonly<Record<string, Call>> = { ...STATE_CALLS, ...FILE_CALLS };
