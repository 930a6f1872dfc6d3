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
  /** The names of the directory, as it was listed last. */
  listing?: Listing;
}

export class FileService {
  readonly #grants: readonly FileSystem[];
  /** Open standard streams, which belong to the embedder and are never closed here. */
  readonly #lent = new WeakSet<Node>();
  readonly #streams: Readonly<Partial<Record<StreamName, OpenFile | undefined>>>;
  readonly #nodes = new HandleTable<{ readonly node: Open }>(['node'], MAX_NODES);
  readonly handlers: FileHandlers = {
    openGrant: ({ grant }) => {
      const system = this.#grants[grant];
      if (!system) throw new FileError('ENOTCAPABLE', `grant ${grant} was never given`);
      return { node: this.#add(system.open({ now: () => BigInt(Date.now()) * 1_000_000n })) };
    },
    openStream: ({ stream }) => {
      const file = this.#streams[stream];
      if (!file) return {};
      const { type, seekable, appends = false } = file;
      this.#lent.add(file);
      return { file: { node: this.#add(file), type, seekable, appends } };
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
      return { node: this.#add(opened), type: opened.type, seekable: isFile(opened) && opened.seekable };
    },
    openDirectoryAt: ({ node, name }) => ({ node: this.#add(this.#directory(node).openDirectory(component(name))) }),
    duplicateDirectory: ({ node }) => ({ node: this.#add(this.#directory(node).duplicate()) }),
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

  /** @param streams standard streams that are files: the enclave may stop using them, but not close them */
  constructor(
    grants: readonly FileSystem[],
    streams: Readonly<Partial<Record<StreamName, OpenFile | undefined>>> = {},
  ) {
    this.#grants = grants;
    this.#streams = streams;
  }

  get openNodes(): number {
    return this.#nodes.count();
  }
  get given(): number {
    return this.#nodes.given;
  }
  /** Closes what the trusted side left open. */
  close(): void {
    for (const [, { node }] of this.#nodes.entries('node')) {
      try {
        if (!this.#lent.has(node)) node.close();
      } catch {
        // The trusted side is gone, so the failure cannot be reported to it.
      }
    }
    this.#nodes.clear();
  }

  #add(node: Node): Handle<'node'> {
    try {
      return this.#nodes.add('node', { node }) as Handle<'node'>;
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
