// Where the memory of a world's runtime comes from. The user allocator is the meanest that is right: whatever grows moves, and what was
// given back is the first to be given out again.
import type { UserAllocatorOptions } from '#src/alloc/user.js';
import type { RuntimeInitArgs } from '#src/embed/init/init-args.js';
import type { AllocatorKind } from '../world.js';

/** Room for all that the steps of a world can ask for, twice: what grows may move. */
const POOL_BYTES = 16 << 20;

/** First fit over one buffer, without realloc: the runtime allocates, copies and frees. */
function firstFit(): UserAllocatorOptions {
  const blocks: { readonly start: number; readonly end: number }[] = [];
  const buffer = new ArrayBuffer(POOL_BYTES);
  return {
    buffer,
    malloc(size) {
      const wanted = Math.max(8, (size + 7) & ~7);
      let start = 8;
      let at = 0;
      for (; at < blocks.length && blocks[at]!.start - start < wanted; at++) start = blocks[at]!.end;
      if (start + wanted > POOL_BYTES) return 0;
      blocks.splice(at, 0, { start, end: start + wanted });
      return start;
    },
    free(pointer) {
      const at = blocks.findIndex((one) => one.start === pointer);
      if (at < 0) throw new Error('the runtime freed what is no block');
      blocks.splice(at, 1);
    },
  };
}

export function allocatorArguments(kind: AllocatorKind): RuntimeInitArgs {
  if (kind === 'pool') return { memAllocType: 'pool', memAllocOption: { pool: { heapSize: POOL_BYTES } } };
  if (kind === 'user') return { memAllocType: 'allocator', memAllocOption: { allocator: firstFit() } };
  return {};
}
