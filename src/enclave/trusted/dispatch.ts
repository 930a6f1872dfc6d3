// The one entry of the trusted side: packets in, packets out. Copies a packet in once, checks everything, and only then lets a handler
// see it. Refuses, with an error answer, whatever is not a command in its turn; lets no exception out.
import { InternalError } from '../../wasm/errors.js';
import { COMMAND_BY_NUMBER, COMMAND_ROUTES, decode, encode, type Layout, type Route } from '../protocol/codec.js';
import { COMMANDS, type CommandName, type Needs } from '../protocol/commands.js';
import { ProtocolError } from '../protocol/errors.js';
import { KIND, MAX_PACKET_BYTES, Overflow, PacketBuffer, PacketReader } from '../protocol/packet.js';
import { ERROR_LAYOUT, toWire } from '../protocol/wire-errors.js';
import { type CallContext, FailedAfter, type HandlersOf } from './handler.js';
import { callHandlers } from './handlers/calls.js';
import { factHandlers } from './handlers/facts.js';
import { lifeCycleHandlers } from './handlers/life-cycle.js';
import type { Session } from './session.js';

/** Complete by type: a command without a handler does not compile. */
const HANDLERS: HandlersOf<CommandName> = { ...lifeCycleHandlers, ...callHandlers, ...factHandlers };

type AnyHandler = (session: Session, args: object, call: CallContext) => object | Promise<object>;
interface Entry {
  readonly route: Route;
  readonly needs: Needs;
  readonly handler: AnyHandler;
}
/** By number, so that the hot path is one array access. */
const ENTRIES: readonly (Entry | undefined)[] = COMMAND_BY_NUMBER.map((route) => {
  if (!route) return undefined;
  const key = route.key as CommandName;
  return { route, needs: COMMANDS[key].needs, handler: HANDLERS[key] as AnyHandler };
});

/** Packets up to this size are copied into memory that is used again; larger ones into memory of their own, which handlers may keep. */
const REUSED_BYTES = 131_072;
/** What error answers to unreadable packets carry. */
const UNREADABLE: Route = COMMAND_ROUTES.get('handshake')!;

/** Where a packet lies: memory of the transport, perhaps shared with somebody who is writing to it. */
export interface Source {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
}

export interface DispatchOptions {
  /** Largest packet accepted, in bytes. */
  readonly maxPacketBytes?: number | undefined;
  /** Gets what InternalErrors withhold from the host: for the trusted side's own log. */
  readonly onWithheld?: ((error: unknown) => void) | undefined;
}

/** An answer that is not yet written. Its bytes may lie in memory that the next command uses: write it before. */
export interface Outcome {
  readonly kind: number;
  readonly sequence: number;
  readonly route: Route;
  readonly layout: Layout;
  readonly values: object;
}

export class Dispatcher {
  readonly session: Session;
  readonly #maxPacketBytes: number;
  readonly #onWithheld: ((error: unknown) => void) | undefined;
  /** Sequence number of the last command taken: the next must be one more, so that nothing is replayed. */
  #sequence = 0;
  /** Buffers and readers by depth: a native of the host may call back while its caller's packet is still being read. */
  readonly #inputs: PacketBuffer[] = [];
  readonly #readers: PacketReader[] = [];
  readonly #contexts: CallContext[] = [];
  #depth = 0;
  /** Commands of handleCommandAsync that run. */
  #async = 0;
  #ended = false;

  constructor(session: Session, options: DispatchOptions = {}) {
    this.session = session;
    this.#maxPacketBytes = Math.min(MAX_PACKET_BYTES, options.maxPacketBytes ?? MAX_PACKET_BYTES);
    this.#onWithheld = options.onWithheld;
  }

  /**
   * Handles one command: WAMR's ecall_handle_command.
   * @param source where the packet lies: read once, into private memory
   * @param length bytes of it, which the caller has read once
   * @param signal looked at while the guest runs
   */
  handleCommand(source: Source, length: number, signal?: CallContext['signal']): Outcome {
    if (!this.#accepts(length)) return this.#refuseLength(length);
    let input: PacketBuffer;
    if (length > REUSED_BYTES) input = PacketBuffer.allocate(length);
    else input = this.#inputs[this.#depth] ??= PacketBuffer.allocate();
    input.copyIn(source.u8, source.i32, length);
    return this.handlePrivate(input, signal);
  }

  /** Like handleCommand, for a packet in memory that nobody else can write to. */
  handlePrivate(packet: PacketBuffer, signal?: CallContext['signal']): Outcome {
    if (!this.#accepts(packet.length)) return this.#refuseLength(packet.length);
    const depth = this.#depth++;
    const reader = (this.#readers[depth] ??= new PacketReader());
    try {
      const entry = this.#admit(packet, reader);
      const args = decode(reader, entry.route, entry.route.args);
      const sequence = reader.sequence;
      const result = entry.handler(this.session, args, signal === undefined ? SYNC : this.#context(depth, signal));
      if (result instanceof Promise) throw new InternalError('a handler answered a sync command with a promise');
      return { kind: KIND.result, sequence, route: entry.route, layout: entry.route.result, values: result };
    } catch (error) {
      return this.#failure(error, reader);
    } finally {
      this.#depth = depth;
      if (this.#ended) this.#destroyIfIdle();
    }
  }

  /** Like handleCommand, for transports whose client waits without blocking: the guest may run in slices, natives may be async. */
  async handleCommandAsync(source: Source, length: number, signal: CallContext['signal']): Promise<Outcome> {
    if (!this.#accepts(length)) return this.#refuseLength(length);
    const reader = new PacketReader();
    this.#async++;
    try {
      const input = PacketBuffer.allocate(length || 8);
      input.copyIn(source.u8, source.i32, length);
      const { route, handler } = this.#admit(input, reader);
      const args = decode(reader, route, route.args);
      const values = await handler(this.session, args, { async: true, signal });
      return { kind: KIND.result, sequence: reader.sequence, route, layout: route.result, values };
    } catch (error) {
      return this.#failure(error, reader);
    } finally {
      this.#async--;
      if (this.#ended) this.#destroyIfIdle();
    }
  }

  /** The host is gone: destroys the runtime, now or as soon as no command runs any more. What comes later is refused. */
  end(): void {
    this.#ended = true;
    this.#destroyIfIdle();
  }
  /** A runtime that nobody destroys would keep its part of what all runtimes of a thread share: code, stacks. */
  #destroyIfIdle(): void {
    if (this.#depth > 0 || this.#async > 0 || !this.session.liveRuntime) return;
    try {
      this.session.destroy();
    } catch (error) {
      // The runtime has ended all the same, and nobody is left to be told: what is our bug goes to our log.
      this.#failure(error, undefined);
    }
  }

  /** Writes an answer. Throws an Overflow where fixed memory is too small: then write it to growable memory. */
  writeAnswer(outcome: Outcome, buffer: PacketBuffer): void {
    const { kind, sequence, route, layout, values } = outcome;
    try {
      this.session.checkTaken(encode(buffer, kind, sequence, route, layout, values), route.name);
    } catch (error) {
      // A handler's result that its row does not describe is our bug, never an exception in the transport.
      if (error instanceof Overflow) throw error;
      encode(buffer, KIND.error, sequence, route, ERROR_LAYOUT, { error: toWire(error) });
    }
  }

  /** One per depth and signal: transports use the same signal again. */
  #context(depth: number, signal: NonNullable<CallContext['signal']>): CallContext {
    const context = this.#contexts[depth];
    if (context?.signal === signal) return context;
    return (this.#contexts[depth] = { async: false, signal });
  }

  #accepts(length: number): boolean {
    return length <= this.#maxPacketBytes;
  }
  #refuseLength(length: number): Outcome {
    return this.#failure(new ProtocolError(`packet of ${length} bytes: at most ${this.#maxPacketBytes}`), undefined);
  }

  /** Checks header, kind, number, order and state. After this the command has taken its turn, whatever becomes of it. */
  #admit(packet: PacketBuffer, reader: PacketReader): Entry {
    reader.reset();
    reader.begin(packet);
    if (this.#ended) throw new ProtocolError('the trusted side has ended');
    if (reader.kind !== KIND.ecall) throw new ProtocolError(`message kind ${reader.kind} is no command`);
    const expected = (this.#sequence + 1) >>> 0;
    if (reader.sequence !== expected) {
      throw new ProtocolError(
        `sequence ${reader.sequence}: ${expected} is next; a packet was lost, repeated or replayed`,
      );
    }
    this.#sequence = expected;
    const entry = ENTRIES[reader.number];
    if (!entry) throw new ProtocolError(`unknown command ${reader.number}`);
    this.session.require(entry.needs, entry.route.name);
    return entry;
  }

  /** An error answer. It carries the number and sequence of the packet as far as they could be read. */
  #failure(thrown: unknown, reader: PacketReader | undefined): Outcome {
    const route = (reader && COMMAND_BY_NUMBER[reader.number]) ?? UNREADABLE;
    const error = thrown instanceof FailedAfter ? thrown.error : thrown;
    const wire = toWire(error, thrown instanceof FailedAfter ? thrown.usage : undefined);
    if (wire.kind === 'internal') this.#onWithheld?.(error);
    return { kind: KIND.error, sequence: reader?.sequence ?? 0, route, layout: ERROR_LAYOUT, values: { error: wire } };
  }
}

const SYNC: CallContext = { async: false, signal: undefined };
