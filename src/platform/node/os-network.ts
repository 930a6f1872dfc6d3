// Sockets that a waiting guest can use: a thread holds them (net-worker.ts), and the guest's thread waits on a counter in shared memory. Refuses to
// keep the process running: the thread ends with the guest's network.
import type { MessagePort, Worker } from 'node:worker_threads';
import { FileError } from '../errno.js';
import type { Readiness } from '../files.js';
import type { AddressFamily, GuestNetwork, NetAddress, NetSocket, SocketOption, SocketType } from '../net.js';
import { SocketNode } from '../socket-node.js';
import { workerThreads } from './lazy.js';
import { type Command, type Event, netWorker } from './net-worker.js';
import { errnoName } from './system-errors.js';

/** Bytes in transit to or from one socket before it waits. */
const HIGH_WATER = 256 * 1024;
/** Connections that wait to be accepted. */
const MOST_BACKLOG = 128;
/** Looked-up names whose addresses the guest has not fetched: beyond this many the oldest is dropped, and is looked up anew when asked for. */
const MOST_NAMES = 256;
/** Milliseconds for which an ended guest's bytes may still be sent. */
const FLUSH_MS = 1_000;
/** Milliseconds within which a new thread must start. */
const START_MS = 10_000;

const TEXT = `const { workerData: { port, counter, highWater } } = require('node:worker_threads');
(${netWorker.toString()})({
  net: require('node:net'), dgram: require('node:dgram'), dns: require('node:dns'), port, counter, highWater,
});
Atomics.add(counter, 0, 1);
Atomics.notify(counter, 0);`;

export class NodeNetwork implements GuestNetwork {
  readonly #counter = new Int32Array(new SharedArrayBuffer(4));
  readonly #sockets = new Map<number, WorkerSocket>();
  readonly #names = new Map<string, readonly NetAddress[] | string | undefined>();
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #seen = 0;
  #finished = false;
  #nextId = 2;

  open(family: AddressFamily, type: SocketType): NetSocket {
    const id = this.#nextId;
    this.#nextId += 2;
    const socket = new WorkerSocket(this, id, family, type);
    this.#sockets.set(id, socket);
    return socket;
  }
  resolve(name: string): readonly NetAddress[] {
    this.poll();
    const known = this.#names.get(name);
    if (known === undefined) {
      if (!this.#names.has(name)) {
        for (const oldest of this.#names.keys()) if (this.#names.size >= MOST_NAMES) this.#names.delete(oldest);
        this.#names.set(name, undefined);
        this.send({ op: 'resolve', name });
      }
      throw new FileError('EAGAIN');
    }
    this.#names.delete(name);
    if (typeof known === 'string') throw new FileError(errnoName(known) ?? 'EIO');
    return known;
  }
  wait(ms: number): void {
    if (this.#worker) Atomics.wait(this.#counter, 0, this.#seen, ms);
  }
  close(): void {
    this.#flush();
    this.#port?.close();
    void this.#worker?.terminate();
    this.#worker = undefined;
    this.#port = undefined;
    this.#sockets.clear();
  }

  /** Waits until the guest's bytes were sent, as a kernel would, but only for a bounded time. */
  #flush(): void {
    if (!this.#port) return;
    this.send({ op: 'finish', withinMs: FLUSH_MS });
    const end = performance.now() + FLUSH_MS * 2;
    for (let left = FLUSH_MS; !this.#finished && left > 0; left = end - performance.now()) {
      this.poll();
      if (!this.#finished) this.wait(left);
    }
  }
  send(command: Command): void {
    this.#start().postMessage(command);
  }
  forget(id: number): void {
    this.#sockets.delete(id);
  }
  /** Applies the events that the thread reported. */
  poll(): void {
    if (!this.#port) return;
    this.#seen = Atomics.load(this.#counter, 0);
    const { receiveMessageOnPort } = workerThreads();
    for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) {
      this.#handle(got.message as Event);
    }
  }
  #handle(event: Event): void {
    if (event.event === 'resolved') this.#resolved(event.name, event.addresses);
    else if (event.event === 'unresolved') this.#resolved(event.name, event.code);
    else if (event.event === 'finished') this.#finished = true;
    else if (event.event === 'accepted') {
      const listener = this.#sockets.get(event.id);
      const socket = new WorkerSocket(this, event.socket, event.remote.family, 'socket-stream');
      socket.take({ event: 'ready', id: event.socket, local: event.local, remote: event.remote });
      this.#sockets.set(event.socket, socket);
      if (listener) listener.waiting.push(socket);
      else socket.close();
    } else this.#sockets.get(event.id)?.take(event);
  }
  #resolved(name: string, found: readonly NetAddress[] | string): void {
    if (this.#names.has(name)) this.#names.set(name, found);
  }
  #start(): MessagePort {
    if (this.#port) return this.#port;
    const { MessageChannel, Worker } = workerThreads();
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(TEXT, {
      eval: true,
      workerData: { port: port2, counter: this.#counter, highWater: HIGH_WATER },
      transferList: [port2],
    });
    worker.unref();
    port1.unref();
    if (Atomics.wait(this.#counter, 0, 0, START_MS) === 'timed-out') {
      port1.close();
      void worker.terminate();
      throw new FileError('ENETDOWN');
    }
    this.#worker = worker;
    this.#port = port1;
    return port1;
  }
}

/** The options that a socket can have set; others are ENOTSUP. */
const DEFAULTS: Readonly<Record<SocketType, Partial<Record<SocketOption, number>>>> = {
  'socket-stream': { 'keep-alive': 0, 'keep-idle': 7_200, 'no-delay': 0, 'reuse-address': 1, 'ipv6-only': 0 },
  'socket-dgram': {
    broadcast: 0,
    'reuse-address': 0,
    'ipv6-only': 0,
    ttl: 64,
    'multicast-ttl': 1,
    'multicast-loop': 1,
    'receive-buffer': 212_992,
    'send-buffer': 212_992,
  },
};
/** Options that are used when the socket is made and are not sent to the thread. */
const AT_CREATION: ReadonlySet<SocketOption> = new Set(['reuse-address', 'ipv6-only']);

type Stage = 'new' | 'starting' | 'ready';

class WorkerSocket extends SocketNode implements NetSocket {
  /** Connections that arrived and that the guest has not accepted. */
  readonly waiting: WorkerSocket[] = [];
  readonly #network: NodeNetwork;
  readonly #options = new Map<SocketOption, number>();
  readonly #received: { bytes: Uint8Array; from: NetAddress | undefined }[] = [];
  #stage: Stage = 'new';
  #listening = false;
  /** A connect has begun, and its end has not been reported to the guest yet. */
  #asked = false;
  #failure: string | undefined;
  #ended = false;
  #shutRead = false;
  #shutWrite = false;
  #unsent = 0;
  #local: NetAddress | undefined;
  #remote: NetAddress | undefined;

  constructor(network: NodeNetwork, id: number, family: AddressFamily, type: SocketType) {
    super(id, family, type);
    this.#network = network;
  }

  /** Applies what the thread reports of this socket. */
  take(event: Exclude<Event, { event: 'accepted' | 'resolved' | 'unresolved' | 'finished' }>): void {
    switch (event.event) {
      case 'ready':
        this.#stage = 'ready';
        this.#local = event.local;
        this.#remote = event.remote ?? this.#remote;
        return;
      case 'data':
        this.#received.push({ bytes: event.bytes, from: undefined });
        return;
      case 'datagram':
        this.#received.push({ bytes: event.bytes, from: event.from });
        return;
      case 'end':
        this.#ended = true;
        return;
      case 'sent':
        this.#unsent -= event.bytes;
        return;
      case 'failed':
        this.#failure = event.code;
        // A broken connection keeps only what it has received; a guest that went on writing would wait for ever.
        if (this.type === 'socket-stream' && this.#stage === 'ready') this.#ended = this.#shutWrite = true;
    }
  }

  bind(address: NetAddress): void {
    this.#refresh();
    if (this.type === 'socket-stream') {
      if (this.#stage !== 'new' || this.#local) throw new FileError('EINVAL');
      this.#local = address;
      return;
    }
    if (this.#stage === 'ready') throw new FileError('EINVAL');
    this.#bindDatagram(address);
  }
  listen(backlog: number): void {
    this.#refresh();
    if (this.type !== 'socket-stream') throw new FileError('ENOTSUP');
    if (this.#listening && this.#stage === 'ready') return;
    if (!this.#listening) {
      if (this.#stage !== 'new') throw new FileError('EINVAL');
      this.#listening = true;
      this.#stage = 'starting';
      this.#network.send({
        op: 'listen',
        id: this.id,
        at: this.#local ?? this.#anywhere(),
        backlog: Math.max(1, Math.min(backlog, MOST_BACKLOG)),
        ipv6Only: this.getOption('ipv6-only') !== 0,
      });
    }
    throw new FileError('EAGAIN');
  }
  connect(address: NetAddress): void {
    this.#refresh();
    if (this.type === 'socket-dgram') {
      this.#remote = address;
      return;
    }
    if (this.#listening) throw new FileError('EINVAL');
    if (this.#stage === 'ready') {
      // This is the result of a connect that had to wait; a second connect is too late to change it.
      if (this.#remote && this.#asked) {
        this.#asked = false;
        return;
      }
      throw new FileError('EISCONN');
    }
    if (this.#stage === 'new') {
      this.#stage = 'starting';
      this.#asked = true;
      this.#network.send({
        op: 'connect',
        id: this.id,
        to: address,
        from: this.#local,
        noDelay: this.getOption('no-delay') !== 0,
      });
    }
    throw new FileError('EAGAIN');
  }

  accept(): WorkerSocket {
    this.#refresh();
    if (!this.#listening) throw new FileError('EINVAL');
    const socket = this.waiting.shift();
    if (!socket) throw new FileError('EAGAIN');
    this.#network.send({ op: 'taken', id: this.id });
    return socket;
  }
  read(into: Uint8Array, offset: number, length: number): number {
    return this.receive(into, offset, length, false).bytes;
  }
  receive(into: Uint8Array, offset: number, length: number, peek: boolean): { bytes: number; truncated: boolean } {
    const { bytes, truncated } = this.#receive(into, offset, length, peek);
    return { bytes, truncated };
  }
  receiveFrom(into: Uint8Array, offset: number, length: number, peek: boolean) {
    const { bytes, truncated, from } = this.#receive(into, offset, length, peek);
    return { bytes, truncated, from: from ?? this.#remote ?? this.#anywhere() };
  }
  #receive(into: Uint8Array, offset: number, length: number, peek: boolean) {
    this.#network.poll();
    const first = this.#received[0];
    if (this.#shutRead) return { bytes: 0, truncated: false, from: undefined };
    if (!first) {
      this.#refresh();
      if (this.#ended) return { bytes: 0, truncated: false, from: undefined };
      if (this.type === 'socket-stream' && this.#stage !== 'ready') throw new FileError('ENOTCONN');
      throw new FileError('EAGAIN');
    }
    const bytes = Math.min(length, first.bytes.length);
    into.set(first.bytes.subarray(0, bytes), offset);
    const datagram = this.type === 'socket-dgram';
    if (!peek) {
      if (datagram || bytes === first.bytes.length) this.#received.shift();
      else first.bytes = first.bytes.subarray(bytes);
      this.#network.send({ op: 'consumed', id: this.id, bytes: datagram ? first.bytes.length + 1 : bytes });
    }
    return { bytes, truncated: datagram && bytes < first.bytes.length, from: first.from };
  }
  write(from: Uint8Array, offset: number, length: number): number {
    if (this.type === 'socket-dgram') {
      if (!this.#remote) throw new FileError('EDESTADDRREQ');
      return this.sendTo(from.subarray(offset, offset + length), this.#remote);
    }
    this.#refresh();
    if (this.#shutWrite) throw new FileError('EPIPE');
    if (this.#stage !== 'ready' || this.#listening) throw new FileError('ENOTCONN');
    const bytes = Math.min(length, HIGH_WATER - this.#unsent);
    if (bytes <= 0 && length > 0) throw new FileError('EAGAIN');
    this.#unsent += bytes;
    this.#network.send({ op: 'send', id: this.id, bytes: from.slice(offset, offset + bytes) });
    return bytes;
  }
  sendTo(from: Uint8Array, address: NetAddress): number {
    this.#refresh();
    if (this.type === 'socket-stream') return this.write(from, 0, from.length);
    if (this.#stage !== 'ready') this.#bindDatagram(this.#anywhere());
    if (this.#unsent > HIGH_WATER) throw new FileError('EAGAIN');
    this.#unsent += from.length;
    this.#network.send({ op: 'send-to', id: this.id, bytes: from.slice(), to: address });
    return from.length;
  }
  shutdown(read: boolean, write: boolean): void {
    this.#refresh();
    if (this.#stage !== 'ready') throw new FileError('ENOTCONN');
    if (read) this.#shutRead = true;
    if (write && !this.#shutWrite) {
      this.#shutWrite = true;
      this.#network.send({ op: 'end', id: this.id });
    }
  }
  localAddress(): NetAddress {
    this.#refresh();
    return this.#local ?? this.#anywhere();
  }
  remoteAddress(): NetAddress {
    this.#refresh();
    if (!this.#remote || (this.type === 'socket-stream' && this.#stage !== 'ready')) throw new FileError('ENOTCONN');
    return this.#remote;
  }
  setOption(name: SocketOption, value: number): void {
    if (DEFAULTS[this.type][name] === undefined) throw new FileError('ENOTSUP');
    if (AT_CREATION.has(name) && this.#stage !== 'new') throw new FileError('EINVAL');
    this.#options.set(name, value);
    if (!AT_CREATION.has(name) && this.#stage === 'ready') {
      this.#network.send({ op: 'option', id: this.id, name, value });
    }
  }
  getOption(name: SocketOption): number {
    const value = this.#options.get(name) ?? DEFAULTS[this.type][name];
    if (value === undefined) throw new FileError('ENOTSUP');
    return value;
  }
  membership(group: string, join: boolean): void {
    this.#refresh();
    if (this.type !== 'socket-dgram') throw new FileError('ENOTSUP');
    if (this.#stage !== 'ready') this.#bindDatagram(this.#anywhere());
    this.#network.send({ op: 'membership', id: this.id, group, join });
  }
  ready(direction: 'read' | 'write'): Readiness | undefined {
    this.#network.poll();
    if (this.#failure !== undefined) return { bytes: 0, hangup: true };
    if (direction === 'write') {
      const connected = this.type === 'socket-dgram' || this.#stage === 'ready';
      return connected && this.#unsent < HIGH_WATER ? { bytes: HIGH_WATER - this.#unsent, hangup: false } : undefined;
    }
    if (this.waiting.length > 0) return { bytes: 1, hangup: false };
    const bytes = this.#received[0]?.bytes.length;
    if (bytes !== undefined) return { bytes, hangup: false };
    return this.#ended || this.#shutRead ? { bytes: 0, hangup: true } : undefined;
  }
  wait(ms: number): void {
    this.#network.wait(ms);
  }
  close(): void {
    for (const socket of this.waiting) socket.close();
    if (this.#stage !== 'new') this.#network.send({ op: 'destroy', id: this.id });
    this.#network.forget(this.id);
  }

  /** Applies new events; throws an error that occurred, once. */
  #refresh(): void {
    this.#network.poll();
    const failure = this.#failure;
    if (failure === undefined) return;
    this.#failure = undefined;
    if (this.#stage === 'starting') this.#stage = 'new';
    this.#listening = false;
    throw new FileError(errnoName(failure) ?? 'EIO');
  }
  /** Throws EAGAIN until the socket is bound. */
  #bindDatagram(address: NetAddress): void {
    if (this.#stage === 'new') {
      this.#stage = 'starting';
      const reuse = this.getOption('reuse-address') !== 0;
      const ipv6Only = this.getOption('ipv6-only') !== 0;
      this.#network.send({ op: 'bind', id: this.id, at: address, reuse, ipv6Only });
      for (const [name, value] of this.#options) {
        if (!AT_CREATION.has(name)) this.#network.send({ op: 'option', id: this.id, name, value });
      }
    }
    throw new FileError('EAGAIN');
  }
  #anywhere(): NetAddress {
    return { family: this.family, host: this.family === 'ipv6' ? '::' : '0.0.0.0', port: 0 };
  }
}
