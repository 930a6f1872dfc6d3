// Directories of the operating system as file systems. Node has no openat, so each step is made safe in one of two ways: 'descriptor' (Linux) looks
// every name up through /proc/PID/fd/N/name, where N is an open directory, which is the kernel's own openat; 'checked' (elsewhere, or without /proc)
// takes the real path, does the operation, and takes the real path again. That is weaker against races; see docs/wasi.md.
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FileError } from '../errno.js';
import type { FileStat, FileSystem, Listing, OpenDirectory, OpenFile, OpenHow } from '../files.js';
import { OsFile } from './os-file.js';
import { Times, typeOf } from './stats.js';
import { fileError } from './system-errors.js';

export type Technique = 'descriptor' | 'checked';

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_SYNC } = fs.constants;
// These constants are undefined on Windows, where `|` takes them for 0.
const O_DIRECTORY = fs.constants.O_DIRECTORY ?? 0;
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;
const O_NOCTTY = fs.constants.O_NOCTTY ?? 0;
const O_DSYNC = fs.constants.O_DSYNC ?? 0;
/** Linux's O_PATH, which node:fs does not name: it opens a place in the tree without the right to read it. */
const O_PATH = 0o10000000;
const CREATE_MODE = 0o666;
/** Deno's unlinkSync removes empty directories too. */
const UNLINKS_DIRECTORIES = 'deno' in process.versions;
const SYMBOLIC_LINK_REFUSED: ReadonlySet<string> = new Set(['ELOOP', 'EMLINK', 'EFTYPE']);

/**
 * The kernel's links to this process's open descriptors. It is not /proc/self, which is one more link to follow and costs half a microsecond a call.
 */
const DESCRIPTORS = `/proc/${process.pid}/fd`;

/** Whether this process can look names up through its open descriptors. */
export function descriptorsWork(): boolean {
  if (process.platform !== 'linux') return false;
  let descriptor: number | undefined;
  try {
    // A /proc of another process namespace shows another process under this process's id.
    if (fs.readlinkSync('/proc/self') !== String(process.pid)) return false;
    descriptor = fs.openSync('/proc/self', O_PATH | O_DIRECTORY);
    return fs.lstatSync(`${DESCRIPTORS}/${descriptor}/fd`).isDirectory();
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

export class OsFileSystem implements FileSystem {
  readonly path: string;
  readonly technique: Technique;
  /** @internal */
  readonly times = new Times();

  /** @param technique the strongest that the operating system allows, unless given */
  constructor(path: string, technique: Technique = descriptorsWork() ? 'descriptor' : 'checked') {
    this.path = path;
    this.technique = technique;
  }
  open(): OpenDirectory {
    return system(() => {
      const path = fs.realpathSync.native(this.path);
      if (this.technique === 'descriptor') {
        return new DescriptorDirectory(this, fs.openSync(path, O_PATH | O_DIRECTORY));
      }
      const stat = fs.statSync(path, { bigint: true });
      if (!stat.isDirectory()) throw new FileError('ENOTDIR', path);
      return new CheckedDirectory(this, path, stat.dev, stat.ino);
    });
  }
}

abstract class OsDirectory implements OpenDirectory {
  readonly type = 'directory';
  readonly fileSystem: OsFileSystem;

  constructor(fileSystem: OsFileSystem) {
    this.fileSystem = fileSystem;
  }
  /** The path at which the operating system finds `name` in this directory; '' is the directory itself. */
  protected abstract at(name: string): string;
  /** Runs an operation on paths in these directories so that it cannot leave them. */
  protected abstract guard<Result>(work: () => Result, target?: OsDirectory): Result;
  /** A directory that open() found. */
  protected abstract adopt(descriptor: number, name: string): OpenDirectory;
  /** Checks that a file that was just opened is the one in this directory. */
  protected abstract confirm(descriptor: number, name: string): void;
  abstract openDirectory(name: string): OpenDirectory;
  abstract duplicate(): OpenDirectory;
  abstract close(): void;

  open(name: string, how: OpenHow): OpenFile | OpenDirectory {
    const { times, technique } = this.fileSystem;
    const flags = openFlags(how, technique);
    return this.guard(() => {
      const descriptor = this.#openNoFollow(name, flags, how);
      try {
        this.confirm(descriptor, name);
        const { mode } = fs.fstatSync(descriptor);
        if ((mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR) return this.adopt(descriptor, name);
        if (how.directory) throw new FileError('ENOTDIR');
        if (how.truncate && (flags & O_TRUNC) === 0) fs.ftruncateSync(descriptor, 0);
        const reopen = technique === 'descriptor' ? reopener(flags) : undefined;
        return new OsFile(descriptor, mode, how.append, { times, reopen });
      } catch (thrown) {
        fs.closeSync(descriptor);
        throw thrown;
      }
    });
  }
  #openNoFollow(name: string, flags: number, how: OpenHow): number {
    const path = this.at(name);
    try {
      return fs.openSync(path, flags, CREATE_MODE);
    } catch (thrown) {
      const code = (thrown as { code?: string }).code ?? '';
      if (SYMBOLIC_LINK_REFUSED.has(code)) throw new FileError('ELOOP');
      if (code === 'ENOTDIR' && how.directory && fs.lstatSync(path).isSymbolicLink()) throw new FileError('ELOOP');
      throw thrown;
    }
  }
  readLink(name: string): string {
    return this.guard(() => fs.readlinkSync(this.at(name)));
  }
  stat(): FileStat {
    return this.guard(() => this.fileSystem.times.stat(fs.statSync(this.at(''), { bigint: true })));
  }
  statOf(name: string): FileStat {
    return this.guard(() => {
      // Guests often ask for files that do not exist: an exception of Node's costs as much as three calls.
      const raw = fs.lstatSync(this.at(name), { bigint: true, throwIfNoEntry: false });
      if (!raw) throw new FileError('ENOENT');
      return this.fileSystem.times.stat(raw);
    });
  }
  setTimes(accessed: bigint | undefined, modified: bigint | undefined): void {
    this.#setTimes(this.at(''), accessed, modified, fs.statSync, fs.utimesSync);
  }
  setTimesOf(name: string, accessed: bigint | undefined, modified: bigint | undefined): void {
    this.#setTimes(this.at(name), accessed, modified, fs.lstatSync, fs.lutimesSync);
  }
  #setTimes(
    path: string,
    accessed: bigint | undefined,
    modified: bigint | undefined,
    read: typeof fs.lstatSync,
    write: typeof fs.lutimesSync,
  ): void {
    this.guard(() =>
      this.fileSystem.times.set(
        accessed,
        modified,
        () => read(path, { bigint: true }) as fs.BigIntStats,
        (a, m) => write(path, a, m),
      ),
    );
  }
  sync(dataOnly: boolean): void {
    this.guard(() => {
      const descriptor = fs.openSync(this.at(''), O_RDONLY | O_DIRECTORY);
      try {
        if (dataOnly) fs.fdatasyncSync(descriptor);
        else fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  }
  list(): Listing {
    const names = this.guard(() => fs.readdirSync(this.at('')));
    return { names, entry: (name) => this.#entry(name) };
  }
  #entry(name: string): { inode: bigint; type: FileStat['type'] } | undefined {
    try {
      const raw = this.guard(() => fs.lstatSync(this.at(name), { bigint: true }));
      return { inode: raw.ino, type: typeOf(Number(raw.mode)) };
    } catch (thrown) {
      if (thrown instanceof FileError) return undefined;
      throw thrown;
    }
  }
  makeDirectory(name: string): void {
    this.guard(() => fs.mkdirSync(this.at(name)));
  }
  removeDirectory(name: string): void {
    this.guard(() => fs.rmdirSync(this.at(name)));
  }
  unlink(name: string): void {
    this.guard(() => {
      if (UNLINKS_DIRECTORIES && fs.lstatSync(this.at(name)).isDirectory()) throw new FileError('EISDIR');
      fs.unlinkSync(this.at(name));
    });
  }
  symbolicLink(text: string, name: string): void {
    this.guard(() => fs.symlinkSync(text, this.at(name)));
  }
  link(name: string, target: OpenDirectory, targetName: string): void {
    const to = sameKind(target);
    this.guard(() => fs.linkSync(this.at(name), to.at(targetName)), to);
  }
  rename(name: string, target: OpenDirectory, targetName: string): void {
    const to = sameKind(target);
    this.guard(() => fs.renameSync(this.at(name), to.at(targetName)), to);
  }
}

/** An open descriptor of the directory: the kernel looks names up below it, wherever the directory was moved to. */
class DescriptorDirectory extends OsDirectory {
  readonly #descriptor: number;
  readonly #prefix: string;

  constructor(fileSystem: OsFileSystem, descriptor: number) {
    super(fileSystem);
    this.#descriptor = descriptor;
    this.#prefix = `${DESCRIPTORS}/${descriptor}/`;
  }
  protected override at(name: string): string {
    return this.#prefix + name;
  }
  protected override guard<Result>(work: () => Result): Result {
    return system(work);
  }
  protected override adopt(descriptor: number): OpenDirectory {
    return new DescriptorDirectory(this.fileSystem, descriptor);
  }
  protected override confirm(): void {
    // O_NOFOLLOW below an open directory leaves no race to check for.
  }
  override openDirectory(name: string): OpenDirectory {
    return system(
      () => new DescriptorDirectory(this.fileSystem, fs.openSync(this.at(name), O_PATH | O_DIRECTORY | O_NOFOLLOW)),
    );
  }
  override duplicate(): OpenDirectory {
    return system(() => new DescriptorDirectory(this.fileSystem, fs.openSync(this.at('.'), O_PATH | O_DIRECTORY)));
  }
  override close(): void {
    system(() => fs.closeSync(this.#descriptor));
  }
}

/** A real path and the identity of what was there; both are compared before and after each operation. */
class CheckedDirectory extends OsDirectory {
  readonly #path: string;
  readonly #device: bigint;
  readonly #inode: bigint;

  constructor(fileSystem: OsFileSystem, path: string, device: bigint, inode: bigint) {
    super(fileSystem);
    this.#path = path;
    this.#device = device;
    this.#inode = inode;
  }
  protected override at(name: string): string {
    if (process.platform === 'win32') refuseWindowsNames(name);
    return name === '' ? this.#path : join(this.#path, name);
  }
  protected override guard<Result>(work: () => Result, target?: OsDirectory): Result {
    return system(() => {
      this.#verify();
      if (target instanceof CheckedDirectory) target.#verify();
      const result = work();
      try {
        this.#verify();
        if (target instanceof CheckedDirectory) target.#verify();
      } catch (thrown) {
        if (result instanceof OsFile || result instanceof OsDirectory) result.close();
        throw thrown;
      }
      return result;
    });
  }
  #verify(): void {
    const now = fs.lstatSync(this.#path, { bigint: true });
    const same = now.isDirectory() && now.ino === this.#inode && now.dev === this.#device;
    if (!same || fs.realpathSync.native(this.#path) !== this.#path)
      throw new FileError('ENOENT', 'the directory moved');
  }
  protected override adopt(descriptor: number, name: string): OpenDirectory {
    // The order matters: the caller closes the descriptor when this throws.
    const directory = this.openDirectory(name);
    fs.closeSync(descriptor);
    return directory;
  }
  protected override confirm(descriptor: number, name: string): void {
    const opened = fs.fstatSync(descriptor, { bigint: true });
    const named = fs.lstatSync(this.at(name), { bigint: true });
    if (named.isSymbolicLink()) throw new FileError('ELOOP');
    if (opened.ino !== named.ino || opened.dev !== named.dev) throw new FileError('ENOENT', 'the file was replaced');
  }
  override openDirectory(name: string): OpenDirectory {
    return this.guard(() => {
      const path = this.at(name);
      const stat = fs.lstatSync(path, { bigint: true });
      if (!stat.isDirectory()) throw new FileError('ENOTDIR');
      const real = fs.realpathSync.native(path);
      if (dirname(real) !== this.#path || basename(real) === '') throw new FileError('ENOENT', 'the directory moved');
      return new CheckedDirectory(this.fileSystem, real, stat.dev, stat.ino);
    });
  }
  override duplicate(): OpenDirectory {
    return new CheckedDirectory(this.fileSystem, this.#path, this.#device, this.#inode);
  }
  override close(): void {
    // There is no descriptor to close.
  }
}

function openFlags(how: OpenHow, technique: Technique): number {
  if (how.directory) return O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
  const writes = how.write || how.truncate;
  // Deno looks at O_EXCL only where the file is opened for writing, which a new one can be.
  const isNew = how.create && how.exclusive;
  const access = !writes && !isNew ? O_RDONLY : how.read || !how.write ? O_RDWR : O_WRONLY;
  // O_NONBLOCK keeps the opening of a pipe from waiting for its other end.
  let flags = access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  if (how.create) flags |= O_CREAT;
  if (how.exclusive) flags |= O_EXCL;
  // Without O_NOFOLLOW the file may be the wrong one: it is truncated only once it was confirmed.
  if (how.truncate && O_NOFOLLOW !== 0) flags |= O_TRUNC;
  if (how.append && technique === 'descriptor') flags |= O_APPEND;
  if (how.sync) flags |= O_SYNC;
  if (how.dataSync) flags |= O_DSYNC;
  return flags;
}

function reopener(flags: number): (descriptor: number, append: boolean) => number {
  const kept = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NOFOLLOW);
  return (descriptor, append) => fs.openSync(`${DESCRIPTORS}/${descriptor}`, kept | (append ? O_APPEND : 0));
}

function sameKind(target: OpenDirectory): OsDirectory {
  if (target instanceof OsDirectory) return target;
  throw new FileError('EXDEV');
}

/** Names that Windows takes for other things: streams, devices, `..` with a trailing space or dot. */
function refuseWindowsNames(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Windows forbids them in names.
  if (/[\u0000-\u001f\\/:*?"<>|]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i.test(name)) {
    throw new FileError('EINVAL', 'not a name on Windows');
  }
}

function system<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    throw fileError(thrown);
  }
}
