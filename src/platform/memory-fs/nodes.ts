// The nodes of a memory file system: files, directories, symbolic links. Each is charged against its volume until no name and no descriptor leads to
// it.
import { encodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../errno.js';
import type { FileClock, FileStat, FileType, MemoryPayer } from '../files.js';

/** The state that all nodes of one file system share. */
export interface Volume {
  readonly device: bigint;
  readonly maxBytes: number;
  readonly maxFiles: number;
  bytes: number;
  files: number;
  inodes: bigint;
  clock: FileClock;
  /** The guest's account, which pays for growth beside the volume. */
  payer: MemoryPayer | undefined;
}

/** Each name costs so many bytes: a guest could otherwise fill memory with empty files. */
const BYTES_PER_NODE = 64;
/** A file is stored in pages of so many bytes: it grows without being copied, and pages that were never written take no memory. */
const PAGE = 65_536;
/** The longest name in bytes, as on most operating systems. */
const LONGEST_NAME = 255;

export abstract class Node {
  abstract readonly type: FileType;
  readonly volume: Volume;
  readonly inode: bigint;
  /** The number of names that lead here. */
  links = 0;
  /** The number of descriptors that are open on it. */
  opened = 0;
  accessed: bigint;
  modified: bigint;
  changed: bigint;

  /** @param bytes it takes for as long as it is there, beside its own */
  constructor(volume: Volume, bytes = 0) {
    if (volume.files >= volume.maxFiles) throw new FileError('ENOSPC');
    charge(volume, BYTES_PER_NODE + bytes);
    volume.files++;
    this.volume = volume;
    this.inode = ++volume.inodes;
    const now = volume.clock.now();
    this.accessed = now;
    this.modified = now;
    this.changed = now;
  }
  abstract get size(): number;
  /** The number of bytes to give back when the node is freed. */
  protected abstract release(): void;

  touch(): void {
    this.modified = this.volume.clock.now();
    this.changed = this.modified;
  }
  setTimes(accessed: bigint | undefined, modified: bigint | undefined): void {
    if (accessed !== undefined) this.accessed = accessed;
    if (modified !== undefined) this.modified = modified;
    this.changed = this.volume.clock.now();
  }
  /** Frees its bytes once no name and no descriptor is left. */
  collect(): void {
    if (this.links > 0 || this.opened > 0) return;
    this.release();
    giveBack(this.volume, BYTES_PER_NODE);
    this.volume.files--;
  }
  stat(): FileStat {
    return {
      device: this.volume.device,
      inode: this.inode,
      type: this.type,
      links: BigInt(this.links),
      size: BigInt(this.size),
      accessed: this.accessed,
      modified: this.modified,
      changed: this.changed,
    };
  }
}

export class FileNode extends Node {
  override readonly type = 'regular-file';
  length = 0;
  /** The bytes that are paid for: at least the file's length, and never less than its pages. */
  #capacity = 0;
  /** Undefined: the page was never written and reads as zeros. */
  #pages: (Uint8Array | undefined)[] = [];

  override get size(): number {
    return this.length;
  }
  read(into: Uint8Array, offset: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.length - position));
    eachPart(position, count, (page, start, bytes, done) => {
      const from = this.#pages[page]?.subarray(start, start + bytes);
      const at = offset + done;
      if (from) into.set(from, at);
      // A page that is shorter than the file's part in it ends in zeros.
      into.fill(0, at + (from?.length ?? 0), at + bytes);
    });
    this.accessed = this.volume.clock.now();
    return count;
  }
  /** Writes all bytes, or throws ENOSPC and writes none. */
  write(from: Uint8Array, offset: number, length: number, position: number): number {
    if (length === 0) return 0;
    this.#reserve(position + length);
    eachPart(position, length, (page, start, bytes) => this.#holdPage(page, start + bytes));
    eachPart(position, length, (page, start, bytes, done) =>
      this.#pages[page]!.set(from.subarray(offset + done, offset + done + bytes), start),
    );
    this.length = Math.max(this.length, position + length);
    this.touch();
    return length;
  }
  resize(length: number): void {
    if (length > this.length) this.#reserve(length);
    else if (length < this.length) this.#cut(length);
    this.length = length;
    this.touch();
  }
  /** A copy of its content. */
  content(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    this.read(bytes, 0, this.length, 0);
    return bytes;
  }
  /** A file grows by halves up to a page, and by whole pages from then on. */
  #reserve(length: number): void {
    if (length <= this.#capacity) return;
    const { maxBytes, bytes } = this.volume;
    const room = maxBytes - bytes + this.#capacity;
    if (length > room) throw new FileError('ENOSPC');
    const wanted =
      length > PAGE
        ? Math.ceil(length / PAGE) * PAGE
        : Math.min(PAGE, Math.max(length, Math.ceil(this.#capacity * 1.5)));
    const capacity = Math.min(room, wanted);
    charge(this.volume, capacity - this.#capacity);
    this.#capacity = capacity;
  }
  /** Extends a page so that it reaches to `end`. */
  #holdPage(page: number, end: number): void {
    const old = this.#pages[page];
    if (old && old.length >= end) return;
    const bytes = allocate(Math.min(PAGE, this.#capacity - page * PAGE));
    if (old) bytes.set(old);
    this.#pages[page] = bytes;
  }
  #cut(length: number): void {
    const count = Math.ceil(length / PAGE);
    // QuickJS keeps elements of an array with holes when its length is set.
    if (this.#pages.length > count) this.#pages = this.#pages.slice(0, count);
    const rest = length - (count - 1) * PAGE;
    const last = this.#pages[count - 1];
    const capacity = length < this.#capacity / 2 ? length : this.#capacity;
    if (last && capacity === length) this.#pages[count - 1] = last.slice(0, rest);
    else last?.fill(0, rest);
    giveBack(this.volume, this.#capacity - capacity);
    this.#capacity = capacity;
  }
  protected override release(): void {
    giveBack(this.volume, this.#capacity);
    this.#capacity = 0;
    this.#pages = [];
    this.length = 0;
  }
}

/** The parts of [position, position + length) in each page: the page, where in it, how many bytes, and how many came before. */
function eachPart(
  position: number,
  length: number,
  visit: (page: number, start: number, bytes: number, done: number) => void,
): void {
  for (let done = 0; done < length; ) {
    const start = (position + done) % PAGE;
    const bytes = Math.min(PAGE - start, length - done);
    visit(Math.floor((position + done) / PAGE), start, bytes, done);
    done += bytes;
  }
}

export class LinkNode extends Node {
  override readonly type = 'symbolic-link';
  readonly text: string;
  readonly #bytes: number;

  constructor(volume: Volume, text: string) {
    const bytes = encodeUtf8(text).length;
    super(volume, bytes);
    this.text = text;
    this.#bytes = bytes;
  }
  override get size(): number {
    return this.#bytes;
  }
  protected override release(): void {
    giveBack(this.volume, this.#bytes);
  }
}

export class DirectoryNode extends Node {
  override readonly type = 'directory';
  readonly entries = new Map<string, Node>();
  /** Undefined for the root, and once the directory is removed. */
  parent: DirectoryNode | undefined;

  override get size(): number {
    return this.entries.size;
  }
  /** True once the directory is removed: nothing may be created in it any more. */
  get removed(): boolean {
    return this.links === 0;
  }
  add(name: string, node: Node): void {
    const bytes = encodeUtf8(name).length;
    try {
      if (this.removed) throw new FileError('ENOENT');
      if (bytes > LONGEST_NAME) throw new FileError('ENAMETOOLONG');
      charge(this.volume, bytes);
    } catch (thrown) {
      node.collect();
      throw thrown;
    }
    this.entries.set(name, node);
    node.links++;
    if (node instanceof DirectoryNode) node.parent = this;
    this.touch();
  }
  remove(name: string, node: Node): void {
    this.entries.delete(name);
    giveBack(this.volume, encodeUtf8(name).length);
    node.links--;
    node.changed = this.volume.clock.now();
    if (node instanceof DirectoryNode) node.parent = undefined;
    this.touch();
    node.collect();
  }
  protected override release(): void {
    // Each name was charged by itself and is given back by itself.
  }
}

function charge(volume: Volume, bytes: number): void {
  if (volume.bytes + bytes > volume.maxBytes) throw new FileError('ENOSPC');
  if (volume.payer && !volume.payer.take(bytes)) throw new FileError('ENOSPC', "beyond the guest's memory limit");
  volume.bytes += bytes;
}
function giveBack(volume: Volume, bytes: number): void {
  volume.bytes -= bytes;
  volume.payer?.release(bytes);
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new FileError('ENOSPC', 'the JavaScript engine has no memory left');
  }
}
