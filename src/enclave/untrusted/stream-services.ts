// Turns what an embedder gives an enclave as a standard stream into the functions that ocalls call: a function stays as it is, and streams of Node's
// or the web's and async iterables are read and written. Refuses nothing by itself: a transport that cannot wait says so when a stream is used.
import {
  isStreamInput,
  isStreamOutput,
  type OpenFile,
  type StreamInput,
  type StreamOutput,
  sinkOf,
  sourceOf,
  streamError,
} from '../protocol/ocalls.js';

/** A function that gives at most `length` bytes of input and an empty array at the end; a stream; or an open file. */
export type InputService = ((length: number) => Uint8Array | Promise<Uint8Array>) | StreamInput | OpenFile;
/** A function that takes output, and returns how many bytes it took or any other value for all; a stream; or an open file. */
export type OutputService = ((bytes: Uint8Array) => unknown) | StreamOutput | OpenFile;

/** A stream's two functions: one that transfers bytes, and one that releases it to its owner. */
interface Service<Ask> {
  readonly ask: Ask;
  release(): void;
}
type Read = (length: number) => Uint8Array | Promise<Uint8Array>;
type Write = (bytes: Uint8Array) => unknown;

/** Returns undefined for a file, and where nothing was given. */
export function inputService(given: InputService | undefined): Service<Read> | undefined {
  if (typeof given === 'function') return { ask: (length) => orFileError(given(length)), release: () => {} };
  if (!isStreamInput(given)) return undefined;
  const stream = lazily(() => sourceOf(given));
  let rest: Uint8Array = new Uint8Array(0);
  let ended = false;
  const ask = async (length: number): Promise<Uint8Array> => {
    if (rest.length === 0 && !ended) {
      const source = stream.get();
      const next = await source.next();
      if (next !== null) rest = next;
      // A source also ends when it was released because the enclave is gone; only the end of one that is still in use is the stream's.
      else if (stream.isTaken(source)) ended = true;
    }
    const part = rest.subarray(0, length);
    rest = rest.subarray(part.length);
    return part;
  };
  return { ask, release: stream.release };
}

export function outputService(given: OutputService | undefined): Service<Write> | undefined {
  if (typeof given === 'function') return { ask: given, release: () => {} };
  if (!isStreamOutput(given)) return undefined;
  const stream = lazily(() => sinkOf(given));
  return { ask: async (bytes) => stream.get().write(bytes), release: stream.release };
}

/** The stream is locked at its first use, and again after it was released: a restarted enclave continues with its streams. */
function lazily<End extends { release(): void }>(
  open: () => End,
): { get(): End; isTaken(known: End): boolean; release(): void } {
  let end: End | undefined;
  return {
    get: () => (end ??= open()),
    isTaken: (known) => end === known,
    release: () => {
      end?.release();
      end = undefined;
    },
  };
}

export function fileService(given: unknown): OpenFile | undefined {
  const isFile = typeof given === 'object' && given !== null && 'seekable' in given;
  return isFile ? (given as OpenFile) : undefined;
}

function orFileError<T>(value: T | Promise<T>): T | Promise<T> {
  return value instanceof Promise
    ? value.catch((thrown: unknown) => Promise.reject(streamError(thrown, 'EIO')))
    : value;
}
