// What the sockets of every platform have in common: they are not files, so they have neither size nor times nor a storage medium. Refuses to
// truncate, to set times and to sync.
import { FileError } from './errno.js';
import type { FileStat } from './files.js';
import type { AddressFamily, SocketType } from './net.js';

/** The base of a NetSocket. The platform knows it by `id`, which is its inode number. */
export abstract class SocketNode<Id extends number = number> {
  readonly socket = true;
  readonly seekable = false;
  readonly family: AddressFamily;
  readonly type: SocketType;
  protected readonly id: Id;

  constructor(id: Id, family: AddressFamily, type: SocketType) {
    this.id = id;
    this.family = family;
    this.type = type;
  }
  size(): number {
    return 0;
  }
  setSize(): void {
    throw new FileError('EINVAL');
  }
  setAppend(): void {
    // A socket can only be closed.
  }
  stat(): FileStat {
    const inode = BigInt(this.id);
    return { device: 0n, inode, type: this.type, links: 1n, size: 0n, accessed: 0n, modified: 0n, changed: 0n };
  }
  setTimes(): void {
    throw new FileError('EINVAL');
  }
  sync(): void {
    throw new FileError('EINVAL');
  }
}
