// WAMR's socket extensions: sock_open, bind, listen, connect, addresses, datagrams, names, options. Refuses addresses outside the address pool and
// names outside the list (EACCES), and options that the platform cannot set (ENOTSUP).
import { FileError } from '../../../platform/errno.js';
import type { NetAddress, NetSocket, SocketOption } from '../../../platform/net.js';
import type { ExecEnv } from '../../../runtime/exec-env.js';
import type { MemoryViews } from '../../../runtime/memory.js';
import { isErrno, SUCCESS } from '../errno.js';
import { Descriptor } from '../fd-table.js';
import { familyOf, formatIp, parseIp } from '../ip.js';
import {
  ADDRESS_INFO_SIZE,
  ADDRESS_SIZE,
  checkRange,
  IP_SIZE,
  memoryOf,
  readAddressHints,
  readCString,
  readIp,
  readPort,
  writeAddress,
  writeU32,
} from '../memory-layout.js';
import { ALL_RIGHTS } from '../rights.js';
import type { WasiState } from '../state.js';
import { type Call, call } from './call.js';
import { receiveInto, takeBuffers, totalOf } from './io.js';
import { until } from './wait.js';

const FAMILIES = ['ipv4', 'ipv6'] as const;
const TYPES = ['socket-dgram', 'socket-stream'] as const;
/** The most bytes of one datagram. */
const LONGEST_DATAGRAM = 65_507;

type SocketDescriptor = Descriptor & { readonly file: NetSocket };

function socketOf(wasi: WasiState, fd: number): SocketDescriptor {
  const descriptor = wasi.fds.getSocket(fd, 0);
  if (!('family' in descriptor.file)) throw new FileError('ENOTSUP');
  return descriptor as SocketDescriptor;
}

function addressAt(memory: MemoryViews, pointer: number): NetAddress {
  const ip = readIp(memory, pointer);
  return { family: familyOf(ip), host: formatIp(ip), port: readPort(memory, pointer, ip.length) };
}

function putAddress(memory: MemoryViews, pointer: number, address: NetAddress): void {
  const bytes = parseIp(address.host);
  if (!bytes) throw new FileError('EAFNOSUPPORT');
  writeAddress(memory, pointer, bytes, address.port);
}

/** The address in argument 1, if the guest may use it. */
function grantedAddress(wasi: WasiState, env: ExecEnv, a: Int32Array): NetAddress {
  const pointer = a[4]! >>> 0;
  const memory = memoryOf(env);
  checkRange(memory, pointer, ADDRESS_SIZE);
  const address = addressAt(memory, pointer);
  wasi.network.checkAddress(address);
  return address;
}

const CONNECTION_CALLS: Readonly<Record<string, Call>> = {
  // The first argument, a descriptor of the pool, has no effect: there is one pool.
  sock_open: call('iiii', (wasi, env, a) => {
    const family = FAMILIES[a[4]!];
    const type = TYPES[a[8]!];
    const result = a[12]! >>> 0;
    checkRange(memoryOf(env), result, 4);
    if (!family) throw new FileError('EAFNOSUPPORT');
    if (!type) throw new FileError('EINVAL');
    wasi.fds.reserve();
    const node = wasi.network.network.open(family, type);
    writeU32(memoryOf(env), result, wasi.fds.add(new Descriptor({ node, rightsBase: ALL_RIGHTS })));
    return SUCCESS;
  }),
  sock_close: call('i', (wasi, _env, a) => {
    wasi.fds.getSocket(a[0]!, 0);
    wasi.fds.close(a[0]!);
    return SUCCESS;
  }),
  sock_bind: call('ii', (wasi, env, a) => {
    const fd = a[0]!;
    const address = grantedAddress(wasi, env, a);
    const { file } = socketOf(wasi, fd);
    let begun = env.resumption !== undefined;
    until(wasi, env, file, 0, () => {
      // A datagram socket is bound once it has an address; another attempt would be a second bind.
      if (begun && file.type === 'socket-dgram' && file.localAddress().port !== 0) return;
      begun = true;
      file.bind(address);
    });
    return SUCCESS;
  }),
  sock_listen: call('ii', (wasi, env, a) => {
    const backlog = a[4]! >>> 0;
    const { file } = socketOf(wasi, a[0]!);
    // Without a bind it would listen on all addresses: that must be in the pool as well.
    wasi.network.checkAddress(file.localAddress());
    until(wasi, env, file, 0, () => file.listen(backlog));
    return SUCCESS;
  }),
  sock_connect: call('ii', (wasi, env, a) => {
    const fd = a[0]!;
    const address = grantedAddress(wasi, env, a);
    const descriptor = socketOf(wasi, fd);
    const { file } = descriptor;
    try {
      until(wasi, env, file, descriptor.timeout('send'), () => file.connect(address));
    } catch (thrown) {
      throw isErrno(thrown, 'EAGAIN') ? new FileError('EINPROGRESS') : thrown;
    }
    return SUCCESS;
  }),
  sock_addr_local: call('ii', (wasi, env, a) => {
    const result = a[4]! >>> 0;
    checkRange(memoryOf(env), result, ADDRESS_SIZE);
    putAddress(memoryOf(env), result, socketOf(wasi, a[0]!).file.localAddress());
    return SUCCESS;
  }),
  sock_addr_remote: call('ii', (wasi, env, a) => {
    const result = a[4]! >>> 0;
    checkRange(memoryOf(env), result, ADDRESS_SIZE);
    putAddress(memoryOf(env), result, socketOf(wasi, a[0]!).file.remoteAddress());
    return SUCCESS;
  }),
};

/** Copies the bytes of all buffers out of the guest's memory. */
function gather(memory: MemoryViews, list: Uint32Array, count: number): Uint8Array {
  const bytes = new Uint8Array(totalOf(list, count));
  let at = 0;
  for (let i = 0; i < count; i++) {
    const [pointer, length] = [list[2 * i]!, list[2 * i + 1]!];
    bytes.set(memory.u8.subarray(pointer, pointer + length), at);
    at += length;
  }
  return bytes;
}

const DATAGRAM_CALLS: Readonly<Record<string, Call>> = {
  sock_send_to: call('iiiiii', (wasi, env, a) => {
    const [fd, iovecs, count, flags] = [a[0]!, a[4]! >>> 0, a[8]! >>> 0, a[12]!];
    const target = a[16]! >>> 0;
    const result = a[20]! >>> 0;
    const memory = memoryOf(env);
    checkRange(memory, target, ADDRESS_SIZE);
    checkRange(memory, result, 4);
    const list = takeBuffers(wasi, memory, iovecs, count);
    const total = totalOf(list, count);
    const address = addressAt(memory, target);
    const descriptor = socketOf(wasi, fd);
    const { file } = descriptor;
    if (flags !== 0) throw new FileError('EINVAL');
    if (total > LONGEST_DATAGRAM) throw new FileError('EMSGSIZE');
    wasi.network.checkAddress(address);
    wasi.allowOutput(total);
    const bytes = gather(memory, list, count);
    const sent = until(wasi, env, file, descriptor.timeout('send'), () => file.sendTo(bytes, address));
    wasi.countOutput(env, sent);
    writeU32(memoryOf(env), result, sent);
    return SUCCESS;
  }),
  // One call fills one buffer, as sock_recv does.
  sock_recv_from: call('iiiiii', (wasi, env, a) => {
    const [fd, iovecs, count, flags] = [a[0]!, a[4]! >>> 0, a[8]! >>> 0, a[12]!];
    const source = a[16]! >>> 0;
    const result = a[20]! >>> 0;
    const memory = memoryOf(env);
    checkRange(memory, source, ADDRESS_SIZE);
    checkRange(memory, result, 4);
    const list = takeBuffers(wasi, memory, iovecs, count);
    const descriptor = socketOf(wasi, fd);
    const { file } = descriptor;
    if ((flags & ~1) !== 0 || count === 0) throw new FileError('EINVAL');
    const [pointer, length] = [list[0]!, list[1]!];
    const got = until(wasi, env, file, descriptor.timeout('receive'), () =>
      receiveInto(wasi, env, file, pointer, length, (into, at, bytes) =>
        file.receiveFrom(into, at, bytes, flags === 1),
      ),
    );
    wasi.countInput(env, got.bytes);
    putAddress(memoryOf(env), source, got.from);
    writeU32(memoryOf(env), result, got.bytes);
    return SUCCESS;
  }),
};

/** Well-known services by name, so that no table of the operating system is read. */
const SERVICES: Readonly<Record<string, number>> = {
  '': 0,
  http: 80,
  https: 443,
  domain: 53,
  ftp: 21,
  ssh: 22,
  smtp: 25,
};

const NAME_CALLS: Readonly<Record<string, Call>> = {
  sock_addr_resolve: call('iiiiii', (wasi, env, a) => {
    const [hints, infos, room, result] = [a[8]! >>> 0, a[12]! >>> 0, a[16]! >>> 0, a[20]! >>> 0];
    const memory = memoryOf(env);
    const name = readCString(memory, a[0]! >>> 0);
    const service = readCString(memory, a[4]! >>> 0);
    const wanted = readAddressHints(memory, hints);
    checkRange(memory, infos, room * ADDRESS_INFO_SIZE);
    checkRange(memory, result, 4);
    wasi.network.checkName(name);
    const port = SERVICES[service] ?? (/^\d{1,5}$/.test(service) ? Number(service) : -1);
    if (port < 0 || port > 65_535) throw new FileError('EINVAL');
    const { network } = wasi.network;
    const found = until(wasi, env, network, 0, () => network.resolve(name));
    const types = wanted.type === undefined ? [1, 0] : [wanted.type];
    const rows = found
      .filter(({ family }) => wanted.family === undefined || family === wanted.family)
      .flatMap((address) => types.map((type) => ({ address, type })));
    rows.slice(0, room).forEach(({ address, type }, index) => {
      const at = infos + index * ADDRESS_INFO_SIZE;
      putAddress(memoryOf(env), at, { ...address, port });
      writeU32(memoryOf(env), at + ADDRESS_SIZE, type);
    });
    // The count includes results for which there was no room: the guest may call again with more.
    writeU32(memoryOf(env), result, rows.length);
    return SUCCESS;
  }),
};

/** WAMR's name of each option that has a value of its own; undefined: Node can set it on no operating system. Switches are one byte. */
const OPTIONS: Readonly<Record<string, { option: SocketOption | undefined; size: 1 | 4 }>> = {
  broadcast: { option: 'broadcast', size: 1 },
  keep_alive: { option: 'keep-alive', size: 1 },
  reuse_addr: { option: 'reuse-address', size: 1 },
  reuse_port: { option: undefined, size: 1 },
  ipv6_only: { option: 'ipv6-only', size: 1 },
  tcp_no_delay: { option: 'no-delay', size: 1 },
  tcp_quick_ack: { option: undefined, size: 1 },
  tcp_fastopen_connect: { option: undefined, size: 1 },
  tcp_keep_idle: { option: 'keep-idle', size: 4 },
  tcp_keep_intvl: { option: undefined, size: 4 },
  recv_buf_size: { option: 'receive-buffer', size: 4 },
  send_buf_size: { option: 'send-buffer', size: 4 },
  ip_ttl: { option: 'ttl', size: 1 },
  ip_multicast_ttl: { option: 'multicast-ttl', size: 1 },
};

function supported(option: SocketOption | undefined): SocketOption {
  if (option === undefined) throw new FileError('ENOTSUP');
  return option;
}

function writeValue(env: ExecEnv, pointer: number, size: 1 | 4, value: number): void {
  if (size === 1) memoryOf(env).u8[pointer] = value;
  else writeU32(memoryOf(env), pointer, value);
}

function optionCalls(): Record<string, Call> {
  const calls: Record<string, Call> = {};
  for (const [name, { option, size }] of Object.entries(OPTIONS)) {
    calls[`sock_set_${name}`] = call('ii', (wasi, _env, a) => {
      const value = a[4]! >>> 0;
      socketOf(wasi, a[0]!).file.setOption(supported(option), value);
      return SUCCESS;
    });
    calls[`sock_get_${name}`] = call('ii', (wasi, env, a) => {
      const result = a[4]! >>> 0;
      checkRange(memoryOf(env), result, size);
      writeValue(env, result, size, socketOf(wasi, a[0]!).file.getOption(supported(option)));
      return SUCCESS;
    });
  }
  return calls;
}

const OTHER_OPTION_CALLS: Readonly<Record<string, Call>> = {
  // Timeouts are in microseconds; 0 waits without a bound.
  sock_set_recv_timeout: call('iI', (wasi, _env, a) => {
    socketOf(wasi, a[0]!).receiveTimeoutMs = microseconds(a);
    return SUCCESS;
  }),
  sock_set_send_timeout: call('iI', (wasi, _env, a) => {
    socketOf(wasi, a[0]!).sendTimeoutMs = microseconds(a);
    return SUCCESS;
  }),
  sock_get_recv_timeout: call('ii', (wasi, env, a) =>
    writeMicroseconds(env, a, socketOf(wasi, a[0]!).receiveTimeoutMs),
  ),
  sock_get_send_timeout: call('ii', (wasi, env, a) => writeMicroseconds(env, a, socketOf(wasi, a[0]!).sendTimeoutMs)),
  sock_set_linger: call('iii', (wasi, _env, a) => {
    socketOf(wasi, a[0]!);
    if (a[4] !== 0) throw new FileError('ENOTSUP');
    return SUCCESS;
  }),
  sock_get_linger: call('iii', (wasi, env, a) => {
    const [enabled, seconds] = [a[4]! >>> 0, a[8]! >>> 0];
    checkRange(memoryOf(env), enabled, 1);
    checkRange(memoryOf(env), seconds, 4);
    socketOf(wasi, a[0]!);
    memoryOf(env).u8[enabled] = 0;
    writeU32(memoryOf(env), seconds, 0);
    return SUCCESS;
  }),
  // The second argument says whether IPv6 is meant; the socket knows that already.
  sock_set_ip_multicast_loop: call('iii', (wasi, _env, a) => {
    socketOf(wasi, a[0]!).file.setOption('multicast-loop', a[8]!);
    return SUCCESS;
  }),
  sock_get_ip_multicast_loop: call('iii', (wasi, env, a) => {
    const result = a[8]! >>> 0;
    checkRange(memoryOf(env), result, 1);
    memoryOf(env).u8[result] = socketOf(wasi, a[0]!).file.getOption('multicast-loop');
    return SUCCESS;
  }),
  sock_set_ip_add_membership: call('iii', (wasi, env, a) => setMembership(wasi, env, a, true)),
  sock_set_ip_drop_membership: call('iii', (wasi, env, a) => setMembership(wasi, env, a, false)),
};

function microseconds(a: Int32Array): number {
  return ((a[5]! >>> 0) * 2 ** 32 + (a[4]! >>> 0)) / 1000;
}
function writeMicroseconds(env: ExecEnv, a: Int32Array, ms: number): number {
  const result = a[4]! >>> 0;
  checkRange(memoryOf(env), result, 8);
  memoryOf(env).data.setBigUint64(result, BigInt(Math.round(ms * 1000)), true);
  return SUCCESS;
}
/** A group is an address like any other: it must be in the pool. */
function setMembership(wasi: WasiState, env: ExecEnv, a: Int32Array, join: boolean): number {
  const pointer = a[4]! >>> 0;
  const memory = memoryOf(env);
  checkRange(memory, pointer, IP_SIZE);
  const ip = readIp(memory, pointer);
  const group = { family: familyOf(ip), host: formatIp(ip), port: 0 };
  wasi.network.checkAddress(group);
  const { file } = socketOf(wasi, a[0]!);
  until(wasi, env, file, 0, () => file.membership(group.host, join));
  return SUCCESS;
}

export const NET_CALLS: Readonly<Record<string, Call>> = {
  ...CONNECTION_CALLS,
  ...DATAGRAM_CALLS,
  ...NAME_CALLS,
  ...optionCalls(),
  ...OTHER_OPTION_CALLS,
};
