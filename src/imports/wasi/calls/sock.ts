// sock_accept, sock_recv, sock_send, sock_shutdown, on sockets that were granted. Refuses every other descriptor (ENOTSOCK).
import { FileError } from '../../../platform/errno.js';
import { SUCCESS } from '../errno.js';
import { Descriptor, FLAG_NONBLOCK } from '../fd-table.js';
import { checkRange, memoryOf, writeU16, writeU32 } from '../memory-layout.js';
import { ALL_RIGHTS, FD_READ, FD_WRITE, SOCK_ACCEPT, SOCK_SHUTDOWN } from '../rights.js';
import { type Call, call } from './call.js';
import { receiveInto, takeBuffers, writeBuffers } from './io.js';
import { until } from './wait.js';

const RECV_PEEK = 1;
const RECV_WAITALL = 2;
const RECV_DATA_TRUNCATED = 1;
const SHUT_READ = 1;
const SHUT_WRITE = 2;

export const SOCK_CALLS: Readonly<Record<string, Call>> = {
  sock_accept: call('iii', (wasi, env, a) => {
    const flags = a[4]!;
    const result = a[8]! >>> 0;
    checkRange(memoryOf(env), result, 4);
    const listener = wasi.fds.getSocket(a[0]!, SOCK_ACCEPT);
    if ((flags & ~FLAG_NONBLOCK) !== 0) throw new FileError('EINVAL');
    wasi.fds.reserve();
    const node = until(wasi, env, listener.file, listener.timeout('receive'), () => listener.file.accept());
    writeU32(memoryOf(env), result, wasi.fds.add(new Descriptor({ node, rightsBase: ALL_RIGHTS, flags })));
    return SUCCESS;
  }),
  // One call fills one buffer: a guest that wants more calls again, as for any short read.
  sock_recv: call('iiiiii', (wasi, env, a) => {
    const iovecs = a[4]! >>> 0;
    const count = a[8]! >>> 0;
    const flags = a[12]!;
    const bytesResult = a[16]! >>> 0;
    const flagsResult = a[20]! >>> 0;
    const memory = memoryOf(env);
    checkRange(memory, bytesResult, 4);
    checkRange(memory, flagsResult, 2);
    const list = takeBuffers(wasi, memory, iovecs, count);
    const socket = wasi.fds.getSocket(a[0]!, FD_READ);
    if ((flags & ~(RECV_PEEK | RECV_WAITALL)) !== 0) throw new FileError('EINVAL');
    if ((flags & RECV_WAITALL) !== 0) throw new FileError('ENOTSUP');
    const [pointer = 0, length = 0] = list;
    const peek = (flags & RECV_PEEK) !== 0;
    const got = until(wasi, env, socket.file, socket.timeout('receive'), () =>
      receiveInto(wasi, env, socket.file, pointer, length, (into, at, bytes) =>
        socket.file.receive(into, at, bytes, peek),
      ),
    );
    wasi.countInput(env, got.bytes);
    writeU32(memoryOf(env), bytesResult, got.bytes);
    writeU16(memoryOf(env), flagsResult, got.truncated ? RECV_DATA_TRUNCATED : 0);
    return SUCCESS;
  }),
  sock_send: call('iiiii', (wasi, env, a) => {
    const iovecs = a[4]! >>> 0;
    const count = a[8]! >>> 0;
    const flags = a[12]!;
    const result = a[16]! >>> 0;
    checkRange(memoryOf(env), result, 4);
    const socket = wasi.fds.getSocket(a[0]!, FD_WRITE);
    if (flags !== 0) throw new FileError('EINVAL');
    const bytes = writeBuffers(wasi, env, socket, iovecs, count, 0);
    writeU32(memoryOf(env), result, bytes);
    return SUCCESS;
  }),
  sock_shutdown: call('ii', (wasi, _env, a) => {
    const how = a[4]!;
    const socket = wasi.fds.getSocket(a[0]!, SOCK_SHUTDOWN);
    if (how < 1 || how > (SHUT_READ | SHUT_WRITE)) throw new FileError('EINVAL');
    socket.file.shutdown((how & SHUT_READ) !== 0, (how & SHUT_WRITE) !== 0);
    return SUCCESS;
  }),
};
