// A network whose sockets are the host's, by ocalls: what a guest inside sees where its address pool or its list of names grants something.
// The pool is checked on this side, by the guest's calls. Refuses lies that would reach memory: more bytes than asked for, no addresses.
import { FileError } from '../../platform/errno.js';
import type { FileStat, Readiness } from '../../platform/files.js';
import type { AddressFamily, GuestNetwork, NetAddress, NetSocket, SocketOption } from '../../platform/net.js';
import { ProtocolError } from '../protocol/errors.js';
import type { Handle } from '../protocol/fields.js';
import { atMost, CHUNK_BYTES, type OcallPort } from './ocall-port.js';

/** Milliseconds between two questions whether something came: the host must not wait for a guest, so the guest asks again. */
const FIRST_PAUSE_MS = 0.1;
const LONGEST_PAUSE_MS = 2;

export class OcallNetwork implements GuestNetwork {
  readonly ocalls: OcallPort;
  readonly #sleep: (ms: number) => void;
  readonly #sockets = new Set<OcallSocket>();
  #pause = FIRST_PAUSE_MS;

  constructor(ocalls: OcallPort, sleep: (ms: number) => void) {
    this.ocalls = ocalls;
    this.#sleep = sleep;
  }
  open(family: AddressFamily, type: 'socket-stream' | 'socket-dgram'): OcallSocket {
    return this.adopt(this.ocalls.call('openSocket', { family, type }).socket, family, type);
  }
  adopt(handle: Handle<'socket'>, family: AddressFamily, type: 'socket-stream' | 'socket-dgram'): OcallSocket {
    const socket = new OcallSocket(this, handle, family, type);
    this.#sockets.add(socket);
    return socket;
  }
  forget(socket: OcallSocket): void {
    this.#sockets.delete(socket);
  }
  resolve(name: string): readonly NetAddress[] {
    const { addresses } = this.ocalls.call('resolveName', { name });
    for (const address of addresses) checkPort(address);
    this.progress();
    return addresses;
  }
  /** Something came: the next wait is a short one again. */
  progress(): void {
    this.#pause = FIRST_PAUSE_MS;
  }
  wait(ms: number): void {
    this.#sleep(Math.min(ms, this.#pause));
    this.#pause = Math.min(LONGEST_PAUSE_MS, this.#pause * 2);
  }
  close(): void {
    for (const socket of [...this.#sockets]) {
      try {
        socket.close();
      } catch {
        // The host may have ended it already: the guest is gone either way.
      }
    }
  }
}

class OcallSocket implements NetSocket {
  readonly socket = true;
  readonly seekable = false;
  readonly family: AddressFamily;
  readonly type: 'socket-stream' | 'socket-dgram';
  readonly #network: OcallNetwork;
  readonly #ocalls: OcallPort;
  readonly #handle: Handle<'socket'>;
  /** The host said of a bind that it takes a moment. */
  #binding = false;

  constructor(
    network: OcallNetwork,
    handle: Handle<'socket'>,
    family: AddressFamily,
    type: 'socket-stream' | 'socket-dgram',
  ) {
    this.#network = network;
    this.#ocalls = network.ocalls;
    this.#handle = handle;
    this.family = family;
    this.type = type;
  }

  bind(address: NetAddress): void {
    try {
      this.#ocalls.call('bindSocket', { socket: this.#handle, address });
    } catch (error) {
      const code = error instanceof FileError ? error.code : undefined;
      // A second bind is refused, also where the first one was done only since it was last asked for.
      const done = this.#binding && code === 'EINVAL' && this.localAddress().port !== 0;
      this.#binding = code === 'EAGAIN';
      if (!done) throw error;
    }
    this.#network.progress();
  }
  listen(backlog: number): void {
    this.#ocalls.call('listenSocket', { socket: this.#handle, backlog });
    this.#network.progress();
  }
  connect(address: NetAddress): void {
    this.#ocalls.call('connectSocket', { socket: this.#handle, address });
    this.#network.progress();
  }
  accept(): OcallSocket {
    const { socket, family } = this.#ocalls.call('acceptSocket', { socket: this.#handle });
    this.#network.progress();
    return this.#network.adopt(socket, family, 'socket-stream');
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
    return { bytes, truncated, from: from ?? this.remoteAddress() };
  }
  #receive(into: Uint8Array, offset: number, length: number, peek: boolean) {
    const wanted = Math.min(length, CHUNK_BYTES);
    const { bytes, truncated, from } = this.#ocalls.call('receiveSocket', {
      socket: this.#handle,
      length: wanted,
      peek,
    });
    atMost(bytes.length, wanted, 'RECEIVE_SOCKET');
    if (from) checkPort(from);
    into.set(bytes, offset);
    this.#network.progress();
    return { bytes: bytes.length, truncated, from };
  }
  write(from: Uint8Array, offset: number, length: number): number {
    const bytes = from.subarray(offset, offset + Math.min(length, CHUNK_BYTES));
    return this.#sent(bytes.length, this.#ocalls.call('sendSocket', { socket: this.#handle, bytes }).written);
  }
  sendTo(from: Uint8Array, to: NetAddress): number {
    return this.#sent(from.length, this.#ocalls.call('sendSocket', { socket: this.#handle, bytes: from, to }).written);
  }
  #sent(bytes: number, written: number): number {
    this.#network.progress();
    return atMost(written, bytes, 'SEND_SOCKET');
  }
  shutdown(read: boolean, write: boolean): void {
    this.#ocalls.call('shutdownSocket', { socket: this.#handle, read, write });
  }
  localAddress(): NetAddress {
    return this.#address(false);
  }
  remoteAddress(): NetAddress {
    return this.#address(true);
  }
  #address(remote: boolean): NetAddress {
    return checkPort(this.#ocalls.call('socketAddress', { socket: this.#handle, remote }).address);
  }
  setOption(option: SocketOption, value: number): void {
    this.#ocalls.call('setSocketOption', { socket: this.#handle, option, value });
  }
  getOption(option: SocketOption): number {
    return this.#ocalls.call('getSocketOption', { socket: this.#handle, option }).value;
  }
  membership(host: string, join: boolean): void {
    const group: NetAddress = { family: this.family, host, port: 0 };
    this.#ocalls.call('joinGroup', { socket: this.#handle, group, join });
  }
  ready(direction: 'read' | 'write'): Readiness | undefined {
    const { ready } = this.#ocalls.call('socketReady', { socket: this.#handle, direction });
    if (ready) this.#network.progress();
    return ready;
  }
  wait(ms: number): void {
    this.#network.wait(ms);
  }
  close(): void {
    this.#network.forget(this);
    this.#ocalls.call('closeSocket', { socket: this.#handle });
  }
  size(): number {
    return 0;
  }
  setSize(): void {
    throw new FileError('EINVAL');
  }
  setAppend(): void {
    // A socket has nothing but its end.
  }
  stat(): FileStat {
    const inode = BigInt(this.#handle);
    return { device: 0n, inode, type: this.type, links: 1n, size: 0n, accessed: 0n, modified: 0n, changed: 0n };
  }
  setTimes(): void {
    throw new FileError('EINVAL');
  }
  sync(): void {
    throw new FileError('EINVAL');
  }
}

function checkPort(address: NetAddress): NetAddress {
  if (address.port > 65_535) throw new ProtocolError(`the host gave port ${address.port}`);
  return address;
}
