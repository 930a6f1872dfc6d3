// Open directories and files of a memory file system. Refuses what an operating system's kernel would refuse, with the same error names.
import { FileError } from '../errno.js';
import {
  type FileStat,
  type FileSystem,
  type Listing,
  type OpenDirectory,
  type OpenFile,
  type OpenHow,
  OWN_PLACE,
  type Readiness,
} from '../files.js';
import { DirectoryNode, FileNode, LinkNode, type Node, type Volume } from './nodes.js';

abstract class OpenMemoryNode<Kind extends Node> {
  protected readonly node: Kind;

  constructor(node: Kind) {
    this.node = node;
    node.opened++;
  }
  stat(): FileStat {
    return this.node.stat();
  }
  setTimes(accessed: bigint | undefined, modified: bigint | undefined): void {
    this.node.setTimes(accessed, modified);
  }
  sync(): void {
    // The memory is the storage medium: there is nothing to wait for.
  }
  close(): void {
    this.node.opened--;
    this.node.collect();
  }
}

class MemoryFile extends OpenMemoryNode<FileNode> implements OpenFile {
  readonly type = 'regular-file';
  readonly seekable = true;
  #append: boolean;
  #place = 0;

  constructor(node: FileNode, append: boolean) {
    super(node);
    this.#append = append;
  }
  read(into: Uint8Array, offset: number, length: number, position: number): number {
    return this.node.read(into, offset, length, position);
  }
  write(from: Uint8Array, offset: number, length: number, position: number): number {
    if (!this.#append) return this.node.write(from, offset, length, position);
    const bytes = this.node.write(from, offset, length, this.node.length);
    if (position === OWN_PLACE) this.#place = this.node.length;
    return bytes;
  }
  get appends(): boolean {
    return this.#append;
  }
  place(): number {
    return this.#place;
  }
  size(): number {
    return this.node.length;
  }
  setSize(bytes: number): void {
    this.node.resize(bytes);
  }
  setAppend(append: boolean): void {
    this.#append = append;
  }
  ready(direction: 'read' | 'write', position: number): Readiness {
    return { bytes: direction === 'write' ? 65_536 : Math.max(0, this.node.length - position), hangup: false };
  }
}

export class MemoryDirectory extends OpenMemoryNode<DirectoryNode> implements OpenDirectory {
  readonly type = 'directory';
  readonly fileSystem: FileSystem;
  readonly #volume: Volume;

  constructor(fileSystem: FileSystem, volume: Volume, node: DirectoryNode) {
    super(node);
    this.fileSystem = fileSystem;
    this.#volume = volume;
  }

  open(name: string, how: OpenHow): OpenFile | OpenDirectory {
    let node = this.node.entries.get(name);
    if (!node) {
      if (!how.create) throw new FileError('ENOENT');
      node = new FileNode(this.#volume);
      this.node.add(name, node);
      return new MemoryFile(node as FileNode, how.append);
    }
    if (how.create && how.exclusive) throw new FileError('EEXIST');
    if (node instanceof LinkNode) throw new FileError('ELOOP');
    if (node instanceof DirectoryNode) {
      if (how.write || how.truncate || how.create) throw new FileError('EISDIR');
      return new MemoryDirectory(this.fileSystem, this.#volume, node);
    }
    if (how.directory) throw new FileError('ENOTDIR');
    if (how.truncate) (node as FileNode).resize(0);
    return new MemoryFile(node as FileNode, how.append);
  }
  openDirectory(name: string): OpenDirectory {
    const node = this.#get(name);
    if (!(node instanceof DirectoryNode)) throw new FileError('ENOTDIR');
    return new MemoryDirectory(this.fileSystem, this.#volume, node);
  }
  duplicate(): OpenDirectory {
    return new MemoryDirectory(this.fileSystem, this.#volume, this.node);
  }
  readLink(name: string): string {
    const node = this.#get(name);
    if (!(node instanceof LinkNode)) throw new FileError('EINVAL');
    return node.text;
  }
  statOf(name: string): FileStat {
    return this.#get(name).stat();
  }
  setTimesOf(name: string, accessed: bigint | undefined, modified: bigint | undefined): void {
    this.#get(name).setTimes(accessed, modified);
  }
  list(): Listing {
    return { names: [...this.node.entries.keys()], entry: (name) => this.node.entries.get(name) };
  }
  makeDirectory(name: string): void {
    this.#refuseExisting(name);
    this.node.add(name, new DirectoryNode(this.#volume));
  }
  removeDirectory(name: string): void {
    const node = this.#get(name);
    if (!(node instanceof DirectoryNode)) throw new FileError('ENOTDIR');
    if (node.entries.size > 0) throw new FileError('ENOTEMPTY');
    this.node.remove(name, node);
  }
  unlink(name: string): void {
    const node = this.#get(name);
    if (node instanceof DirectoryNode) throw new FileError('EISDIR');
    this.node.remove(name, node);
  }
  symbolicLink(text: string, name: string): void {
    this.#refuseExisting(name);
    this.node.add(name, new LinkNode(this.#volume, text));
  }
  link(name: string, target: OpenDirectory, targetName: string): void {
    const to = this.#sameVolume(target);
    const node = this.#get(name);
    if (node instanceof DirectoryNode) throw new FileError('EPERM');
    to.#refuseExisting(targetName);
    to.node.add(targetName, node);
    node.changed = this.#volume.clock.now();
  }
  rename(name: string, target: OpenDirectory, targetName: string): void {
    const to = this.#sameVolume(target);
    const node = this.#get(name);
    const old = to.node.entries.get(targetName);
    if (old === node) return;
    if (node instanceof DirectoryNode && isWithin(to.node, node)) throw new FileError('EINVAL');
    if (old instanceof DirectoryNode) {
      if (!(node instanceof DirectoryNode)) throw new FileError('EISDIR');
      if (old.entries.size > 0) throw new FileError('ENOTEMPTY');
    } else if (old && node instanceof DirectoryNode) {
      throw new FileError('ENOTDIR');
    }
    // A replaced target gives the bytes of its name back; without one, add() may refuse, and then nothing has changed.
    if (old) to.node.remove(targetName, old);
    to.node.add(targetName, node);
    this.node.remove(name, node);
    if (node instanceof DirectoryNode) node.parent = to.node;
  }

  #get(name: string): Node {
    const node = this.node.entries.get(name);
    if (!node) throw new FileError('ENOENT');
    return node;
  }
  #refuseExisting(name: string): void {
    if (this.node.entries.has(name)) throw new FileError('EEXIST');
  }
  #sameVolume(target: OpenDirectory): MemoryDirectory {
    if (target instanceof MemoryDirectory && target.#volume === this.#volume) return target;
    throw new FileError('EXDEV');
  }
}

function isWithin(directory: DirectoryNode, ancestor: DirectoryNode): boolean {
  for (let at: DirectoryNode | undefined = directory; at; at = at.parent) if (at === ancestor) return true;
  return false;
}
