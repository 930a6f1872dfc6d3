// A network whose sockets are the untrusted side's and are reached by ocalls: a guest sees it where it is granted addresses or names. The guest's
// calls check those grants on the trusted side. Refuses answers that would corrupt memory: more bytes than asked for, results that are no addresses.
import { Backoff } from '../../base/backoff.js';
import { FileError } from '../../platform/errno.js';
import type { Readiness } from '../../platform/files.js';
import type {
  AddressFamily,
  GuestNetwork,
  NetAddress,
  NetSocket,
  SocketOption,
  SocketType,
} from '../../platform/net.js';
import { SocketNode } from '../../platform/socket-node.js';
import { ProtocolError } from '../protocol/enclave-errors.js';
import type { Handle } from '../protocol/fields.js';
import { CHUNK_BYTES } from '../protocol/ocalls.js';
import { atMost, type OcallPort } from './ocall-port.js';

/** Milliseconds before the second poll of the untrusted side, which must not block for a guest. */
const FIRST_PAUSE_MS = 0.1;
const LONGEST_PAUSE_MS = 2;

export class OcallNetwork implements GuestNetwork {
  readonly ocalls: OcallPort;
  readonly #sleep: (ms: number) => void;
  readonly #sockets = new Set<OcallSocket>();
  readonly #pauses = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);

  constructor(ocalls: OcallPort, sleep: (ms: number) => void) {
    this.ocalls = ocalls;
    this.#sleep = sleep;
  }
  open(family: AddressFamily, type: SocketType): OcallSocket {
    return this.adopt(this.ocalls.call('openSocket', { family, type }).socket, family, type);
  }
  adopt(handle: Handle<'socket'>, family: AddressFamily, type: SocketType): OcallSocket {
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
  /** Called when bytes have arrived: the next pause is a short one again. */
  progress(): void {
    this.#pauses.reset();
  }
  wait(ms: number): void {
    this.#sleep(Math.min(ms, this.#pauses.next()));
  }
  close(): void {
    for (const socket of [...this.#sockets]) {
      try {
        socket.close();
      } catch {
        // The untrusted side may have closed it already, and the guest has ended in any case.
      }
    }
  }
}

class OcallSocket extends SocketNode<Handle<'socket'>> implements NetSocket {
  /** The untrusted side may send commands before it answers. */
  readonly callsBack = true;
  readonly #network: OcallNetwork;
  readonly #ocalls: OcallPort;
  /** The untrusted side answered that a bind is not finished yet. */
  #binding = false;

  constructor(network: OcallNetwork, handle: Handle<'socket'>, family: AddressFamily, type: SocketType) {
    super(handle, family, type);
    this.#network = network;
    this.#ocalls = network.ocalls;
  }

  bind(address: NetAddress): void {
    try {
      this.#ocalls.call('bindSocket', { socket: this.id, address });
    } catch (error) {
      const code = error instanceof FileError ? error.code : undefined;
      // The untrusted side refuses a second bind, even where the first one has finished only after its last answer.
      const done = this.#binding && code === 'EINVAL' && this.localAddress().port !== 0;
      this.#binding = code === 'EAGAIN';
      if (!done) throw error;
    }
    this.#network.progress();
  }
  listen(backlog: number): void {
    this.#ocalls.call('listenSocket', { socket: this.id, backlog });
    this.#network.progress();
  }
  connect(address: NetAddress): void {
    this.#ocalls.call('connectSocket', { socket: this.id, address });
    this.#network.progress();
  }
  accept(): OcallSocket {
    const { socket, family } = this.#ocalls.call('acceptSocket', { socket: this.id });
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
      socket: this.id,
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
    return this.#sent(bytes.length, this.#ocalls.call('sendSocket', { socket: this.id, bytes }).written);
  }
  sendTo(from: Uint8Array, to: NetAddress): number {
    return this.#sent(from.length, this.#ocalls.call('sendSocket', { socket: this.id, bytes: from, to }).written);
  }
  #sent(bytes: number, written: number): number {
    this.#network.progress();
    return atMost(written, bytes, 'SEND_SOCKET');
  }
  shutdown(read: boolean, write: boolean): void {
    this.#ocalls.call('shutdownSocket', { socket: this.id, read, write });
  }
  localAddress(): NetAddress {
    return this.#address(false);
  }
  remoteAddress(): NetAddress {
    return this.#address(true);
  }
  #address(remote: boolean): NetAddress {
    return checkPort(this.#ocalls.call('socketAddress', { socket: this.id, remote }).address);
  }
  setOption(option: SocketOption, value: number): void {
    this.#ocalls.call('setSocketOption', { socket: this.id, option, value });
  }
  getOption(option: SocketOption): number {
    return this.#ocalls.call('getSocketOption', { socket: this.id, option }).value;
  }
  membership(host: string, join: boolean): void {
    const group: NetAddress = { family: this.family, host, port: 0 };
    this.#ocalls.call('joinGroup', { socket: this.id, group, join });
  }
  ready(direction: 'read' | 'write'): Readiness | undefined {
    const { ready } = this.#ocalls.call('socketReady', { socket: this.id, direction });
    if (ready) this.#network.progress();
    return ready;
  }
  wait(ms: number): void {
    this.#network.wait(ms);
  }
  close(): void {
    this.#network.forget(this);
    this.#ocalls.call('closeSocket', { socket: this.id });
  }
}

function checkPort(address: NetAddress): NetAddress {
  if (address.port > 65_535) throw new ProtocolError(`the untrusted side gave port ${address.port}`);
  return address;
}
