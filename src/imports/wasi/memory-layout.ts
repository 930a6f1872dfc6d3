// The layout of WASI's structures in a guest's memory: the only file that knows offsets. Refuses pointers outside the memory (EFAULT). There are two
// dialects: wasi_snapshot_preview1, and the older wasi_unstable, which differs in the three places of `Dialect`.
import { decodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../../platform/errno.js';
import type { FileStat, FileType } from '../../platform/files.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { MemoryViews } from '../../runtime/memory.js';

/** The present views of the caller's memory: they must be fetched again after anything that may have run the guest. */
export function memoryOf(env: ExecEnv): MemoryViews {
  const memory = env.instance.memories[0];
  if (!memory) throw new FileError('EFAULT');
  return memory.views;
}

/** Checks that `size` bytes at `pointer` are in memory. */
export function checkRange(memory: MemoryViews, pointer: number, size: number): void {
  if (pointer + size > memory.byteLength) throw new FileError('EFAULT');
}

// Arguments: slot k of a call.

/** A u64 as a number, for sizes and positions. No file is larger than 2^53 bytes: throws EINVAL. */
export function sizeArgument(words: Int32Array, k: number): number {
  const value = (words[4 * k + 1]! >>> 0) * 2 ** 32 + (words[4 * k]! >>> 0);
  if (value > Number.MAX_SAFE_INTEGER) throw new FileError('EINVAL');
  return value;
}
/** An s64 as a number. */
export function deltaArgument(words: Int32Array, k: number): number {
  const value = words[4 * k + 1]! * 2 ** 32 + (words[4 * k]! >>> 0);
  if (!Number.isSafeInteger(value)) throw new FileError('EINVAL');
  return value;
}
export function u64Argument(words: Int32Array, k: number): bigint {
  return (BigInt(words[4 * k + 1]! >>> 0) << 32n) | BigInt(words[4 * k]! >>> 0);
}

// Plain values.

export function writeU16(memory: MemoryViews, pointer: number, value: number): void {
  memory.data.setUint16(pointer, value, true);
}
export function writeU32(memory: MemoryViews, pointer: number, value: number): void {
  memory.data.setUint32(pointer, value, true);
}
export function writeU64(memory: MemoryViews, pointer: number, value: bigint): void {
  memory.data.setBigUint64(pointer, value, true);
}
/** Reads a u64 that is a whole number below 2^53. */
export function writeSize64(memory: MemoryViews, pointer: number, value: number): void {
  memory.data.setUint32(pointer, value % 2 ** 32, true);
  memory.data.setUint32(pointer + 4, Math.floor(value / 2 ** 32), true);
}

/** The bytes of the longest path, as on most operating systems. */
const LONGEST_PATH = 4_096;

/** Reads a path, or the text of a symbolic link. Throws EILSEQ: not UTF-8; EINVAL: has a NUL; ENAMETOOLONG. */
export function readPath(memory: MemoryViews, pointer: number, length: number): string {
  checkRange(memory, pointer, length);
  if (length > LONGEST_PATH) throw new FileError('ENAMETOOLONG');
  const text = decodeUtf8(memory.u8, pointer, pointer + length);
  if (text === undefined) throw new FileError('EILSEQ');
  if (text.includes('\0')) throw new FileError('EINVAL');
  return text;
}

/** Reads a text up to its NUL, as WAMR's calls take names. */
export function readCString(memory: MemoryViews, pointer: number): string {
  const length = memory.u8.subarray(pointer, pointer + LONGEST_PATH + 1).indexOf(0);
  if (length >= 0) return readPath(memory, pointer, length);
  throw new FileError(pointer + LONGEST_PATH < memory.byteLength ? 'ENAMETOOLONG' : 'EFAULT');
}

// Buffers: iovec { buf: ptr @0, buf_len: u32 @4 }.

export const IOVEC_SIZE = 8;

export function iovecPointer(memory: MemoryViews, iovecs: number, index: number): number {
  return memory.data.getUint32(iovecs + index * IOVEC_SIZE, true);
}
export function iovecLength(memory: MemoryViews, iovecs: number, index: number): number {
  return memory.data.getUint32(iovecs + index * IOVEC_SIZE + 4, true);
}

// prestat { tag: u8 @0 (0: directory), name_len: u32 @4 }.

export const PRESTAT_SIZE = 8;

export function writePrestat(memory: MemoryViews, pointer: number, nameLength: number): void {
  writeU32(memory, pointer, 0);
  writeU32(memory, pointer + 4, nameLength);
}

const FILE_TYPES: Readonly<Record<FileType, number>> = {
  unknown: 0,
  'block-device': 1,
  'character-device': 2,
  directory: 3,
  'regular-file': 4,
  'socket-dgram': 5,
  'socket-stream': 6,
  'symbolic-link': 7,
};

// fdstat { filetype: u8 @0, flags: u16 @2, rights_base: u64 @8, rights_inheriting: u64 @16 }.

export const FDSTAT_SIZE = 24;

export function writeFdstat(
  memory: MemoryViews,
  pointer: number,
  stat: { type: FileType; flags: number; rightsBase: number; rightsInheriting: number },
): void {
  memory.u8.fill(0, pointer, pointer + FDSTAT_SIZE);
  memory.u8[pointer] = FILE_TYPES[stat.type];
  writeU16(memory, pointer + 2, stat.flags);
  writeU32(memory, pointer + 8, stat.rightsBase);
  writeU32(memory, pointer + 16, stat.rightsInheriting);
}

// dirent { next: u64 @0, ino: u64 @8, namlen: u32 @16, type: u8 @20 }, then the name.

export const DIRENT_SIZE = 24;

/** Writes a dirent to a buffer of DIRENT_SIZE bytes. */
export function encodeDirent(buffer: DataView, next: number, inode: bigint, nameLength: number, type: FileType): void {
  buffer.setBigUint64(0, BigInt(next), true);
  buffer.setBigUint64(8, inode, true);
  buffer.setUint32(16, nameLength, true);
  buffer.setUint32(20, FILE_TYPES[type], true);
}

// event { userdata: u64 @0, error: u16 @8, type: u8 @10, fd_readwrite: { nbytes: u64 @16, flags: u16 @24 } }.

export const EVENT_SIZE = 32;
const EVENT_HANGUP = 1;

export interface Event {
  readonly userdata: bigint;
  readonly errno: number;
  readonly type: number;
  readonly bytes: number;
  readonly hangup: boolean;
}

export function writeEvent(memory: MemoryViews, pointer: number, event: Event): void {
  memory.u8.fill(0, pointer, pointer + EVENT_SIZE);
  writeU64(memory, pointer, event.userdata);
  writeU16(memory, pointer + 8, event.errno);
  memory.u8[pointer + 10] = event.type;
  writeSize64(memory, pointer + 16, event.bytes);
  writeU16(memory, pointer + 24, event.hangup ? EVENT_HANGUP : 0);
}

/** The part of a subscription that does not depend on its type; then either `fd` or the clock's fields have a meaning. */
export interface Subscription {
  readonly userdata: bigint;
  /** 0 clock, 1 fd_read, 2 fd_write, else unknown. */
  readonly type: number;
  readonly fd: number;
  readonly clock: number;
  /** Nanoseconds. */
  readonly timeout: bigint;
  readonly absolute: boolean;
}

// WAMR's addresses: addr { kind: u32 @0 (0 IPv4, 1 IPv6), IPv4: 4 bytes @4, port: u16 @8; IPv6: 8 u16 @4, port: u16 @20 }.
// addr_ip is the same without the port; addr_info { addr @0, type: u32 @24 }; hints { type: s32 @0, family: u32 @4, enabled: u8 @8 }.

export const ADDRESS_SIZE = 24;
export const IP_SIZE = 20;
export const ADDRESS_INFO_SIZE = 28;
const HINTS_SIZE = 12;

/** The 4 or 16 bytes of an IP address in network order. */
export function readIp(memory: MemoryViews, pointer: number): Uint8Array {
  const kind = memory.data.getUint32(pointer, true);
  if (kind === 0) return memory.u8.slice(pointer + 4, pointer + 8);
  if (kind !== 1) throw new FileError('EAFNOSUPPORT');
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i += 2) {
    bytes[i] = memory.u8[pointer + 4 + i + 1]!;
    bytes[i + 1] = memory.u8[pointer + 4 + i]!;
  }
  return bytes;
}
/** Reads an addr after its kind was read. @param ipBytes 4 or 16 */
export function readPort(memory: MemoryViews, pointer: number, ipBytes: number): number {
  return memory.data.getUint16(pointer + 4 + ipBytes, true);
}
export function writeAddress(memory: MemoryViews, pointer: number, ip: Uint8Array, port: number): void {
  memory.u8.fill(0, pointer, pointer + ADDRESS_SIZE);
  const swap = ip.length === 16 ? 1 : 0;
  writeU32(memory, pointer, swap);
  for (let i = 0; i < ip.length; i++) memory.u8[pointer + 4 + (i ^ swap)] = ip[i]!;
  writeU16(memory, pointer + 4 + ip.length, port);
}

/** Reads the hints of a name lookup; a member is undefined where any address will do. */
export function readAddressHints(
  memory: MemoryViews,
  pointer: number,
): { type: number | undefined; family: 'ipv4' | 'ipv6' | undefined } {
  checkRange(memory, pointer, HINTS_SIZE);
  if (memory.u8[pointer + 8] === 0) return { type: undefined, family: undefined };
  const type = memory.data.getInt32(pointer, true);
  const family = memory.data.getUint32(pointer + 4, true);
  return { type: type < 0 ? undefined : type, family: family === 0 ? 'ipv4' : family === 1 ? 'ipv6' : undefined };
}

/** The differences between the two module names. */
export interface Dialect {
  readonly filestatSize: number;
  writeFilestat(memory: MemoryViews, pointer: number, stat: FileStat): void;
  readonly subscriptionSize: number;
  readSubscription(memory: MemoryViews, pointer: number): Subscription;
  /** The meanings of whence 0, 1, 2. */
  readonly whence: readonly ('set' | 'current' | 'end')[];
}

/** @param clock offset of the clock id inside the subscription */
function subscriptionReader(clock: number) {
  return (memory: MemoryViews, pointer: number): Subscription => ({
    userdata: memory.data.getBigUint64(pointer, true),
    type: memory.u8[pointer + 8]!,
    fd: memory.data.getInt32(pointer + 16, true),
    clock: memory.data.getUint32(pointer + clock, true),
    timeout: memory.data.getBigUint64(pointer + clock + 8, true),
    absolute: (memory.data.getUint16(pointer + clock + 24, true) & 1) !== 0,
  });
}

/** @param links bytes of the nlink field */
function filestatWriter(size: number, links: 4 | 8) {
  return (memory: MemoryViews, pointer: number, stat: FileStat): void => {
    memory.u8.fill(0, pointer, pointer + size);
    writeU64(memory, pointer, stat.device);
    writeU64(memory, pointer + 8, stat.inode);
    memory.u8[pointer + 16] = FILE_TYPES[stat.type];
    if (links === 8) writeU64(memory, pointer + 24, stat.links);
    else writeU32(memory, pointer + 20, Number(stat.links));
    const rest = pointer + (links === 8 ? 32 : 24);
    writeU64(memory, rest, stat.size);
    writeU64(memory, rest + 8, BigInt.asUintN(64, stat.accessed));
    writeU64(memory, rest + 16, BigInt.asUintN(64, stat.modified));
    writeU64(memory, rest + 24, BigInt.asUintN(64, stat.changed));
  };
}

// filestat { dev @0, ino @8, filetype: u8 @16, nlink: u64 @24, size @32, atim @40, mtim @48, ctim @56 }.
// subscription { userdata @0, tag: u8 @8, clock { id: u32 @16, timeout @24, precision @32, flags: u16 @40 } or fd: u32 @16 }.
export const PREVIEW1: Dialect = {
  filestatSize: 64,
  writeFilestat: filestatWriter(64, 8),
  subscriptionSize: 48,
  readSubscription: subscriptionReader(16),
  whence: ['set', 'current', 'end'],
};

// filestat with nlink: u32 @20, so that all that follows is 8 bytes earlier; a clock subscription has an identifier: u64 @16 first.
export const UNSTABLE: Dialect = {
  filestatSize: 56,
  writeFilestat: filestatWriter(56, 4),
  subscriptionSize: 56,
  readSubscription: subscriptionReader(24),
  whence: ['current', 'end', 'set'],
};
