// The checked build's places for memories, in place of src/runtime/memory-place.ts: a memory moves at every growth, each place lies between
// canaries, and what it leaves is poisoned and detached. Whoever keeps an old view fails at once, and whoever writes beside a memory is named.
// Refuses to go on, with an error that no guest can catch, when a canary has changed.

/** Bytes of canaries before and behind a memory. */
const CANARY_BYTES = 4096;
const CANARY = 0xc5;
const POISON = 0xdb;

/** As in src/runtime/memory-place.ts. */
interface MemoryPlace {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly capacity: number;
  end(): void;
}

export function takePlace(bytes: number): MemoryPlace | undefined {
  const behind = CANARY_BYTES + Math.ceil(bytes / 8) * 8;
  let buffer: ArrayBuffer;
  try {
    buffer = new ArrayBuffer(behind + CANARY_BYTES);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const all = new Uint8Array(buffer);
  all.fill(CANARY, 0, CANARY_BYTES);
  all.fill(CANARY, behind);
  return {
    buffer,
    offset: CANARY_BYTES,
    capacity: bytes,
    end() {
      for (const [from, to] of [
        [0, CANARY_BYTES],
        [behind, all.length],
      ] as const) {
        const at = all.subarray(from, to).findIndex((byte) => byte !== CANARY);
        if (at >= 0)
          throw new Error(
            `checked build: the canary ${from + at - CANARY_BYTES} bytes from a memory's start has changed`,
          );
      }
      // Of large memories the ends are enough: the buffer is gone the next moment.
      all.fill(POISON, 0, Math.min(all.length, 1 << 20));
      structuredClone(buffer, { transfer: [buffer] });
    },
  };
}
