// The blocks of a runtime's pool as a message. Refuses runtimes without a pool: they have no map.
import { Pool } from '#src/alloc/pool.js';
import type { Runtime } from '#src/embed/runtime.js';
import { BLOCK_USES, type HeapMap } from '../messages.js';

const MOST_BLOCKS = 50_000;

export function heapMapOf(runtime: Runtime): HeapMap | undefined {
  const { allocator, ended } = runtime.state.store;
  if (ended || !(allocator instanceof Pool)) return undefined;
  const { total, totalFree, highmark } = allocator.getMemAllocInfo();
  const offsets: number[] = [];
  const bytes: number[] = [];
  const uses: number[] = [];
  let left = 0;
  for (const block of allocator.blocks()) {
    if (offsets.length === MOST_BLOCKS) {
      left++;
      continue;
    }
    offsets.push(block.offset);
    bytes.push(block.bytes);
    uses.push(BLOCK_USES.indexOf(block.use));
  }
  return {
    total,
    free: totalFree,
    highmark,
    offsets: Float64Array.from(offsets),
    bytes: Float64Array.from(bytes),
    uses: Uint8Array.from(uses),
    left,
  };
}
