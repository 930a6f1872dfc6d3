// Packets in a stream of bytes: four bytes of length, little-endian, then the packet. Pure: knows no sockets.
// Refuses lengths beyond the limit before anything is allocated for them.
import { ProtocolError } from '../protocol/errors.js';
import { PacketBuffer } from '../protocol/packet.js';

const HEADER_BYTES = 4;

export function frameHeader(length: number): Uint8Array {
  return new Uint8Array([length & 0xff, (length >>> 8) & 0xff, (length >>> 16) & 0xff, length >>> 24]);
}

/** Puts packets together again, whatever pieces they come in. Each is in memory of its own. */
export class FrameReader {
  readonly #maxPacketBytes: number;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  #packet: PacketBuffer | undefined;
  #filled = 0;

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** The packets that are complete with this piece. Throws a ProtocolError for a length beyond the limit. */
  push(chunk: Uint8Array): PacketBuffer[] {
    const complete: PacketBuffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (!this.#packet) {
        const take = Math.min(HEADER_BYTES - this.#headerFilled, chunk.length - at);
        this.#header.set(chunk.subarray(at, at + take), this.#headerFilled);
        this.#headerFilled += take;
        at += take;
        if (this.#headerFilled < HEADER_BYTES) break;
        this.#begin();
      }
      const packet = this.#packet!;
      const take = Math.min(packet.length - this.#filled, chunk.length - at);
      packet.u8.set(chunk.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === packet.length) {
        complete.push(packet);
        this.#packet = undefined;
      }
    }
    return complete;
  }

  #begin(): void {
    const length = new DataView(this.#header.buffer).getUint32(0, true);
    if (length === 0 || length > this.#maxPacketBytes) {
      throw new ProtocolError(`a packet of ${length} bytes: 1 to ${this.#maxPacketBytes} are possible`);
    }
    this.#packet = PacketBuffer.allocate(Math.max(32, length));
    this.#packet.length = length;
    this.#filled = this.#headerFilled = 0;
  }
}
