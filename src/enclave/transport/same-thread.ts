// The trusted side in the embedder's own thread: each packet is copied and dispatched. It separates data, not faults: only its limits stop a guest's
// endless loop, and a crash of the runtime is a crash of the embedder. Refuses sync calls that reach async functions of the embedder.
import { EnclaveError } from '../protocol/enclave-errors.js';
import { MAX_PACKET_BYTES, PacketBuffer } from '../protocol/packet.js';
import type {
  Connection,
  OcallHandler,
  Ticket,
  Transport,
  TrustedEntry,
  TrustedFactory,
} from '../protocol/transport.js';

export interface SameThreadOptions {
  /** Builds the trusted side. */
  readonly trusted: TrustedFactory;
  /** Largest packet in bytes. */
  readonly maxPacketBytes?: number | undefined;
}

/** The transport 'same-thread'. */
export function sameThreadTransport(options: SameThreadOptions): Transport {
  return {
    name: 'same-thread',
    sync: true,
    maxPacketBytes: Math.min(options.maxPacketBytes ?? MAX_PACKET_BYTES, MAX_PACKET_BYTES),
    nests: false,
    canBeEnded: false,
    open: (ocall, failed) => new SameThreadConnection(options.trusted, ocall, failed),
  };
}

class SameThreadConnection implements Connection {
  /** It looks at the ticket. */
  readonly reachesGuests = true;
  readonly #trusted: TrustedEntry;
  /** The async commands in progress, by ticket. */
  readonly #running = new Map<Ticket, Promise<unknown>>();
  /** Rejects each promise that waits for something async. */
  readonly #waiting = new Set<(error: EnclaveError) => void>();
  #sequence = 0;
  #failure: EnclaveError | undefined;

  readonly #failed: (() => void) | undefined;

  constructor(trusted: TrustedFactory, ocall: OcallHandler, failed: (() => void) | undefined) {
    this.#failed = failed;
    // Packets are copied both ways, so that neither side ever holds memory that the other writes to.
    this.#trusted = trusted((packet) => {
      if (this.#failure) throw this.#failure;
      const answer = ocall(PacketBuffer.copyOf(packet.bytes()));
      if (answer instanceof Promise) return this.#orFailure(answer).then((a) => PacketBuffer.copyOf(a.bytes()));
      return PacketBuffer.copyOf(answer.bytes());
    }, false);
  }

  get failure(): EnclaveError | undefined {
    return this.#failure;
  }

  callSync(packet: PacketBuffer, answer: PacketBuffer): number {
    if (this.#failure) throw this.#failure;
    const sequence = this.#stamp(packet);
    const outcome = this.#trusted.handleCommand(packet, packet.length);
    // A function of the embedder may have closed the enclave meanwhile, and with it what the answer names.
    if (this.#failure) throw this.#failure;
    this.#trusted.writeAnswer(outcome, answer);
    return sequence;
  }

  async call(packet: PacketBuffer, ticket: Ticket): Promise<PacketBuffer> {
    if (this.#failure) throw this.#failure;
    this.#stamp(packet);
    const running = this.#trusted.handleCommand(packet, packet.length, { async: true, signal: ticket });
    this.#running.set(ticket, running);
    const ended = () => this.#running.delete(ticket);
    running.then(ended, ended);
    const outcome = await this.#orFailure(running);
    const answer = PacketBuffer.allocate();
    this.#trusted.writeAnswer(outcome, answer);
    return answer;
  }

  /** The guest checks the ticket itself. */
  abort(ticket: Ticket): boolean {
    ticket.aborted = true;
    return false;
  }
  fail(error: EnclaveError): void {
    if (this.#failure) return;
    this.#failure = error;
    for (const ticket of this.#running.keys()) ticket.aborted = true;
    for (const giveUp of this.#waiting) giveUp(error);
    this.#trusted.end();
    this.#failed?.();
  }
  async close(): Promise<void> {
    this.fail(new EnclaveError('closed', 'the enclave is closed'));
    await Promise.allSettled(this.#running.values());
  }

  /** Resolves as `work` does, or rejects with the failure of this connection, whichever is first. */
  #orFailure<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      void work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }
  #stamp(packet: PacketBuffer): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    packet.i32[3] = this.#sequence;
    return this.#sequence;
  }
}
