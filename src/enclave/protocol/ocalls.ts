// Every call that the trusted side makes to the untrusted side: the second table, in the other direction. Numbers are for ever here too.
// The untrusted side may lie in every answer: a row's `result` is checked as arguments are, and again by the code that uses it.
import {
  argument,
  bool,
  bytes,
  bytesUpTo,
  cutText,
  type Fields,
  handle,
  list,
  type ObjectOf,
  oneOf,
  optional,
  size,
  str,
  struct,
  text,
  u32,
  u64,
  value,
} from './fields.js';
import { logLevel, MAX_VALUES } from './structures.js';

interface OcallRow {
  readonly n: number;
  readonly name: string;
  readonly args: Fields;
  readonly result: Fields;
}

const nodeType = oneOf(
  'unknown',
  'block-device',
  'character-device',
  'directory',
  'regular-file',
  'socket-dgram',
  'socket-stream',
  'symbolic-link',
);
/** The most bytes that one ocall carries for a stream, a file, a socket or a random source: more takes several ocalls. */
export const CHUNK_BYTES = 65_536;
/** The most bytes of a name in a directory, or of a link's text: operating systems allow no more. */
export const MAX_FILE_NAME_BYTES = 4_096;
/** The most names in one directory. */
export const MAX_DIRECTORY_NAMES = 1_000_000;
const MAX_ADDRESSES = 1_024;
const chunk = bytesUpTo(CHUNK_BYTES);
const fileName = text(MAX_FILE_NAME_BYTES);
const node = handle('node');
const at = { node, name: fileName };
/** A second name, beside the one at `at`. */
const toName = { target: node, targetName: fileName };
const stat = struct({
  device: u64,
  inode: u64,
  type: nodeType,
  links: u64,
  size: u64,
  accessed: u64,
  modified: u64,
  changed: u64,
});
const opened = { node, type: nodeType, seekable: bool };
const written = { written: u32 };
const direction = oneOf('read', 'write');
const ready = optional(struct({ bytes: size, hangup: bool }));
const socket = handle('socket');
const family = oneOf('ipv4', 'ipv6');
/** `host` as text: dotted quads, or RFC 4291 without zone. */
const address = struct({ family, host: str, port: u32 });
const socketOption = oneOf(
  'broadcast',
  'keep-alive',
  'reuse-address',
  'ipv6-only',
  'no-delay',
  'keep-idle',
  'ttl',
  'multicast-ttl',
  'multicast-loop',
  'receive-buffer',
  'send-buffer',
);
const times = { accessed: optional(u64), modified: optional(u64) };

export const OCALLS = {
  /** Output of the guest. The count is checked: at most what was sent. */
  print: {
    n: 0,
    name: 'PRINT',
    args: { stream: oneOf('stdout', 'stderr'), bytes: chunk },
    result: written,
  },
  /** Input for the guest: at most `length` bytes, none at the end. */
  readInput: {
    n: 1,
    name: 'READ_INPUT',
    args: { length: u32 },
    result: { bytes: chunk },
  },
  /** A line of the runtime's log. */
  log: {
    n: 2,
    name: 'LOG',
    args: { level: logLevel, text: cutText(CHUNK_BYTES) },
    result: {},
  },
  /** The untrusted side's clock, where the trusted side is built to use it. A monotonic clock that goes back is held. */
  clockTime: {
    n: 3,
    name: 'CLOCK_TIME',
    args: { clock: oneOf('realtime', 'monotonic') },
    result: { nanoseconds: u64 },
  },
  /** The untrusted side's random bytes, where the trusted side is built to use them: exactly `length`. */
  random: {
    n: 4,
    name: 'RANDOM',
    args: { length: u32 },
    result: { bytes: chunk },
  },
  /** Calls a native of the embedder. Memory that the signature points at crosses by copy, both ways, and keeps its size. */
  callNative: {
    n: 5,
    name: 'CALL_NATIVE',
    args: { id: u32, instance: handle('instance'), values: list(argument, MAX_VALUES) },
    result: { values: list(value, MAX_VALUES), buffers: list(bytes, MAX_VALUES) },
  },
  /** The bytes of a module that another imports. */
  readModule: {
    n: 6,
    name: 'READ_MODULE',
    args: { name: str },
    result: { bytes: optional(bytes) },
  },
  /** Opens the top directory of a file system that the embedder grants. */
  openGrant: {
    n: 16,
    name: 'OPEN_GRANT',
    args: { grant: u32 },
    result: { node },
  },
  /** Ends a node. */
  closeNode: { n: 17, name: 'CLOSE_NODE', args: { node }, result: {} },
  /** The type, size and times of an open node. */
  statNode: { n: 18, name: 'STAT_NODE', args: { node }, result: { stat } },
  /** Sets times of an open node. */
  setTimes: { n: 19, name: 'SET_TIMES', args: { node, ...times }, result: {} },
  /** Waits until what was written has reached the storage medium. */
  syncNode: { n: 20, name: 'SYNC_NODE', args: { node, dataOnly: bool }, result: {} },
  /** Reads at most `length` bytes. */
  readFile: {
    n: 21,
    name: 'READ_FILE',
    args: { node, length: u32, position: size },
    result: { bytes: chunk },
  },
  /** Writes; the count is at most what was sent. */
  writeFile: {
    n: 22,
    name: 'WRITE_FILE',
    args: { node, position: size, bytes: chunk },
    result: written,
  },
  /** The number of bytes of a file. */
  fileSize: { n: 23, name: 'FILE_SIZE', args: { node }, result: { size } },
  /** Cuts or extends a file. */
  setFileSize: { n: 24, name: 'SET_FILE_SIZE', args: { node, size }, result: {} },
  /** Sets whether writes go to the end of the file. */
  setAppend: {
    n: 25,
    name: 'SET_APPEND',
    args: { node, append: bool },
    result: {},
  },
  /** Whether a read or write would go on at once. */
  fileReady: {
    n: 26,
    name: 'FILE_READY',
    args: { node, direction, position: size },
    result: { ready },
  },
  /** The position where the last append ended, or that of a standard stream that is a file. */
  filePlace: {
    n: 27,
    name: 'FILE_PLACE',
    args: { node },
    result: { place: size },
  },
  /** Writes at the end of a file that appends, or at the position of a stream that is a file. The count is at most what was sent. */
  writeAtPlace: {
    n: 28,
    name: 'WRITE_AT_PLACE',
    args: { node, bytes: chunk },
    result: written,
  },
  /** Reads at most `length` bytes at the position of a stream that is a file. */
  readAtPlace: {
    n: 29,
    name: 'READ_AT_PLACE',
    args: { node, length: u32 },
    result: { bytes: chunk },
  },
  /** Opens a standard stream that the embedder gave as a file. Every other stream goes by PRINT and READ_INPUT. */
  openStream: {
    n: 30,
    name: 'OPEN_STREAM',
    args: { stream: oneOf('stdin', 'stdout', 'stderr') },
    result: { file: optional(struct({ ...opened, appends: bool })) },
  },
  /** Opens a name in a directory. Never follows a symbolic link. */
  openAt: {
    n: 32,
    name: 'OPEN_AT',
    args: {
      ...at,
      how: struct({
        read: bool,
        write: bool,
        create: bool,
        exclusive: bool,
        truncate: bool,
        directory: bool,
        append: bool,
        sync: bool,
        dataSync: bool,
      }),
    },
    result: opened,
  },
  /** Opens a directory to walk on. */
  openDirectoryAt: {
    n: 33,
    name: 'OPEN_DIRECTORY_AT',
    args: at,
    result: { node },
  },
  /** Opens the same directory once more. */
  duplicateDirectory: {
    n: 34,
    name: 'DUPLICATE_DIRECTORY',
    args: { node },
    result: { node },
  },
  /** The text of a symbolic link. */
  readLinkAt: { n: 35, name: 'READ_LINK_AT', args: at, result: { text: fileName } },
  /** The type, size and times of a name. */
  statAt: { n: 36, name: 'STAT_AT', args: at, result: { stat } },
  /** Sets times of a name. */
  setTimesAt: { n: 37, name: 'SET_TIMES_AT', args: { ...at, ...times }, result: {} },
  /** The names in a directory. */
  listDirectory: {
    n: 38,
    name: 'LIST_DIRECTORY',
    args: { node },
    result: { names: list(fileName, MAX_DIRECTORY_NAMES) },
  },
  /** The type of a name, or that it is gone. */
  entryAt: {
    n: 39,
    name: 'ENTRY_AT',
    args: at,
    result: { entry: optional(struct({ inode: u64, type: nodeType })) },
  },
  /** Makes a directory. */
  makeDirectoryAt: { n: 40, name: 'MAKE_DIRECTORY_AT', args: at, result: {} },
  /** Removes an empty directory. */
  removeDirectoryAt: { n: 41, name: 'REMOVE_DIRECTORY_AT', args: at, result: {} },
  /** Removes a name. */
  unlinkAt: { n: 42, name: 'UNLINK_AT', args: at, result: {} },
  /** Makes a symbolic link. */
  symbolicLinkAt: {
    n: 43,
    name: 'SYMBOLIC_LINK_AT',
    args: { ...at, text: fileName },
    result: {},
  },
  /** Gives a file a second name in the same file system. */
  linkAt: {
    n: 44,
    name: 'LINK_AT',
    args: { ...at, ...toName },
    result: {},
  },
  /** Moves a name. */
  renameAt: {
    n: 45,
    name: 'RENAME_AT',
    args: { ...at, ...toName },
    result: {},
  },
  /** Opens a socket for the guest, where the embedder grants a network. No ocall of a socket waits: it answers EAGAIN and is sent again. */
  openSocket: {
    n: 64,
    name: 'OPEN_SOCKET',
    args: { family, type: oneOf('socket-stream', 'socket-dgram') },
    result: { socket },
  },
  /** Ends a socket; bytes that were accepted are still sent. */
  closeSocket: {
    n: 65,
    name: 'CLOSE_SOCKET',
    args: { socket },
    result: {},
  },
  /** Gives a socket its own address. */
  bindSocket: {
    n: 66,
    name: 'BIND_SOCKET',
    args: { socket, address },
    result: {},
  },
  /** Lets a socket take connections. */
  listenSocket: { n: 67, name: 'LISTEN_SOCKET', args: { socket, backlog: u32 }, result: {} },
  /** Connects, or sets where datagrams go. */
  connectSocket: {
    n: 68,
    name: 'CONNECT_SOCKET',
    args: { socket, address },
    result: {},
  },
  /** Accepts the next connection that waits. */
  acceptSocket: {
    n: 69,
    name: 'ACCEPT_SOCKET',
    args: { socket },
    result: { socket, family },
  },
  /** Receives at most `length` bytes, of a datagram with its sender. */
  receiveSocket: {
    n: 70,
    name: 'RECEIVE_SOCKET',
    args: { socket, length: u32, peek: bool },
    result: { bytes: chunk, truncated: bool, from: optional(address) },
  },
  /** Sends; the count is at most what was sent. */
  sendSocket: {
    n: 71,
    name: 'SEND_SOCKET',
    args: { socket, bytes: chunk, to: optional(address) },
    result: written,
  },
  /** Ends one direction of a socket, or both. */
  shutdownSocket: {
    n: 72,
    name: 'SHUTDOWN_SOCKET',
    args: { socket, read: bool, write: bool },
    result: {},
  },
  /** The socket's own address, or the one it is connected to. */
  socketAddress: {
    n: 73,
    name: 'SOCKET_ADDRESS',
    args: { socket, remote: bool },
    result: { address },
  },
  /** Sets an option of a socket; switches are 0 and 1. */
  setSocketOption: {
    n: 74,
    name: 'SET_SOCKET_OPTION',
    args: { socket, option: socketOption, value: u32 },
    result: {},
  },
  /** Reads an option of a socket; switches are 0 and 1. */
  getSocketOption: {
    n: 75,
    name: 'GET_SOCKET_OPTION',
    args: { socket, option: socketOption },
    result: { value: u32 },
  },
  /** Joins or leaves a multicast group; its port is 0. */
  joinGroup: {
    n: 76,
    name: 'JOIN_GROUP',
    args: { socket, group: address, join: bool },
    result: {},
  },
  /** Whether receiving or sending would go on at once. */
  socketReady: {
    n: 77,
    name: 'SOCKET_READY',
    args: { socket, direction },
    result: { ready },
  },
  /** The addresses of a domain name, with port 0; EAGAIN until they are known. */
  resolveName: {
    n: 78,
    name: 'RESOLVE_NAME',
    args: { name: str },
    result: { addresses: list(address, MAX_ADDRESSES) },
  },
} as const satisfies { readonly [name: string]: OcallRow };

export type OcallName = keyof typeof OCALLS;
export type OcallArgs<K extends OcallName> = ObjectOf<(typeof OCALLS)[K]['args']>;
export type OcallResult<K extends OcallName> = ObjectOf<(typeof OCALLS)[K]['result']>;

// The types that the untrusted side needs to serve the file and socket ocalls.
export {
  type FileStat,
  type FileSystem,
  type Listing,
  type OpenDirectory,
  type OpenFile,
  OWN_PLACE,
} from '../../platform/files.js';
export type { GuestNetwork, NetAddress, NetSocket } from '../../platform/net.js';
export { isSingleName } from '../../platform/single-name.js';
export {
  isStreamInput,
  isStreamOutput,
  type StreamInput,
  type StreamOutput,
  sinkOf,
  sourceOf,
  streamError,
} from '../../platform/streams.js';
