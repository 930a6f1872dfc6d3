// The one interface through which the runtime gets memory, whether from a pool, the embedder or the system. An allocator does not know what the bytes
// are for.
import type { CorruptionReport } from './ems/corruption.js';

export { AllocatorError, type AllocatorErrorKind, HeapCorruptionError } from './allocator-errors.js';
export type { CorruptionReport };

/** Offsets of blocks are multiples of this, in bytes. */
export const BLOCK_ALIGNMENT = 8;

/**
 * A place for bytes: `size` bytes at `offset` in `buffer`. Offsets are multiples of 8, and never 0. Do not keep the buffer: an embedder's buffer
 * may be replaced when it grows, so read it from the block again.
 */
export interface Block {
  /** The buffer that it lies in. */
  readonly buffer: ArrayBufferLike;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** The size that was requested, in bytes; 0 is allowed and still a place of its own. */
  readonly size: number;
}

/** The bytes of the pool, exact at any time. The allocator's own headers count as used. */
export interface MemAllocInfo {
  /** All bytes. */
  readonly total: number;
  /** Bytes that are free, contiguous or not. */
  readonly totalFree: number;
  /** The most that was ever in use at once. */
  readonly highmark: number;
}

/** Bytes that live elsewhere (a host's memory, a table of references) and count against the same budget. */
export interface Charge {
  readonly bytes: number;
  /** Changes the amount. Returns false, and changes nothing, when the budget does not allow it. */
  resize(bytes: number): boolean;
  /** Gives the bytes back to the budget. A second call is an AllocatorError. */
  release(): void;
}

/** What a walk over everything that the allocator manages found. */
export interface VerifyReport {
  /** Whether no inconsistency was found. */
  readonly ok: boolean;
  /** One line for each inconsistency; empty when ok. */
  readonly problems: readonly string[];
  /** Blocks in use, those behind charges included. */
  readonly usedBlocks: number;
  /** The damage that froze the heap, found now or earlier; always null where there is no heap. */
  readonly corruption: CorruptionReport | null;
}

/** What was still allocated when an allocator was destroyed. */
export interface LeakReport {
  /** Blocks in use, charges not included. */
  readonly blocks: number;
  /** Bytes of these blocks. */
  readonly bytes: number;
  /** Charges for things that live elsewhere and were still counted. */
  readonly charges: number;
  /** The bytes of these charges. */
  readonly chargedBytes: number;
  /** The first few leaked blocks. */
  readonly first: readonly { readonly offset: number; readonly size: number }[];
  /** The damage that froze the heap; null where there was none. */
  readonly corruption: CorruptionReport | null;
}

/** At most this many blocks are listed one by one in a LeakReport. */
export const LEAKS_LISTED = 16;

/**
 * A source of memory. "Does not fit" is null; wrong use is an AllocatorError that names it; a damaged heap is a HeapCorruptionError, from the call
 * that found it and from every later malloc, realloc, alignedAlloc and charge. `free` on a heap that is already frozen does nothing, so that a
 * teardown can run to its end.
 */
export interface Allocator {
  readonly kind: 'pool' | 'allocator' | 'system';
  /** Allocates `size` bytes (a whole number). They are zeroed on request only; pool and system memory is zero in any case. */
  malloc(size: number, zeroed?: boolean): Block | null;
  /**
   * Changes a block's size, keeping its bytes; new bytes are zero. On success the old block object is dead unless it is the one returned; on null
   * it stays valid. The block keeps the alignment that it was allocated with.
   */
  realloc(block: Block, size: number): Block | null;
  /** Gives a block back, zeroed. */
  free(block: Block): void;
  /** Allocates at a multiple of `alignment` bytes, a power of two, counted from the start of the buffer. */
  alignedAlloc(size: number, alignment: number): Block | null;
  /** Returns null if there is no budget to count against. */
  getMemAllocInfo(): MemAllocInfo | null;
  /** Takes `bytes` from the budget for something that lives elsewhere; null when they do not fit. */
  charge(bytes: number): Charge | null;
  verify(): VerifyReport;
  /** Ends the allocator: everything is zeroed, and what was still allocated is reported. Later calls are AllocatorErrors. */
  destroy(): LeakReport;
}

/** Returns the block's bytes, where they are now. */
export function bytesOf(block: Block): Uint8Array {
  return new Uint8Array(block.buffer, block.offset, block.size);
}
