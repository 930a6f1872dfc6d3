// A guest's standard streams that are not the process's own: nothing, given bytes, an embedder's callbacks, a sink that collects. Refuses to hand an
// embedder a view of the guest's memory: it gets copies.
import { decodeUtf8 } from '../../base/utf8.js';
import { FileError } from '../../platform/errno.js';
import type { FileStat, OpenFile, Readiness } from '../../platform/files.js';
import {
  bytesOfChunk,
  isStreamInput,
  isStreamOutput,
  type StreamInput,
  type StreamOutput,
  sinkOf,
  sourceOf,
  streamError,
} from '../../platform/streams.js';

type Chunk = Uint8Array | string | null;
/** Gives the next bytes, null at the end. May be async where the guest can wait for it: docs/wasi.md, Streams. */
export type InputCallback = () => Chunk | Promise<Chunk>;
/** Gets each write's bytes; they are a copy. A returned promise is awaited; any other result is ignored. */
export type OutputCallback = (chunk: Uint8Array) => unknown;

/** Where a guest's standard input comes from: nothing, the process's own, a text, bytes, a function, a stream or a file. */
export type InputOption =
  | 'ignore'
  | 'inherit'
  | { readonly text: string }
  | Uint8Array
  | InputCallback
  | StreamInput
  | OpenFile;
/** Where a guest's output goes: nowhere, to the process's own, to a function, a sink, a stream or a file. */
export type OutputOption = 'ignore' | 'inherit' | OutputCallback | OutputSink | StreamOutput | OpenFile;

const FIRST_BUFFER = 256;

/** Collects what a guest writes. */
export class OutputSink {
  /** The array is longer than what was written: it grows by doubling, because a guest may write one byte at a time. */
  #buffer = new Uint8Array(0);
  #length = 0;
  readonly #limit: number;

  /** An empty sink. @param limit bytes it keeps; a write beyond them is ENOSPC to the guest; 16 MiB unless given */
  constructor(limit = 16 * 1024 * 1024) {
    this.#limit = limit;
  }
  /** Takes bytes, and returns how many had room. */
  write(chunk: Uint8Array): number {
    const room = Math.min(chunk.length, this.#limit - this.#length);
    if (room === 0 && chunk.length > 0) throw new FileError('ENOSPC');
    this.#reserve(this.#length + room);
    this.#buffer.set(chunk.subarray(0, room), this.#length);
    this.#length += room;
    return room;
  }
  /** Bytes that it has collected. */
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
    // A stream can only be closed.
  }
  stat(): FileStat {
    return { device: 0n, inode: 0n, type: this.type, links: 1n, size: 0n, ...NO_TIME };
  }
  setTimes(): void {
    throw new FileError('EINVAL');
  }
  sync(): void {
    // The stream buffers nothing.
  }
  close(): void {
    // The stream holds no resource.
  }
}

/** Reads end at once, and writes are taken and dropped. */
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

/** Input that is there from the start: reading it runs no code of the embedder's. */
class GivenInput extends Stream {
  #rest: Uint8Array;
  constructor(bytes: Uint8Array) {
    super();
    this.#rest = bytes;
  }
  override read(into: Uint8Array, offset: number, length: number): number {
    const bytes = Math.min(length, this.#rest.length);
    into.set(this.#rest.subarray(0, bytes), offset);
    this.#rest = this.#rest.subarray(bytes);
    return bytes;
  }
  override ready(direction: 'read' | 'write'): Readiness {
    if (direction === 'write') return ALWAYS_READY;
    return this.#rest.length > 0 ? { bytes: this.#rest.length, hangup: false } : AT_END;
  }
}

class InputStream extends Stream {
  readonly callsBack = true;
  readonly #next: InputCallback;
  readonly #release: () => void;
  #chunk: Uint8Array = new Uint8Array(0);
  #ended = false;
  #coming: Promise<void> | undefined;
  #failure: FileError | undefined;

  /** @param release called when the guest closes the stream */
  constructor(next: InputCallback, release: () => void = () => {}) {
    super();
    this.#next = next;
    this.#release = release;
  }
  override read(into: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    this.#fill();
    if (this.#coming) throw new FileError('EAGAIN');
    this.#throwFailure();
    const bytes = Math.min(length, this.#chunk.length);
    into.set(this.#chunk.subarray(0, bytes), offset);
    this.#chunk = this.#chunk.subarray(bytes);
    return bytes;
  }
  override ready(direction: 'read' | 'write'): Readiness | undefined {
    if (direction === 'write') return ALWAYS_READY;
    this.#fill();
    if (this.#coming) return undefined;
    if (this.#failure) return ALWAYS_READY;
    return this.#chunk.length > 0 ? { bytes: this.#chunk.length, hangup: false } : AT_END;
  }
  later(): Promise<void> | undefined {
    return this.#coming;
  }
  override close(): void {
    this.#release();
  }
  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }
  /** Resolves when there is a chunk, one is coming, the source has failed, or it has ended. */
  #fill(): void {
    while (this.#chunk.length === 0 && !this.#ended && !this.#coming && !this.#failure) {
      const next = this.#next();
      if (!(next instanceof Promise)) {
        this.#take(next);
        continue;
      }
      this.#coming = next
        .then((chunk) => this.#take(chunk))
        .catch((thrown: unknown) => {
          this.#failure = streamError(thrown, 'EIO');
        })
        .finally(() => {
          this.#coming = undefined;
        });
    }
  }
  #take(next: Chunk): void {
    if (next === null) this.#ended = true;
    else this.#chunk = bytesOfChunk(next);
  }
}

/** Writes through a function that returns how many bytes it took; 0: none now, and the guest waits. */
export class OutputStream extends Stream {
  readonly needsEventLoop: boolean;
  readonly #write: (chunk: Uint8Array) => unknown;
  readonly #release: () => void;
  #busy: Promise<void> | undefined;
  #failure: FileError | undefined;

  /** @param write returns how many bytes it took, a promise of having taken all, or any other value for all */
  constructor(write: (chunk: Uint8Array) => unknown, release?: () => void) {
    super();
    this.#write = write;
    this.needsEventLoop = release !== undefined;
    this.#release = release ?? (() => {});
  }
  override write(from: Uint8Array, offset: number, length: number): number {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    // No limit counts empty writes: an embedder that keeps a list of chunks would keep them for ever.
    if (length === 0) return 0;
    const chunk = from.slice(offset, offset + length);
    // Output of natives is not waited for, but keeps its order.
    const taken = this.#busy ? this.#busy.then(() => this.#write(chunk)) : this.#write(chunk);
    if (taken === 0) throw new FileError('EAGAIN');
    if (!(taken instanceof Promise)) return typeof taken === 'number' ? taken : length;
    const busy: Promise<void> = taken
      .then(
        () => {},
        (thrown: unknown) => {
          this.#failure = streamError(thrown);
        },
      )
      .finally(() => {
        if (this.#busy === busy) this.#busy = undefined;
      });
    this.#busy = busy;
    return length;
  }
  override ready(): Readiness | undefined {
    return this.#busy ? undefined : ALWAYS_READY;
  }
  /** Rejects with the error that occurred, once. */
  later(): Promise<void> | undefined {
    return this.#busy?.then(() => {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure) throw failure;
    });
  }
  override close(): void {
    this.#release();
  }
}

/** @param inherit opens the process's own stream */
export function inputFile(option: InputOption, inherit: () => OpenFile): OpenFile {
  if (option === 'ignore') return new NullStream();
  if (option === 'inherit') return inherit();
  if (typeof option === 'function') return new InputStream(option);
  if (isStreamInput(option)) {
    const source = sourceOf(option);
    return new InputStream(
      () => source.next(),
      () => source.release(),
    );
  }
  if ('read' in option) return option;
  return new GivenInput(bytesOfChunk(option instanceof Uint8Array ? option : option.text));
}

/** @param inherit opens the process's own stream */
export function outputFile(option: OutputOption, inherit: () => OpenFile): OpenFile {
  if (option === 'ignore') return new NullStream();
  if (option === 'inherit') return inherit();
  if (option instanceof OutputSink) return new OutputStream((chunk) => option.write(chunk));
  if (isStreamOutput(option)) {
    const sink = sinkOf(option);
    return new OutputStream(
      (chunk) => sink.write(chunk),
      () => sink.release(),
    );
  }
  if (typeof option === 'object') return option;
  return new OutputStream((chunk) => {
    const taken = option(chunk);
    return taken instanceof Promise ? taken : chunk.length;
  });
}
