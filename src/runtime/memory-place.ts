// Where the bytes of a linear memory lie: a buffer that is made for it, dropped when the memory moves or ends, and never reused. So a view that was
// kept too long reaches the memory's old bytes and never those of another guest, in every JavaScript engine and on every path. Refuses to detach a
// dropped buffer: one detached buffer in a process makes V8 check every access for it (interp: a quarter slower).

export interface MemoryPlace {
  readonly buffer: ArrayBuffer;
  /** The position of the memory's first byte in the buffer, a multiple of 8. */
  readonly offset: number;
  /** The most bytes that the memory can have here. */
  readonly capacity: number;
  /** The memory has moved elsewhere or has ended. */
  end(): void;
}

/**
 * Takes a place for `bytes`, all zero, with room for `capacity` if that many addresses are available.
 * Returns undefined if there is not even room for `bytes`.
 */
export function takePlace(bytes: number, capacity: number): MemoryPlace | undefined {
  for (const wanted of [capacity, Math.min(capacity, Math.ceil(bytes * 1.25)), bytes]) {
    try {
      return { buffer: new ArrayBuffer(wanted), offset: 0, capacity: wanted, end: () => {} };
    } catch (error) {
      // JavaScript reports with a RangeError that it cannot allocate the buffer.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}
