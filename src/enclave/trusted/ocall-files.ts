// A file system whose files are the untrusted side's and are reached by ocalls: a guest sees it where the embedder grants a directory. Refuses
// answers that would corrupt memory: more bytes than asked for, names with slashes. Sizes and times cannot be verified.
import { encodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../../platform/errno.js';
import {
  type FileStat,
  type FileSystem,
  type FileType,
  type Listing,
  type OpenDirectory,
  type OpenFile,
  type OpenHow,
  type OpenNode,
  OWN_PLACE,
  type Readiness,
} from '../../platform/files.js';
import { isSingleName } from '../../platform/single-name.js';
import { ProtocolError } from '../protocol/enclave-errors.js';
import type { Handle } from '../protocol/fields.js';
import { CHUNK_BYTES, MAX_FILE_NAME_BYTES } from '../protocol/ocalls.js';
import { atMost, type OcallPort } from './ocall-port.js';

type Node = Handle<'node'>;

/** The file system that the embedder grants under a number. */
export class OcallFileSystem implements FileSystem {
  readonly ocalls: OcallPort;
  readonly #grant: number;
  constructor(ocalls: OcallPort, grant: number) {
    this.ocalls = ocalls;
    this.#grant = grant;
  }
  open(): OpenDirectory {
    return new OcallDirectory(this, this.ocalls.call('openGrant', { grant: this.#grant }).node);
  }
}

class OcallNode implements OpenNode {
  readonly type: FileType;
  protected readonly ocalls: OcallPort;
  readonly node: Node;
  constructor(ocalls: OcallPort, node: Node, type: FileType) {
    this.ocalls = ocalls;
    this.node = node;
    this.type = type;
  }
  stat(): FileStat {
    return this.ocalls.call('statNode', { node: this.node }).stat;
  }
  setTimes(accessed: bigint | undefined, modified: bigint | undefined): void {
    this.ocalls.call('setTimes', { node: this.node, ...times(accessed, modified) });
  }
  sync(dataOnly: boolean): void {
    this.ocalls.call('syncNode', { node: this.node, dataOnly });
  }
  close(): void {
    this.ocalls.call('closeNode', { node: this.node });
  }
}

function times(accessed: bigint | undefined, modified: bigint | undefined): { accessed?: bigint; modified?: bigint } {
  return { ...(accessed === undefined ? {} : { accessed }), ...(modified === undefined ? {} : { modified }) };
}

/** A file, device, pipe or stream of the untrusted side. */
class OcallFile extends OcallNode implements OpenFile {
  /** The untrusted side may send commands before it answers. */
  readonly callsBack = true;
  readonly seekable: boolean;
  readonly sharesPlace: boolean;
  readonly appends: boolean;
  constructor(
    ocalls: OcallPort,
    node: Node,
    type: FileType,
    how: { readonly seekable: boolean; readonly sharesPlace?: boolean; readonly appends?: boolean },
  ) {
    super(ocalls, node, type);
    this.seekable = how.seekable;
    this.sharesPlace = how.sharesPlace === true;
    this.appends = how.appends === true;
  }
  read(into: Uint8Array, offset: number, length: number, position: number): number {
    const wanted = Math.min(length, CHUNK_BYTES);
    const { node } = this;
    const { bytes } =
      position === OWN_PLACE
        ? this.ocalls.call('readAtPlace', { node, length: wanted })
        : this.ocalls.call('readFile', { node, length: wanted, position });
    atMost(bytes.length, wanted, 'READ_FILE');
    into.set(bytes, offset);
    return bytes.length;
  }
  write(from: Uint8Array, offset: number, length: number, position: number): number {
    const bytes = from.subarray(offset, offset + Math.min(length, CHUNK_BYTES));
    const { node } = this;
    const { written } =
      position === OWN_PLACE
        ? this.ocalls.call('writeAtPlace', { node, bytes })
        : this.ocalls.call('writeFile', { node, position, bytes });
    return atMost(written, bytes.length, 'WRITE_FILE');
  }
  place(): number {
    return this.ocalls.call('filePlace', { node: this.node }).place;
  }
  size(): number {
    return this.ocalls.call('fileSize', { node: this.node }).size;
  }
  setSize(size: number): void {
    this.ocalls.call('setFileSize', { node: this.node, size });
  }
  setAppend(append: boolean): void {
    this.ocalls.call('setAppend', { node: this.node, append });
  }
  ready(direction: 'read' | 'write', position: number): Readiness | undefined {
    return this.ocalls.call('fileReady', { node: this.node, direction, position }).ready;
  }
}

/** Opens a standard stream that is a file of the untrusted side; undefined where it is not a file. */
export function ocallStream(ocalls: OcallPort, stream: 'stdin' | 'stdout' | 'stderr'): OpenFile | undefined {
  const answer = ocalls.callMaybeAsync('openStream', { stream });
  // A transport that cannot wait has no files; the guest gets an error when it uses the stream.
  if (answer instanceof Promise) {
    answer.catch(() => {});
    return undefined;
  }
  const { file } = answer;
  if (!file) return undefined;
  const { node, type, seekable, appends } = file;
  if (type === 'directory') throw new ProtocolError('OPEN_STREAM: the untrusted side gave a directory');
  return new OcallFile(ocalls, node, type, { seekable, sharesPlace: seekable, appends });
}

class OcallDirectory extends OcallNode implements OpenDirectory {
  declare readonly type: 'directory';
  readonly fileSystem: OcallFileSystem;
  constructor(fileSystem: OcallFileSystem, node: Node) {
    super(fileSystem.ocalls, node, 'directory');
    this.fileSystem = fileSystem;
  }
  open(name: string, how: OpenHow): OpenFile | OpenDirectory {
    const { node, type, seekable } = this.ocalls.call('openAt', { ...this.#at(name), how });
    if (type === 'directory') return new OcallDirectory(this.fileSystem, node);
    return new OcallFile(this.ocalls, node, type, { seekable, appends: how.append });
  }
  openDirectory(name: string): OpenDirectory {
    return new OcallDirectory(this.fileSystem, this.ocalls.call('openDirectoryAt', this.#at(name)).node);
  }
  duplicate(): OpenDirectory {
    return new OcallDirectory(this.fileSystem, this.ocalls.call('duplicateDirectory', { node: this.node }).node);
  }
  readLink(name: string): string {
    return this.ocalls.call('readLinkAt', this.#at(name)).text;
  }
  statOf(name: string): FileStat {
    return this.ocalls.call('statAt', this.#at(name)).stat;
  }
  setTimesOf(name: string, accessed: bigint | undefined, modified: bigint | undefined): void {
    this.ocalls.call('setTimesAt', { ...this.#at(name), ...times(accessed, modified) });
  }
  list(): Listing {
    const { names } = this.ocalls.call('listDirectory', { node: this.node });
    if (!names.every(isSingleName)) throw new ProtocolError('LIST_DIRECTORY: the untrusted side gave what is no name');
    return {
      names,
      entry: (name) => this.ocalls.call('entryAt', this.#at(name)).entry,
    };
  }
  makeDirectory(name: string): void {
    this.ocalls.call('makeDirectoryAt', this.#at(name));
  }
  removeDirectory(name: string): void {
    this.ocalls.call('removeDirectoryAt', this.#at(name));
  }
  unlink(name: string): void {
    this.ocalls.call('unlinkAt', this.#at(name));
  }
  symbolicLink(text: string, name: string): void {
    this.ocalls.call('symbolicLinkAt', { ...this.#at(name), text: fitting(text) });
  }
  link(name: string, target: OpenDirectory, targetName: string): void {
    this.ocalls.call('linkAt', {
      ...this.#at(name),
      target: this.#sameFileSystem(target),
      targetName: fitting(targetName),
    });
  }
  rename(name: string, target: OpenDirectory, targetName: string): void {
    this.ocalls.call('renameAt', {
      ...this.#at(name),
      target: this.#sameFileSystem(target),
      targetName: fitting(targetName),
    });
  }

  #at(name: string): { readonly node: Node; readonly name: string } {
    return { node: this.node, name: fitting(name) };
  }
  #sameFileSystem(target: OpenDirectory): Node {
    if (!(target instanceof OcallDirectory) || target.fileSystem !== this.fileSystem) throw new FileError('EXDEV');
    return target.node;
  }
}

/** Checks a name, or the text of a link, of the guest. Throws ENAMETOOLONG, as operating systems do, where it is too long to cross. */
function fitting(name: string): string {
  if (name.length > MAX_FILE_NAME_BYTES || encodeUtf8(name).length > MAX_FILE_NAME_BYTES)
    throw new FileError('ENAMETOOLONG');
  return name;
}
