// Sockets as a guest needs them: no callbacks, nothing blocks, EAGAIN where something is not there yet. Which addresses a guest may
// use is not decided here. Every operation throws FileError.
import type { OpenSocket } from './files.js';

export type AddressFamily = 'ipv4' | 'ipv6';
export type SocketType = 'socket-stream' | 'socket-dgram';

/** Text as RFC 4291 and dotted quads have it, without zones. */
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

/** A socket of the guest's own making. */
export interface NetSocket extends OpenSocket {
  readonly family: AddressFamily;
  /** A stream's port is taken when it listens or connects, a datagram socket's here; EAGAIN until it is. Call again after EAGAIN. */
  bind(address: NetAddress): void;
  listen(backlog: number): void;
  /** EAGAIN until it is connected. */
  connect(address: NetAddress): void;
  /** A datagram; EAGAIN when too much waits already. Returns the bytes. */
  sendTo(from: Uint8Array, address: NetAddress): number;
  /** Like receive, with the sender. */
  receiveFrom(
    into: Uint8Array,
    offset: number,
    length: number,
    peek: boolean,
  ): { bytes: number; truncated: boolean; from: NetAddress };
  localAddress(): NetAddress;
  remoteAddress(): NetAddress;
  /** ENOTSUP where the host has no such thing. */
  setOption(name: SocketOption, value: number): void;
  getOption(name: SocketOption): number;
  /** @param join false: leaves the group */
  membership(group: string, join: boolean): void;
}

/** One guest's network. */
export interface GuestNetwork {
  open(family: AddressFamily, type: SocketType): NetSocket;
  /** Addresses of a host name, port 0; EAGAIN until they are known, then asked with the same name again. */
  resolve(name: string): readonly NetAddress[];
  /** Blocks until something happened, at most `ms`. */
  wait(ms: number): void;
  /** Ends all sockets. */
  close(): void;
}

/** A platform that can reach a network. */
export interface OsNetwork {
  network(): GuestNetwork;
}
