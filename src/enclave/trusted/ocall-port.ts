// Calls from the trusted to the untrusted side: encodes a row of the ocall table and decodes the answer. The answer is checked against the row
// only; the caller checks the rest. Refuses answers to other ocalls.
import { InternalError, UsageError } from '../../wasm/errors.js';
import { decode, encode, OCALL_ROUTES } from '../protocol/codec.js';
import { ProtocolError } from '../protocol/enclave-errors.js';
import type { OcallArgs, OcallName, OcallResult } from '../protocol/ocalls.js';
import { KIND, PacketBuffer, PacketReader } from '../protocol/packet.js';
import { ERROR_LAYOUT, fromWire } from '../protocol/wire-errors.js';

/**
 * Carries an ocall to the untrusted side and its answer back, in private memory. Returns a promise where the transport cannot wait (an async
 * function of the embedder in the same thread).
 */
export type OcallTransport = (packet: PacketBuffer) => PacketBuffer | Promise<PacketBuffer>;

/** Throws a ProtocolError where the untrusted side claims more bytes than it was asked for. */
export function atMost(claimed: number, asked: number, ocall: string): number {
  if (claimed > asked) throw new ProtocolError(`${ocall}: the untrusted side claims ${claimed} of ${asked} bytes`);
  return claimed;
}

export class OcallPort {
  readonly #transport: OcallTransport;
  /** The most bytes that the untrusted side takes in one packet, as the handshake says. */
  maxPacketBytes = Number.POSITIVE_INFINITY;
  /** Is called before each ocall but PRINT: what was written before goes out before. */
  before: (() => void) | undefined;
  #sequence = 0;

  constructor(transport: OcallTransport) {
    this.#transport = transport;
  }

  /** Makes an ocall and waits. Throws what the embedder's function threw (an UntrustedFailure), or a ProtocolError for a faulty answer. */
  call<K extends OcallName>(name: K, args: OcallArgs<K>): OcallResult<K> {
    const result = this.callMaybeAsync(name, args);
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new UsageError(
        `ocall ${name}: the untrusted side answered with a promise, which cannot be waited for here: async functions and streams of JavaScript need transport 'worker' with shared memory, or 'process'`,
      );
    }
    return result;
  }

  /** Makes an ocall to a function that may be async. Returns a promise where the transport gave one. */
  callMaybeAsync<K extends OcallName>(name: K, args: OcallArgs<K>): OcallResult<K> | Promise<OcallResult<K>> {
    const route = OCALL_ROUTES.get(name);
    if (!route) throw new InternalError(`no ocall ${name}`);
    if (this.before !== undefined && name !== 'print') this.before();
    const sequence = (this.#sequence = (this.#sequence + 1) >>> 0);
    const packet = PacketBuffer.allocate();
    const length = encode(packet, KIND.ocall, sequence, route, route.args, args);
    if (length > this.maxPacketBytes) {
      throw new UsageError(
        `${route.name}: ${length} bytes, and the untrusted side takes ${this.maxPacketBytes} at once`,
      );
    }
    const answer = this.#transport(packet);
    if (answer instanceof Promise) return answer.then((a) => this.#read(name, sequence, a));
    return this.#read(name, sequence, answer);
  }

  #read<K extends OcallName>(name: K, sequence: number, answer: PacketBuffer): OcallResult<K> {
    const route = OCALL_ROUTES.get(name)!;
    const reader = new PacketReader();
    reader.begin(answer);
    if (reader.number !== route.number || reader.sequence !== sequence) {
      throw new ProtocolError(`the untrusted side answered another question than ${route.name}`);
    }
    if (reader.kind === KIND.ocallError) {
      const { error } = decode(reader, route, ERROR_LAYOUT) as { error: Parameters<typeof fromWire>[0] };
      throw fromWire(error);
    }
    if (reader.kind !== KIND.ocallResult) throw new ProtocolError(`message kind ${reader.kind} is no answer`);
    return decode(reader, route, route.result) as OcallResult<K>;
  }
}
