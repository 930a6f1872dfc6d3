// Packets in a stream of bytes: four bytes of length, little-endian, then the packet. This file knows no sockets. Refuses lengths beyond the limit
// before memory is allocated for them.
import { ProtocolError } from '../protocol/enclave-errors.js';
import { PacketBuffer } from '../protocol/packet.js';

const HEADER_BYTES = 4;

export function frameHeader(length: number): Uint8Array {
  return new Uint8Array([length & 0xff, (length >>> 8) & 0xff, (length >>> 16) & 0xff, length >>> 24]);
}

/** Reassembles packets from the chunks of a stream. Each packet is in memory of its own, which is made when the packet is taken. */
export class FrameReader {
  readonly #maxPacketBytes: number;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  #packet: PacketBuffer | undefined;
  #filled = 0;
  /** The chunk that is being read, and the offset in it. */
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** Gives it the next chunk of the stream, when `next` has found no further packet in the one before. */
  give(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Returns the next complete packet; undefined where more of the stream is needed. Throws a ProtocolError for a length beyond the limit. */
  next(): PacketBuffer | undefined {
    if (!this.#packet) {
      this.#headerFilled += this.#take(this.#header, this.#headerFilled, HEADER_BYTES);
      if (this.#headerFilled < HEADER_BYTES) return undefined;
      this.#packet = this.#begin();
    }
    const packet = this.#packet;
    this.#filled += this.#take(packet.u8, this.#filled, packet.length);
    if (this.#filled < packet.length) return undefined;
    this.#packet = undefined;
    return packet;
  }

  /** The number of bytes of the chunk that were not taken yet. */
  get left(): number {
    return this.#chunk.length - this.#at;
  }

  /** Copies the available bytes to `into`, from `filled` up to `end`. Returns how many bytes. */
  #take(into: Uint8Array, filled: number, end: number): number {
    const bytes = this.#chunk.subarray(this.#at, this.#at + end - filled);
    into.set(bytes, filled);
    this.#at += bytes.length;
    return bytes.length;
  }
  #begin(): PacketBuffer {
    const length = new DataView(this.#header.buffer).getUint32(0, true);
    if (length === 0 || length > this.#maxPacketBytes) {
      throw new ProtocolError(`a packet of ${length} bytes: 1 to ${this.#maxPacketBytes} are possible`);
    }
    const packet = PacketBuffer.allocate(Math.max(32, length));
    packet.length = length;
    this.#filled = this.#headerFilled = 0;
    return packet;
  }
}
