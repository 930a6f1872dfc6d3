// How two threads of a browser exchange what a ring has no room for: through a second piece of shared memory that grows with the largest packet, because a
// thread that waits gets no messages there. Refuses packets beyond MAX_SHARED_PACKET_BYTES.
import { EnclaveError } from '../protocol/enclave-errors.js';
import { plainCopy } from '../protocol/packet.js';
import { allocateRing, type BigPacket, type Messages, type RingMemory } from './ring.js';

/** The largest packet in bytes. It is an address range for each direction, and memory only once a packet needs it. */
export const MAX_SHARED_PACKET_BYTES = 268_435_456;
/** The length of the packet, in front of it. */
const LENGTH_BYTES = 8;

/** A SharedArrayBuffer that grows, which newer browsers have. */
interface GrowableMemory extends SharedArrayBuffer {
  grow(byteLength: number): void;
}
type GrowableConstructor = new (byteLength: number, options: { maxByteLength: number }) => SharedArrayBuffer;

/** The memory between a page or a worker and the worker of its enclave. */
export interface SharedWire {
  readonly ring: RingMemory;
  readonly toTrusted: SharedArrayBuffer;
  readonly toUntrusted: SharedArrayBuffer;
}

/** @returns undefined where the browser keeps shared memory back, or has none that grows */
export function allocateWire(areaBytes: number | undefined): SharedWire | undefined {
  if (typeof SharedArrayBuffer !== 'function' || !('grow' in SharedArrayBuffer.prototype)) return undefined;
  const growable = () =>
    new (SharedArrayBuffer as unknown as GrowableConstructor)(LENGTH_BYTES, {
      maxByteLength: LENGTH_BYTES + MAX_SHARED_PACKET_BYTES,
    });
  try {
    return { ring: allocateRing(areaBytes), toTrusted: growable(), toUntrusted: growable() };
  } catch {
    // There is no room for the address ranges.
    return undefined;
  }
}

/**
 * @param out where this side's packets go
 * @param incoming where the other side's come from
 * @param wake makes the other side's event loop run
 */
export function sharedMessages(out: SharedArrayBuffer, incoming: SharedArrayBuffer, wake: () => void): Messages {
  return {
    post: (message) => (typeof message === 'number' ? wake() : put(out as GrowableMemory, message)),
    take: () => taken(incoming),
    now: () => performance.now(),
    // Browsers do not tell how many cores are free for them.
    spin: navigator.hardwareConcurrency > 1,
    copy: plainCopy,
  };
}

function put(memory: GrowableMemory, { buffer, length }: BigPacket): void {
  if (length > MAX_SHARED_PACKET_BYTES) {
    throw new EnclaveError('refused', `a packet of ${length} bytes: here they have at most ${MAX_SHARED_PACKET_BYTES}`);
  }
  const bytes = LENGTH_BYTES + length;
  if (memory.byteLength < bytes) memory.grow(bytes);
  new Uint8Array(memory, LENGTH_BYTES, length).set(new Uint8Array(buffer, 0, length));
  new Int32Array(memory, 0, 1)[0] = length;
}

/** Copies the packet out: the other side may write to the memory at any time, so its length is read once. */
function taken(memory: SharedArrayBuffer): BigPacket {
  const length = new Int32Array(memory, 0, 1)[0]!;
  if (length < 0 || length > memory.byteLength - LENGTH_BYTES) {
    throw new EnclaveError('protocol', `a packet of ${length} bytes in memory of ${memory.byteLength}`);
  }
  const buffer = new ArrayBuffer((length + 7) & ~7);
  new Uint8Array(buffer).set(new Uint8Array(memory, LENGTH_BYTES, length));
  return { buffer, length };
}
