// A guest's standard streams that are not the process's own: nothing, given bytes, an embedder's callbacks, a sink that collects.
// Refuses: to hand an embedder a view of the guest's memory; it gets copies.
import { decodeUtf8, encodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../../platform/errno.js';
import type { FileStat, OpenFile, Readiness } from '../../platform/files.js';

/** Gives the next bytes, null at the end. May not be async: a guest waits for it. */
export type InputCallback = () => Uint8Array | string | null;
/** Gets each write's bytes; they are a copy. */
export type OutputCallback = (chunk: Uint8Array) => void;

export type InputOption = 'ignore' | 'inherit' | { readonly text: string } | Uint8Array | InputCallback | OpenFile;
export type OutputOption = 'ignore' | 'inherit' | OutputCallback | OutputSink | OpenFile;

const FIRST_BUFFER = 256;

/** Collects what a guest writes. */
export class OutputSink {
  /** Longer than what was written: grown by doubling, because a guest may write one byte at a time. */
  #buffer = new Uint8Array(0);
  #length = 0;
  readonly #limit: number;

  /** @param limit bytes it keeps; a write beyond them is ENOSPC to the guest; 16 MiB unless given */
  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit;
  }
  /** Returns the bytes that had room. */
  write(chunk: Uint8Array): number {
    const room = Math.min(chunk.length, this.#limit - this.#length);
    if (room === 0 && chunk.length > 0) throw new FileError('ENOSPC');
    this.#reserve(this.#length + room);
    this.#buffer.set(chunk.subarray(0, room), this.#length);
    this.#length += room;
    return room;
  }
  get length(): number {
    return this.#length;
  }
  /** All bytes so far. */
  get bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }
  /** All bytes as text; bytes that are not UTF-8 are an error (FileError EILSEQ). */
  get text(): string {
    const text = decodeUtf8(this.bytes);
    if (text === undefined) throw new FileError('EILSEQ', 'the output is not UTF-8');
    return text;
  }
  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(this.#limit, Math.max(length, this.#buffer.length * 2, FIRST_BUFFER)));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

const NO_TIME = { accessed: 0n, modified: 0n, changed: 0n };
const ALWAYS_READY: Readiness = { bytes: 65_536, hangup: false };
const AT_END: Readiness = { bytes: 0, hangup: true };

/** A stream of bytes without positions, size or times. */
abstract class Stream implements OpenFile {
  readonly type = 'unknown';
  readonly seekable = false;

  read(_into: Uint8Array, _offset: number, _length: number, _position: number): number {
    throw new FileError('EBADF');
  }
  write(_from: Uint8Array, _offset: number, _length: number, _position: number): number {
    throw new FileError('EBADF');
  }
  ready(_direction: 'read' | 'write', _position: number): Readiness | undefined {
    return ALWAYS_READY;
  }
  size(): number {
    return 0;
  }
  setSize(): void {
    throw new FileError('EINVAL');
  }
  setAppend(): void {
    // A stream has nothing but its end.
  }
  stat(): FileStat {
    return { device: 0n, inode: 0n, type: this.type, links: 1n, size: 0n, ...NO_TIME };
  }
  setTimes(): void {
    throw new FileError('EINVAL');
  }
  sync(): void {
    // Nothing is kept back.
  }
  close(): void {
    // Nothing is held.
  }
}

/** Ends at once when read, takes everything that is written. */
class NullStream extends Stream {
  override read(): number {
    return 0;
  }
  override write(_from: Uint8Array, _offset: number, length: number): number {
    return length;
  }
  override ready(direction: 'read' | 'write'): Readiness {
    return direction === 'read' ? AT_END : ALWAYS_READY;
  }
}

class InputStream extends Stream {
  readonly callsBack = true;
  readonly #next: InputCallback;
  #chunk: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(next: InputCallback) {
    super();
    this.#next = next;
  }
  override read(into: Uint8Array, offset: number, length: number): number {
    if (length === 0 || !this.#fill()) return 0;
    const bytes = Math.min(length, this.#chunk.length);
    into.set(this.#chunk.subarray(0, bytes), offset);
    this.#chunk = this.#chunk.subarray(bytes);
    return bytes;
  }
  override ready(direction: 'read' | 'write'): Readiness | undefined {
    if (direction === 'write') return ALWAYS_READY;
    return this.#fill() ? { bytes: this.#chunk.length, hangup: false } : AT_END;
  }
  /** False at the end. */
  #fill(): boolean {
    while (this.#chunk.length === 0 && !this.#ended) {
      const next = this.#next();
      if (next === null) this.#ended = true;
      else this.#chunk = typeof next === 'string' ? encodeUtf8(next) : next;
    }
    return this.#chunk.length > 0;
  }
}

/** Writes by a function that says how many bytes it took; 0: none now, and the guest waits. */
export class OutputStream extends Stream {
  readonly #write: (chunk: Uint8Array) => number;

  constructor(write: (chunk: Uint8Array) => number) {
    super();
    this.#write = write;
  }
  override write(from: Uint8Array, offset: number, length: number): number {
    // No limit counts writes of nothing: whoever keeps a list of chunks would keep them for ever.
    if (length === 0) return 0;
    const taken = this.#write(from.slice(offset, offset + length));
    if (taken === 0) throw new FileError('EAGAIN');
    return taken;
  }
}

/** @param inherit opens the process's own */
export function inputFile(option: InputOption, inherit: () => OpenFile): OpenFile {
  if (option === 'ignore') return new NullStream();
  if (option === 'inherit') return inherit();
  if (typeof option === 'function') return new InputStream(option);
  if ('read' in option) return option;
  let rest: Uint8Array | string | null = option instanceof Uint8Array ? option : option.text;
  return new InputStream(() => {
    const all = rest;
    rest = null;
    return all;
  });
}

/** @param inherit opens the process's own */
export function outputFile(option: OutputOption, inherit: () => OpenFile): OpenFile {
  if (option === 'ignore') return new NullStream();
  if (option === 'inherit') return inherit();
  if (option instanceof OutputSink) return new OutputStream((chunk) => option.write(chunk));
  if (typeof option === 'object') return option;
  return new OutputStream((chunk) => {
    option(chunk);
    return chunk.length;
  });
}
