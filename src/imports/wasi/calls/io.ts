// fd_read, fd_pread, fd_write, fd_pwrite, and the transfer that sock_recv and sock_send share: between a file and the guest's buffers, straight into
// and out of its memory, in bounded parts. Refuses a transfer that would outlast the guest's deadline.
import { FileError } from '../../../platform/errno.js';
import { type OpenFile, OWN_PLACE } from '../../../platform/files.js';
import type { ExecEnv } from '../../../runtime/exec-env.js';
import type { MemoryViews } from '../../../runtime/memory.js';
import { errnoOf, isErrno, SUCCESS } from '../errno.js';
import type { Descriptor } from '../fd-table.js';
import {
  checkRange,
  IOVEC_SIZE,
  iovecLength,
  iovecPointer,
  memoryOf,
  sizeArgument,
  writeU32,
} from '../memory-layout.js';
import { FD_READ, FD_SEEK, FD_WRITE } from '../rights.js';
import { MOST_BUFFERS, type WasiState } from '../state.js';
import { type Call, call } from './call.js';
import { Later, Retry, refuseWithoutEventLoop } from './wait.js';

/** Empty buffers that are skipped between two checks of the meter. */
const EMPTY_PER_CHECKPOINT = 65_536;
/** Bytes between two checks of the meter: about a millisecond's work. */
const CHUNK_BYTES = 1 << 20;
export type FileDescriptor = Descriptor & { readonly file: OpenFile };

/**
 * The number of empty buffers that come first, where there are more buffers than one call takes. A guest that continues after a short transfer would
 * otherwise never get past them.
 */
function emptyAtStart(env: ExecEnv, iovecs: number, count: number): number {
  if (count <= MOST_BUFFERS) return 0;
  const memory = memoryOf(env);
  checkRange(memory, iovecs, count * IOVEC_SIZE);
  for (let i = 0; i < count; i++) {
    if (i % EMPTY_PER_CHECKPOINT === 0) env.store.meter.checkpoint();
    if (iovecLength(memory, iovecs, i) > 0) return i;
    checkRange(memory, iovecPointer(memory, iovecs, i), 0);
  }
  return count;
}

/**
 * Reads the guest's list of buffers, once, and checks all of them: another thread of the guest may change the list meanwhile. Address and length take
 * turns in what it returns. Throws EINVAL for more buffers than one call takes.
 * @param file of one that calls back, the guest may make other calls meanwhile: the list is its own then
 */
export function takeBuffers(
  wasi: WasiState,
  memory: MemoryViews,
  iovecs: number,
  count: number,
  file?: OpenFile,
): Uint32Array {
  if (count > MOST_BUFFERS) throw new FileError('EINVAL');
  checkRange(memory, iovecs, count * IOVEC_SIZE);
  const list = file === undefined || file.callsBack ? new Uint32Array(2 * count) : wasi.buffers(count);
  for (let i = 0; i < count; i++) {
    list[2 * i] = iovecPointer(memory, iovecs, i);
    list[2 * i + 1] = iovecLength(memory, iovecs, i);
    checkRange(memory, list[2 * i]!, list[2 * i + 1]!);
  }
  return list;
}
/** The bytes of all buffers together. */
export function totalOf(list: Uint32Array, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += list[2 * i + 1]!;
  return total;
}

/**
 * Repeats the transfer while it throws EAGAIN, unless the guest asked not to wait. Every transfer passes here, so the usual case must not allocate:
 * `transfer` is one of the functions below, never a closure.
 */
function waiting(
  wasi: WasiState,
  env: ExecEnv,
  descriptor: FileDescriptor,
  transfer: typeof readOnce | typeof writeOnce,
  list: Uint32Array,
  count: number,
  position: number,
): number {
  let retry: Retry | undefined;
  for (;;) {
    try {
      return transfer(wasi, env, descriptor, list, count, position);
    } catch (thrown) {
      const later = descriptor.file.later?.('read');
      if (later) throw errorOrLater(env, descriptor, thrown, later);
      const timeout = descriptor.timeout(transfer === readOnce ? 'receive' : 'send');
      if (timeout === undefined) throw thrown;
      retry ??= Retry.of(wasi, env, timeout);
      retry.wait(thrown, wasi, env, descriptor.file);
    }
  }
}

/** Returns the exception to throw where the event loop has to run: `thrown` for a guest that does not want to wait, otherwise a Later. */
function errorOrLater(env: ExecEnv, descriptor: FileDescriptor, thrown: unknown, later: Promise<void>): unknown {
  later.catch(() => {});
  if (!isErrno(thrown, 'EAGAIN')) return thrown;
  refuseWithoutEventLoop(env);
  return descriptor.timeout('receive') === undefined ? thrown : new Later(later.catch(() => {}));
}

/**
 * Waits until the bytes just written were taken, so that a slow receiver slows the guest down. The count is written before: the call may be abandoned
 * while it waits, and the guest's memory must not be touched after that.
 */
function afterWrite(env: ExecEnv, descriptor: FileDescriptor, written: number): number | Promise<number> {
  const later = descriptor.file.later?.('write');
  if (!later) return written;
  later.catch(() => {});
  refuseWithoutEventLoop(env);
  if (descriptor.timeout('send') === undefined) return written;
  return later.then(() => written, errnoOf);
}

/** Returns the buffers that are not empty, as views of the guest's memory. */
function views(memory: MemoryViews, list: Uint32Array, count: number): Uint8Array[] {
  const views: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const [pointer, length] = [list[2 * i]!, list[2 * i + 1]!];
    if (length > 0) views.push(memory.u8.subarray(pointer, pointer + length));
  }
  return views;
}

/**
 * Whether a transfer must stop where it is: it is then a short one, offsets and counts are right, and `finish` throws what the meter throws.
 */
function isOver(env: ExecEnv): boolean {
  try {
    env.store.meter.check();
    return false;
  } catch {
    return true;
  }
}

/** Whether reads of the file never wait, so that a second read can follow a full one. */
function canReadAtOnce(file: OpenFile): boolean {
  return file.seekable || file.type === 'regular-file';
}

/** Returns the position after `bytes`; the file's own offset moves by itself. */
function positionAfter(position: number, bytes: number): number {
  return position === OWN_PLACE ? OWN_PLACE : position + bytes;
}

/** Fills one buffer, as far as that does not wait for more bytes. */
function readParts(env: ExecEnv, file: OpenFile, pointer: number, length: number, position: number): number {
  const bytes = file.read(memoryOf(env).u8, pointer, Math.min(length, CHUNK_BYTES), position);
  if (bytes === length || bytes < CHUNK_BYTES || !canReadAtOnce(file)) return bytes;
  return transferRest(env, length, (done, more) =>
    file.read(memoryOf(env).u8, pointer + done, more, positionAfter(position, done)),
  );
}

/** Writes one buffer, until the file takes fewer bytes than it is given. */
function writeParts(env: ExecEnv, file: OpenFile, pointer: number, length: number, position: number): number {
  const bytes = file.write(memoryOf(env).u8, pointer, Math.min(length, CHUNK_BYTES), position);
  if (bytes === length || bytes < CHUNK_BYTES) return bytes;
  return transferRest(env, length, (done, more) =>
    file.write(memoryOf(env).u8, pointer + done, more, positionAfter(position, done)),
  );
}

/** Transfers the parts after the first one, up to `length` or a short one. Returns the bytes of all parts, the first included. */
function transferRest(env: ExecEnv, length: number, transfer: (done: number, bytes: number) => number): number {
  let done = CHUNK_BYTES;
  while (done < length && !isOver(env)) {
    const part = Math.min(length - done, CHUNK_BYTES);
    const bytes = afterSome(() => transfer(done, part));
    done += bytes;
    if (bytes < part) break;
  }
  return done;
}

/**
 * Transfers a later part: an error ends the transfer there, because the bytes before it were transferred. A guest that continues gets the error then.
 */
function afterSome(transfer: () => number): number {
  try {
    return transfer();
  } catch (thrown) {
    if (thrown instanceof FileError) return 0;
    throw thrown;
  }
}

function readOnce(
  wasi: WasiState,
  env: ExecEnv,
  descriptor: FileDescriptor,
  list: Uint32Array,
  count: number,
  position: number,
): number {
  const { file } = descriptor;
  if (count === 1) {
    const [pointer, length] = [list[0]!, list[1]!];
    if (!file.callsBack) return readParts(env, file, pointer, length, position);
    return readAside(wasi, env, file, pointer, length, position);
  }
  if (file.readVector && !file.callsBack && totalOf(list, count) <= CHUNK_BYTES) {
    const buffers = views(memoryOf(env), list, count);
    return buffers.length === 0 ? 0 : file.readVector(buffers, position);
  }
  let total = 0;
  for (let i = 0; i < count; i++) {
    const [pointer, length] = [list[2 * i]!, list[2 * i + 1]!];
    if (length === 0) continue;
    // Bytes that were read must not be lost to a later buffer that is not ready, so a second read that would wait is not made.
    if (total > 0 && !canReadAtOnce(file)) break;
    if (total >= CHUNK_BYTES && isOver(env)) break;
    const bytes = file.callsBack
      ? readAside(wasi, env, file, pointer, length, positionAfter(position, total))
      : readParts(env, file, pointer, length, positionAfter(position, total));
    total += bytes;
    if (bytes < length) break;
  }
  return total;
}

/** Reads from a file whose read may run other code: the guest's memory may have moved afterwards. */
function readAside(
  wasi: WasiState,
  env: ExecEnv,
  file: OpenFile,
  pointer: number,
  length: number,
  position: number,
): number {
  return aside(wasi, env, pointer, length, (into, bytes) => ({ bytes: file.read(into, 0, bytes, position) })).bytes;
}

/** Lets `receive` fill a private buffer, and copies that to the guest's memory, which may have moved. */
function aside<Got extends { readonly bytes: number }>(
  wasi: WasiState,
  env: ExecEnv,
  pointer: number,
  length: number,
  receive: (into: Uint8Array, bytes: number) => Got,
): Got {
  const bytes = Math.min(length, 65_536);
  const buffer = wasi.scratch(bytes);
  const got = receive(buffer, bytes);
  const memory = memoryOf(env);
  checkRange(memory, pointer, got.bytes);
  memory.u8.set(buffer.subarray(0, got.bytes), pointer);
  return got;
}

/** Receives into the guest's memory, through a private buffer where that may run other code. @param receive fills into[offset...] */
export function receiveInto<Got extends { readonly bytes: number }>(
  wasi: WasiState,
  env: ExecEnv,
  socket: OpenFile,
  pointer: number,
  length: number,
  receive: (into: Uint8Array, offset: number, length: number) => Got,
): Got {
  if (!socket.callsBack) return receive(memoryOf(env).u8, pointer, length);
  return aside(wasi, env, pointer, length, (into, bytes) => receive(into, 0, bytes));
}

function writeOnce(
  _wasi: WasiState,
  env: ExecEnv,
  { file }: FileDescriptor,
  list: Uint32Array,
  count: number,
  position: number,
): number {
  if (count === 1) return writeParts(env, file, list[0]!, list[1]!, position);
  if (totalOf(list, count) > CHUNK_BYTES) return writeSeveral(env, file, list, count, position);
  const buffers = views(memoryOf(env), list, count);
  if (buffers.length === 0) return 0;
  if (buffers.length === 1) return file.write(buffers[0]!, 0, buffers[0]!.length, position);
  if (file.writeVector) return file.writeVector(buffers, position);
  // All buffers go in one write, so that a callback gets a line in one call; they are copied first, because the callback may run the guest.
  const total = buffers.reduce((sum, view) => sum + view.length, 0);
  const joined = new Uint8Array(total);
  let at = 0;
  for (const view of buffers) {
    joined.set(view, at);
    at += view.length;
  }
  return file.write(joined, 0, total, position);
}

/** Writes buffer by buffer: so many bytes would take too long in one write. */
function writeSeveral(env: ExecEnv, file: OpenFile, list: Uint32Array, count: number, position: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) {
    const [pointer, length] = [list[2 * i]!, list[2 * i + 1]!];
    if (length === 0) continue;
    if (total >= CHUNK_BYTES && isOver(env)) break;
    const write = (): number => writeParts(env, file, pointer, length, positionAfter(position, total));
    const bytes = total > 0 ? afterSome(write) : write();
    total += bytes;
    if (bytes < length) break;
  }
  return total;
}

/** Reads into the guest's buffers; returns the number of bytes. */
function readBuffers(
  wasi: WasiState,
  env: ExecEnv,
  descriptor: FileDescriptor,
  iovecs: number,
  count: number,
  position: number,
): number {
  const empty = emptyAtStart(env, iovecs, count);
  const [first, some] = [iovecs + empty * IOVEC_SIZE, Math.min(count - empty, MOST_BUFFERS)];
  const list = takeBuffers(wasi, memoryOf(env), first, some, descriptor.file);
  const bytes = waiting(wasi, env, descriptor, readOnce, list, some, position);
  wasi.countInput(env, bytes);
  return bytes;
}

/** Writes the guest's buffers; returns the number of bytes. @throws LimitError beyond the limit of output */
export function writeBuffers(
  wasi: WasiState,
  env: ExecEnv,
  descriptor: FileDescriptor,
  iovecs: number,
  count: number,
  position: number,
): number {
  const empty = emptyAtStart(env, iovecs, count);
  const [first, some] = [iovecs + empty * IOVEC_SIZE, Math.min(count - empty, MOST_BUFFERS)];
  const list = takeBuffers(wasi, memoryOf(env), first, some, descriptor.file);
  const total = totalOf(list, some);
  // The buffers are longer than any datagram, and splitting them would send several datagrams.
  if ((total > CHUNK_BYTES || count - empty > some) && descriptor.file.type === 'socket-dgram')
    throw new FileError('EMSGSIZE');
  const hole = wasi.outputLimited && total > 0 ? descriptor.holeBefore(position) : 0;
  wasi.allowOutput(hole + total);
  const bytes = waiting(wasi, env, descriptor, writeOnce, list, some, position);
  if (bytes > 0) wasi.countGrowth(hole);
  wasi.countOutput(env, bytes);
  return bytes;
}

/** Writes the number of bytes to the guest. Throws what the meter throws where there were so many bytes that it had to be checked. */
function finish(env: ExecEnv, result: number, bytes: number): number {
  writeU32(memoryOf(env), result, bytes);
  if (bytes >= CHUNK_BYTES) env.store.meter.check();
  return SUCCESS;
}

export const IO_CALLS: Readonly<Record<string, Call>> = {
  fd_read: call('iiii', (wasi, env, a) => {
    const fd = a[0]!;
    const iovecs = a[4]! >>> 0;
    const count = a[8]! >>> 0;
    const result = a[12]! >>> 0;
    checkRange(memoryOf(env), result, 4);
    const descriptor = wasi.fds.getFile(fd, FD_READ);
    const bytes = readBuffers(wasi, env, descriptor, iovecs, count, descriptor.readPlace);
    if (descriptor.file.seekable) descriptor.passed(bytes);
    return finish(env, result, bytes);
  }),
  fd_write: call('iiii', (wasi, env, a) => {
    const fd = a[0]!;
    const iovecs = a[4]! >>> 0;
    const count = a[8]! >>> 0;
    const result = a[12]! >>> 0;
    checkRange(memoryOf(env), result, 4);
    const descriptor = wasi.fds.getFile(fd, FD_WRITE);
    if (descriptor.file.needsEventLoop) refuseWithoutEventLoop(env);
    const busy = descriptor.file.later?.('write');
    if (busy) throw errorOrLater(env, descriptor, new FileError('EAGAIN'), busy);
    const bytes = writeBuffers(wasi, env, descriptor, iovecs, count, descriptor.writePlace);
    if (descriptor.file.seekable) descriptor.advance(bytes);
    return afterWrite(env, descriptor, finish(env, result, bytes));
  }),
  fd_pread: call('iiiIi', (wasi, env, a) => {
    const fd = a[0]!;
    const iovecs = a[4]! >>> 0;
    const count = a[8]! >>> 0;
    const position = sizeArgument(a, 3);
    const result = a[16]! >>> 0;
    checkRange(memoryOf(env), result, 4);
    const descriptor = wasi.fds.getFile(fd, FD_READ | FD_SEEK);
    if (!descriptor.file.seekable) throw new FileError('ESPIPE');
    const bytes = readBuffers(wasi, env, descriptor, iovecs, count, position);
    return finish(env, result, bytes);
  }),
  fd_pwrite: call('iiiIi', (wasi, env, a) => {
    const fd = a[0]!;
    const iovecs = a[4]! >>> 0;
    const count = a[8]! >>> 0;
    const position = sizeArgument(a, 3);
    const result = a[16]! >>> 0;
    checkRange(memoryOf(env), result, 4);
    const descriptor = wasi.fds.getFile(fd, FD_WRITE | FD_SEEK);
    if (!descriptor.file.seekable) throw new FileError('ESPIPE');
    const bytes = writeBuffers(wasi, env, descriptor, iovecs, count, position);
    return finish(env, result, bytes);
  }),
};
