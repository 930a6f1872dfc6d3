// Tells of every packet that crosses the boundary, by its name and size, as the untrusted side sees it. It reads headers only, never contents, and what
// it tells changes nothing of what is sent. Where nobody observes, no packet passes through here.
import { COMMAND_BY_NUMBER, OCALL_BY_NUMBER } from '../protocol/codec.js';
import { KIND, type PacketBuffer } from '../protocol/packet.js';
import type { Connection, OcallHandler, Transport } from '../protocol/transport.js';

/** One packet over the boundary of an enclave and its answer, seen from outside. */
export interface ObservedPacket {
  /** A command goes into the enclave, an ocall comes out of it. */
  readonly kind: 'command' | 'ocall';
  /** The name of the command or of the ocall: `LOAD_MODULE`. */
  readonly name: string;
  /** Bytes of the packet that asks. */
  readonly bytes: number;
  /** Bytes of the answer; 0 where there is none. */
  readonly answerBytes: number;
  /** How it ended: `lost` where no answer came. */
  readonly outcome: 'answered' | 'error' | 'lost';
  /** When it was sent or arrived, in milliseconds of the enclave's timers. */
  readonly startedAt: number;
  /** How long the answer took, in milliseconds; ocalls in between are part of a command's time. */
  readonly ms: number;
}

/** Is told of every packet. It must return soon: the enclave waits meanwhile. */
export type PacketObserver = (packet: ObservedPacket) => void;

/** The word of a packet's header with what it is, and the one with its number. */
const KIND_WORD = 1;
const NUMBER_WORD = 2;

export function observedTransport(transport: Transport, now: () => number, tell: PacketObserver): Transport {
  const begin = (kind: ObservedPacket['kind'], packet: PacketBuffer) => {
    const number = packet.i32[NUMBER_WORD]!;
    const name = (kind === 'command' ? COMMAND_BY_NUMBER : OCALL_BY_NUMBER)[number]?.name ?? `number ${number}`;
    const bytes = packet.length;
    const startedAt = now();
    return (answer: PacketBuffer | undefined): void => {
      const failed = answer?.i32[KIND_WORD] === KIND.error || answer?.i32[KIND_WORD] === KIND.ocallError;
      const outcome = answer === undefined ? 'lost' : failed ? 'error' : 'answered';
      tell({ kind, name, bytes, answerBytes: answer?.length ?? 0, outcome, startedAt, ms: now() - startedAt });
    };
  };
  const ocallObserved =
    (ocall: OcallHandler): OcallHandler =>
    (packet) => {
      const ended = begin('ocall', packet);
      const answer = ocall(packet);
      if (answer instanceof Promise)
        return answer.then((one) => {
          ended(one);
          return one;
        });
      ended(answer);
      return answer;
    };
  return {
    ...transport,
    open: (ocall, failed) => observedConnection(transport.open(ocallObserved(ocall), failed), begin),
  };
}

function observedConnection(
  connection: Connection,
  begin: (kind: 'command', packet: PacketBuffer) => (answer: PacketBuffer | undefined) => void,
): Connection {
  const { reachesGuests } = connection;
  return {
    ...(connection.outgoing && { outgoing: () => connection.outgoing!() }),
    ...(connection.processorClock && { processorClock: () => connection.processorClock!() }),
    ...(reachesGuests !== undefined && { reachesGuests }),
    callSync(packet, answer, timeoutMs) {
      const ended = begin('command', packet);
      let received: PacketBuffer | undefined;
      try {
        const sequence = connection.callSync(packet, answer, timeoutMs);
        received = answer;
        return sequence;
      } finally {
        ended(received);
      }
    },
    async call(packet, ticket) {
      const ended = begin('command', packet);
      let received: PacketBuffer | undefined;
      try {
        received = await connection.call(packet, ticket);
        return received;
      } finally {
        ended(received);
      }
    },
    abort: (ticket, error) => connection.abort(ticket, error),
    fail: (error) => connection.fail(error),
    get failure() {
      return connection.failure;
    },
    close: () => connection.close(),
  };
}
