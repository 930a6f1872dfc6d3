// Node's file status in the terms of files.ts. Times that a guest set are kept here to the nanosecond: Node hands times to the operating system as a
// double of seconds, which is about 240 ns coarse today.
import { type BigIntStats, constants } from 'node:fs';
import type { FileStat, FileType } from '../files.js';

const TYPES: ReadonlyMap<number, FileType> = new Map([
  [constants.S_IFREG, 'regular-file'],
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFLNK, 'symbolic-link'],
  [constants.S_IFCHR, 'character-device'],
  [constants.S_IFBLK, 'block-device'],
  [constants.S_IFSOCK, 'socket-stream'],
]);

/** @param mode st_mode */
export function typeOf(mode: number): FileType {
  return TYPES.get(mode & constants.S_IFMT) ?? 'unknown';
}

/** The number of set times that are remembered per file system: enough for a guest that unpacks an archive, and bounded for one that never stops. */
const REMEMBERED = 4_096;

interface ExactTimes {
  readonly accessed: bigint;
  readonly modified: bigint;
  /** The times that the operating system stored: while it reports the same ones, no other program has changed them. */
  readonly storedAccessed: bigint;
  readonly storedModified: bigint;
}

export class Times {
  readonly #exact = new Map<string, ExactTimes>();

  stat(raw: BigIntStats): FileStat {
    const exact = this.#exact.size === 0 ? undefined : this.#exact.get(`${raw.dev}:${raw.ino}`);
    return {
      device: BigInt.asUintN(64, raw.dev),
      inode: raw.ino,
      type: typeOf(Number(raw.mode)),
      links: raw.nlink,
      size: raw.size,
      accessed: exact?.storedAccessed === raw.atimeNs ? exact.accessed : raw.atimeNs,
      modified: exact?.storedModified === raw.mtimeNs ? exact.modified : raw.mtimeNs,
      changed: raw.ctimeNs,
    };
  }

  /** @param read gives the present state @param write sets both times, in seconds */
  set(
    accessed: bigint | undefined,
    modified: bigint | undefined,
    read: () => BigIntStats,
    write: (accessed: number, modified: number) => void,
  ): void {
    const before = this.stat(read());
    const exact = { accessed: accessed ?? before.accessed, modified: modified ?? before.modified };
    write(seconds(exact.accessed), seconds(exact.modified));
    const after = read();
    const key = `${after.dev}:${after.ino}`;
    this.#exact.delete(key);
    this.#exact.set(key, { ...exact, storedAccessed: after.atimeNs, storedModified: after.mtimeNs });
    if (this.#exact.size > REMEMBERED) {
      for (const oldest of this.#exact.keys()) {
        this.#exact.delete(oldest);
        break;
      }
    }
  }
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000_000n) + Number(nanoseconds % 1_000_000_000n) / 1e9;
}
