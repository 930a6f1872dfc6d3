// A file system in memory: initial files, a size limit, links, times from the guest's clock, and its content afterwards. It never touches the
// operating system's files. Refuses more bytes or files than its limits.
import { decodeUtf8, encodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../errno.js';
import type { FileClock, FileSystem, MemoryPayer, OpenDirectory } from '../files.js';
import { isSingleName } from '../single-name.js';
import { MemoryDirectory } from './directory.js';
import { DirectoryNode, FileNode, LinkNode, type Node, type Volume } from './nodes.js';

/** What a path holds: text, bytes, a directory, or a symbolic link. */
export type MemoryTree = { readonly [name: string]: string | Uint8Array | MemoryTree | SymbolicLink };

/** A symbolic link in a MemoryTree. */
export class SymbolicLink {
  /** The text that it holds, which is not checked. */
  readonly target: string;
  /** A link. @param target a path, which need not exist */
  constructor(target: string) {
    this.target = target;
  }
}

/** The limits of a memory file system. */
export interface MemoryFileSystemOptions {
  /** Bytes of all files together; 64 MiB unless given. Beyond it: ENOSPC. */
  readonly maxBytes?: number;
  /** Files, directories and links; 65,536 unless given. Beyond it: ENOSPC. */
  readonly maxFiles?: number;
}

const DEFAULT_BYTES = 64 * 1024 * 1024;
const DEFAULT_FILES = 65_536;
let devices = 0n;

/** A file system in memory, to be mounted for guests and read afterwards. It never touches the operating system's files. */
export class MemoryFileSystem implements FileSystem {
  readonly #volume: Volume;
  readonly #root: DirectoryNode;

  /** A file system with these files. @throws FileError ENOSPC, EINVAL for a name with a slash. */
  constructor(files: MemoryTree = {}, options: MemoryFileSystemOptions = {}) {
    this.#volume = {
      device: ++devices,
      maxBytes: options.maxBytes ?? DEFAULT_BYTES,
      maxFiles: options.maxFiles ?? DEFAULT_FILES,
      bytes: 0,
      files: 0,
      inodes: 0n,
      clock: { now: () => 0n },
      payer: undefined,
    };
    this.#root = new DirectoryNode(this.#volume);
    this.#root.links = 1;
    this.#fill(this.#root, files);
  }

  open(clock: FileClock, payer?: MemoryPayer): OpenDirectory {
    this.#volume.clock = clock;
    this.#volume.payer = payer;
    return new MemoryDirectory(this, this.#volume, this.#root);
  }

  /** The number of bytes that its files take. */
  get usedBytes(): number {
    return this.#volume.bytes;
  }
  /** All of its content, as the constructor takes it. */
  snapshot(): MemoryTree {
    return treeOf(this.#root);
  }
  /** The bytes of one file. @param path names between slashes, links not followed @throws FileError ENOENT, EISDIR */
  readFile(path: string): Uint8Array {
    const node = this.#find(path);
    if (!(node instanceof FileNode)) throw new FileError(node instanceof DirectoryNode ? 'EISDIR' : 'EINVAL', path);
    return node.content();
  }
  /** The text of one file, which must be UTF-8. @throws FileError as readFile, EILSEQ */
  readText(path: string): string {
    const text = decodeUtf8(this.readFile(path));
    if (text === undefined) throw new FileError('EILSEQ', path);
    return text;
  }
  /** Creates or replaces one file; its directories must exist. @throws FileError */
  writeFile(path: string, content: string | Uint8Array): void {
    const names = split(path);
    const name = names.pop();
    if (name === undefined) throw new FileError('EISDIR', path);
    const directory = this.#find(names.join('/'));
    if (!(directory instanceof DirectoryNode)) throw new FileError('ENOTDIR', path);
    const old = directory.entries.get(name);
    if (old instanceof DirectoryNode) throw new FileError('EISDIR', path);
    const { payer } = this.#volume;
    // The embedder's files are not charged to the guest.
    this.#volume.payer = undefined;
    try {
      if (old) directory.remove(name, old);
      this.#fill(directory, { [name]: content });
    } finally {
      this.#volume.payer = payer;
    }
  }

  #find(path: string): Node {
    let node: Node = this.#root;
    for (const name of split(path)) {
      const next: Node | undefined = node instanceof DirectoryNode ? node.entries.get(name) : undefined;
      if (!next) throw new FileError('ENOENT', path);
      node = next;
    }
    return node;
  }
  #fill(directory: DirectoryNode, files: MemoryTree): void {
    for (const [name, content] of Object.entries(files)) {
      if (!isSingleName(name)) {
        throw new FileError('EINVAL', `'${name}' is not a file name: nest objects for directories`);
      }
      if (content instanceof SymbolicLink) {
        directory.add(name, new LinkNode(this.#volume, content.target));
      } else if (typeof content === 'string' || content instanceof Uint8Array) {
        const file = new FileNode(this.#volume);
        directory.add(name, file);
        const bytes = typeof content === 'string' ? encodeUtf8(content) : content;
        file.write(bytes, 0, bytes.length, 0);
      } else {
        const child = new DirectoryNode(this.#volume);
        directory.add(name, child);
        this.#fill(child, content);
      }
    }
  }
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** This loops instead of recursing: a guest may nest directories deeper than the JavaScript stack. */
function treeOf(top: DirectoryNode): MemoryTree {
  type Tree = Record<string, MemoryTree[string]>;
  const all: Tree = Object.create(null);
  const ahead: [DirectoryNode, Tree][] = [[top, all]];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [directory, tree] = next;
    for (const [name, node] of directory.entries) {
      if (node instanceof DirectoryNode) {
        const below: Tree = Object.create(null);
        tree[name] = below;
        ahead.push([node, below]);
      } else if (node instanceof FileNode) tree[name] = node.content();
      else tree[name] = new SymbolicLink((node as LinkNode).text);
    }
  }
  return all;
}
