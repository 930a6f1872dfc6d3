import { readdirSync } from 'node:fs';
import * as net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { FileError } from '../errno.js';
import type { NetAddress, NetSocket } from '../net.js';
import { NodeNetwork } from './os-network.js';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});
function network(): NodeNetwork {
  const made = new NodeNetwork();
  ends.push(() => made.close());
  return made;
}
const local = (port: number): NetAddress => ({ family: 'ipv4', host: '127.0.0.1', port });

/** Calls again as long as it says EAGAIN; the test's own sockets get their turn in between. */
async function again<T>(action: () => T): Promise<T> {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
function server(onSocket: (socket: net.Socket) => void): Promise<number> {
  const made = net.createServer(onSocket);
  ends.push(() => made.close());
  return new Promise((resolve) => made.listen(0, '127.0.0.1', () => resolve((made.address() as net.AddressInfo).port)));
}
async function connected(to: NodeNetwork, port: number): Promise<NetSocket> {
  const socket = to.open('ipv4', 'socket-stream');
  await again(() => socket.connect(local(port)));
  return socket;
}

test('a connection that was reset: the error once, then its end; nobody waits for it at the end of the guest', async () => {
  const sockets: net.Socket[] = [];
  const port = await server((socket) => sockets.push(socket));
  const guest = new NodeNetwork();
  const socket = await connected(guest, port);
  while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  sockets[0]!.resetAndDestroy();
  const into = new Uint8Array(8);
  await expect(again(() => socket.read(into, 0, 8, 0))).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(socket.read(into, 0, 8, 0)).toBe(0);
  expect(() => socket.write(into, 0, 8, 0)).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  socket.close();
  const began = performance.now();
  guest.close();
  // Whoever waits does so for a second.
  expect(performance.now() - began).toBeLessThan(900);
});

test('what could not be bound or connected holds nothing', async () => {
  const guest = network();
  const first = guest.open('ipv4', 'socket-dgram');
  await again(() => first.bind(local(0))).catch((error: FileError) => expect(error.code).toBe('EINVAL'));
  const taken = first.localAddress().port;
  const failures = async (times: number) => {
    for (let k = 0; k < times; k++) {
      const socket = guest.open('ipv4', 'socket-dgram');
      await expect(again(() => socket.bind(local(taken)))).rejects.toMatchObject({ code: 'EADDRINUSE' });
      socket.close();
    }
  };
  await failures(2);
  const before = readdirSync('/proc/self/fd').length;
  await failures(20);
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 5);
});

test('a listener holds no more connections than its backlog until it accepts them', async () => {
  const guest = network();
  const listener = guest.open('ipv4', 'socket-stream');
  listener.bind(local(0));
  await again(() => listener.listen(2));
  const { port } = listener.localAddress();
  let refused = 0;
  const connect = async (count: number) => {
    for (let k = 0; k < count; k++) {
      const socket = net.connect(port, '127.0.0.1');
      ends.push(() => socket.destroy());
      socket.on('error', () => {});
      socket.once('close', () => refused++);
      await new Promise((resolve) => socket.once('connect', resolve));
    }
  };
  await connect(5);
  while (refused < 3) await new Promise((resolve) => setTimeout(resolve, 2));
  await again(() => listener.accept());
  await again(() => listener.accept());
  expect(() => listener.accept()).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await connect(1);
  await again(() => listener.accept());
  expect(refused).toBe(3);
});
