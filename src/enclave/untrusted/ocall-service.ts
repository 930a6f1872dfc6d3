// Answers ocalls: it does what the embedder granted, and nothing else. A compromised trusted side may ask for anything, so every request is checked
// before a function of the embedder gets it. Refuses, by name, what is not granted.
import { decode, encode, OCALL_BY_NUMBER, OCALL_ROUTES, type Route } from '../protocol/codec.js';
import { FileError, ProtocolError, signalError, UntrustedFailure, UsageError } from '../protocol/enclave-errors.js';
import { CHUNK_BYTES, type FileSystem, type OcallArgs, type OcallName, type OcallResult } from '../protocol/ocalls.js';
import { KIND, PacketBuffer, PacketReader } from '../protocol/packet.js';
import type { GivenUp, OcallHandler } from '../protocol/transport.js';
import { ERROR_LAYOUT, toWire } from '../protocol/wire-errors.js';
import { FileService, type StreamFiles } from './file-service.js';
import { NativeService } from './native-service.js';
import { type NetworkAccess, SocketService } from './socket-service.js';
import { fileService, type InputService, inputService, type OutputService, outputService } from './stream-services.js';

/** What the embedder does for the trusted side. Every member is optional; requests for a missing one are refused. */
export interface HostServices {
  /**
   * Where a guest's standard output goes: to a function, a writable stream of Node's or the web's, or an open file. A function that returns a
   * number says how many bytes it took; at 0 the guest waits, under its deadline. Any other result means all of them. All functions here may be
   * async, where the transport can wait for them; streams always are.
   */
  readonly stdout?: OutputService | undefined;
  /** Where a guest's standard error goes; see stdout. */
  readonly stderr?: OutputService | undefined;
  /**
   * A guest's standard input: a function that gives at most `length` bytes and an empty array at the end, a readable stream, an async iterable, or an open
   * file. A promise only where the transport can wait for one.
   */
  readonly stdin?: InputService | undefined;
  /** Gets each line of the trusted side's log. */
  readonly log?: ((level: string, text: string) => void) | undefined;
  /** File systems by grant number; preopens name them. */
  readonly grants?: readonly FileSystem[] | undefined;
  /** Gives the bytes of a module that another one imports. */
  readonly moduleReader?: ((name: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>) | undefined;
  /** A clock in nanoseconds, where the trusted side was built to use the untrusted side's. */
  readonly clock?: { realtime(): bigint; monotonic(): bigint } | undefined;
  /** Fills bytes with random ones, where the trusted side was built to use the untrusted side's. */
  readonly random?: ((bytes: Uint8Array) => void) | undefined;
}

/** The same services with the network, whose addresses and names have been parsed. */
export interface GrantedServices extends HostServices {
  /** The part of the network that guests may use; none unless given. */
  readonly network?: NetworkAccess | undefined;
}

type MaybePromise<T> = T | Promise<T>;
type OcallHandlers = { readonly [K in OcallName]: (args: OcallArgs<K>) => MaybePromise<OcallResult<K>> };

/** Ocalls whose arguments are a guest's own, of any length. */
const NATIVES: ReadonlySet<Route | undefined> = new Set([
  OCALL_ROUTES.get('callNative'),
  OCALL_ROUTES.get('callBytes'),
]);
/** The most bytes of the arguments of one native. */
export const DEFAULT_MAX_NATIVE_BYTES = 16_777_216;
/** The most bytes of a packet of a native's arguments besides their text and memory. */
const NATIVE_OVERHEAD_BYTES = 32_768;
/** The most thrown values that are kept until they come out of a call; a guest that catches them must not make this side's memory grow. */
const MAX_THROWN = 64;

export class OcallService {
  readonly natives: NativeService;
  readonly #files: FileService;
  readonly #sockets: SocketService;
  readonly #handlers: OcallHandlers;
  /** Those of the enclave, and those that were lent last. */
  readonly #ownStreams: Streams;
  #streams: Streams;
  readonly #maxNativeBytes: number;
  readonly #thrown = new Map<number, unknown>();
  #nextThrown = 1;
  #running = 0;
  readonly #wakeups: (() => void)[] = [];

  /** @param maxNativeBytes arguments of one native */
  constructor(services: GrantedServices, maxNativeBytes = DEFAULT_MAX_NATIVE_BYTES) {
    this.#maxNativeBytes = maxNativeBytes;
    this.natives = new NativeService();
    this.#ownStreams = this.#streams = streamsOf(services);
    this.#files = new FileService(services.grants ?? [], this.#streams.files);
    this.#sockets = new SocketService(services.network);
    this.#handlers = {
      ...plainHandlers(services, this.natives, () => this.#streams),
      ...this.#files.handlers,
      ...this.#sockets.handlers,
    };
  }

  /**
   * Lends the trusted side streams, in place of the enclave's own, and file systems: until the end of the loan, whatever the trusted side
   * still has of them then.
   */
  lend({ grants = [], ...streams }: LentServices): Loan {
    const { stdin, stdout, stderr } = streams;
    const hasStreams = stdin !== undefined || stdout !== undefined || stderr !== undefined;
    const lent = hasStreams ? untilReleased(streamsOf(streams)) : undefined;
    if (lent) this.#useStreams(lent);
    const numbers = grants.map((system) => this.#files.grant(system));
    return {
      grants: numbers,
      write: (stream, chunk) => granted(lent?.[stream], stream).ask(chunk),
      end: () => {
        for (const number of numbers) this.#files.revoke(number);
        if (!lent) return;
        this.#files.closeStreams();
        release(lent);
        if (this.#streams === lent) this.#useStreams(this.#ownStreams);
      },
    };
  }
  #useStreams(streams: Streams): void {
    this.#streams = streams;
    this.#files.streams = streams.files;
  }

  /** Answers one ocall packet; never throws. */
  readonly handle: OcallHandler = (packet, givenUp) => {
    this.#running++;
    for (const wake of this.#wakeups.splice(0)) wake();
    const answer = this.#answer(packet);
    if (answer instanceof Promise) return this.#unlessGivenUp(answer, packet, givenUp).finally(() => this.#running--);
    this.#running--;
    return answer;
  };
  /** The guest that waits for the answer gets an error when its call is given up: it must not wait for ever. */
  #unlessGivenUp(
    answer: Promise<PacketBuffer>,
    packet: PacketBuffer,
    givenUp: GivenUp | undefined,
  ): Promise<PacketBuffer> {
    if (givenUp === undefined) return answer;
    return new Promise((resolve, reject) => {
      givenUp.listener = () => {
        const reader = new PacketReader();
        reader.begin(packet);
        resolve(this.#error(reader, OCALL_BY_NUMBER[reader.number], signalError({})));
      };
      answer.then(resolve, reject);
    });
  }
  /** The number of functions of the embedder that run or are awaited. */
  get running(): number {
    return this.#running;
  }
  /** Resolves when the next one is called. */
  nextCall(): Promise<void> {
    return new Promise((resolve) => this.#wakeups.push(resolve));
  }

  #answer(packet: PacketBuffer): MaybePromise<PacketBuffer> {
    const reader = new PacketReader();
    let route: Route | undefined;
    try {
      reader.begin(packet);
      route = OCALL_BY_NUMBER[reader.number];
      if (reader.kind !== KIND.ocall || !route)
        throw new ProtocolError(`kind ${reader.kind}, number ${reader.number} is no ocall`);
      if (NATIVES.has(route) && packet.length > this.#maxNativeBytes + NATIVE_OVERHEAD_BYTES) {
        throw new ProtocolError(
          `${route.name}: ${packet.length} bytes, and the untrusted side takes ${this.#maxNativeBytes} of arguments`,
        );
      }
      const args = decode(reader, route, route.args);
      const result = (this.#handlers[route.key as OcallName] as (args: object) => MaybePromise<object>)(args);
      if (!(result instanceof Promise)) return this.#result(reader.sequence, route, result);
      const known = route;
      return result.then(
        (value) => this.#result(reader.sequence, known, value),
        (error) => this.#error(reader, known, error),
      );
    } catch (error) {
      return this.#error(reader, route, error);
    }
  }

  /** Returns the value that was thrown under this id, if it is still kept. */
  takeThrown(id: number): { readonly value: unknown } | undefined {
    if (!this.#thrown.has(id)) return undefined;
    const value = this.#thrown.get(id);
    this.#thrown.delete(id);
    return { value };
  }

  /** Closes everything that the trusted side opened. */
  close(): void {
    this.#files.close();
    this.#sockets.close();
    release(this.#streams);
    this.natives.clearReferences();
    this.#thrown.clear();
  }
  /** Closes all of that and drops the functions: the next tenant must not reach what was granted to the one before. */
  endTurn(): void {
    this.close();
    this.natives.endTurn();
  }
  /** The count of numbers of any kind that were ever given to the trusted side. */
  get given(): number {
    return this.natives.given + this.#files.given + this.#sockets.given;
  }
  /** The number of files that the trusted side has open. */
  get openNodes(): number {
    return this.#files.openNodes;
  }
  get openSockets(): number {
    return this.#sockets.openSockets;
  }

  #result(sequence: number, route: Route, value: object): PacketBuffer {
    const answer = PacketBuffer.allocate();
    try {
      encode(answer, KIND.ocallResult, sequence, route, route.result, value);
    } catch (error) {
      // A native returned what is no wasm value: the guest's call gets that error.
      encode(answer, KIND.ocallError, sequence, route, ERROR_LAYOUT, { error: toWire(error) });
    }
    return answer;
  }

  #error(reader: PacketReader, route: Route | undefined, error: unknown): PacketBuffer {
    const answer = PacketBuffer.allocate();
    const known = route ?? OCALL_BY_NUMBER[0]!;
    const wire = toWire(error instanceof FileError || error instanceof ProtocolError ? error : this.#keep(error));
    encode(answer, KIND.ocallError, reader.sequence, known, ERROR_LAYOUT, { error: wire });
    if (!route) answer.i32[2] = reader.number;
    return answer;
  }

  /** Keeps what a function threw on this side; the text that crosses is for the trusted side's log. */
  #keep(error: unknown): UntrustedFailure {
    const id = this.#nextThrown++;
    this.#thrown.set(id, error);
    if (this.#thrown.size > MAX_THROWN) this.#thrown.delete(this.#thrown.keys().next().value as number);
    return new UntrustedFailure(id, error instanceof Error ? error.message : 'a function of the embedder threw');
  }
}

type PlainHandlers = Pick<
  OcallHandlers,
  'print' | 'readInput' | 'log' | 'clockTime' | 'random' | 'callNative' | 'callBytes' | 'readModule'
>;

/** What the host does for the trusted side for a while. */
export type LentServices = Pick<HostServices, 'stdin' | 'stdout' | 'stderr' | 'grants'>;
/** What was lent, until its end. */
export interface Loan {
  /** The numbers of the file systems, in their order. */
  readonly grants: readonly number[];
  /** Gives a lent stream output. @param chunk may be kept */
  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): unknown;
  end(): void;
}

/** Standard streams: those that are files, and what the others ask. */
interface Streams {
  readonly stdin: ReturnType<typeof inputService>;
  readonly stdout: ReturnType<typeof outputService>;
  readonly stderr: ReturnType<typeof outputService>;
  readonly files: StreamFiles;
}
function streamsOf({ stdin, stdout, stderr }: LentServices): Streams {
  return {
    stdin: inputService(stdin),
    stdout: outputService(stdout),
    stderr: outputService(stderr),
    files: { stdin: fileService(stdin), stdout: fileService(stdout), stderr: fileService(stderr) },
  };
}
/** The same, but what is asked when they are released ends then: input as its end, output as a closed stream. */
function untilReleased({ stdin, stdout, stderr, files }: Streams): Streams {
  const output = (stream: Streams['stdout']) =>
    stream && endingWith(stream, () => Promise.reject(new FileError('EPIPE', 'the stream was taken back')));
  return {
    stdin: stdin && endingWith(stdin, async () => new Uint8Array(0)),
    stdout: output(stdout),
    stderr: output(stderr),
    files,
  };
}
function endingWith<A, R>(
  { ask, release: releasing }: { ask: (argument: A) => R | Promise<R>; release(): void },
  end: () => Promise<R>,
) {
  let isReleased = false;
  const waiting = new Set<() => void>();
  return {
    ask(argument: A): R | Promise<R> {
      if (isReleased) return end();
      const answer = ask(argument);
      if (!(answer instanceof Promise)) return answer;
      return new Promise((resolve, reject) => {
        const giveUp = (): void => resolve(end());
        waiting.add(giveUp);
        // It waits no more before anybody goes on with the answer: they may release it.
        const settled = answer.finally(() => waiting.delete(giveUp));
        settled.then(resolve, reject);
      });
    },
    release(): void {
      isReleased = true;
      releasing();
      for (const giveUp of waiting) giveUp();
      waiting.clear();
    },
  };
}
/** Gives the streams back to their owners. */
function release({ stdin, stdout, stderr }: Streams): void {
  for (const stream of [stdin, stdout, stderr]) stream?.release();
}

function plainHandlers(services: HostServices, natives: NativeService, streams: () => Streams): PlainHandlers {
  return {
    print({ stream, bytes }) {
      // The bytes are copied, because the embedder's function may keep them.
      const count = (taken: unknown) => ({
        written: typeof taken === 'number' ? Math.min(taken, bytes.length) : bytes.length,
      });
      return maybeLater(granted(streams()[stream], stream).ask(bytes.slice()), count);
    },
    readInput({ length }) {
      const given = granted(streams().stdin, 'stdin').ask(bounded(length));
      const cut = (bytes: Uint8Array) => ({ bytes: bytes.length > length ? bytes.subarray(0, length) : bytes });
      return given instanceof Promise ? given.then(cut) : cut(given);
    },
    log({ level, text }) {
      services.log?.(level, text);
      return {};
    },
    clockTime({ clock }) {
      return { nanoseconds: granted(services.clock, 'clock')[clock]() };
    },
    random({ length }) {
      const bytes = new Uint8Array(bounded(length));
      granted(services.random, 'random')(bytes);
      return { bytes };
    },
    callNative: (args) => natives.call(args),
    callBytes: (args) => natives.callBytes(args),
    readModule({ name }) {
      return maybeLater(granted(services.moduleReader, 'moduleReader')(name), (bytes) => (bytes ? { bytes } : {}));
    },
  };
}

function maybeLater<T, R>(value: MaybePromise<T>, then: (value: T) => R): MaybePromise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
function granted<T>(service: T | undefined, name: string): T {
  if (service === undefined)
    throw new UsageError(`'${name}' is not granted to this enclave: give createEnclave that option`);
  return service;
}
function bounded(length: number): number {
  if (length > CHUNK_BYTES) throw new UsageError(`${length} bytes asked for at once: at most ${CHUNK_BYTES}`);
  return length;
}
