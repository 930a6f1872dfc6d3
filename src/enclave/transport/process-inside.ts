// The trusted end of transport 'process': what the child's entry file runs, on a socket pair or on standard streams.
// Refuses nothing itself: the dispatcher answers every packet.
import { fstatSync, readSync, type Stats, writevSync } from 'node:fs';
import { MAX_PACKET_BYTES, type PacketBuffer } from '../protocol/packet.js';
import type { TrustedFactory } from '../protocol/transport.js';
import { atIntervals } from './at-intervals.js';
import { FrameReader, frameHeader } from './frames.js';
import { eventLoop } from './node-event-loop.js';
import { TrustedConversation, type TrustedWire } from './trusted-conversation.js';

/** The socket pair's descriptor in the child. */
export const CHILD_FD = 3;
/** A file whose first word is the sequence number of the call that was given up last: unlike the socket, it can be read without waiting. */
export const ABORTED_FD = 4;

/** The child's wire. It may block, because the child does nothing else. */
class ChildWire implements TrustedWire {
  readonly #frames: FrameReader;
  readonly #chunk = new Uint8Array(65_536);
  readonly #input: number;
  readonly #output: number;
  /** No call has the number 0. */
  readonly #aborted = new Uint32Array(1);
  readonly #look: () => void;
  constructor(maxPacketBytes: number) {
    // A child that a launcher started has standard streams, every other one a socket pair.
    const socket = isSocket(CHILD_FD);
    this.#input = socket ? CHILD_FD : 0;
    this.#output = socket ? CHILD_FD : 1;
    this.#frames = new FrameReader(maxPacketBytes);
    const read = (): void => void readSync(ABORTED_FD, this.#aborted, 0, Uint32Array.BYTES_PER_ELEMENT, 0);
    this.#look = isFile(ABORTED_FD) ? atIntervals(() => performance.now(), read) : () => {};
  }
  receive(): PacketBuffer | undefined {
    for (;;) {
      const packet = this.#frames.next();
      if (packet) return packet;
      const count = readSync(this.#input, this.#chunk);
      if (count === 0) return undefined;
      this.#frames.give(this.#chunk.subarray(0, count));
    }
  }
  send(packet: PacketBuffer): void {
    const header = frameHeader(packet.length);
    const bytes = packet.bytes();
    let left: Uint8Array[] = [header, bytes];
    while (left.length > 0) {
      let written = writevSync(this.#output, left);
      left = left.flatMap((part) => {
        const skip = Math.min(written, part.length);
        written -= skip;
        return skip === part.length ? [] : [part.subarray(skip)];
      });
    }
  }
  outgoing(): undefined {
    return undefined;
  }
  aborted(sequence: number): boolean {
    this.#look();
    return this.#aborted[0] === sequence >>> 0;
  }
}

function isSocket(descriptor: number): boolean {
  return statOf(descriptor)?.isSocket() ?? false;
}
function isFile(descriptor: number): boolean {
  return statOf(descriptor)?.isFile() ?? false;
}
function statOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined;
  }
}

/**
 * Serves until the untrusted side closes the wire, then ends the process.
 * @param build makes the trusted side from the settings that processTransport() was given
 */
export function serveProcess(build: (settings: unknown) => TrustedFactory): void {
  const wire = new ChildWire(MAX_PACKET_BYTES);
  const settings = wire.receive();
  if (!settings) process.exit(0);
  const factory = build(JSON.parse(new TextDecoder().decode(settings.bytes())));
  const conversation = new TrustedConversation(wire, eventLoop);
  void conversation.serve(factory(conversation.ocall, true)).then(() => process.exit(0));
}
