// Sockets for the trusted side, of the network that the embedder granted, one operation per ocall. Every address and name is checked against the
// grant here as well, so that a guest that has taken over the trusted side reaches no more than one that has not.
// Refuses everything where no network was granted, handles it never gave, more sockets than a guest needs.
import { FileError, HandleError, HandleTable } from '../protocol/enclave-errors.js';
import type { Handle } from '../protocol/fields.js';
import {
  CHUNK_BYTES,
  type GuestNetwork,
  type NetAddress,
  type NetSocket,
  type OcallArgs,
  type OcallName,
  type OcallResult,
} from '../protocol/ocalls.js';

/** The part of its network that an embedder grants. */
export interface NetworkAccess {
  /** The network, which is made at its first use. */
  readonly network: GuestNetwork;
  /** Throws EACCES for an address that is not granted. */
  checkAddress(address: NetAddress): void;
  /** Throws EACCES for a name that may not be looked up. */
  checkName(name: string): void;
  /** Closes the network; it is made again at its next use. */
  close(): void;
}

type SocketOcalls = Extract<
  OcallName,
  `${string}Socket` | `${string}SocketOption` | `socket${string}` | 'joinGroup' | 'resolveName'
>;
type SocketHandlers = { readonly [K in SocketOcalls]: (args: OcallArgs<K>) => OcallResult<K> };

/** The most sockets that the trusted side may have at once. */
const MAX_SOCKETS = 1_024;

export class SocketService {
  readonly #access: NetworkAccess | undefined;
  readonly #sockets = new HandleTable<{ readonly socket: NetSocket }>(['socket'], MAX_SOCKETS);
  readonly handlers: SocketHandlers = {
    openSocket: ({ family, type }) => ({ socket: this.#add(this.#granted.network.open(family, type)) }),
    closeSocket: ({ socket }) => {
      const open = this.#get(socket);
      this.#sockets.remove('socket', socket);
      return nothing(open.close());
    },
    bindSocket: ({ socket, address }) => nothing(this.#get(socket).bind(this.#checked(address))),
    listenSocket: ({ socket, backlog }) => {
      const open = this.#get(socket);
      // A socket that was not bound would listen on all addresses.
      this.#checked(open.localAddress());
      return nothing(open.listen(backlog));
    },
    connectSocket: ({ socket, address }) => nothing(this.#get(socket).connect(this.#checked(address))),
    acceptSocket: ({ socket }) => {
      const accepted = this.#get(socket).accept() as NetSocket;
      return { socket: this.#add(accepted), family: accepted.family };
    },
    receiveSocket: ({ socket, length, peek }) => {
      const open = this.#get(socket);
      const buffer = new Uint8Array(Math.min(length, CHUNK_BYTES));
      const got = open.receiveFrom(buffer, 0, buffer.length, peek);
      const received = { bytes: buffer.subarray(0, got.bytes), truncated: got.truncated };
      return open.type === 'socket-dgram' ? { ...received, from: plain(got.from) } : received;
    },
    sendSocket: ({ socket, bytes, to }) => {
      const open = this.#get(socket);
      // The bytes are copied, because sending may take longer than the packet lives.
      const own = bytes.slice();
      const written = to ? open.sendTo(own, this.#checked(to)) : open.write(own, 0, own.length, 0);
      return { written };
    },
    shutdownSocket: ({ socket, read, write }) => nothing(this.#get(socket).shutdown(read, write)),
    socketAddress: ({ socket, remote }) => {
      const open = this.#get(socket);
      return { address: plain(remote ? open.remoteAddress() : open.localAddress()) };
    },
    setSocketOption: ({ socket, option, value }) => nothing(this.#get(socket).setOption(option, value)),
    getSocketOption: ({ socket, option }) => ({ value: this.#get(socket).getOption(option) }),
    joinGroup: ({ socket, group, join }) => nothing(this.#get(socket).membership(this.#checked(group).host, join)),
    socketReady: ({ socket, direction }) => {
      const ready = this.#get(socket).ready(direction, 0);
      return ready ? { ready: { bytes: ready.bytes, hangup: ready.hangup } } : {};
    },
    resolveName: ({ name }) => {
      this.#granted.checkName(name);
      return { addresses: this.#granted.network.resolve(name).map(plain) };
    },
  };

  constructor(access: NetworkAccess | undefined) {
    this.#access = access;
  }

  get openSockets(): number {
    return this.#sockets.count();
  }
  get given(): number {
    return this.#sockets.given;
  }
  /** Closes what the trusted side left open. */
  close(): void {
    this.#sockets.clear();
    this.#access?.close();
  }

  get #granted(): NetworkAccess {
    if (!this.#access) throw new FileError('EACCES', 'no network is granted to this enclave');
    return this.#access;
  }
  #checked(address: NetAddress): NetAddress {
    if (address.port > 65_535) throw new FileError('EINVAL');
    this.#granted.checkAddress(address);
    return address;
  }
  #add(socket: NetSocket): Handle<'socket'> {
    try {
      return this.#sockets.add('socket', socket) as Handle<'socket'>;
    } catch (error) {
      socket.close();
      throw error instanceof HandleError ? new FileError('EMFILE') : error;
    }
  }
  #get(handle: Handle<'socket'>): NetSocket {
    try {
      return this.#sockets.get('socket', handle);
    } catch {
      throw new FileError('EBADF');
    }
  }
}

/** Copies the fields of the row, because an address may have more. */
function plain({ family, host, port }: NetAddress): NetAddress {
  return { family, host, port };
}
function nothing(_: unknown): Record<string, never> {
  return {};
}
