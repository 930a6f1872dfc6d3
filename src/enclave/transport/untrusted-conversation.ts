// The untrusted end of a wire that carries one conversation: whose turn it is, which calls wait, ocalls in between. This file knows no threads and
// no processes. Refuses a second sync call beside a running one, and messages that the trusted side has no right to send now.
import { EnclaveError } from '../protocol/enclave-errors.js';
import { KIND, PacketBuffer } from '../protocol/packet.js';
import type { Connection, GivenUp, OcallHandler, Ticket } from '../protocol/transport.js';

/** A wire of the untrusted side, which sends only in its own turn. */
export interface UntrustedWire {
  /** Sends a packet; the answer, or an ocall, is passed to `received`. */
  send(packet: PacketBuffer): void;
  /** Sends a packet; `receive` takes the next message. */
  sendSync?(packet: PacketBuffer): void;
  /** Fixed memory that a sync command can be written to, so that `sendSync` need not copy it. */
  outgoing?(): PacketBuffer;
  /** Waits for the next message and puts it into `into`; false after the deadline. Throws an EnclaveError when the trusted side is gone. */
  receive?(into: PacketBuffer, deadline: number): boolean;
  /** Asks the guest that runs under this sequence number to stop, where the wire can. */
  abort(sequence: number): void;
  now(): number;
}

interface Call {
  readonly kind: 'call';
  readonly packet: PacketBuffer;
  readonly ticket: Ticket;
  readonly resolve: (answer: PacketBuffer) => void;
  readonly reject: (error: unknown) => void;
}
/** A sync call in progress: it has no promise to resolve. */
interface SyncCall {
  readonly kind: 'sync';
}
/** A function of the embedder that is running; `answer` is set once it has returned. */
interface Ocall {
  readonly kind: 'ocall';
  answer: PacketBuffer | undefined;
  readonly givenUp: GivenUp;
}

const SYNC_CALL: SyncCall = { kind: 'sync' };
const newOcall = (): Ocall => ({ kind: 'ocall', answer: undefined, givenUp: { listener: undefined } });
const NO_DEADLINE = Number.POSITIVE_INFINITY;

/**
 * A stack of calls and ocalls. A call on top means that it is the trusted side's turn; an ocall on top, or an empty stack, that it is the untrusted
 * side's. Calls that are made while a function of the embedder is awaited are nested, because that function may be the one that awaits them.
 */
export class UntrustedConversation {
  readonly #wire: UntrustedWire;
  readonly #ocall: OcallHandler;
  readonly #failedOnce: () => void;
  readonly #stack: (Call | SyncCall | Ocall)[] = [];
  readonly #queue: Call[] = [];
  #sequence = 0;
  failure: EnclaveError | undefined;

  constructor(wire: UntrustedWire, ocall: OcallHandler, failedOnce: () => void = () => {}) {
    this.#wire = wire;
    this.#ocall = ocall;
    this.#failedOnce = failedOnce;
  }

  /** The calls that have no answer yet. */
  get pending(): number {
    return this.#queue.length + this.#stack.length;
  }

  call(packet: PacketBuffer, ticket: Ticket): Promise<PacketBuffer> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind: 'call', packet, ticket, resolve, reject });
      this.#next();
    });
  }

  /** The memory to write the next sync command to; undefined where there is no such memory, or it may be in use. */
  outgoing(): PacketBuffer | undefined {
    return this.#isThisSidesTurn() ? this.#wire.outgoing?.() : undefined;
  }

  #isThisSidesTurn(): boolean {
    const { length } = this.#stack;
    return length === 0 || this.#stack[length - 1]!.kind === 'ocall';
  }

  /** Returns the sequence number that the command got. */
  callSync(packet: PacketBuffer, answer: PacketBuffer, timeoutMs: number | undefined): number {
    if (this.failure) throw this.failure;
    const stack = this.#stack;
    if (!this.#isThisSidesTurn()) {
      throw new EnclaveError(
        'refused',
        'an async call is running in this enclave: await it, or make this one async too',
      );
    }
    const wire = this.#wire;
    const deadline = timeoutMs === undefined ? NO_DEADLINE : wire.now() + timeoutMs;
    stack.push(SYNC_CALL);
    const sequence = this.#stamp(packet);
    wire.sendSync!(packet);
    for (;;) {
      const isThere = wire.receive!(answer, deadline);
      const kind = answer.i32[1]!;
      // A trusted side that makes ocalls without end never lets the wire sleep, so the deadline is checked between messages as well.
      if (!isThere || (timeoutMs !== undefined && kind === KIND.ocall && wire.now() > deadline)) {
        throw this.#failed(new EnclaveError('timeout', `no answer within ${timeoutMs} ms`));
      }
      if (kind === KIND.result || kind === KIND.error) {
        stack.pop();
        return sequence;
      }
      if (kind !== KIND.ocall) throw this.#broken(kind);
      stack.push(newOcall());
      const reply = this.#ocall(PacketBuffer.copyOf(answer.bytes()));
      if (reply instanceof Promise) {
        reply.catch(() => {});
        const error = new EnclaveError(
          'refused',
          'a sync call reached an async function of the embedder: make the call async',
        );
        throw this.#failed(error);
      }
      if (this.failure) throw this.failure;
      stack.pop();
      wire.sendSync!(reply);
    }
  }

  /** Handles a message of the trusted side, in private memory. */
  received(packet: PacketBuffer): void {
    if (this.failure) return;
    const top = this.#stack[this.#stack.length - 1];
    const kind = packet.i32[1]!;
    if (top?.kind !== 'call') {
      this.#broken(kind);
      return;
    }
    if (kind === KIND.result || kind === KIND.error) {
      this.#stack.pop();
      top.resolve(packet);
      this.#tellAborted();
      this.#next();
      return;
    }
    if (kind !== KIND.ocall) {
      this.#broken(kind);
      return;
    }
    const entry = newOcall();
    this.#stack.push(entry);
    const answer = this.#ocall(packet, entry.givenUp);
    if (answer instanceof Promise) {
      answer.then((a) => {
        entry.answer = a;
        this.#next();
      });
    } else entry.answer = answer;
    this.#tellAborted();
    this.#next();
  }

  abort(ticket: Ticket, error: EnclaveError): boolean {
    ticket.aborted = true;
    const at = this.#queue.findIndex((call) => call.ticket === ticket);
    if (at >= 0) {
      this.#queue.splice(at, 1)[0]!.reject(error);
      return true;
    }
    this.#tellAborted();
    return false;
  }
  /** The innermost call is the one that runs. If it was given up, its guest is told, and waits for no function of the embedder any more. */
  #tellAborted(): void {
    const stack = this.#stack;
    let at = stack.length - 1;
    while (stack[at]?.kind === 'ocall') at--;
    const call = stack[at];
    if (call?.kind !== 'call' || !call.ticket.aborted) return;
    this.#wire.abort(call.packet.i32[3]!);
    const above = stack[at + 1];
    if (above?.kind !== 'ocall' || above.answer) return;
    above.givenUp.listener?.();
    above.givenUp.listener = undefined;
  }

  /** The connection has ended: every call that waits is rejected. */
  fail(error: EnclaveError): void {
    if (this.failure) return;
    this.failure = error;
    const waiting = [...this.#stack, ...this.#queue];
    this.#stack.length = this.#queue.length = 0;
    for (const call of waiting) if (call.kind === 'call') call.reject(error);
    this.#failedOnce();
  }

  #failed(error: EnclaveError): EnclaveError {
    this.fail(error);
    return error;
  }
  #broken(kind: number): EnclaveError {
    return this.#failed(
      new EnclaveError('protocol', `the trusted side sent a message of kind ${kind} out of its turn`),
    );
  }

  /** Sends what can be sent in the untrusted side's turn: the answer of a function that has returned first, then the next call. */
  #next(): void {
    const stack = this.#stack;
    const top = stack[stack.length - 1];
    if (top?.kind === 'ocall' && top.answer) {
      stack.pop();
      this.#wire.send(top.answer);
      return;
    }
    if (top && top.kind !== 'ocall') return;
    const call = this.#queue.shift();
    if (!call) return;
    stack.push(call);
    this.#stamp(call.packet);
    call.ticket.sent?.();
    this.#wire.send(call.packet);
  }

  #stamp(packet: PacketBuffer): number {
    const sequence = (this.#sequence + 1) >>> 0;
    this.#sequence = sequence;
    packet.i32[3] = sequence;
    return sequence;
  }
}

/** A connection to a trusted side that has a thread or a process of its own. */
export abstract class ConversationConnection implements Connection {
  protected abstract readonly conversation: UntrustedConversation;
  /** Stops the thread or the process at once. */
  protected abstract kill(): void;
  /** Keeps this process running while a call waits, but not for an idle enclave. */
  protected abstract keepAlive(): void;
  abstract close(): Promise<void>;

  get failure(): EnclaveError | undefined {
    return this.conversation.failure;
  }
  outgoing(): PacketBuffer | undefined {
    return this.conversation.outgoing();
  }
  callSync(packet: PacketBuffer, answer: PacketBuffer, timeoutMs: number | undefined): number {
    try {
      return this.conversation.callSync(packet, answer, timeoutMs);
    } catch (error) {
      if (error instanceof EnclaveError && error.failure !== 'refused') this.fail(error);
      throw error;
    }
  }
  call(packet: PacketBuffer, ticket: Ticket): Promise<PacketBuffer> {
    const answer = this.conversation.call(packet, ticket);
    this.keepAlive();
    return answer;
  }
  abort(ticket: Ticket, error: EnclaveError): boolean {
    return this.conversation.abort(ticket, error);
  }
  fail(error: EnclaveError): void {
    this.conversation.fail(error);
    this.kill();
  }
}
