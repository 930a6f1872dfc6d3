// A guest's descriptors: the open files by number, with their rights. Refuses more than the limit (EMFILE), closed numbers (EBADF) and missing rights
// (ENOTCAPABLE).
import { FileError } from '../../platform/errno.js';
import {
  type FileType,
  type Listing,
  type OpenDirectory,
  type OpenFile,
  type OpenSocket,
  OWN_PLACE,
} from '../../platform/files.js';
import type { Budget } from '../../runtime/budget.js';
import { meaningfulRights } from './rights.js';

export const FLAG_APPEND = 1 << 0;
export const FLAG_DSYNC = 1 << 1;
export const FLAG_NONBLOCK = 1 << 2;
export const FLAG_RSYNC = 1 << 3;
export const FLAG_SYNC = 1 << 4;

/** The bytes that a name costs beside its letters, and the total that is free: small directories can be listed under any limit. */
const BYTES_PER_NAME = 32;
const FREE_LISTING_BYTES = 4_096;

export class Descriptor {
  readonly type: FileType;
  readonly file: OpenFile | undefined;
  readonly directory: OpenDirectory | undefined;
  rightsBase: number;
  rightsInheriting: number;
  /** WASI's fdflags. */
  flags: number;
  /** The guest path of a preopen, in UTF-8. */
  readonly preopen: Uint8Array | undefined;
  /** Below a read-only preopen: nothing may be changed through it. */
  readonly readOnly: boolean;
  /** How long a socket waits, in milliseconds; 0: without a bound. */
  receiveTimeoutMs = 0;
  sendTimeoutMs = 0;
  #position: number;
  #sought = false;
  #listing: Listing | undefined;
  #giveBack: (() => void) | undefined;

  constructor(fields: {
    node: OpenFile | OpenDirectory;
    rightsBase: number;
    rightsInheriting?: number;
    flags?: number;
    preopen?: Uint8Array;
    readOnly?: boolean;
  }) {
    const { node } = fields;
    this.type = node.type;
    this.file = isDirectory(node) ? undefined : node;
    this.directory = isDirectory(node) ? node : undefined;
    this.rightsBase = fields.rightsBase & meaningfulRights(node.type, this.file?.terminal === true);
    this.rightsInheriting = this.directory ? (fields.rightsInheriting ?? 0) : 0;
    this.flags = fields.flags ?? (this.file?.appends ? FLAG_APPEND : 0);
    this.preopen = fields.preopen;
    this.readOnly = fields.readOnly ?? false;
    this.#position = this.file?.sharesPlace ? OWN_PLACE : 0;
  }
  get node(): OpenFile | OpenDirectory {
    return (this.file ?? this.directory)!;
  }
  /** The names that fd_readdir listed last, until the guest starts over. */
  get listing(): Listing | undefined {
    return this.#listing;
  }
  /** Lists the directory anew and keeps the names. @param budget pays for the names as long as they are kept; ENOMEM where it cannot */
  list(budget: Budget): Listing {
    this.#forgetListing();
    const listing = this.directory!.list();
    const bytes = listing.names.reduce((total, name) => total + BYTES_PER_NAME + name.length, 0);
    const charged = Math.max(0, bytes - FREE_LISTING_BYTES);
    if (!budget.take(charged)) throw new FileError('ENOMEM');
    this.#giveBack = () => budget.release(charged);
    this.#listing = listing;
    return listing;
  }
  close(): void {
    this.#forgetListing();
    this.node.close();
  }
  #forgetListing(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
    this.#listing = undefined;
  }
  /** Milliseconds that a transfer may wait, 0 without a bound; undefined: the guest does not want to wait. */
  timeout(direction: 'receive' | 'send'): number | undefined {
    if ((this.flags & FLAG_NONBLOCK) !== 0) return undefined;
    return direction === 'receive' ? this.receiveTimeoutMs : this.sendTimeoutMs;
  }
  /** The offset in bytes from the start; 0 for files without positions. */
  get position(): number {
    if (this.#position !== OWN_PLACE) return this.#position;
    const { file } = this;
    const place = file!.place ? file!.place() : file!.size();
    // A shared offset continues with the other holders; where an append ended is this descriptor's, and later appends move it.
    if (!file!.sharesPlace) this.#position = place;
    return place;
  }
  set position(position: number) {
    const { file } = this;
    this.#position = file?.sharesPlace && position === file.place?.() ? OWN_PLACE : position;
  }
  /** Seeks to an offset, perhaps beyond the end. */
  seek(position: number): void {
    this.position = position;
    this.#sought = true;
  }
  /** Bytes between the file's end and the start of a write, which the write will leave empty. */
  holeBefore(position: number): number {
    const isSequential = position === this.#position && !this.#sought;
    if (isSequential || position === OWN_PLACE || !this.file?.seekable) return 0;
    this.#sought = false;
    return Math.max(0, position - this.file.size());
  }
  /** The place of the next read: a position or OWN_PLACE. */
  get readPlace(): number {
    return this.file?.sharesPlace ? this.#position : this.position;
  }
  /** The place of the next write. Does not read where an append ended: most guests that append never need it. */
  get writePlace(): number {
    return this.#appends ? OWN_PLACE : this.readPlace;
  }
  get #appends(): boolean {
    return (this.flags & FLAG_APPEND) !== 0 && this.file?.seekable === true;
  }
  /** Moves the offset after `bytes` were read at `readPlace`. */
  passed(bytes: number): void {
    if (this.#position !== OWN_PLACE) this.#position += bytes;
  }
  /** Moves the offset after `bytes` were written at `writePlace`: it is where they end. Without bytes it does not move, append or not. */
  advance(bytes: number): void {
    if (bytes === 0) return;
    if (this.#appends) this.#position = OWN_PLACE;
    else this.passed(bytes);
  }
}

export class FdTable {
  readonly #limit: number;
  readonly #open: (Descriptor | undefined)[] = [];
  #count = 0;
  /** No number below this one is free. */
  #lowestFree = 0;

  /** The limit, where it refused a descriptor; see Refusals. */
  refusedBy: number | undefined = undefined;

  /** @param limit the most descriptors at once */
  constructor(limit: number) {
    this.#limit = limit;
  }
  get count(): number {
    return this.#count;
  }

  /** The descriptor, whatever its rights; undefined when there is none. */
  peek(fd: number): Descriptor | undefined {
    return this.#open[fd];
  }
  /** The descriptor, if it has all these rights. */
  get(fd: number, rights: number): Descriptor {
    const descriptor = this.#open[fd];
    if (descriptor === undefined) throw new FileError('EBADF');
    if ((descriptor.rightsBase & rights) !== rights) throw new FileError('ENOTCAPABLE');
    return descriptor;
  }
  /** A descriptor with bytes; throws EISDIR for a directory. */
  getFile(fd: number, rights: number): Descriptor & { readonly file: OpenFile } {
    const descriptor = this.#open[fd];
    if (descriptor === undefined) throw new FileError('EBADF');
    if (descriptor.file === undefined) throw new FileError('EISDIR');
    if ((descriptor.rightsBase & rights) !== rights) throw new FileError('ENOTCAPABLE');
    return descriptor as Descriptor & { readonly file: OpenFile };
  }
  /** A directory's descriptor; throws ENOTDIR for any other. */
  getDirectory(fd: number, rights: number): Descriptor & { readonly directory: OpenDirectory } {
    const descriptor = this.get(fd, 0);
    if (!descriptor.directory) throw new FileError('ENOTDIR');
    return this.get(fd, rights) as Descriptor & { readonly directory: OpenDirectory };
  }
  /** A socket's descriptor; throws ENOTSOCK for any other. */
  getSocket(fd: number, rights: number): Descriptor & { readonly file: OpenSocket } {
    const { file } = this.get(fd, 0);
    if (!file || !('socket' in file)) throw new FileError('ENOTSOCK');
    return this.get(fd, rights) as Descriptor & { readonly file: OpenSocket };
  }

  /** Throws EMFILE where one more would not fit: the caller calls it before it opens anything. */
  reserve(): void {
    if (this.#count < this.#limit) return;
    this.refusedBy = this.#limit;
    throw new FileError('EMFILE');
  }
  /** Adds a descriptor under the lowest free number. */
  add(descriptor: Descriptor): number {
    this.reserve();
    let fd = this.#lowestFree;
    while (this.#open[fd] !== undefined) fd++;
    this.#open[fd] = descriptor;
    this.#lowestFree = fd + 1;
    this.#count++;
    return fd;
  }
  close(fd: number): void {
    const descriptor = this.get(fd, 0);
    this.#open[fd] = undefined;
    this.#count--;
    this.#lowestFree = Math.min(this.#lowestFree, fd);
    descriptor.close();
  }
  /** Renumbers `from` to `to`, which must be open and is closed. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from, 0);
    const replaced = this.get(to, 0);
    if (from === to) return;
    this.#open[to] = descriptor;
    this.#open[from] = undefined;
    this.#count--;
    this.#lowestFree = Math.min(this.#lowestFree, from);
    replaced.close();
  }
  /** Closes all descriptors, whatever any of them throws. Afterwards throws the first exception that is no FileError. */
  closeAll(): void {
    let failure: { readonly thrown: unknown } | undefined;
    for (const descriptor of this.#open.splice(0)) {
      try {
        descriptor?.close();
      } catch (thrown) {
        // The guest has ended, so no one is left to get a FileError.
        if (!(thrown instanceof FileError)) failure ??= { thrown };
      }
    }
    this.#count = 0;
    this.#lowestFree = 0;
    if (failure) throw failure.thrown;
  }
}

function isDirectory(node: OpenFile | OpenDirectory): node is OpenDirectory {
  return node.type === 'directory';
}
