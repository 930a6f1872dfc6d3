// The thread that holds a guest's sockets: Node has only asynchronous ones, and a guest blocks. The thread obeys commands and reports events. The
// function below is sent to the thread as text, so that it works from bundles too: it may use nothing but its argument.
import type * as dgram from 'node:dgram';
import type * as dns from 'node:dns';
import type * as net from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import type { NetAddress } from '../net.js';

export type Command =
  | { op: 'connect'; id: number; to: NetAddress; from: NetAddress | undefined; noDelay: boolean }
  | { op: 'listen'; id: number; at: NetAddress; backlog: number; ipv6Only: boolean }
  | { op: 'bind'; id: number; at: NetAddress; reuse: boolean; ipv6Only: boolean }
  | { op: 'send'; id: number; bytes: Uint8Array }
  | { op: 'send-to'; id: number; bytes: Uint8Array; to: NetAddress }
  | { op: 'end' | 'destroy'; id: number }
  /** The guest has accepted one more of the connections of a listener. */
  | { op: 'taken'; id: number }
  | { op: 'consumed'; id: number; bytes: number }
  | { op: 'option'; id: number; name: string; value: number }
  | { op: 'membership'; id: number; group: string; join: boolean }
  | { op: 'resolve'; name: string }
  /** The guest has ended: the thread sends what remains, closes all sockets, and reports that. */
  | { op: 'finish'; withinMs: number };

export type Event =
  | { event: 'ready'; id: number; local: NetAddress; remote: NetAddress | undefined }
  | { event: 'accepted'; id: number; socket: number; local: NetAddress; remote: NetAddress }
  | { event: 'data'; id: number; bytes: Uint8Array }
  | { event: 'datagram'; id: number; bytes: Uint8Array; from: NetAddress }
  | { event: 'end'; id: number }
  | { event: 'sent'; id: number; bytes: number }
  | { event: 'failed'; id: number; code: string }
  | { event: 'resolved'; name: string; addresses: NetAddress[] }
  | { event: 'unresolved'; name: string; code: string }
  | { event: 'finished' };

export interface WorkerTools {
  readonly net: typeof net;
  readonly dgram: typeof dgram;
  readonly dns: typeof dns;
  readonly port: MessagePort;
  /** A counter of events, on which the guest's thread waits. */
  readonly counter: Int32Array;
  /** Received bytes per socket that the guest has not read, before the thread stops reading. */
  readonly highWater: number;
}

export function netWorker({ net, dgram, dns, port, counter, highWater }: WorkerTools): void {
  const streams = new Map<number, net.Socket>();
  const servers = new Map<number, net.Server>();
  const datagrams = new Map<number, dgram.Socket>();
  const unread = new Map<number, number>();
  /** Connections by listener that the guest has not accepted yet: the guest's backlog bounds them, not the number of peers. */
  const waiting = new Map<number, number>();
  /** Sockets that the guest closed and that still have bytes to send. */
  const closing = new Set<net.Socket | dgram.Socket>();
  const mostClosing = 256;
  const datagramsInFlight = new Map<dgram.Socket, number>();
  /** Sockets that were accepted get odd numbers, those the guest opens even ones. */
  let nextAccepted = 1;

  const tell = (event: Event): void => {
    port.postMessage(event);
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  };
  const fail = (id: number, error: unknown): void => {
    tell({ event: 'failed', id, code: String((error as { code?: unknown }).code ?? 'EIO') });
  };
  const address = (family: unknown, host: string | undefined, number: number | undefined): NetAddress => ({
    family: family === 'IPv6' || family === 6 ? 'ipv6' : 'ipv4',
    host: (host ?? '').replace(/%.*$/, ''),
    port: number ?? 0,
  });
  const count = (id: number, bytes: number): number => {
    const total = (unread.get(id) ?? 0) + bytes;
    unread.set(id, total);
    return total;
  };

  function adopt(id: number, socket: net.Socket): void {
    streams.set(id, socket);
    socket.on('data', (bytes: Uint8Array) => {
      if (count(id, bytes.length) > highWater) socket.pause();
      tell({ event: 'data', id, bytes: new Uint8Array(bytes) });
    });
    socket.on('end', () => tell({ event: 'end', id }));
    socket.on('error', (error) => fail(id, error));
    // Node emits this event once: a listener added later would wait in vain.
    socket.once('close', () => {
      if (streams.get(id) === socket) streams.delete(id);
    });
  }
  const localOf = (socket: net.Socket) => address(socket.localFamily, socket.localAddress, socket.localPort);
  const remoteOf = (socket: net.Socket) => address(socket.remoteFamily, socket.remoteAddress, socket.remotePort);

  function connect(command: Extract<Command, { op: 'connect' }>): void {
    const { id, to, from, noDelay } = command;
    const socket = net.connect({
      host: to.host,
      port: to.port,
      allowHalfOpen: true,
      noDelay,
      ...(from ? { localAddress: from.host, localPort: from.port } : {}),
    });
    socket.once('connect', () => tell({ event: 'ready', id, local: localOf(socket), remote: remoteOf(socket) }));
    adopt(id, socket);
  }
  function listen({ id, at, backlog, ipv6Only }: Extract<Command, { op: 'listen' }>): void {
    const server = net.createServer({ allowHalfOpen: true });
    servers.set(id, server);
    server.on('error', (error) => {
      if (!server.listening) servers.delete(id);
      fail(id, error);
    });
    server.on('connection', (socket) => {
      const before = waiting.get(id) ?? 0;
      if (before >= backlog) {
        socket.destroy();
        return;
      }
      waiting.set(id, before + 1);
      const accepted = nextAccepted;
      nextAccepted += 2;
      tell({ event: 'accepted', id, socket: accepted, local: localOf(socket), remote: remoteOf(socket) });
      adopt(accepted, socket);
    });
    server.listen({ host: at.host, port: at.port, backlog, ipv6Only }, () => {
      const bound = server.address() as net.AddressInfo;
      tell({ event: 'ready', id, local: address(bound.family, bound.address, bound.port), remote: undefined });
    });
  }
  function bind({ id, at, reuse, ipv6Only }: Extract<Command, { op: 'bind' }>): void {
    const socket = dgram.createSocket({ type: at.family === 'ipv6' ? 'udp6' : 'udp4', reuseAddr: reuse, ipv6Only });
    datagrams.set(id, socket);
    let bound = false;
    socket.on('error', (error) => {
      if (!bound && datagrams.delete(id)) socket.close();
      fail(id, error);
    });
    socket.on('message', (bytes, from) => {
      // Datagrams that the guest does not fetch in time are lost, as UDP allows.
      if ((unread.get(id) ?? 0) > highWater) return;
      count(id, bytes.length + 1);
      tell({
        event: 'datagram',
        id,
        bytes: new Uint8Array(bytes),
        from: address(from.family, from.address, from.port),
      });
    });
    socket.bind(at.port, at.host, () => {
      bound = true;
      const own = socket.address();
      tell({ event: 'ready', id, local: address(own.family, own.address, own.port), remote: undefined });
    });
  }
  function setOption({ id, name, value }: Extract<Command, { op: 'option' }>): void {
    const stream = streams.get(id);
    const datagram = datagrams.get(id);
    if (name === 'no-delay') stream?.setNoDelay(value !== 0);
    else if (name === 'keep-alive') stream?.setKeepAlive(value !== 0);
    else if (name === 'keep-idle') stream?.setKeepAlive(true, value * 1000);
    else if (name === 'broadcast') datagram?.setBroadcast(value !== 0);
    else if (name === 'ttl') datagram?.setTTL(value);
    else if (name === 'multicast-ttl') datagram?.setMulticastTTL(value);
    else if (name === 'multicast-loop') datagram?.setMulticastLoopback(value !== 0);
    else if (name === 'receive-buffer') datagram?.setRecvBufferSize(value);
    else if (name === 'send-buffer') datagram?.setSendBufferSize(value);
  }
  function consumed(id: number, bytes: number): void {
    if (count(id, -bytes) <= highWater) streams.get(id)?.resume();
  }
  function sendTo({ id, bytes, to }: Extract<Command, { op: 'send-to' }>): void {
    const socket = datagrams.get(id);
    if (!socket) return;
    datagramsInFlight.set(socket, (datagramsInFlight.get(socket) ?? 0) + 1);
    socket.send(bytes, to.port, to.host, (error) => {
      const left = datagramsInFlight.get(socket)! - 1;
      datagramsInFlight.set(socket, left);
      if (left === 0 && closing.delete(socket)) socket.close();
      if (error) fail(id, error);
      tell({ event: 'sent', id, bytes: bytes.length });
    });
  }
  /** Closes as a kernel does: bytes that were accepted are still sent. */
  function destroy(id: number): void {
    const stream = streams.get(id);
    if (stream) {
      if (closing.size >= mostClosing) stream.destroy();
      else {
        closing.add(stream);
        stream.once('close', () => closing.delete(stream));
        stream.resume();
        stream.end(() => stream.destroy());
      }
    }
    const datagram = datagrams.get(id);
    if (datagram && datagramsInFlight.get(datagram)) closing.add(datagram);
    else datagram?.close();
    servers.get(id)?.close();
    for (const table of [streams, servers, datagrams, unread, waiting]) table.delete(id);
  }
  function finish(withinMs: number): void {
    for (const table of [streams, servers, datagrams]) for (const id of table.keys()) destroy(id);
    const end = Date.now() + withinMs;
    const look = (): void => {
      if (closing.size > 0 && Date.now() < end) setTimeout(look, 1);
      else tell({ event: 'finished' });
    };
    look();
  }
  function resolve(name: string): void {
    dns.lookup(name, { all: true }, (error, found) => {
      if (error) tell({ event: 'unresolved', name, code: String(error.code ?? 'EIO') });
      else tell({ event: 'resolved', name, addresses: found.map((one) => address(one.family, one.address, 0)) });
    });
  }
  function obey(command: Command): void {
    switch (command.op) {
      case 'connect':
        connect(command);
        return;
      case 'listen':
        listen(command);
        return;
      case 'bind':
        bind(command);
        return;
      case 'send': {
        const { id, bytes } = command;
        streams.get(id)?.write(bytes, (error) => {
          if (!error) tell({ event: 'sent', id, bytes: bytes.length });
        });
        return;
      }
      case 'send-to':
        sendTo(command);
        return;
      case 'finish':
        finish(command.withinMs);
        return;
      case 'end':
        streams.get(command.id)?.end();
        return;
      case 'destroy':
        destroy(command.id);
        return;
      case 'taken':
        waiting.set(command.id, (waiting.get(command.id) ?? 1) - 1);
        return;
      case 'consumed':
        consumed(command.id, command.bytes);
        return;
      case 'option':
        setOption(command);
        return;
      case 'membership': {
        const socket = datagrams.get(command.id);
        if (command.join) socket?.addMembership(command.group);
        else socket?.dropMembership(command.group);
        return;
      }
      case 'resolve':
        resolve(command.name);
        return;
    }
  }
  port.on('message', (command: Command) => {
    try {
      obey(command);
    } catch (error) {
      if ('id' in command) fail(command.id, error);
    }
  });
}
