// Both ends of a wire of messages, for JavaScript environments without shared memory: neither side can block, so all calls are async.
// Refuses, with an error that names the ocall, to wait for functions of the embedder; output and log lines are sent without waiting.
import { encode, OCALL_BY_NUMBER, OCALL_ROUTES } from '../protocol/codec.js';
import { KIND, PacketBuffer, PacketReader } from '../protocol/packet.js';
import type { TrustedEntry, TrustedFactory } from '../protocol/transport.js';
import { atIntervals } from './at-intervals.js';
import type { UntrustedWire } from './untrusted-conversation.js';

/** A MessagePort, as both ends use it. */
export interface Port {
  postMessage(message: Uint8Array, transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** A port of its own for calls that were given up: a guest that runs looks into it, and must not take other messages out of their turn. */
export interface AbortPort {
  postMessage(sequence: number): void;
}

/** Posts a copy of the packet's bytes: a view would take all of the memory behind it along. */
function post(port: Pick<Port, 'postMessage'>, packet: PacketBuffer): void {
  const bytes = packet.bytes().slice();
  port.postMessage(bytes, [bytes.buffer]);
}

/** The untrusted end. */
export class MessageUntrusted implements UntrustedWire {
  readonly #port: Pick<Port, 'postMessage'>;
  readonly #aborts: AbortPort;
  /** @param aborts carries the sequence numbers of calls that were given up */
  constructor(port: Pick<Port, 'postMessage'>, aborts: AbortPort) {
    this.#port = port;
    this.#aborts = aborts;
  }
  send(packet: PacketBuffer): void {
    post(this.#port, packet);
  }
  woken(message: unknown): PacketBuffer | undefined {
    return message instanceof Uint8Array ? PacketBuffer.copyOf(message) : undefined;
  }
  abort(sequence: number): void {
    this.#aborts.postMessage(sequence >>> 0);
  }
  now(): number {
    return 0;
  }
}

const PRINT = OCALL_ROUTES.get('print')!;
const LOG = OCALL_ROUTES.get('log')!;

/**
 * Serves the trusted end: commands run in slices where the mode can pause, and ocalls are promises.
 * @param takeAborted takes the next sequence number from the port for calls that were given up, without waiting
 */
export function serveMessages(
  port: Port,
  factory: TrustedFactory,
  takeAborted: () => unknown,
  now: () => number,
): void {
  const aborted = new Set<unknown>();
  const look = atIntervals(now, () => {
    for (let sequence = takeAborted(); sequence !== undefined; sequence = takeAborted()) aborted.add(sequence);
  });
  const waiting = new Map<number, (answer: PacketBuffer) => void>();
  const reader = new PacketReader();
  const ocall = (packet: PacketBuffer): PacketBuffer | Promise<PacketBuffer> => {
    post(port, packet);
    reader.begin(packet);
    const { sequence } = reader;
    const route = OCALL_BY_NUMBER[reader.number];
    if (route === PRINT) return ahead(PRINT, sequence, { written: printed(packet) });
    if (route === LOG) return ahead(LOG, sequence, {});
    return new Promise((resolve) => waiting.set(sequence, resolve));
  };
  const trusted: TrustedEntry = factory(ocall, false);
  port.on('message', (message) => {
    if (!(message instanceof Uint8Array)) return;
    const packet = PacketBuffer.copyOf(message);
    const kind = packet.i32[1]!;
    if (kind === KIND.ocallResult || kind === KIND.ocallError) {
      const sequence = packet.i32[3]! >>> 0;
      waiting.get(sequence)?.(packet);
      waiting.delete(sequence);
      return;
    }
    const given = packet.i32[3]! >>> 0;
    const signal = {
      get aborted(): boolean {
        look();
        return aborted.has(given);
      },
    };
    // The packet is a copy of the message, so no other thread writes to it.
    void trusted.handleCommand(packet, packet.length, { async: true, signal, isPrivate: true }).then((outcome) => {
      aborted.delete(given);
      const answer = PacketBuffer.allocate();
      trusted.writeAnswer(outcome, answer);
      post(port, answer);
    });
  });
}

/** Makes the answer that the untrusted side will give, without waiting for it. */
function ahead(route: typeof PRINT, sequence: number, result: object): PacketBuffer {
  const answer = PacketBuffer.allocate();
  encode(answer, KIND.ocallResult, sequence, route, route.result, result);
  return answer;
}
/** Returns the bytes of a PRINT packet's payload: the first length word after its one slot. */
function printed(packet: PacketBuffer): number {
  return packet.i32[10]!;
}
