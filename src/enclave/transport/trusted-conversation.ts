// The trusted end of a wire that it can wait on: commands in, answers out, ocalls in between. This file knows no threads and no processes.
// Refuses nothing itself: the dispatcher answers every packet.
import { KIND, Overflow, PacketBuffer } from '../protocol/packet.js';
import type { Answer, TrustedEntry } from '../protocol/transport.js';

/** A wire of the trusted side. */
export interface TrustedWire {
  /** Waits for the next message; undefined where the untrusted side is gone. The packet is in private memory, used again for each `depth`. */
  receive(depth: number): PacketBuffer | undefined;
  send(packet: PacketBuffer): void;
  /** Returns fixed memory to write an answer to, so that `send` need not copy it; undefined where there is none. */
  outgoing(): PacketBuffer | undefined;
  /** Whether the untrusted side gave up on the command of this sequence number. */
  aborted(sequence: number): boolean;
}

/**
 * Milliseconds after which the event loop gets a turn between two commands. JavaScript engines report collected objects there, and only then is
 * the charge of a guest's dead objects given back.
 */
const MS_BETWEEN_TURNS = 10;

/** The event loop of the trusted side's thread, which stands still while the thread waits on the wire. */
export interface EventLoop {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Resolves after everything that was due has run. */
  turn(): Promise<void>;
}

/** This is thrown through the runtime when the untrusted side goes away during an ocall. */
class UntrustedSideGone extends Error {}

/** How a command arrived over a wire that the thread waits on. */
interface WireCall {
  readonly async: false;
  readonly isPrivate: true;
  readonly signal: { sequence: number; readonly aborted: boolean };
}

export class TrustedConversation {
  readonly #wire: TrustedWire;
  readonly #eventLoop: EventLoop;
  #trusted: TrustedEntry | undefined;
  #depth = 0;
  readonly #calls: WireCall[] = [];

  constructor(wire: TrustedWire, eventLoop: EventLoop) {
    this.#wire = wire;
    this.#eventLoop = eventLoop;
  }

  /** Serves until the untrusted side is gone. */
  async serve(trusted: TrustedEntry): Promise<void> {
    this.#trusted = trusted;
    let lastTurn = this.#eventLoop.now();
    try {
      for (;;) {
        const packet = this.#wire.receive(0);
        if (!packet) return;
        this.#answer(packet);
        if (this.#eventLoop.now() - lastTurn < MS_BETWEEN_TURNS) continue;
        await this.#eventLoop.turn();
        lastTurn = this.#eventLoop.now();
      }
    } catch (error) {
      if (!(error instanceof UntrustedSideGone)) throw error;
    }
  }

  /** Makes an ocall, and serves the commands that come before its answer. */
  readonly ocall = (packet: PacketBuffer): PacketBuffer => {
    this.#wire.send(packet);
    this.#depth++;
    try {
      for (;;) {
        const message = this.#wire.receive(this.#depth);
        if (!message) throw new UntrustedSideGone();
        const kind = message.length >= 8 ? message.i32[1] : KIND.ecall;
        if (kind === KIND.ocallResult || kind === KIND.ocallError) return message;
        this.#answer(message);
      }
    } finally {
      this.#depth--;
    }
  };

  #answer(packet: PacketBuffer): void {
    const trusted = this.#trusted!;
    const outcome = trusted.handleCommand(packet, packet.length, this.#call(packet));
    const fixed = this.#wire.outgoing();
    if (fixed) {
      try {
        trusted.writeAnswer(outcome, fixed);
        this.#wire.send(fixed);
        return;
      } catch (error) {
        if (!(error instanceof Overflow)) throw error;
      }
    }
    this.#wire.send(written(trusted, outcome));
  }

  /** One buffer per depth, which is reused because commands are frequent. */
  #call(packet: PacketBuffer): WireCall {
    const wire = this.#wire;
    const call = (this.#calls[this.#depth] ??= {
      async: false,
      isPrivate: true,
      signal: {
        sequence: 0,
        get aborted() {
          return wire.aborted(this.sequence);
        },
      },
    });
    call.signal.sequence = packet.length >= 16 ? packet.i32[3]! : 0;
    return call;
  }
}

function written(trusted: TrustedEntry, outcome: Answer): PacketBuffer {
  const buffer = PacketBuffer.allocate();
  trusted.writeAnswer(outcome, buffer);
  return buffer;
}
