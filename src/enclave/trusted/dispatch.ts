// The one entry of the trusted side: packets in, packets out. It copies a packet in once, checks all of it, and only then passes it to a handler.
// Refuses, with an error answer, every packet that is not a command in its turn; lets no exception out.
import { InternalError } from '../../wasm/errors.js';
import { COMMAND_BY_NUMBER, COMMAND_ROUTES, decode, encode, type Route } from '../protocol/codec.js';
import { COMMANDS, type CommandName, type Needs } from '../protocol/commands.js';
import { ProtocolError } from '../protocol/enclave-errors.js';
import { KIND, MAX_PACKET_BYTES, Overflow, PacketBuffer, PacketReader } from '../protocol/packet.js';
import type { Answer, CommandCall, TrustedEntry } from '../protocol/transport.js';
import { ERROR_LAYOUT, toWire } from '../protocol/wire-errors.js';
import { FailedAfter, type HandlersOf } from './handler.js';
import { callHandlers } from './handlers/calls.js';
import { lifeCycleHandlers } from './handlers/life-cycle.js';
import { pluginHandlers } from './handlers/plugins.js';
import { queryHandlers } from './handlers/queries.js';
import { threadHandlers } from './handlers/threads.js';
import type { Session } from './session.js';

/** The type makes the table complete: a command without a handler does not compile. */
const HANDLERS: HandlersOf<CommandName> = {
  ...lifeCycleHandlers,
  ...callHandlers,
  ...pluginHandlers,
  ...threadHandlers,
  ...queryHandlers,
};

type AnyHandler = (session: Session, args: object, call: CommandCall) => object | Promise<object>;
interface Entry {
  readonly route: Route;
  readonly needs: Needs;
  readonly handler: AnyHandler;
}
/** The entries by number, so that the hot path is one array access. */
const ENTRIES: readonly (Entry | undefined)[] = COMMAND_BY_NUMBER.map((route) => {
  if (!route) return undefined;
  const key = route.key as CommandName;
  return { route, needs: COMMANDS[key].needs, handler: HANDLERS[key] as AnyHandler };
});

/** Packets up to this size are copied into memory that is used again; larger ones into memory of their own, which handlers may keep. */
const REUSED_BYTES = 131_072;
/** The row that error answers to unreadable packets carry. */
const UNREADABLE: Route = COMMAND_ROUTES.get('handshake')!;

export interface DispatchOptions {
  /** Largest packet accepted, in bytes. */
  readonly maxPacketBytes?: number | undefined;
  /** Gets the errors whose text the untrusted side must not see: for the trusted side's own log. */
  readonly onWithheld?: ((error: unknown) => void) | undefined;
}

const SYNC: CommandCall = { async: false, signal: undefined };

export class Dispatcher implements TrustedEntry {
  readonly session: Session;
  readonly #maxPacketBytes: number;
  readonly #onWithheld: ((error: unknown) => void) | undefined;
  /** Sequence number of the last command taken: the next must be one more, so that nothing is replayed. */
  #sequence = 0;
  /**
   * Buffers and readers, one for each depth of commands: a native of the untrusted side may send a command while its caller's packet is still
   * being read.
   */
  readonly #inputs: PacketBuffer[] = [];
  readonly #readers: PacketReader[] = [];
  #running = 0;
  #ended = false;

  constructor(session: Session, options: DispatchOptions = {}) {
    this.session = session;
    this.#maxPacketBytes = Math.min(MAX_PACKET_BYTES, options.maxPacketBytes ?? MAX_PACKET_BYTES);
    this.#onWithheld = options.onWithheld;
  }

  handleCommand(source: PacketBuffer, length: number, call: CommandCall & { readonly async: true }): Promise<Answer>;
  handleCommand(source: PacketBuffer, length: number, call?: CommandCall & { readonly async: false }): Answer;
  handleCommand(source: PacketBuffer, length: number, call: CommandCall = SYNC): Answer | Promise<Answer> {
    const place = this.#running++;
    // An async command may still be read when others have begun and ended.
    const reader = call.async ? new PacketReader() : (this.#readers[place] ??= new PacketReader());
    reader.reset();
    let answer: Answer;
    try {
      const { route, handler } = this.#admit(this.#taken(source, length, call, place), reader);
      const values = handler(this.session, decode(reader, route, route.args), call);
      if (values instanceof Promise) {
        if (call.async) return this.#awaited(values, route, reader);
        throw new InternalError('a handler answered a sync command with a promise');
      }
      answer = { kind: KIND.result, sequence: reader.sequence, route, layout: route.result, values };
    } catch (error) {
      answer = this.#failure(error, reader);
    }
    this.#leave();
    return call.async ? Promise.resolve(answer) : answer;
  }
  async #awaited(values: Promise<object>, route: Route, reader: PacketReader): Promise<Answer> {
    const { sequence } = reader;
    try {
      return { kind: KIND.result, sequence, route, layout: route.result, values: await values };
    } catch (error) {
      return this.#failure(error, reader);
    } finally {
      this.#leave();
    }
  }
  #leave(): void {
    this.#running--;
    if (this.#ended) this.#destroyIfIdle();
  }
  /** Returns the packet in memory of the trusted side: a packet that can change is read only once. */
  #taken(source: PacketBuffer, length: number, call: CommandCall, place: number): PacketBuffer {
    if (length > this.#maxPacketBytes) {
      throw new ProtocolError(`packet of ${length} bytes: at most ${this.#maxPacketBytes}`);
    }
    if (call.isPrivate) return source;
    const own =
      call.async || length > REUSED_BYTES
        ? PacketBuffer.allocate(length || 8)
        : (this.#inputs[place] ??= PacketBuffer.allocate());
    own.copyIn(source.u8, source.i32, length);
    return own;
  }

  end(): void {
    this.#ended = true;
    this.#destroyIfIdle();
  }
  /** Destroys the runtime if no command runs. It would otherwise keep its part of what all runtimes of a thread share: code and stacks. */
  #destroyIfIdle(): void {
    if (this.#running > 0 || !this.session.liveRuntime) return;
    try {
      this.session.destroy();
    } catch (error) {
      // The runtime has ended nevertheless, and no client is left, so the error goes to the trusted side's own log.
      this.#failure(error, undefined);
    }
  }

  writeAnswer(answer: Answer, buffer: PacketBuffer): void {
    const { kind, sequence, route, layout, values } = answer;
    try {
      this.session.checkTaken(encode(buffer, kind, sequence, route, layout, values), route.name);
    } catch (error) {
      // A result that its row does not describe is a fault of the trusted side, and never an exception in the transport.
      if (error instanceof Overflow) throw error;
      encode(buffer, KIND.error, sequence, route, ERROR_LAYOUT, { error: toWire(error) });
    }
  }

  /** Checks header, kind, number, order and state. After this the command has taken its turn, even if it fails. */
  #admit(packet: PacketBuffer, reader: PacketReader): Entry {
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

  /** Makes an error answer. It carries the number and sequence of the packet, as far as they could be read. */
  #failure(thrown: unknown, reader: PacketReader | undefined): Answer {
    const route = (reader && COMMAND_BY_NUMBER[reader.number]) ?? UNREADABLE;
    const error = thrown instanceof FailedAfter ? thrown.error : thrown;
    const wire = toWire(error, thrown instanceof FailedAfter ? thrown.usage : undefined);
    if (wire.kind === 'internal') this.#onWithheld?.(error);
    return { kind: KIND.error, sequence: reader?.sequence ?? 0, route, layout: ERROR_LAYOUT, values: { error: wire } };
  }
}
