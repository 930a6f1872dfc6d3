// The embedder's side of the boundary: typed commands over any transport. WAMR's init_runtime, load_module and so on are its methods; each
// goes by ecall to the handle_cmd_ function of its name on the trusted side. An answer is believed only as far as its row allows.
// Refuses calls to a closed or failed enclave, sync calls over a transport that cannot wait, packets beyond the limit.
// So that programs which compile against this package need no newer library than es2022.
/// <reference lib="esnext.disposable" preserve="true" />
import { COMMAND_ROUTES, decode, encode, type Route } from '../protocol/codec.js';
import {
  type Args,
  COMMAND_NAMES,
  type COMMANDS,
  type CommandName,
  PROTOCOL_VERSION,
  type Result,
} from '../protocol/commands.js';
import { EnclaveError, LimitError, ProtocolError, UntrustedFailure, UsageError } from '../protocol/enclave-errors.js';
import type { WireValue } from '../protocol/fields.js';
import { KIND, Overflow, PacketBuffer, PacketReader } from '../protocol/packet.js';
import type { NativeTable, Usage } from '../protocol/structures.js';
import type { AbortSignalLike, Connection, Ticket, Timers, Transport } from '../protocol/transport.js';
import { ERROR_LAYOUT, fromWire } from '../protocol/wire-errors.js';
import { Deadlines, type HardCall, hasDeadline } from './deadlines.js';
import type { BytesFunction, NativeDefinition } from './native-service.js';
import { observedTransport, type PacketObserver } from './observed-transport.js';
import {
  DEFAULT_MAX_NATIVE_BYTES,
  type GrantedServices,
  type LentServices,
  type Loan,
  OcallService,
} from './ocall-service.js';

/** The method that `await using` calls. Where the JavaScript engine does not know the symbol, compilers fall back to this same name. */
export const asyncDispose: typeof Symbol.asyncDispose =
  (Symbol as { asyncDispose?: typeof Symbol.asyncDispose }).asyncDispose ??
  (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);

/** Options of a command that the caller waits for without awaiting. */
export interface SyncCallOptions {
  /** Milliseconds after which the call is an error and the trusted side is stopped. */
  readonly timeoutMs?: number | undefined;
  /** Whether bytes in the result may be views that are valid only until the next call, which saves a copy. */
  readonly borrow?: boolean | undefined;
}
/** How long a command may take, and what ends it. */
export interface CallOptions extends Omit<SyncCallOptions, 'borrow'> {
  /**
   * Ends the call when it is aborted, even while a guest runs: the guest stops by itself (LimitError 'signal'), and the enclave stays with all else
   * in it. The enclave is stopped (EnclaveError 'aborted') only where the guest had a processor for two seconds and did not look at the signal; at
   * once where it cannot see one: made with `interruptible: false`, or in a process that a launcher started.
   */
  readonly signal?: AbortSignalLike | undefined;
}

/** Commands as methods, with the text of their rows; the argument may be left out where the row has none. */
export type AsyncCommands = {
  readonly [K in keyof typeof COMMANDS]: (...args: Parameters_<K, CallOptions>) => Promise<Result<K>>;
};
/** The same commands for callers that wait without awaiting: `enclave.sync`. */
export type SyncCommands = {
  readonly [K in keyof typeof COMMANDS]: (...args: Parameters_<K, SyncCallOptions>) => Result<K>;
};
type Parameters_<K extends CommandName, O> =
  Record<never, never> extends Args<K> ? [args?: Args<K>, options?: O] : [args: Args<K>, options?: O];

/** What an enclave is made of, transport and clock included. */
export interface EnclaveOptions extends GrantedServices {
  readonly transport: Transport;
  readonly timers: Timers;
  /** The most bytes of text and memory that one call of a native may bring; more is an error of the guest's call. Default 16 MiB. */
  readonly maxNativeBytes?: number | undefined;
  /** Is told of every packet that crosses the boundary. */
  readonly observePacket?: PacketObserver | undefined;
}

/** What the caller of a command gets beside its result. */
export interface CallWatch {
  /** Called with what the guest used, if the result or the error says so. */
  used(usage: Usage): void;
}

/** An enclave: its commands as methods that return promises, and the same under `sync`. */
export type Enclave = EnclaveCore & AsyncCommands;

export const Enclave = {
  /**
   * Starts a trusted side and agrees on the protocol.
   * @throws EnclaveError 'unavailable' where the JavaScript environment or the operating system lacks what the transport needs
   */
  async create(options: EnclaveOptions, call?: CallOptions): Promise<Enclave> {
    const core = new EnclaveCore(options);
    await core.start(call);
    return withCommands(core);
  },
  /** Starts a trusted side without awaiting, over a transport that can wait. */
  createSync(options: EnclaveOptions): Enclave {
    const core = new EnclaveCore(options);
    core.startSync();
    return withCommands(core);
  },
};

function withCommands(core: EnclaveCore): Enclave {
  for (const name of COMMAND_NAMES) {
    const value = (args: object = {}, options?: CallOptions) => core.call(name, args as Args<typeof name>, options);
    Object.defineProperty(core, name, { value });
  }
  return core as Enclave;
}

/** After this command no guest holds objects of the embedder any more, so they are freed and their numbers are invalid. */
const DESTROY_RUNTIME = COMMAND_ROUTES.get('destroyRuntime')!;
/** When the trusted side of an aborted call is stopped, in milliseconds. */
interface Grace {
  /** It had a processor for so long, and its guest did not look at the signal. */
  readonly processorMs: number;
  /** In any case: a guest that sleeps for ever uses no processor. */
  readonly longestMs: number;
  /** Between two looks at that. */
  readonly lookMs: number;
}
/** The guest sees the signal and stops by itself, once the machine gives it a processor. */
const REACHED: Grace = { processorMs: 2_000, longestMs: 60_000, lookMs: 250 };
/** It cannot see it, or need not where its deadline is hard; a short command ends before. */
const UNREACHED: Grace = { processorMs: 50, longestMs: 2_000, lookMs: 25 };

/** The members of an enclave besides its commands. */
export class EnclaveCore {
  /** @internal */
  readonly transport: Transport;
  /** The commands for callers that cannot await, over a transport that can wait: same thread, and workers with shared memory. */
  readonly sync: SyncCommands;
  readonly #timers: Timers;
  readonly #deadlines: Deadlines;
  readonly #ocalls: OcallService;
  readonly #maxNativeBytes: number;
  #connection: Connection | undefined;
  #epoch = 0;
  readonly #readers: PacketReader[] = [];
  /** The packets of sync calls, one for each depth of nesting. */
  readonly #packets: (PacketBuffer | undefined)[] = [];
  readonly #answers: PacketBuffer[] = [];
  #depth = 0;

  /** @internal Use createEnclave. */
  constructor(options: EnclaveOptions) {
    const { transport, timers, maxNativeBytes = DEFAULT_MAX_NATIVE_BYTES, observePacket, ...services } = options;
    this.transport = observePacket ? observedTransport(transport, () => timers.now(), observePacket) : transport;
    this.#timers = timers;
    this.#deadlines = new Deadlines(transport, timers);
    this.#maxNativeBytes = maxNativeBytes;
    this.#ocalls = new OcallService(services, maxNativeBytes);
    const sync: Record<string, unknown> = {};
    for (const name of COMMAND_NAMES) {
      const route = COMMAND_ROUTES.get(name)!;
      sync[name] = hasDeadline(name)
        ? (args: object = {}, call?: SyncCallOptions) => this.#callSync(route, args, call)
        : (args: object = {}, call?: SyncCallOptions) => this.#sendSync(route, args, call, timeoutOf(route, call));
    }
    this.sync = sync as SyncCommands;
  }

  /** Why no more calls are possible; undefined while they are. */
  get failure(): EnclaveError | undefined {
    return this.#connection?.failure;
  }
  /** The number of files that the trusted side has open on this side. */
  get openNodes(): number {
    return this.#ocalls.openNodes;
  }
  /** The number of sockets that the trusted side has on this side. */
  get openSockets(): number {
    return this.#ocalls.openSockets;
  }

  /**
   * Makes a table of natives for initRuntime or registerNatives: the functions stay here, and their numbers cross.
   * @throws UsageError for what is no list of functions, and for a signature that is none
   */
  natives(moduleName: string, symbols: readonly NativeDefinition[]): NativeTable {
    return this.#ocalls.natives.define(moduleName, symbols);
  }
  /** Objects and references that the trusted side was given since its runtime began. @internal */
  get referencesGiven(): number {
    return this.#ocalls.natives.references;
  }
  /** Lends the trusted side streams and file systems. @internal */
  lend(services: LentServices): Loan {
    return this.#ocalls.lend(services);
  }
  /** A function over bytes, for a plugin: it stays here, its number crosses. @internal */
  bytesFunction(func: BytesFunction): number {
    return this.#ocalls.natives.defineBytes(func);
  }
  /** Takes back functions that were given a number. @internal */
  revoke(ids: Iterable<number>): void {
    this.#ocalls.natives.revoke(ids);
  }
  /** Makes an externref argument of any JavaScript value; it is valid for as long as the runtime lives. */
  reference(object: unknown): WireValue {
    return this.#ocalls.natives.toWire(object);
  }
  /** Returns the JavaScript value that an externref result stands for. */
  objectOf(reference: WireValue): unknown {
    return this.#ocalls.natives.fromWire(reference);
  }

  /** @internal */
  async start(options?: CallOptions): Promise<void> {
    this.#open();
    try {
      await this.call('handshake', this.#handshake, options);
    } catch (error) {
      // The caller gets no enclave that it could close, so it is closed here.
      await this.#end();
      throw error;
    }
  }
  /** @internal */
  startSync(): void {
    this.#open();
    try {
      this.callSync('handshake', this.#handshake);
    } catch (error) {
      void this.#end();
      throw error;
    }
  }

  get #handshake(): Args<'handshake'> {
    return {
      protocolVersion: PROTOCOL_VERSION,
      epoch: this.#epoch,
      maxPacketBytes: this.transport.maxPacketBytes,
      maxNativeBytes: this.#maxNativeBytes,
    };
  }
  /** Revokes all files, sockets, objects and natives that the trusted side was granted: their numbers are refused from now on. @internal */
  endTurn(): void {
    this.#ocalls.endTurn();
  }
  /** The number of functions of the embedder that run or are awaited. @internal */
  get runningFunctions(): number {
    return this.#ocalls.running;
  }
  /** Resolves when the trusted side next calls a function of the embedder. @internal */
  nextFunctionCall(): Promise<void> {
    return this.#ocalls.nextCall();
  }
  /** A number that grows with each grant to the trusted side. @internal */
  get grantsGiven(): number {
    return this.#ocalls.given;
  }

  /** Ends this trusted side and starts an empty one, which refuses handles of the one before. */
  async restart(options?: CallOptions): Promise<void> {
    await this.#end();
    this.#epoch = (this.#epoch + 1) & 0xffff;
    this.#deadlines.reset();
    await this.start(options);
  }

  /** Ends the trusted side. Calls that wait are rejected; a second close does nothing. */
  async close(): Promise<void> {
    await this.#end();
  }
  /** `await using` ends it with its block. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Sends one command and waits for its answer without awaiting. @internal */
  callSync<K extends CommandName>(name: K, args: Args<K>, options?: SyncCallOptions): Result<K> {
    return this.#callSync(COMMAND_ROUTES.get(name)!, args, options) as Result<K>;
  }
  #callSync(route: Route, args: object, options: SyncCallOptions | undefined): object {
    const deadlines = this.#deadlines;
    const name = route.key as CommandName;
    const timeoutMs = timeoutOf(route, options);
    const hard = deadlines.hardCall(name, args);
    const crossing = deadlines.crossing(name, args, timeoutMs, hard);
    const result = deadlines.during(hard, route.name, timeoutMs, (most) =>
      this.#sendSync(route, crossing, options, most),
    );
    deadlines.note(name, args, result);
    return result;
  }
  /** @param timeoutMs after which the trusted side is stopped */
  #sendSync(route: Route, args: object, options: SyncCallOptions | undefined, timeoutMs: number | undefined): object {
    const connection = this.#live();
    if (!this.transport.sync) {
      throw new EnclaveError('refused', `${route.name}: transport '${this.transport.name}' has async calls only`);
    }
    const depth = this.#depth++;
    try {
      const packet = this.#encodeSync(connection, route, args, depth);
      // A result that keeps views of its packet gets a packet of its own.
      const keeps = route.result.views && !options?.borrow;
      const answer = keeps ? PacketBuffer.allocate() : (this.#answers[depth] ??= PacketBuffer.allocate());
      const sequence = connection.callSync(packet, answer, timeoutMs);
      return this.#read(connection, route, sequence, answer, depth);
    } finally {
      this.#depth = depth;
      if (this.#packets[depth] !== undefined) this.#giveUpLarge(depth);
    }
  }
  /** Encodes a sync command, in the transport's own memory if it fits there. */
  #encodeSync(connection: Connection, route: Route, args: object, depth: number): PacketBuffer {
    const fixed = connection.outgoing?.();
    if (fixed !== undefined) {
      try {
        this.#encode(fixed, route, args);
        return fixed;
      } catch (error) {
        if (!(error instanceof Overflow)) throw error;
      }
    }
    const packet = (this.#packets[depth] ??= PacketBuffer.allocate());
    this.#encode(packet, route, args);
    return packet;
  }
  #giveUpLarge(depth: number): void {
    if (this.#packets[depth]!.u8.length > MAX_KEPT_BYTES) delete this.#packets[depth];
  }

  /** Sends one command; resolves with its answer. @internal */
  async call<K extends CommandName>(
    name: K,
    args: Args<K>,
    options: CallOptions = {},
    watch?: CallWatch,
  ): Promise<Result<K>> {
    const connection = this.#live();
    const route = COMMAND_ROUTES.get(name)!;
    const { signal } = options;
    if (signal?.aborted)
      throw new EnclaveError('aborted', `${route.name}: the AbortSignal was aborted before the call`, signal.reason);
    const timeoutMs = timeoutOf(route, options);
    const deadlines = this.#deadlines;
    const hard = deadlines.hardCall(name, args);
    const packet = PacketBuffer.allocate();
    this.#encode(packet, route, deadlines.crossing(name, args, timeoutMs, hard));
    const guard = this.#guard(connection, route, args, { timeoutMs, signal }, hard);
    try {
      const answer = await connection.call(packet, guard.ticket);
      const result = this.#read(connection, route, packet.i32[3]! >>> 0, answer, -1, watch) as Result<K>;
      deadlines.note(name, args, result);
      return result;
    } catch (given) {
      const error = deadlines.errorOf(hard, given);
      // The trusted side does not know the reason.
      if (error instanceof LimitError && error.limit === 'signal' && signal?.reason !== undefined) {
        Object.defineProperty(error, 'cause', { value: signal.reason, configurable: true, writable: true });
      }
      throw error;
    } finally {
      guard.end();
    }
  }

  #open(): void {
    const ocalls = this.#ocalls;
    // A trusted side that has failed cannot close its files itself.
    this.#connection = this.transport.open(ocalls.handle, () => ocalls.close());
  }
  async #end(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    await connection.close();
  }
  #live(): Connection {
    const connection = this.#connection!;
    const failure = connection.failure;
    if (failure) {
      const text =
        failure.failure === 'closed'
          ? 'the enclave is closed; create another, or restart() it'
          : `the enclave has ended (${failure.message}); restart() it`;
      throw new EnclaveError(failure.failure, text, failure);
    }
    return connection;
  }

  #encode(packet: PacketBuffer, route: Route, args: object): void {
    encode(packet, KIND.ecall, 0, route, route.args, args);
    if (packet.length > this.transport.maxPacketBytes) {
      throw new EnclaveError(
        'refused',
        `${route.name}: ${packet.length} bytes, and transport '${this.transport.name}' carries ${this.transport.maxPacketBytes} at once`,
      );
    }
  }

  #read(
    connection: Connection,
    route: Route,
    sequence: number,
    answer: PacketBuffer,
    depth: number,
    watch?: CallWatch,
  ): object {
    const reader = depth < 0 ? new PacketReader() : (this.#readers[depth] ??= new PacketReader());
    let failed: Parameters<typeof fromWire>[0] | undefined;
    try {
      reader.begin(answer);
      if (reader.kind === KIND.result && reader.number === route.number && reader.sequence === sequence) {
        const result = decode(reader, route, route.result);
        if (watch) tellUsage(watch, result);
        if (route === DESTROY_RUNTIME) this.#ocalls.natives.clearReferences();
        return result;
      }
      // The answer to an unreadable packet has neither number nor sequence.
      const isAnswer = (reader.number === route.number && reader.sequence === sequence) || reader.sequence === 0;
      if (reader.kind !== KIND.error || !isAnswer)
        throw new ProtocolError(`${route.name}: the answer belongs to another command`);
      failed = (decode(reader, route, ERROR_LAYOUT) as { error: Parameters<typeof fromWire>[0] }).error;
      if (watch) tellUsage(watch, failed);
      throw this.#errorOf(fromWire(failed));
    } catch (error) {
      if (failed === undefined && error instanceof ProtocolError) {
        // The trusted side lies or is broken, so the enclave must not be used any more.
        const broken = new EnclaveError('protocol', `the trusted side broke the protocol: ${error.message}`, error);
        connection.fail(broken);
        throw broken;
      }
      throw error;
    }
  }

  /** Returns the error to throw: the very value that a function of the embedder threw, where that was the cause. */
  #errorOf(error: Error): unknown {
    if (!(error instanceof UntrustedFailure)) return error;
    const thrown = this.#ocalls.takeThrown(error.id);
    return thrown ? thrown.value : error;
  }

  /** Stops the trusted side of an aborted call once its guest has had a processor for long enough. @param sees it looks at the signal */
  #stopUnlessEnded(connection: Connection, error: EnclaveError, cancels: (() => void)[], sees: boolean): void {
    const { processorMs, longestMs, lookMs } = sees ? REACHED : UNREACHED;
    const began = this.#timers.now();
    const sinceLast = connection.processorClock?.();
    let had = 0;
    const look = (): void => {
      // Where the system does not say, the time that passes counts.
      had += sinceLast?.() ?? lookMs;
      if (had >= processorMs || this.#timers.now() - began >= longestMs) connection.fail(error);
      else cancels.push(this.#timers.after(lookMs, look));
    };
    cancels.push(this.#timers.after(lookMs, look));
  }

  /** Watches the deadline and the AbortSignal of one call. */
  #guard(
    connection: Connection,
    route: Route,
    args: object,
    { timeoutMs, signal }: CallOptions,
    hard: HardCall | undefined,
  ): { readonly ticket: Ticket; end(): void } {
    const ticket: Ticket = { aborted: false };
    const cancels: (() => void)[] = [];
    if (hard) this.#deadlines.watch(hard, connection, ticket, route.name, timeoutMs, cancels);
    else if (timeoutMs !== undefined) {
      cancels.push(
        this.#timers.after(timeoutMs, () => {
          const error = new EnclaveError('timeout', `${route.name}: no answer within ${timeoutMs} ms`);
          if (!connection.abort(ticket, error)) connection.fail(error);
        }),
      );
    }
    if (signal) {
      const onAbort = () => {
        const error = new EnclaveError('aborted', `${route.name}: the AbortSignal was aborted`, signal.reason);
        const sees = hard === undefined && connection.reachesGuests === true && this.#deadlines.seesSignal(args);
        if (!connection.abort(ticket, error)) this.#stopUnlessEnded(connection, error, cancels, sees);
      };
      signal.addEventListener('abort', onAbort);
      cancels.push(() => signal.removeEventListener('abort', onAbort));
    }
    return {
      ticket,
      end: () => {
        for (const cancel of cancels) cancel();
      },
    };
  }
}

/** Packet buffers that have grown beyond this are dropped after the call. */
const MAX_KEPT_BYTES = 1_048_576;

/** @throws UsageError for what is no number of milliseconds */
function timeoutOf(route: Route, options: SyncCallOptions | CallOptions | undefined): number | undefined {
  const timeoutMs = options?.timeoutMs;
  if (timeoutMs === undefined || (typeof timeoutMs === 'number' && timeoutMs >= 0)) return timeoutMs;
  throw new UsageError(`${route.name}: timeoutMs is a number of milliseconds, not ${timeoutMs}`);
}

function tellUsage(watch: CallWatch, { usage }: { readonly usage?: unknown }): void {
  if (usage !== undefined) watch.used(usage as Usage);
}
