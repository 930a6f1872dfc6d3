// Sockets as a guest needs them: no callbacks, no operation blocks, and each throws EAGAIN where its result is not there yet. Which addresses a guest
// may use is decided elsewhere. Every operation throws FileError.
import type { OpenSocket } from './files.js';

export type AddressFamily = 'ipv4' | 'ipv6';
export type SocketType = 'socket-stream' | 'socket-dgram';

/** The text form of RFC 4291 or of dotted quads, without zones. */
export interface NetAddress {
  readonly family: AddressFamily;
  readonly host: string;
  readonly port: number;
}

/** Names of WAMR's socket options; values are numbers, 0 and 1 for switches. */
export type SocketOption =
  | 'broadcast'
  | 'keep-alive'
  | 'reuse-address'
  | 'ipv6-only'
  | 'no-delay'
  | 'keep-idle'
  | 'ttl'
  | 'multicast-ttl'
  | 'multicast-loop'
  | 'receive-buffer'
  | 'send-buffer';

/** A socket that the guest made itself. */
export interface NetSocket extends OpenSocket {
  readonly family: AddressFamily;
  /**
   * Binds the socket. A stream takes its port when it listens or connects, a datagram socket here; throws EAGAIN until it has it. The caller calls
   * again after EAGAIN.
   */
  bind(address: NetAddress): void;
  listen(backlog: number): void;
  /** Connects the socket; throws EAGAIN until it is connected. The caller calls again after EAGAIN. */
  connect(address: NetAddress): void;
  /** Sends a datagram; throws EAGAIN when too many bytes wait already. Returns the number of bytes. */
  sendTo(from: Uint8Array, address: NetAddress): number;
  /** Receives like `receive`, and returns the sender's address too. */
  receiveFrom(
    into: Uint8Array,
    offset: number,
    length: number,
    peek: boolean,
  ): { bytes: number; truncated: boolean; from: NetAddress };
  localAddress(): NetAddress;
  remoteAddress(): NetAddress;
  /** Throws ENOTSUP where the platform has no such option. */
  setOption(name: SocketOption, value: number): void;
  getOption(name: SocketOption): number;
  /** @param join false: leaves the group */
  membership(group: string, join: boolean): void;
}

/** One guest's network. */
export interface GuestNetwork {
  open(family: AddressFamily, type: SocketType): NetSocket;
  /** Returns the addresses of a name, with port 0; throws EAGAIN until they are known: the caller then asks with the same name again. */
  resolve(name: string): readonly NetAddress[];
  /** Blocks until a socket's state changed, at most `ms` milliseconds. */
  wait(ms: number): void;
  /** Closes all sockets. */
  close(): void;
}

/** A platform that can reach a network. */
export interface OsNetwork {
  network(): GuestNetwork;
}
