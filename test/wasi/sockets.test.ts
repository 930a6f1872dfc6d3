// WAMR's socket extensions on loopback: TCP and UDP, IPv4 and IPv6, between two guests; and what the address pool and the list of names deny.
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { type NetworkOptions, SOCKET_CALLS } from '#src/imports/wasi/index.js';
import { formatIp, IpRange, parseIp } from '#src/imports/wasi/ip.js';
import { LimitError } from '#src/wasm/errors.js';
import { Guest, READ_RIGHTS } from './guest.js';

const LOOPBACK: NetworkOptions = { addressPool: ['127.0.0.1/32', '::1/128'], allowResolve: ['localhost'] };
const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === '::1'));
const NONBLOCK = 4;

const guests: Guest[] = [];
function guest(
  options: ConstructorParameters<typeof Guest>[0] = LOOPBACK,
  more?: ConstructorParameters<typeof Guest>[1],
) {
  const made = new Guest(options, more);
  guests.push(made);
  return made;
}
afterEach(() => {
  for (const made of guests.splice(0)) made.close();
});

const FAMILIES = { '127.0.0.1': 0, '::1': 1 } as const;

function address(g: Guest, host: string, port: number): number {
  const at = g.place(24);
  const ip = parseIp(host)!;
  const swap = ip.length === 16 ? 1 : 0;
  g.views.data.setUint32(at, swap, true);
  ip.forEach((byte, i) => {
    g.views.u8[at + 4 + (i ^ swap)] = byte;
  });
  g.views.data.setUint16(at + 4 + ip.length, port, true);
  return at;
}
function portOf(g: Guest, at: number): number {
  return g.views.data.getUint16(at + (g.u32(at) === 1 ? 20 : 8), true);
}
function socket(g: Guest, family: number, type: 0 | 1): number {
  const result = g.place(4);
  expect(g.call('sock_open', 0, family, type, result)).toBe('ESUCCESS');
  return g.u32(result);
}
function localPort(g: Guest, fd: number): number {
  const at = g.place(24);
  expect(g.call('sock_addr_local', fd, at)).toBe('ESUCCESS');
  return portOf(g, at);
}
function listen(g: Guest, host: keyof typeof FAMILIES): { fd: number; port: number } {
  const fd = socket(g, FAMILIES[host], 1);
  expect(g.call('sock_bind', fd, address(g, host, 0))).toBe('ESUCCESS');
  expect(g.call('sock_listen', fd, 5)).toBe('ESUCCESS');
  return { fd, port: localPort(g, fd) };
}
function connect(g: Guest, host: keyof typeof FAMILIES, port: number): number {
  const fd = socket(g, FAMILIES[host], 1);
  expect(g.call('sock_connect', fd, address(g, host, port))).toBe('ESUCCESS');
  return fd;
}
function accept(g: Guest, fd: number, flags = 0): number {
  const result = g.place(4);
  expect(g.call('sock_accept', fd, flags, result)).toBe('ESUCCESS');
  return g.u32(result);
}
function send(g: Guest, fd: number, text: string): string {
  return g.call('sock_send', fd, ...g.iovec(g.path(text)), 0, g.place(4));
}
function receive(g: Guest, fd: number, length = 64, flags = 0): string {
  const buffer = g.place(length);
  const bytes = g.place(4);
  const errno = g.call('sock_recv', fd, ...g.iovec([buffer, length]), flags, bytes, g.place(4));
  return errno === 'ESUCCESS' ? g.text(buffer, g.u32(bytes)) : errno;
}
function poll(g: Guest, fd: number, type: 1 | 2): string {
  const subscription = g.place(48);
  g.views.u8[subscription + 8] = type;
  g.views.data.setUint32(subscription + 16, fd, true);
  return g.call('poll_oneoff', subscription, g.place(32), 1, g.place(4));
}

describe.each((['127.0.0.1', '::1'] as const).filter((host) => host !== '::1' || HAS_IPV6))('%s', (host) => {
  test('TCP: listen, connect, both ways, peek, half-close, addresses', () => {
    const server = guest();
    const client = guest();
    const { fd: listener, port } = listen(server, host);
    expect(port).toBeGreaterThan(0);
    const here = connect(client, host, port);
    const there = accept(server, listener);
    expect(send(client, here, 'hello')).toBe('ESUCCESS');
    expect(receive(server, there, 64, 1)).toBe('hello');
    expect(receive(server, there, 3)).toBe('hel');
    expect(receive(server, there)).toBe('lo');
    // Sockets are descriptors too.
    expect(server.write(there, 'and back')).toBe(8);
    expect(poll(client, here, 1)).toBe('ESUCCESS');
    expect(client.read(here, 64)).toBe('and back');
    const remote = client.place(24);
    expect(client.call('sock_addr_remote', here, remote)).toBe('ESUCCESS');
    expect(portOf(client, remote)).toBe(port);
    expect(client.call('sock_shutdown', here, 2)).toBe('ESUCCESS');
    expect(receive(server, there)).toBe('');
    expect(send(client, here, 'late')).toBe('EPIPE');
    expect(send(server, there, 'still')).toBe('ESUCCESS');
    expect(receive(client, here)).toBe('still');
    expect(client.call('sock_close', here)).toBe('ESUCCESS');
    expect(client.call('sock_close', here)).toBe('EBADF');
  });
  test('UDP: datagrams with their senders, cut to the buffer', () => {
    const a = guest();
    const b = guest();
    const [here, there] = [a, b].map((g) => {
      const fd = socket(g, FAMILIES[host], 0);
      expect(g.call('sock_bind', fd, address(g, host, 0))).toBe('ESUCCESS');
      return fd;
    }) as [number, number];
    const sent = a.place(4);
    const to = address(a, host, localPort(b, there));
    expect(a.call('sock_send_to', here, ...a.iovec(a.path('one '), a.path('gram')), 0, to, sent)).toBe('ESUCCESS');
    expect(a.u32(sent)).toBe(8);
    a.call('sock_send_to', here, ...a.iovec(a.path('second')), 0, to, sent);
    const [buffer, from, bytes] = [b.place(64), b.place(24), b.place(4)];
    expect(b.call('sock_recv_from', there, ...b.iovec([buffer, 4]), 0, from, bytes)).toBe('ESUCCESS');
    expect(b.text(buffer, b.u32(bytes))).toBe('one ');
    expect(portOf(b, from)).toBe(localPort(a, here));
    expect(b.call('sock_recv_from', there, ...b.iovec([buffer, 64]), 0, from, bytes)).toBe('ESUCCESS');
    expect(b.text(buffer, b.u32(bytes))).toBe('second');
  });
});

describe('TCP', () => {
  test('much data in both directions, more than waits at once', () => {
    const server = guest();
    const client = guest();
    const { fd: listener, port } = listen(server, '127.0.0.1');
    const here = connect(client, '127.0.0.1', port);
    const there = accept(server, listener);
    const piece = 'x'.repeat(60_000);
    client.call('fd_fdstat_set_flags', here, NONBLOCK);
    let written = 0;
    let read = 0;
    for (let round = 0; read < 1_200_000 || read < written; round++) {
      while (written < 1_200_000) {
        const bytes = client.write(here, piece);
        if (typeof bytes === 'string') {
          expect(bytes).toBe('EAGAIN');
          break;
        }
        written += bytes;
      }
      read += server.read(there, 65_000).length;
      expect(round).toBeLessThan(10_000);
    }
    expect(read).toBe(written);
  });
  test('what was sent arrives, even if the guest ends at once', () => {
    const server = guest();
    const client = guest();
    const { fd: listener, port } = listen(server, '127.0.0.1');
    const here = connect(client, '127.0.0.1', port);
    const there = accept(server, listener);
    client.write(here, 'y'.repeat(100_000));
    client.close();
    let read = 0;
    for (let got = receive(server, there, 60_000); got !== ''; got = receive(server, there, 60_000)) read += got.length;
    expect(read).toBe(100_000);
  });
  test('nobody there is ECONNREFUSED; a taken port is EADDRINUSE', () => {
    const g = guest();
    const { fd, port } = listen(g, '127.0.0.1');
    const other = socket(g, 0, 1);
    g.call('sock_bind', other, address(g, '127.0.0.1', port));
    expect(g.call('sock_listen', other, 1)).toBe('EADDRINUSE');
    g.call('sock_close', fd);
    expect(g.call('sock_connect', socket(g, 0, 1), address(g, '127.0.0.1', 1))).toBe('ECONNREFUSED');
  });
  test('without blocking: EAGAIN, EINPROGRESS, and polling tells when', () => {
    const server = guest();
    const client = guest();
    const { fd: listener, port } = listen(server, '127.0.0.1');
    server.call('fd_fdstat_set_flags', listener, NONBLOCK);
    expect(server.call('sock_accept', listener, 0, server.place(4))).toBe('EAGAIN');
    const here = socket(client, 0, 1);
    client.call('fd_fdstat_set_flags', here, NONBLOCK);
    expect(client.call('sock_connect', here, address(client, '127.0.0.1', port))).toBe('EINPROGRESS');
    expect(poll(client, here, 2)).toBe('ESUCCESS');
    expect(poll(server, listener, 1)).toBe('ESUCCESS');
    const there = accept(server, listener, NONBLOCK);
    expect(receive(server, there)).toBe('EAGAIN');
  });
  test('waiting ends at the timeout of the socket, and at the deadline of the guest', () => {
    const g = guest(LOOPBACK, { meter: { timeoutMs: 4_000 } });
    const { fd, port } = listen(g, '127.0.0.1');
    const here = connect(g, '127.0.0.1', port);
    expect(g.call('sock_set_recv_timeout', here, 30_000n)).toBe('ESUCCESS');
    const before = performance.now();
    expect(receive(g, here)).toBe('EAGAIN');
    expect(performance.now() - before).toBeGreaterThan(25);
    const timeout = g.place(8);
    g.call('sock_get_recv_timeout', here, timeout);
    expect(g.u64(timeout)).toBe(30_000n);
    accept(g, fd);
    expect(() => g.call('sock_accept', fd, 0, g.place(4))).toThrow(LimitError);
    // Nobody ever connects.
    expect(performance.now() - before).toBeLessThan(30_000);
  });
});

describe('denied', () => {
  test('everything, unless granted', () => {
    const g = guest({});
    expect(g.call('sock_open', 0, 0, 1, g.place(4))).toBe('EACCES');
    expect(resolve(g, 'localhost', '80')).toBe('EACCES');
  });
  test('addresses outside the pool', () => {
    const g = guest({ addressPool: ['127.0.0.1'] });
    const fd = socket(g, 0, 1);
    const datagram = socket(g, 0, 0);
    for (const host of ['0.0.0.0', '127.0.0.2', '192.0.2.1', '8.8.8.8', '::1', '::']) {
      const at = address(g, host, 80);
      expect([host, g.call('sock_bind', fd, at)]).toEqual([host, 'EACCES']);
      expect([host, g.call('sock_connect', fd, at)]).toEqual([host, 'EACCES']);
      expect([host, g.call('sock_send_to', datagram, ...g.iovec(g.path('x')), 0, at, g.place(4))]).toEqual([
        host,
        'EACCES',
      ]);
    }
    // Listening without a bind would be everywhere.
    expect(g.call('sock_listen', fd, 1)).toBe('EACCES');
    // An IPv4 address in IPv6's clothes is that address.
    expect(g.call('sock_connect', socket(g, 1, 1), address(g, '::ffff:8.8.8.8', 80))).toBe('EACCES');
  });
  test('names outside the list', () => {
    const g = guest({ addressPool: ['127.0.0.1'], allowResolve: ['*.example.test', 'LOCALHOST'] });
    expect(resolve(g, 'example.test', '80')).toBe('EACCES');
    expect(resolve(g, 'badexample.test', '80')).toBe('EACCES');
    expect(resolve(g, 'example.org', '80')).toBe('EACCES');
    expect(resolve(g, 'localhost', 'http')).toContain('127.0.0.1:80');
    expect(resolve(g, 'localhost', 'nonsense')).toBe('EINVAL');
  });
  test('a pool that cannot be read is refused', () => {
    for (const pool of ['localhost', '1.2.3', '1.2.3.4/33', '::1/129', '1.2.3.4/8/8', '']) {
      expect(() => guest({ addressPool: [pool] })).toThrow('addressPool');
    }
  });
  test('the ordinary descriptors are no sockets', () => {
    const g = guest({ ...LOOPBACK });
    expect(g.call('sock_bind', 1, address(g, '127.0.0.1', 0))).toBe('ENOTSOCK');
    expect(g.call('sock_close', 1)).toBe('ENOTSOCK');
    expect(g.open(3, 'x', { rights: READ_RIGHTS })).toBe('EBADF');
  });
});

function resolve(g: Guest, name: string, service: string): string {
  const room = 8;
  const infos = g.place(28 * room);
  const count = g.place(4);
  const errno = g.call(
    'sock_addr_resolve',
    g.place(`${name}\0`),
    g.place(`${service}\0`),
    g.place(12),
    infos,
    room,
    count,
  );
  if (errno !== 'ESUCCESS') return errno;
  return Array.from({ length: Math.min(room, g.u32(count)) }, (_, i) => {
    const at = infos + 28 * i;
    const ip = g.views.u8.slice(at + 4, at + (g.u32(at) === 1 ? 20 : 8));
    return `${formatIp(ip)}:${portOf(g, at)}`;
  }).join(' ');
}

describe('options', () => {
  test('are kept, or ENOTSUP', () => {
    const g = guest();
    const stream = socket(g, 0, 1);
    const datagram = socket(g, 0, 0);
    const result = g.place(4);
    expect(g.call('sock_set_tcp_no_delay', stream, 1)).toBe('ESUCCESS');
    expect(g.call('sock_get_tcp_no_delay', stream, result)).toBe('ESUCCESS');
    expect(g.views.u8[result]).toBe(1);
    expect(g.call('sock_set_tcp_no_delay', datagram, 1)).toBe('ENOTSUP');
    expect(g.call('sock_set_broadcast', datagram, 1)).toBe('ESUCCESS');
    expect(g.call('sock_set_tcp_quick_ack', stream, 1)).toBe('ENOTSUP');
    expect(g.call('sock_set_linger', stream, 1, 5)).toBe('ENOTSUP');
    expect(g.call('sock_set_ip_multicast_loop', datagram, 0, 0)).toBe('ESUCCESS');
    expect(g.call('sock_bind', datagram, address(g, '127.0.0.1', 0))).toBe('ESUCCESS');
    expect(g.call('sock_set_ip_ttl', datagram, 9)).toBe('ESUCCESS');
    expect(g.call('sock_set_reuse_addr', datagram, 1)).toBe('EINVAL');
  });
  test('WAMR has these calls', () => {
    expect(SOCKET_CALLS).toHaveLength(48);
  });
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['fe80::3ba2:893b:4be0:e3dd', 'fe80:0:0:0:3ba2:893b:4be0:e3dd'],
    ['::ffff:1.2.3.4', '0:0:0:0:0:ffff:102:304'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['::', '0:0:0:0:0:0:0:0'],
  ])('%s', (text, wanted) => {
    expect(formatIp(parseIp(text)!)).toBe(wanted);
  });
  test.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1:2:3',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '12345::',
    '1.2.3.4:80',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
  test('ranges', () => {
    const within = (range: string, host: string) => IpRange.parse(range)!.includes(parseIp(host)!);
    expect(within('10.0.0.0/8', '10.255.0.1')).toBe(true);
    expect(within('10.0.0.0/8', '11.0.0.1')).toBe(false);
    expect(within('10.16.0.0/12', '10.31.0.1')).toBe(true);
    expect(within('10.16.0.0/12', '10.32.0.1')).toBe(false);
    expect(within('0.0.0.0', '1.2.3.4')).toBe(true);
    expect(within('0.0.0.0/32', '1.2.3.4')).toBe(false);
    expect(within('0.0.0.0', '::1')).toBe(false);
    expect(within('2001:db8::/33', '2001:db8:7fff::1')).toBe(true);
    expect(within('2001:db8::/33', '2001:db8:8000::1')).toBe(false);
  });
});
