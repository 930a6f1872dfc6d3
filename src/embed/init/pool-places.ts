// Records which parts of an embedder's buffers are pools of live runtimes. The record belongs to the buffer, not to a runtime: two runtimes know
// nothing of each other, but each would overwrite the other's blocks. Refuses a place that overlaps one that is taken.
import { UsageError } from '../../wasm/errors.js';

interface Place {
  readonly start: number;
  readonly end: number;
}

const TAKEN = new WeakMap<ArrayBufferLike, Set<Place>>();

/**
 * Takes bytes [offset, offset + size) of a buffer.
 * @returns a function that gives them back
 * @throws UsageError where a live runtime uses some of them
 */
export function takePlace(buffer: ArrayBufferLike, offset: number, size: number): () => void {
  const place: Place = { start: offset, end: offset + size };
  const places = TAKEN.get(buffer) ?? new Set();
  for (const { start, end } of places) {
    if (place.start < end && start < place.end) {
      throw new UsageError(
        'memAllocOption.pool: heapBuf is the pool of another runtime, which must be destroyed first',
      );
    }
  }
  TAKEN.set(buffer, places.add(place));
  return () => places.delete(place);
}
