// Every call the trusted side makes to its host: the second table, in the other direction. Numbers are for ever here too.
// The host may lie in every answer: a row's `result` is checked as arguments are, and again by whoever uses it.
import {
  argument,
  bool,
  bytes,
  type Fields,
  handle,
  list,
  type ObjectOf,
  oneOf,
  optional,
  size,
  str,
  struct,
  u32,
  u64,
  value,
} from './fields.js';
import { logLevel } from './structures.js';

export interface OcallRow {
  readonly n: number;
  readonly name: string;
  readonly args: Fields;
  readonly result: Fields;
  readonly doc: string;
}

export const nodeType = oneOf(
  'unknown',
  'block-device',
  'character-device',
  'directory',
  'regular-file',
  'socket-dgram',
  'socket-stream',
  'symbolic-link',
);
const node = handle('node');
const at = { node, name: str };
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
const times = { accessed: optional(u64), modified: optional(u64) };

export const OCALLS = {
  print: {
    n: 0,
    name: 'PRINT',
    args: { stream: oneOf('stdout', 'stderr'), bytes },
    result: { written: u32 },
    doc: 'Output of the guest. The count is checked: at most what was sent.',
  },
  readInput: {
    n: 1,
    name: 'READ_INPUT',
    args: { length: u32 },
    result: { bytes },
    doc: 'Input for the guest: at most `length` bytes, none at the end.',
  },
  log: { n: 2, name: 'LOG', args: { level: logLevel, text: str }, result: {}, doc: "A line of the runtime's log." },
  clockTime: {
    n: 3,
    name: 'CLOCK_TIME',
    args: { clock: oneOf('realtime', 'monotonic') },
    result: { nanoseconds: u64 },
    doc: "The host's clock, where the trusted side is told to use it. A monotonic clock that goes back is held.",
  },
  random: {
    n: 4,
    name: 'RANDOM',
    args: { length: u32 },
    result: { bytes },
    doc: "The host's random bytes, where the trusted side is told to use them: exactly `length`.",
  },
  callNative: {
    n: 5,
    name: 'CALL_NATIVE',
    args: { id: u32, instance: handle('instance'), values: list(argument) },
    result: { values: list(value), buffers: list(bytes) },
    doc: 'A native function of the embedder. Memory the signature points at crosses by copy, both ways, and keeps its size.',
  },
  readModule: {
    n: 6,
    name: 'READ_MODULE',
    args: { name: str },
    result: { bytes: optional(bytes) },
    doc: 'The bytes of a module that another imports.',
  },
  openGrant: {
    n: 16,
    name: 'OPEN_GRANT',
    args: { grant: u32 },
    result: { node },
    doc: 'The top directory of a file system the host grants.',
  },
  closeNode: { n: 17, name: 'CLOSE_NODE', args: { node }, result: {}, doc: 'Ends a node.' },
  statNode: { n: 18, name: 'STAT_NODE', args: { node }, result: { stat }, doc: 'Facts about an open node.' },
  setTimes: { n: 19, name: 'SET_TIMES', args: { node, ...times }, result: {}, doc: 'Sets times of an open node.' },
  syncNode: { n: 20, name: 'SYNC_NODE', args: { node, dataOnly: bool }, result: {}, doc: 'Waits for the medium.' },
  readFile: {
    n: 21,
    name: 'READ_FILE',
    args: { node, length: u32, position: size },
    result: { bytes },
    doc: 'Reads at most `length` bytes.',
  },
  writeFile: {
    n: 22,
    name: 'WRITE_FILE',
    args: { node, position: size, bytes },
    result: { written: u32 },
    doc: 'Writes; the count is at most what was sent.',
  },
  fileSize: { n: 23, name: 'FILE_SIZE', args: { node }, result: { size }, doc: 'Bytes.' },
  setFileSize: { n: 24, name: 'SET_FILE_SIZE', args: { node, size }, result: {}, doc: 'Cuts or extends.' },
  setAppend: {
    n: 25,
    name: 'SET_APPEND',
    args: { node, append: bool },
    result: {},
    doc: 'Writes go to the end, or not.',
  },
  fileReady: {
    n: 26,
    name: 'FILE_READY',
    args: { node, direction: oneOf('read', 'write'), position: size },
    result: { ready: optional(struct({ bytes: size, hangup: bool })) },
    doc: 'Whether a read or write would go on at once.',
  },
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
    doc: 'Opens a name in a directory. Never follows a symbolic link.',
  },
  openDirectoryAt: {
    n: 33,
    name: 'OPEN_DIRECTORY_AT',
    args: at,
    result: { node },
    doc: 'Opens a directory to walk on.',
  },
  duplicateDirectory: {
    n: 34,
    name: 'DUPLICATE_DIRECTORY',
    args: { node },
    result: { node },
    doc: 'The same once more.',
  },
  readLinkAt: { n: 35, name: 'READ_LINK_AT', args: at, result: { text: str }, doc: 'Text of a symbolic link.' },
  statAt: { n: 36, name: 'STAT_AT', args: at, result: { stat }, doc: 'Facts about a name.' },
  setTimesAt: { n: 37, name: 'SET_TIMES_AT', args: { ...at, ...times }, result: {}, doc: 'Sets times of a name.' },
  listDirectory: { n: 38, name: 'LIST_DIRECTORY', args: { node }, result: { names: list(str) }, doc: 'The names.' },
  entryAt: {
    n: 39,
    name: 'ENTRY_AT',
    args: at,
    result: { entry: optional(struct({ inode: u64, type: nodeType })) },
    doc: 'Kind of a name, or that it is gone.',
  },
  makeDirectoryAt: { n: 40, name: 'MAKE_DIRECTORY_AT', args: at, result: {}, doc: 'Makes a directory.' },
  removeDirectoryAt: { n: 41, name: 'REMOVE_DIRECTORY_AT', args: at, result: {}, doc: 'Removes an empty directory.' },
  unlinkAt: { n: 42, name: 'UNLINK_AT', args: at, result: {}, doc: 'Removes a name.' },
  symbolicLinkAt: {
    n: 43,
    name: 'SYMBOLIC_LINK_AT',
    args: { ...at, text: str },
    result: {},
    doc: 'Makes a symbolic link.',
  },
  linkAt: {
    n: 44,
    name: 'LINK_AT',
    args: { ...at, target: node, targetName: str },
    result: {},
    doc: 'A second name in the same file system.',
  },
  renameAt: {
    n: 45,
    name: 'RENAME_AT',
    args: { ...at, target: node, targetName: str },
    result: {},
    doc: 'Moves a name.',
  },
} as const satisfies { readonly [name: string]: OcallRow };

export type OcallName = keyof typeof OCALLS;
export type OcallArgs<K extends OcallName> = ObjectOf<(typeof OCALLS)[K]['args']>;
export type OcallResult<K extends OcallName> = ObjectOf<(typeof OCALLS)[K]['result']>;

// What the host's side of the file ocalls is given to serve.
export type { FileSystem, HostFiles, OpenDirectory, OpenFile } from '../../platform/files.js';
