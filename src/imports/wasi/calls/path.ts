// The calls that take a path. Each resolves the directory first (path-walk.ts), so that no path can leave the descriptor it starts from. Refuses
// changes below a read-only preopen (EROFS), the source of a hard link included.
import { encodeUtf8 } from '../../../base/utf8.js';
import { FileError } from '../../../platform/errno.js';
import type { FileStat, OpenDirectory, OpenFile, OpenHow } from '../../../platform/files.js';
import type { ExecEnv } from '../../../runtime/exec-env.js';
import { isErrno, SUCCESS } from '../errno.js';
import { Descriptor, FLAG_APPEND, FLAG_DSYNC, FLAG_NONBLOCK, FLAG_RSYNC, FLAG_SYNC } from '../fd-table.js';
import { checkRange, memoryOf, readPath, u64Argument, writeU32 } from '../memory-layout.js';
import { PathWalk } from '../path-walk.js';
import * as rights from '../rights.js';
import type { WasiState } from '../state.js';
import { type Call, call } from './call.js';
import { refuseReadOnly, timesFor } from './fd.js';

const LOOKUP_SYMLINK_FOLLOW = 1;
const OFLAG_CREAT = 1;
const OFLAG_DIRECTORY = 2;
const OFLAG_EXCL = 4;
const OFLAG_TRUNC = 8;
const FDFLAGS = FLAG_APPEND | FLAG_DSYNC | FLAG_NONBLOCK | FLAG_RSYNC | FLAG_SYNC;

/** Resolves the path, runs the operation, closes the directories. */
function at<Result>(env: ExecEnv, start: OpenDirectory, path: string, work: (walk: PathWalk) => Result): Result {
  const walk = new PathWalk(start, path, env.store.meter);
  try {
    return work(walk);
  } finally {
    walk.close();
  }
}

function pathArgument(env: ExecEnv, a: Int32Array, k: number): string {
  return readPath(memoryOf(env), a[4 * k]! >>> 0, a[4 * k + 4]! >>> 0);
}

/**
 * Resolves on while the path leads to a symbolic link that is to be followed: by the guest's flag or by a slash after it. Returns the status of the
 * file that the path leads to.
 */
function statThrough(walk: PathWalk, follow: boolean): FileStat {
  for (;;) {
    if (walk.name === '') return walk.directory.stat();
    const stat = walk.directory.statOf(walk.name);
    if (stat.type !== 'symbolic-link') {
      if (walk.mustBeDirectory && stat.type !== 'directory') throw new FileError('ENOTDIR');
      return stat;
    }
    if (!follow && !walk.mustBeDirectory) return stat;
    walk.follow();
  }
}

/** Checks a name that is about to be created: it must not be the directory itself, nor end in a slash unless it becomes a directory. */
function refuseNewName(walk: PathWalk): void {
  if (walk.name === '') throw new FileError('EEXIST');
  if (!walk.mustBeDirectory) return;
  walk.directory.statOf(walk.name);
  throw new FileError('EEXIST');
}

function openThrough(walk: PathWalk, how: OpenHow, follow: boolean): OpenFile | OpenDirectory {
  for (;;) {
    const { directory, name } = walk;
    if (name === '') {
      if (how.create && how.exclusive) throw new FileError('EEXIST');
      if (how.create || how.write || how.truncate) throw new FileError('EISDIR');
      return directory.duplicate();
    }
    if (walk.mustBeDirectory && how.create) throw new FileError('EISDIR');
    if (how.write && (how.directory || walk.mustBeDirectory)) {
      throw new FileError(statThrough(walk, follow).type === 'directory' ? 'EISDIR' : 'ENOTDIR');
    }
    try {
      return directory.open(name, walk.mustBeDirectory ? { ...how, directory: true } : how);
    } catch (thrown) {
      const through = (follow || walk.mustBeDirectory) && !(how.create && how.exclusive);
      if (!isErrno(thrown, 'ELOOP') || !through) throw thrown;
      walk.follow();
    }
  }
}

/** Below a read-only preopen, a file that exists may be opened with O_CREAT as long as nothing is written. */
function openReadOnly(walk: PathWalk, how: OpenHow, follow: boolean): OpenFile | OpenDirectory {
  if (how.write || how.truncate || (how.create && how.exclusive)) throw new FileError('EROFS');
  try {
    return openThrough(walk, { ...how, create: false }, follow);
  } catch (thrown) {
    throw how.create && isErrno(thrown, 'ENOENT') ? new FileError('EROFS') : thrown;
  }
}

const NEEDS_WRITE = rights.FD_WRITE | rights.FD_ALLOCATE | rights.FD_FILESTAT_SET_SIZE;
const NEEDS_READ = rights.FD_READ | rights.FD_READDIR;

function howToOpen(oflags: number, base: number, fdflags: number): OpenHow {
  const has = (flag: number) => (oflags & flag) !== 0;
  const directory = has(OFLAG_DIRECTORY);
  if (directory && has(OFLAG_CREAT)) throw new FileError('EINVAL');
  return {
    read: (base & NEEDS_READ) !== 0,
    write: (base & (directory ? rights.FD_WRITE : NEEDS_WRITE)) !== 0,
    create: has(OFLAG_CREAT),
    exclusive: has(OFLAG_EXCL),
    truncate: has(OFLAG_TRUNC),
    directory,
    append: (fdflags & FLAG_APPEND) !== 0,
    sync: (fdflags & (FLAG_SYNC | FLAG_RSYNC)) !== 0,
    dataSync: (fdflags & FLAG_DSYNC) !== 0,
  };
}

/** The rights on the directory that these flags take. */
function rightsToOpen(oflags: number): number {
  let needed = rights.PATH_OPEN;
  if ((oflags & OFLAG_CREAT) !== 0) needed |= rights.PATH_CREATE_FILE;
  if ((oflags & OFLAG_TRUNC) !== 0) needed |= rights.PATH_FILESTAT_SET_SIZE;
  return needed;
}

/** Rights that cannot be inherited are left out, as C libraries expect; but missing rights to read and write fail here rather than later. */
function refuseUninheritable(start: Descriptor, base: number, fdflags: number): void {
  let needed = base & (rights.FD_READ | rights.FD_WRITE);
  if ((fdflags & (FLAG_SYNC | FLAG_RSYNC)) !== 0) needed |= rights.FD_SYNC;
  if ((needed & ~start.rightsInheriting) !== 0) throw new FileError('ENOTCAPABLE');
}

function pathOpen(wasi: WasiState, env: ExecEnv, a: Int32Array): number {
  const follow = (a[4]! & LOOKUP_SYMLINK_FOLLOW) !== 0;
  const path = pathArgument(env, a, 2);
  const oflags = a[16]!;
  const base = a[20]! & rights.ALL_RIGHTS;
  const inheriting = a[24]! & rights.ALL_RIGHTS;
  const fdflags = a[28]!;
  const result = a[32]! >>> 0;
  checkRange(memoryOf(env), result, 4);
  if (oflags < 0 || oflags > 15 || (fdflags & ~FDFLAGS) !== 0) throw new FileError('EINVAL');
  const start = wasi.fds.getDirectory(a[0]!, rightsToOpen(oflags));
  refuseUninheritable(start, base, fdflags);
  const how = howToOpen(oflags, base & start.rightsInheriting, fdflags);
  wasi.fds.reserve();
  const open = start.readOnly ? openReadOnly : openThrough;
  const node = at(env, start.directory, path, (walk) => open(walk, how, follow));
  const fd = wasi.fds.add(
    new Descriptor({
      node,
      rightsBase: base & start.rightsInheriting,
      rightsInheriting: inheriting & start.rightsInheriting,
      flags: node.type === 'directory' ? 0 : fdflags,
      readOnly: start.readOnly,
    }),
  );
  writeU32(memoryOf(env), result, fd);
  return SUCCESS;
}

const READING_CALLS: Readonly<Record<string, Call>> = {
  path_open: call('iiiiiIIii', pathOpen),
  path_filestat_get: call('iiiii', (wasi, env, a, dialect) => {
    const follow = (a[4]! & LOOKUP_SYMLINK_FOLLOW) !== 0;
    const path = pathArgument(env, a, 2);
    const result = a[16]! >>> 0;
    checkRange(memoryOf(env), result, dialect.filestatSize);
    const start = wasi.fds.getDirectory(a[0]!, rights.PATH_FILESTAT_GET);
    const stat = at(env, start.directory, path, (walk) => statThrough(walk, follow));
    dialect.writeFilestat(memoryOf(env), result, wasi.guestStat(stat));
    return SUCCESS;
  }),
  path_readlink: call('iiiiii', (wasi, env, a) => {
    const path = pathArgument(env, a, 1);
    const buffer = a[12]! >>> 0;
    const length = a[16]! >>> 0;
    const result = a[20]! >>> 0;
    checkRange(memoryOf(env), buffer, length);
    checkRange(memoryOf(env), result, 4);
    const start = wasi.fds.getDirectory(a[0]!, rights.PATH_READLINK);
    const text = at(env, start.directory, path, (walk) => {
      // A name with a slash after it is a directory, or the target of a link to one; it is never the link itself, unless there is no such file.
      if (walk.mustBeDirectory) statThrough(walk, true);
      if (walk.name === '' || walk.mustBeDirectory) throw new FileError('EINVAL');
      return encodeUtf8(walk.directory.readLink(walk.name));
    });
    const memory = memoryOf(env);
    const used = Math.min(text.length, length);
    memory.u8.set(text.subarray(0, used), buffer);
    writeU32(memory, result, used);
    return SUCCESS;
  }),
};

const CHANGING_CALLS: Readonly<Record<string, Call>> = {
  path_create_directory: call('iii', (wasi, env, a) => {
    const path = pathArgument(env, a, 1);
    const start = wasi.fds.getDirectory(a[0]!, rights.PATH_CREATE_DIRECTORY);
    refuseReadOnly(start);
    at(env, start.directory, path, (walk) => {
      if (walk.name === '') throw new FileError('EEXIST');
      walk.directory.makeDirectory(walk.name);
    });
    return SUCCESS;
  }),
  path_remove_directory: call('iii', (wasi, env, a) => {
    const path = pathArgument(env, a, 1);
    const start = wasi.fds.getDirectory(a[0]!, rights.PATH_REMOVE_DIRECTORY);
    refuseReadOnly(start);
    at(env, start.directory, path, (walk) => {
      if (walk.name === '') throw new FileError('EINVAL');
      walk.directory.removeDirectory(walk.name);
    });
    return SUCCESS;
  }),
  path_unlink_file: call('iii', (wasi, env, a) => {
    const path = pathArgument(env, a, 1);
    const start = wasi.fds.getDirectory(a[0]!, rights.PATH_UNLINK_FILE);
    refuseReadOnly(start);
    at(env, start.directory, path, (walk) => {
      const { directory, name } = walk;
      if (name === '') throw new FileError('EISDIR');
      if (walk.mustBeDirectory) throw new FileError(directory.statOf(name).type === 'directory' ? 'EISDIR' : 'ENOTDIR');
      directory.unlink(name);
    });
    return SUCCESS;
  }),
  path_filestat_set_times: call('iiiiIIi', (wasi, env, a) => {
    const follow = (a[4]! & LOOKUP_SYMLINK_FOLLOW) !== 0;
    const path = pathArgument(env, a, 2);
    const [accessed, modified] = timesFor(wasi, u64Argument(a, 4), u64Argument(a, 5), a[24]!);
    const start = wasi.fds.getDirectory(a[0]!, rights.PATH_FILESTAT_SET_TIMES);
    refuseReadOnly(start);
    at(env, start.directory, path, (walk) => {
      statThrough(walk, follow);
      if (accessed === undefined && modified === undefined) return;
      if (walk.name === '') walk.directory.setTimes(accessed, modified);
      else walk.directory.setTimesOf(walk.name, accessed, modified);
    });
    return SUCCESS;
  }),
  path_symlink: call('iiiii', (wasi, env, a) => {
    const text = pathArgument(env, a, 0);
    const path = pathArgument(env, a, 3);
    const start = wasi.fds.getDirectory(a[8]!, rights.PATH_SYMLINK);
    refuseReadOnly(start);
    if (text === '') throw new FileError('ENOENT');
    // The guest could not follow such a link, but another program of the operating system that did would be led out.
    if (text.startsWith('/')) throw new FileError('ENOTCAPABLE');
    at(env, start.directory, path, (walk) => {
      refuseNewName(walk);
      walk.directory.symbolicLink(text, walk.name);
    });
    return SUCCESS;
  }),
  path_link: call('iiiiiii', (wasi, env, a) => {
    const lookup = a[4]!;
    const path = pathArgument(env, a, 2);
    const newPath = pathArgument(env, a, 5);
    const from = wasi.fds.getDirectory(a[0]!, rights.PATH_LINK_SOURCE);
    const to = wasi.fds.getDirectory(a[16]!, rights.PATH_LINK_TARGET);
    // Through a second name below a writable preopen, a file of a read-only one could be written.
    refuseReadOnly(from);
    refuseReadOnly(to);
    if ((lookup & LOOKUP_SYMLINK_FOLLOW) !== 0) throw new FileError('EINVAL');
    at(env, from.directory, path, (walk) => {
      if (walk.name === '') throw new FileError('EPERM');
      if (walk.mustBeDirectory) statThrough(walk, false);
      at(env, to.directory, newPath, (newWalk) => {
        refuseNewName(newWalk);
        walk.directory.link(walk.name, newWalk.directory, newWalk.name);
      });
    });
    return SUCCESS;
  }),
  path_rename: call('iiiiii', (wasi, env, a) => {
    const path = pathArgument(env, a, 1);
    const newPath = pathArgument(env, a, 4);
    const from = wasi.fds.getDirectory(a[0]!, rights.PATH_RENAME_SOURCE);
    const to = wasi.fds.getDirectory(a[12]!, rights.PATH_RENAME_TARGET);
    refuseReadOnly(from);
    refuseReadOnly(to);
    at(env, from.directory, path, (walk) => {
      at(env, to.directory, newPath, (newWalk) => {
        if (walk.name === '' || newWalk.name === '') throw new FileError('EBUSY');
        if (walk.mustBeDirectory || newWalk.mustBeDirectory) {
          if (walk.directory.statOf(walk.name).type !== 'directory') throw new FileError('ENOTDIR');
        }
        walk.directory.rename(walk.name, newWalk.directory, newWalk.name);
      });
    });
    return SUCCESS;
  }),
};

export const PATH_CALLS: Readonly<Record<string, Call>> = { ...READING_CALLS, ...CHANGING_CALLS };
