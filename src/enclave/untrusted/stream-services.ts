// What an embedder gives an enclave as a standard stream, as functions that the ocalls ask: functions as they are, streams of Node's and
// the web's and async iterables by their bytes. Refuses nothing by itself: a transport that cannot wait says so when one is asked.
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

/** At most `length` bytes of input, an empty array at the end; a stream; or an open file. */
export type InputService = ((length: number) => Uint8Array | Promise<Uint8Array>) | StreamInput | OpenFile;
/** Output of the guest: a function whose number returned is the bytes taken, and anything else all; a stream; or an open file. */
export type OutputService = ((bytes: Uint8Array) => unknown) | StreamOutput | OpenFile;

/** A stream's two functions: one that transfers bytes, and one that releases it to its owner. */
interface Service<Ask> {
  readonly ask: Ask;
  release(): void;
}
type Read = (length: number) => Uint8Array | Promise<Uint8Array>;
type Write = (bytes: Uint8Array) => unknown;

/** Undefined for what is no function: a file, or nothing. */
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
      // That it was released ends the wait of an enclave that is gone, not the stream.
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
