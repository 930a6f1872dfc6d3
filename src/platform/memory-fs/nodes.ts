// What a memory file system holds: files, directories, symbolic links, each charged against its volume until nobody can reach it.
import { encodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../errno.js';
import type { FileClock, FileStat, FileType } from '../files.js';

/** What all nodes of one file system share. */
export interface Volume {
  readonly device: bigint;
  readonly maxBytes: number;
  readonly maxFiles: number;
  bytes: number;
  files: number;
  inodes: bigint;
  clock: FileClock;
}

/** So that a name costs something: a guest could otherwise fill memory with empty files. */
const BYTES_PER_NODE = 64;
/** As on most hosts. */
const LONGEST_NAME = 255;

export abstract class Node {
  abstract readonly type: FileType;
  readonly volume: Volume;
  readonly inode: bigint;
  /** Names that lead here. */
  links = 0;
  /** Descriptors that are open on it. */
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
  /** Bytes to give back when it is gone. */
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
    this.volume.bytes -= BYTES_PER_NODE;
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
  /** Longer than the file: grown by halves. */
  bytes = new Uint8Array(0);
  length = 0;

  override get size(): number {
    return this.length;
  }
  read(into: Uint8Array, offset: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.length - position));
    into.set(this.bytes.subarray(position, position + count), offset);
    this.accessed = this.volume.clock.now();
    return count;
  }
  /** Writes all, or throws ENOSPC and writes nothing. */
  write(from: Uint8Array, offset: number, length: number, position: number): number {
    if (length === 0) return 0;
    this.#reserve(position + length);
    this.bytes.set(from.subarray(offset, offset + length), position);
    this.length = Math.max(this.length, position + length);
    this.touch();
    return length;
  }
  resize(length: number): void {
    if (length > this.length) this.#reserve(length);
    else if (length < this.bytes.length / 2) this.#move(length);
    else this.bytes.fill(0, length);
    this.length = length;
    this.touch();
  }
  #reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const { maxBytes, bytes } = this.volume;
    const room = maxBytes - bytes + this.bytes.length;
    if (length > room) throw new FileError('ENOSPC');
    this.#move(Math.min(room, Math.max(length, Math.ceil(this.bytes.length * 1.5))));
  }
  #move(capacity: number): void {
    const bytes = allocate(capacity);
    charge(this.volume, capacity - this.bytes.length);
    bytes.set(this.bytes.subarray(0, Math.min(this.length, capacity)));
    this.bytes = bytes;
  }
  protected override release(): void {
    this.volume.bytes -= this.bytes.length;
    this.bytes = new Uint8Array(0);
    this.length = 0;
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
    this.volume.bytes -= this.#bytes;
  }
}

export class DirectoryNode extends Node {
  override readonly type = 'directory';
  readonly entries = new Map<string, Node>();
  /** Undefined at the top, and once it is removed. */
  parent: DirectoryNode | undefined;

  override get size(): number {
    return this.entries.size;
  }
  /** True once nothing may be created in it any more. */
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
    this.volume.bytes -= encodeUtf8(name).length;
    node.links--;
    node.changed = this.volume.clock.now();
    if (node instanceof DirectoryNode) node.parent = undefined;
    this.touch();
    node.collect();
  }
  protected override release(): void {
    // Its names were charged one by one.
  }
}

function charge(volume: Volume, bytes: number): void {
  if (volume.bytes + bytes > volume.maxBytes) throw new FileError('ENOSPC');
  volume.bytes += bytes;
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw new FileError('ENOSPC', 'the host has no memory left');
  }
}
