// Where the bytes of a linear memory lie: a buffer of its own, made for it, dropped when it moves or ends, and never given to anybody else.
// So a view that somebody has kept too long reaches what was there, and no other guest: on every host, whatever path led there.
// Refuses to detach what is dropped: one detached buffer in a process makes V8 check every access for it (interp: a quarter slower).

export interface MemoryPlace {
  readonly buffer: ArrayBuffer;
  /** First byte of the memory in the buffer, a multiple of 8. */
  readonly offset: number;
  /** Bytes that the memory can have here. */
  readonly capacity: number;
  /** The memory is elsewhere from now on, or nowhere. */
  end(): void;
}

/**
 * A place for `bytes`, all zero, with room for `capacity` where the host has that many addresses to spare.
 * Undefined where it has not even room for `bytes`.
 */
export function takePlace(bytes: number, capacity: number): MemoryPlace | undefined {
  for (const wanted of [capacity, Math.min(capacity, Math.ceil(bytes * 1.25)), bytes]) {
    try {
      return { buffer: new ArrayBuffer(wanted), offset: 0, capacity: wanted, end: () => {} };
    } catch (error) {
      // The host's way to say that it has no such memory.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}
