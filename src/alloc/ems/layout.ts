// The shape of an EMS heap in words: headers, control words, size classes. Pure arithmetic, no memory access.
// Refuses to hold state; docs/ems.md draws what is defined here.

/** Blocks start and end on this grid (bytes); payloads are aligned to it. */
export const GRANULE_BYTES = 8;
/** The header of every block, in bytes. */
export const HEADER_BYTES = 4;
/** A free block must hold its header, two links and its size at the end: 16 bytes. */
export const SMALLEST_BLOCK_GRANULES = 2;
/** A heap ends below this offset, so that word indices are small integers in every engine. */
export const LARGEST_HEAP_BYTES = 0xffff_0000;

/**
 * Header word: granules << 3 | parity << 2 | previous block used << 1 | used.
 * The parity bit makes the number of set bits odd: a header with a flipped bit never passes, nor do words of equal bytes,
 * such as a neighbour that fills too much memory leaves behind.
 * A free block repeats its header word at its end.
 */
export const USED = 1;
export const PREVIOUS_USED = 2;
export const PARITY = 4;
export const SIZE_SHIFT = 3;
/** The two flags that say what a block is: whether it is used, and whether the block before it is. */
export const STATE = USED | PREVIOUS_USED;
/** An exclusive or with one of these changes one flag and keeps the parity right. */
export const FLIP_USED = USED | PARITY;
export const FLIP_PREVIOUS_USED = PREVIOUS_USED | PARITY;

/** The control words by position. All are 32-bit; sizes are in granules, places in words. */
export const MAGIC = 0;
export const FIRST = 1;
export const END = 2;
export const USED_NOW = 3;
export const HIGHMARK = 4;
export const FROZEN_KIND = 5;
export const FROZEN_AT = 6;
export const FROZEN_DURING = 7;
export const LOCK = 8;
export const FLAGS = 9;
/** Bit i is set if bitmap word i is not 0. */
export const SUMMARY = 10;
/** Bit i of the bitmap is set if bin i is not empty. */
export const BITMAP = 11;
export const BITMAP_WORDS = 26;
/** The first block of each bin, as a word index; 0 if it is empty. */
export const HEADS = BITMAP + BITMAP_WORDS;

/** "EMS1" marks an initialised heap of this layout. */
export const MAGIC_VALUE = 0x454d_5331;
export const FLAG_ZEROING = 1;
export const FLAG_MAP = 2;

/** Each size below this many granules has a bin of its own; above, every power of two has SUB_BINS. */
const EXACT_BITS = 5;
const EXACT_BINS = 1 << EXACT_BITS;
const SUB_BITS = 5;
const SUB_BINS = 1 << SUB_BITS;
const LEVEL_BASE = 31 - EXACT_BITS;

/** Returns 1 if the number of set bits is even, as in no sound header; 0 if it is odd. */
export function evenBits(word: number): number {
  let folded = word ^ (word >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  return (0x9669 >>> (folded & 15)) & 1;
}

/** Returns the header of a block of this size with these flags (USED, PREVIOUS_USED). */
export function headerOf(granules: number, flags: number): number {
  const word = (granules << SIZE_SHIFT) | flags;
  return word | (evenBits(word) << 2);
}

/** Returns the bin that holds free blocks of this size. Bins are in the order of sizes. */
export function binOf(granules: number): number {
  if (granules < EXACT_BINS) return granules;
  const level = LEVEL_BASE - Math.clz32(granules);
  return EXACT_BINS - SUB_BINS + level * SUB_BINS + (granules >>> (level + EXACT_BITS - SUB_BITS));
}

/** Returns the granules of the block for a payload of this many bytes; `bytes` must be a whole number below LARGEST_HEAP_BYTES. */
export function granulesFor(bytes: number): number {
  return bytes <= 12 ? SMALLEST_BLOCK_GRANULES : (bytes + HEADER_BYTES + GRANULE_BYTES - 1) >>> 3;
}

/** Returns the word index of the first header for an arena that begins at this byte offset, so that payloads are aligned to 8. */
export function firstHeaderWord(start: number): number {
  return Math.ceil(start / GRANULE_BYTES) * 2 + 1;
}

/** Returns the word index of the last word of the arena, which holds the header of a block of size 0 that is always in use. */
export function endHeaderWord(start: number, bytes: number): number {
  return Math.floor((start + bytes) / GRANULE_BYTES) * 2 - 1;
}

/** Returns the index of the first word of the map of used blocks (one bit per granule) in the control words. */
export function mapWord(arenaBytes: number): number {
  return HEADS + binOf(Math.max(1, Math.floor(arenaBytes / GRANULE_BYTES))) + 1;
}

/**
 * Returns how many control words (4 bytes each) a heap over an arena of this many bytes needs. Control words hold everything that the heap must be
 * able to trust; see EmsHeap.
 */
export function controlWords(arenaBytes: number, withMap = false): number {
  const words = mapWord(arenaBytes) + (withMap ? Math.ceil(arenaBytes / (GRANULE_BYTES * 32)) + 1 : 0);
  return words + (words & 1);
}

/** The least bytes that an arena loses to alignment at the front and to the header at its end. */
export const ARENA_OVERHEAD_BYTES = 8;
/** The smallest arena that serves a request: it holds one smallest block. */
export const SMALLEST_ARENA_BYTES = ARENA_OVERHEAD_BYTES + SMALLEST_BLOCK_GRANULES * GRANULE_BYTES;
