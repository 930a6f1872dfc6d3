// Files for the trusted side: the file systems that the embedder granted, one operation per ocall. The trusted side knows an open file by its handle
// alone. Refuses handles it never gave, operations that do not fit what is open, names of more than one component.
import { FileError, HandleError, HandleTable } from '../protocol/enclave-errors.js';
import type { Handle } from '../protocol/fields.js';
import {
  CHUNK_BYTES,
  type FileStat,
  type FileSystem,
  isSingleName,
  type Listing,
  MAX_DIRECTORY_NAMES,
  type OcallArgs,
  type OcallName,
  type OcallResult,
  type OpenDirectory,
  type OpenFile,
  OWN_PLACE,
} from '../protocol/ocalls.js';

type FileOcalls = Extract<
  OcallName,
  `${string}At` | `${string}Node` | `${string}File` | `file${string}` | `${string}Directory` | FileFacts
>;
type FileFacts =
  | 'openGrant'
  | 'openStream'
  | 'setTimes'
  | 'setFileSize'
  | 'setAppend'
  | `${string}AtPlace`
  | 'filePlace';
type FileHandlers = { readonly [K in FileOcalls]: (args: OcallArgs<K>) => OcallResult<K> };

/** The most nodes that the trusted side may have open at once. */
const MAX_NODES = 4_096;

type Node = OpenFile | OpenDirectory;
export type StreamName = OcallArgs<'openStream'>['stream'];
interface Open {
  readonly node: Node;
  /** The grant that it was reached through; undefined for a standard stream. */
  readonly grant: number | undefined;
  /** The names of the directory, as it was listed last. */
  listing?: Listing;
}

export type StreamFiles = Readonly<Partial<Record<StreamName, OpenFile | undefined>>>;

export class FileService {
  readonly #grants = new Map<number, FileSystem>();
  #nextGrant = 0;
  /** Open standard streams, which belong to the embedder and are never closed here. */
  readonly #lent = new WeakSet<Node>();
  /** Standard streams that are files: the enclave may end its use of them, never them. */
  streams: StreamFiles;
  readonly #nodes = new HandleTable<{ readonly node: Open }>(['node'], MAX_NODES);
  readonly handlers: FileHandlers = {
    openGrant: ({ grant }) => {
      const system = this.#grants.get(grant);
      if (!system) {
        const why = grant < this.#nextGrant ? 'was taken back' : 'was never given';
        throw new FileError('ENOTCAPABLE', `grant ${grant} ${why}`);
      }
      return { node: this.#add(system.open({ now: () => BigInt(Date.now()) * 1_000_000n }), grant) };
    },
    openStream: ({ stream }) => {
      const file = this.streams[stream];
      if (!file) return {};
      const { type, seekable, appends = false } = file;
      this.#lent.add(file);
      return { file: { node: this.#add(file, undefined), type, seekable, appends } };
    },
    closeNode: ({ node }) => {
      const open = this.#get(node);
      this.#nodes.remove('node', node);
      if (!this.#lent.has(open)) open.close();
      return {};
    },
    statNode: ({ node }) => ({ stat: plainStat(this.#get(node).stat()) }),
    setTimes: ({ node, accessed, modified }) => nothing(this.#get(node).setTimes(accessed, modified)),
    syncNode: ({ node, dataOnly }) => nothing(this.#get(node).sync(dataOnly)),
    readFile: ({ node, length, position }) => {
      const buffer = new Uint8Array(Math.min(length, CHUNK_BYTES));
      const count = this.#file(node).read(buffer, 0, buffer.length, position);
      return { bytes: buffer.subarray(0, count) };
    },
    writeFile: ({ node, position, bytes }) => ({ written: this.#file(node).write(bytes, 0, bytes.length, position) }),
    readAtPlace: ({ node, length }) => {
      const file = this.#file(node);
      if (!file.sharesPlace) throw new FileError('ESPIPE');
      const buffer = new Uint8Array(Math.min(length, CHUNK_BYTES));
      const count = file.read(buffer, 0, buffer.length, OWN_PLACE);
      return { bytes: buffer.subarray(0, count) };
    },
    writeAtPlace: ({ node, bytes }) => {
      const file = this.#file(node);
      const position = file.sharesPlace || file.appends ? OWN_PLACE : file.size();
      return { written: file.write(bytes, 0, bytes.length, position) };
    },
    filePlace: ({ node }) => {
      const file = this.#file(node);
      return { place: file.place ? file.place() : file.size() };
    },
    fileSize: ({ node }) => ({ size: this.#file(node).size() }),
    setFileSize: ({ node, size }) => nothing(this.#file(node).setSize(size)),
    setAppend: ({ node, append }) => nothing(this.#file(node).setAppend(append)),
    fileReady: ({ node, direction, position }) => {
      const ready = this.#file(node).ready(direction, position);
      return ready ? { ready: { bytes: ready.bytes, hangup: ready.hangup } } : {};
    },
    openAt: ({ node, name, how }) => {
      const opened = this.#directory(node).open(component(name), how);
      const opening = this.#add(opened, this.#open(node).grant);
      return { node: opening, type: opened.type, seekable: isFile(opened) && opened.seekable };
    },
    openDirectoryAt: ({ node, name }) => ({
      node: this.#add(this.#directory(node).openDirectory(component(name)), this.#open(node).grant),
    }),
    duplicateDirectory: ({ node }) => ({
      node: this.#add(this.#directory(node).duplicate(), this.#open(node).grant),
    }),
    readLinkAt: ({ node, name }) => ({ text: this.#directory(node).readLink(component(name)) }),
    statAt: ({ node, name }) => ({ stat: plainStat(this.#directory(node).statOf(component(name))) }),
    setTimesAt: ({ node, name, accessed, modified }) =>
      nothing(this.#directory(node).setTimesOf(component(name), accessed, modified)),
    listDirectory: ({ node }) => {
      const listing = this.#directory(node).list();
      if (listing.names.length > MAX_DIRECTORY_NAMES) throw new FileError('EOVERFLOW');
      this.#open(node).listing = listing;
      return { names: listing.names };
    },
    entryAt: ({ node, name }) => {
      // The types are kept from the listing: listing the directory for each name would take quadratic time.
      const listing = (this.#open(node).listing ??= this.#directory(node).list());
      const entry = listing.entry(component(name));
      return entry ? { entry: { inode: entry.inode, type: entry.type } } : {};
    },
    makeDirectoryAt: ({ node, name }) => nothing(this.#directory(node).makeDirectory(component(name))),
    removeDirectoryAt: ({ node, name }) => nothing(this.#directory(node).removeDirectory(component(name))),
    unlinkAt: ({ node, name }) => nothing(this.#directory(node).unlink(component(name))),
    symbolicLinkAt: ({ node, name, text }) => nothing(this.#directory(node).symbolicLink(text, component(name))),
    linkAt: ({ node, name, target, targetName }) =>
      nothing(this.#directory(node).link(component(name), this.#directory(target), component(targetName))),
    renameAt: ({ node, name, target, targetName }) =>
      nothing(this.#directory(node).rename(component(name), this.#directory(target), component(targetName))),
  };

  /** @param grants numbered from 0 on */
  constructor(grants: readonly FileSystem[], streams: StreamFiles = {}) {
    for (const system of grants) this.grant(system);
    this.streams = streams;
  }

  /** Grants a file system more. Returns its number, which no other ever gets. */
  grant(system: FileSystem): number {
    this.#grants.set(this.#nextGrant, system);
    return this.#nextGrant++;
  }
  /** Takes a grant back, and closes what was opened through it. */
  revoke(grant: number): void {
    this.#grants.delete(grant);
    this.#closeWhere((open) => open.grant === grant);
  }

  get openNodes(): number {
    return this.#nodes.count();
  }
  get given(): number {
    return this.#nodes.given;
  }
  /** Closes what the trusted side left open. */
  close(): void {
    this.#closeWhere(() => true);
  }
  /** Ends the use of standard streams that are files. */
  closeStreams(): void {
    this.#closeWhere((open) => open.grant === undefined);
  }
  #closeWhere(isMeant: (open: Open) => boolean): void {
    for (const [handle, open] of [...this.#nodes.entries('node')]) {
      if (!isMeant(open)) continue;
      this.#nodes.remove('node', handle);
      try {
        if (!this.#lent.has(open.node)) open.node.close();
      } catch {
        // The trusted side waits for no answer.
      }
    }
  }

  #add(node: Node, grant: number | undefined): Handle<'node'> {
    try {
      return this.#nodes.add('node', { node, grant }) as Handle<'node'>;
    } catch (error) {
      if (!this.#lent.has(node)) node.close();
      if (error instanceof HandleError) throw new FileError('EMFILE');
      throw error;
    }
  }
  #get(handle: Handle<'node'>): Node {
    return this.#open(handle).node;
  }
  #open(handle: Handle<'node'>): Open {
    try {
      return this.#nodes.get('node', handle);
    } catch {
      throw new FileError('EBADF');
    }
  }
  #file(handle: Handle<'node'>): OpenFile {
    const node = this.#get(handle);
    if (!isFile(node)) throw new FileError('EISDIR');
    return node;
  }
  #directory(handle: Handle<'node'>): OpenDirectory {
    const node = this.#get(handle);
    if (isFile(node)) throw new FileError('ENOTDIR');
    return node;
  }
}

function isFile(node: Node): node is OpenFile {
  return node.type !== 'directory';
}
/** Copies the fields of the row, because the objects of a file system may have more. */
function plainStat(stat: FileStat): FileStat {
  const { device, inode, type, links, size, accessed, modified, changed } = stat;
  return { device, inode, type, links, size, accessed, modified, changed };
}
function nothing(_: unknown): Record<string, never> {
  return {};
}
/** Checks a name: file systems trust their caller to give one component, and the trusted side is not to be trusted here. */
function component(name: string): string {
  if (!isSingleName(name)) throw new FileError('ENOTCAPABLE', 'not a single name');
  return name;
}
