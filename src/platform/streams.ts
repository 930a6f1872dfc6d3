// Streams of JavaScript for callers that can wait for them: Node's, the web's, async iterables and async functions, behind one source and one sink.
// Refuses to take more than the receiver wants (backpressure), and to close a stream that belongs to the embedder.
import { encodeUtf8 } from '../base/utf8.js';
import { type ErrnoName, FileError } from './errno.js';

/** The methods used of Node's streams. The type asks for no others, so that streams of similar libraries fit. */
export interface StreamEmitter {
  /** Registers a listener for an event. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Removes a listener. */
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}
/** The methods used of a readable stream of Node's. */
export interface NodeReadable extends StreamEmitter {
  /** Returns the available bytes, or null. */
  read(size?: number): unknown;
  /** Whether everything was read. */
  readonly readableEnded?: boolean;
  /** Whether it was destroyed. */
  readonly destroyed?: boolean;
  /** The error that it failed with. */
  readonly errored?: unknown;
}
/** The methods used of a writable stream of Node's. */
export interface NodeWritable extends StreamEmitter {
  /** Writes bytes; returns false where it wants no more for now. */
  write(chunk: Uint8Array, written: (error?: unknown) => void): boolean;
  /** Whether it was ended. */
  readonly writableEnded?: boolean;
  /** Whether it was destroyed. */
  readonly destroyed?: boolean;
}
/** The methods used of a readable stream of the web's. */
export interface WebReadable {
  /** Locks it for one reader. */
  getReader(): { read(): Promise<{ done: boolean; value?: unknown }>; releaseLock(): void };
}
/** The methods used of a writable stream of the web's. */
export interface WebWritable {
  /** Locks it for one writer. */
  getWriter(): { readonly ready: Promise<unknown>; write(chunk: Uint8Array): Promise<unknown>; releaseLock(): void };
}
/** A stream that a guest can read: Node's, the web's, or an async iterable. */
export type StreamInput = NodeReadable | WebReadable | AsyncIterable<Uint8Array | string>;
/** A stream that a guest can write to: Node's or the web's. */
export type StreamOutput = NodeWritable | WebWritable;

/** Gives bytes when there are some. */
export interface StreamSource {
  /** Resolves with null at the end. Rejects with a FileError. */
  next(): Promise<Uint8Array | null>;
  /** Stops reading and leaves the stream to the embedder, at its present position. */
  release(): void;
}
/** A receiver that takes bytes as fast as its other end does. */
export interface StreamSink {
  /** Resolves when more bytes may be written. Rejects with a FileError. */
  write(chunk: Uint8Array): Promise<void>;
  release(): void;
}

const has = (value: object, method: string): boolean =>
  typeof (value as Readonly<Record<string, unknown>>)[method] === 'function';

export function isStreamInput(value: unknown): value is StreamInput {
  if (typeof value !== 'object' || value === null) return false;
  return has(value, 'getReader') || (has(value, 'on') && has(value, 'read')) || Symbol.asyncIterator in value;
}
export function isStreamOutput(value: unknown): value is StreamOutput {
  if (typeof value !== 'object' || value === null) return false;
  return has(value, 'getWriter') || (has(value, 'on') && has(value, 'write'));
}

/** @throws TypeError where the stream has another reader already */
export function sourceOf(stream: StreamInput): StreamSource {
  if ('getReader' in stream) return webSource(stream.getReader());
  if ('on' in stream && 'read' in stream) return new NodeSource(stream);
  return iterableSource((stream as AsyncIterable<unknown>)[Symbol.asyncIterator]());
}
/** @throws TypeError where the stream has another writer already */
export function sinkOf(stream: StreamOutput): StreamSink {
  return 'getWriter' in stream ? new WebSink(stream.getWriter()) : new NodeSink(stream);
}

/** The error codes that say that the other end is closed. */
const GONE: ReadonlySet<unknown> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** The error that a guest gets for an error of a stream or of an embedder's async function. */
export function streamError(thrown: unknown, gone: ErrnoName = 'EPIPE'): FileError {
  if (thrown instanceof FileError) return thrown;
  const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  return new FileError(GONE.has(code) ? gone : 'EIO', typeof message === 'string' ? message : undefined);
}

/** @throws FileError EIO for what is neither bytes nor text */
export function bytesOfChunk(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return encodeUtf8(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new FileError('EIO', 'a stream gave what is neither bytes nor text');
}

async function orFileError<T>(work: Promise<T>, gone: ErrnoName): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw streamError(thrown, gone);
  }
}

/** The stream is not read by its iterator, whose end would destroy it. */
class NodeSource implements StreamSource {
  readonly #stream: NodeReadable;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #wake = (): void => {};
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };
  readonly #onError = (error: unknown): void => {
    this.#failure = { error };
    this.#wake();
  };

  constructor(stream: NodeReadable) {
    this.#stream = stream;
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
    stream.on('error', this.#onError);
  }
  async next(): Promise<Uint8Array | null> {
    const stream = this.#stream;
    for (;;) {
      const chunk = stream.read();
      if (chunk !== null && chunk !== undefined) {
        const bytes = bytesOfChunk(chunk);
        if (bytes.length > 0) return bytes;
        continue;
      }
      const failure = this.#failure?.error ?? stream.errored;
      if (failure) throw streamError(failure, 'EIO');
      if (this.#ended || stream.readableEnded || stream.destroyed) return null;
      await this.#somethingNew();
    }
  }
  async #somethingNew(): Promise<void> {
    const news = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const wake = this.#wake;
    this.#stream.on('readable', wake);
    await news;
    this.#stream.off('readable', wake);
  }
  release(): void {
    // The guest already got the error of a stream that is failing, but the stream's event may still be to come.
    const isFailing = this.#stream.errored && !this.#failure;
    if (!isFailing) this.#stream.off('error', this.#onError);
    this.#stream.off('end', this.#onEnd);
    this.#stream.off('close', this.#onEnd);
    this.#onEnd();
  }
}

class NodeSink implements StreamSink {
  readonly #stream: NodeWritable;
  #released = false;
  /** Writes that the stream has not finished yet. */
  #underWay = 0;
  /** The rejection of a write is handled here: no other code knows of the guest's bytes. */
  readonly #onWritten = (error?: unknown): void => {
    this.#underWay--;
    if (!error) this.#letGo();
  };
  #failure: { readonly error: unknown } | undefined;
  #wake = (): void => {};
  readonly #onNews = (): void => this.#wake();
  readonly #onError = (error: unknown): void => {
    this.#failure = { error };
    this.#wake();
  };

  constructor(stream: NodeWritable) {
    this.#stream = stream;
    stream.on('drain', this.#onNews);
    stream.on('close', this.#onNews);
    stream.on('error', this.#onError);
  }
  async write(chunk: Uint8Array): Promise<void> {
    this.#check();
    this.#underWay++;
    if (this.#stream.write(chunk, this.#onWritten)) return;
    // An error that has occurred already is emitted after this turn.
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#check();
  }
  #check(): void {
    if (this.#failure) throw streamError(this.#failure.error);
    if (this.#stream.writableEnded || this.#stream.destroyed) throw new FileError('EPIPE');
  }
  release(): void {
    this.#stream.off('drain', this.#onNews);
    this.#stream.off('close', this.#onNews);
    this.#released = true;
    this.#letGo();
    this.#wake();
  }
  #letGo(): void {
    if (this.#released && this.#underWay === 0) this.#stream.off('error', this.#onError);
  }
}

function webSource(reader: ReturnType<WebReadable['getReader']>): StreamSource {
  return {
    next: () => nextChunk(() => reader.read()),
    release: () => reader.releaseLock(),
  };
}
function iterableSource(iterator: AsyncIterator<unknown>): StreamSource {
  return {
    next: () => nextChunk(async () => iterator.next() as Promise<{ done?: boolean; value?: unknown }>),
    release: () => void Promise.resolve(iterator.return?.()).catch(() => {}),
  };
}
/** The next chunk that has bytes. */
async function nextChunk(read: () => Promise<{ done?: boolean; value?: unknown }>): Promise<Uint8Array | null> {
  for (;;) {
    const { done, value } = await orFileError(read(), 'EIO');
    if (done) return null;
    const bytes = bytesOfChunk(value);
    if (bytes.length > 0) return bytes;
  }
}

class WebSink implements StreamSink {
  readonly #writer: ReturnType<WebWritable['getWriter']>;

  constructor(writer: ReturnType<WebWritable['getWriter']>) {
    this.#writer = writer;
  }
  async write(chunk: Uint8Array): Promise<void> {
    const writer = this.#writer;
    await orFileError(writer.ready, 'EPIPE');
    // The promise `ready` rejects with the same error.
    writer.write(chunk).catch(() => {});
    await orFileError(writer.ready, 'EPIPE');
  }
  release(): void {
    this.#writer.ready.catch(() => {});
    this.#writer.releaseLock();
  }
}
