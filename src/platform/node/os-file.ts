// One open file, pipe, terminal or device of the operating system. Data goes straight between the kernel and the guest's memory. Refuses to block on
// what can be waited for: the caller waits, under its deadline.
import * as fs from 'node:fs';
import { FileError } from '../errno.js';
import { type FileStat, type FileType, type OpenFile, OWN_PLACE, type Readiness } from '../files.js';
import { isTerminal } from './lazy.js';
import { Times, typeOf } from './stats.js';
import { fileError } from './system-errors.js';

/** The most bytes of one transfer: what Linux moves at most, and below 2^31, to which Node cuts length arguments. */
const MOST_BYTES = 0x7fff_f000;
/** Bytes read ahead from a pipe or terminal to answer a poll. */
const AHEAD = 4_096;

export interface OsFileOptions {
  readonly times?: Times;
  /** False for the process's own streams: closing the guest's descriptor must not close the process's. */
  readonly owned?: boolean;
  /** False: it has no positions, whatever its type. */
  readonly seekable?: boolean;
  /** Its offset is the kernel's and is shared with the process that passed the descriptor on: only where `kernelPlace` can read it. */
  readonly sharesPlace?: boolean;
  /**
   * Opens the same file again with or without O_APPEND. Where the operating system cannot, the file is opened without it, and appending goes by the
   * file's size.
   */
  readonly reopen?: ((descriptor: number, append: boolean) => number) | undefined;
  /** Reads may block: a poll must not try one. */
  readonly blocking?: boolean;
}

export class OsFile implements OpenFile {
  readonly type: FileType;
  readonly seekable: boolean;
  #descriptor: number;
  readonly sharesPlace: boolean;
  #append: boolean;
  /** Where the last append ended, where the kernel does not keep that. */
  #end = 0;
  readonly #options: OsFileOptions;
  readonly #times: Times;
  #ahead: Uint8Array | undefined;
  #aheadStart = 0;
  #aheadEnd = 0;

  /** @param mode st_mode of what is open */
  constructor(descriptor: number, mode: number, append: boolean, options: OsFileOptions = {}) {
    this.#descriptor = descriptor;
    this.type = typeOf(mode);
    this.seekable = options.seekable ?? (this.type === 'regular-file' || this.type === 'block-device');
    this.sharesPlace = options.sharesPlace === true;
    this.#append = append;
    this.#options = options;
    this.#times = options.times ?? new Times();
  }

  get terminal(): boolean {
    return this.type === 'character-device' && isTerminal(this.#descriptor);
  }
  read(into: Uint8Array, offset: number, length: number, position: number): number {
    if (this.#aheadEnd > this.#aheadStart) return this.#drain(into, offset, length);
    try {
      return fs.readSync(this.#descriptor, into, offset, Math.min(length, MOST_BYTES), this.#from(position));
    } catch (thrown) {
      return endOfFile(thrown);
    }
  }
  write(from: Uint8Array, offset: number, length: number, position: number): number {
    const place = this.#to(position);
    try {
      const bytes = fs.writeSync(this.#descriptor, from, offset, Math.min(length, MOST_BYTES), place);
      return this.#wrote(bytes, position, place);
    } catch (thrown) {
      throw fileError(thrown);
    }
  }
  readVector(into: readonly Uint8Array[], position: number): number {
    const first = into[0]!;
    if (this.#aheadEnd > this.#aheadStart) return this.#drain(first, 0, first.length);
    try {
      return fs.readvSync(this.#descriptor, into, this.#from(position) ?? undefined);
    } catch (thrown) {
      return endOfFile(thrown);
    }
  }
  writeVector(from: readonly Uint8Array[], position: number): number {
    const place = this.#to(position);
    try {
      return this.#wrote(fs.writevSync(this.#descriptor, from, place ?? undefined), position, place);
    } catch (thrown) {
      throw fileError(thrown);
    }
  }
  get appends(): boolean {
    return this.#append;
  }
  place(): number {
    if (!this.sharesPlace && !this.#options.reopen) return this.#end;
    return call(() => kernelPlace(this.#descriptor)).place;
  }
  size(): number {
    return call(() => fs.fstatSync(this.#descriptor)).size;
  }
  setSize(bytes: number): void {
    call(() => fs.ftruncateSync(this.#descriptor, bytes));
  }
  setAppend(append: boolean): void {
    if (append === this.#append || !this.seekable) return;
    // Setting O_APPEND would change it for all holders of the shared descriptor.
    if (this.sharesPlace) throw new FileError('ENOTSUP');
    const { reopen } = this.#options;
    if (reopen) {
      const before = this.#descriptor;
      this.#descriptor = call(() => reopen(before, append));
      call(() => fs.closeSync(before));
    }
    this.#append = append;
  }
  ready(direction: 'read' | 'write', position: number): Readiness | undefined {
    if (direction === 'write') return { bytes: 65_536, hangup: false };
    if (this.seekable) return { bytes: Math.max(0, this.size() - position), hangup: false };
    if (this.#options.blocking) return { bytes: 1, hangup: false };
    if (this.#aheadEnd === this.#aheadStart && !this.#readAhead()) return undefined;
    const bytes = this.#aheadEnd - this.#aheadStart;
    return { bytes, hangup: bytes === 0 };
  }
  stat(): FileStat {
    return this.#times.stat(call(() => fs.fstatSync(this.#descriptor, { bigint: true })));
  }
  setTimes(accessed: bigint | undefined, modified: bigint | undefined): void {
    const descriptor = this.#descriptor;
    call(() =>
      this.#times.set(
        accessed,
        modified,
        () => fs.fstatSync(descriptor, { bigint: true }),
        (a, m) => fs.futimesSync(descriptor, a, m),
      ),
    );
  }
  sync(dataOnly: boolean): void {
    try {
      if (dataOnly) fs.fdatasyncSync(this.#descriptor);
      else fs.fsyncSync(this.#descriptor);
    } catch (thrown) {
      // Pipes and terminals have no storage medium.
      if ((thrown as { code?: unknown }).code !== 'EINVAL') throw fileError(thrown);
    }
  }
  close(): void {
    if (this.#options.owned !== false) call(() => fs.closeSync(this.#descriptor));
  }

  /** The position at which Node reads; null is the kernel's own offset. */
  #from(position: number): number | null {
    return this.seekable && position !== OWN_PLACE ? position : null;
  }
  /** The position at which Node writes. The kernel appends at either where the descriptor says so, but moves its own offset for null alone. */
  #to(position: number): number | null {
    const byKernel = this.sharesPlace || this.#options.reopen !== undefined;
    return this.#append && this.seekable && !byKernel ? this.size() : this.#from(position);
  }
  #wrote(bytes: number, position: number, place: number | null): number {
    if (position === OWN_PLACE && place !== null) this.#end = place + bytes;
    return bytes;
  }
  #drain(into: Uint8Array, offset: number, length: number): number {
    const bytes = Math.min(length, this.#aheadEnd - this.#aheadStart);
    into.set(this.#ahead!.subarray(this.#aheadStart, this.#aheadStart + bytes), offset);
    this.#aheadStart += bytes;
    return bytes;
  }
  /** False: no byte is available yet. */
  #readAhead(): boolean {
    this.#ahead ??= new Uint8Array(AHEAD);
    this.#aheadStart = 0;
    this.#aheadEnd = 0;
    try {
      this.#aheadEnd = fs.readSync(this.#descriptor, this.#ahead, 0, AHEAD, null);
    } catch (thrown) {
      const error = fileError(thrown);
      if (error instanceof FileError && error.code === 'EAGAIN') return false;
      throw error;
    }
    return true;
  }
}

/** The kernel's state of an open descriptor of this process, from Linux's /proc; elsewhere this throws. */
export function kernelPlace(descriptor: number): { readonly place: number; readonly append: boolean } {
  const text = fs.readFileSync(`/proc/${process.pid}/fdinfo/${descriptor}`, 'latin1');
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? '';
  return { place: Number(field('pos')), append: (Number.parseInt(field('flags'), 8) & fs.constants.O_APPEND) !== 0 };
}

function call<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    throw fileError(thrown);
  }
}

/** Windows reports the end of a pipe or terminal as an error. */
function endOfFile(thrown: unknown): number {
  if ((thrown as { code?: unknown }).code === 'EOF') return 0;
  throw fileError(thrown);
}
