// The inside of the EMS heap: the shape of its words, and taking, giving back and resizing blocks, in constant time.
// One file on purpose: constants of the same module are folded by the engine, imported ones are loaded at every use.
// Refuses to lock and to explain: EmsHeap (heap.ts) does both.
import {
  CORRUPTION_KINDS,
  type CorruptionKind,
  type CorruptionReport,
  corruptionReport,
  HEAP_OPERATIONS,
  type HeapOperation,
} from './corruption.js';

/** Blocks start and end on this grid (bytes); payloads are aligned to it. */
export const GRANULE_BYTES = 8;
/** Header of every block, in bytes. */
export const HEADER_BYTES = 4;
/** A free block must hold its header, two links and its size at the end: 16 bytes. */
export const SMALLEST_BLOCK_GRANULES = 2;
/** Word indices of a heap must stay below 2^30, so that they are small integers in every engine. */
export const LARGEST_HEAP_BYTES = 0xffff_0000;

/**
 * Header word: granules << 3 | parity << 2 | previous block used << 1 | used.
 * The parity bit makes the number of set bits even, so that a header with a flipped bit never passes.
 * A free block repeats its header word at its end.
 */
export const USED = 1;
export const PREVIOUS_USED = 2;
export const PARITY = 4;
export const SIZE_SHIFT = 3;

/** Control words, by position. All are 32-bit; sizes are in granules, places in words. */
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
/** Bit i is set when bitmap word i is not 0. */
export const SUMMARY = 10;
/** Bit i of the bitmap is set when bin i is not empty. */
export const BITMAP = 11;
const BITMAP_WORDS = 5;
/** First block of each bin, as a word index; 0 is "empty". */
export const HEADS = BITMAP + BITMAP_WORDS;

/** "EMS1": an initialised heap of this layout. */
export const MAGIC_VALUE = 0x454d_5331;
export const FLAG_ZEROING = 1;
export const FLAG_MAP = 2;

/** Sizes below this many granules have a bin each; above, every power of two has SUB_BINS. */
const EXACT_BITS = 5;
const EXACT_BINS = 1 << EXACT_BITS;
const SUB_BITS = 2;
const SUB_BINS = 1 << SUB_BITS;
const LEVEL_BASE = 31 - EXACT_BITS;

/** 1 when the number of set bits is odd. */
export function parityOf(word: number): number {
  let folded = word ^ (word >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  return (0x6996 >>> (folded & 15)) & 1;
}

/** The header of a block of this size with these flags (USED, PREVIOUS_USED). */
export function headerOf(granules: number, flags: number): number {
  const word = (granules << SIZE_SHIFT) | flags;
  return word | (parityOf(word) << 2);
}

/** The bin that holds free blocks of this size. Bins are in size order. */
export function binOf(granules: number): number {
  if (granules < EXACT_BINS) return granules;
  const level = LEVEL_BASE - Math.clz32(granules);
  return EXACT_BINS - SUB_BINS + level * SUB_BINS + (granules >>> (level + EXACT_BITS - SUB_BITS));
}

/** Granules of the block for a payload of this many bytes; `bytes` must be a whole number below LARGEST_HEAP_BYTES. */
export function granulesFor(bytes: number): number {
  return bytes <= 12 ? SMALLEST_BLOCK_GRANULES : (bytes + HEADER_BYTES + GRANULE_BYTES - 1) >>> 3;
}

/** Word index of the first header for an arena that begins at this byte offset: payloads come out 8-aligned. */
export function firstHeaderWord(start: number): number {
  return Math.ceil(start / GRANULE_BYTES) * 2 + 1;
}

/** Word index of the last word of the arena, which holds the header of a block of size 0, always in use. */
export function endHeaderWord(start: number, bytes: number): number {
  return Math.floor((start + bytes) / GRANULE_BYTES) * 2 - 1;
}

/** Index of the first word of the map of used blocks (one bit per granule) in the control words. */
export function mapWord(arenaBytes: number): number {
  return HEADS + binOf(Math.max(1, Math.floor(arenaBytes / GRANULE_BYTES))) + 1;
}

/**
 * How many control words (4 bytes each) a heap over an arena of this many bytes needs.
 * Control words hold everything the heap must be able to trust; see EmsHeap.
 */
export function controlWords(arenaBytes: number, withMap = false): number {
  const words = mapWord(arenaBytes) + (withMap ? Math.ceil(arenaBytes / (GRANULE_BYTES * 32)) + 1 : 0);
  return words + (words & 1);
}

/** Bytes an arena loses to alignment at the front and to the header at its end, at the least. */
export const ARENA_OVERHEAD_BYTES = 8;
/** The smallest arena that serves a request: one smallest block. */
export const SMALLEST_ARENA_BYTES = ARENA_OVERHEAD_BYTES + SMALLEST_BLOCK_GRANULES * GRANULE_BYTES;

/** Blocks of a bin that are tried when only blocks of the request's own bin are left: a constant, so that a request stays O(1). */
const OWN_BIN_TRIES = 32;

/** State and operations without lock. Places are word indices of headers; sizes are granules; 0 is "no block". */
export class HeapCore {
  /** Words of the arena's buffer, from the origin up to the arena's end and no further. */
  words: Int32Array;
  readonly control: Int32Array;
  readonly first: number;
  readonly end: number;
  /** Position of the map of used blocks in the control words; 0: none. */
  readonly map: number;
  readonly zeroing: boolean;

  constructor(words: Int32Array, control: Int32Array, first: number, end: number, map: number, zeroing: boolean) {
    this.words = words;
    this.control = control;
    this.first = first;
    this.end = end;
    this.map = map;
    this.zeroing = zeroing;
  }

  /** Makes the whole arena one free block, everything else zero. */
  protected format(): void {
    const { words, control, first, end } = this;
    control.fill(0);
    words.fill(0, first - 1, end + 1);
    control[FIRST] = first;
    control[END] = end;
    control[FLAGS] = this.flags();
    words[end] = headerOf(0, USED);
    this.insert(first, (end - first) >>> 1);
    control[MAGIC] = MAGIC_VALUE;
  }

  // --- taking ---

  /** Takes a block of `need` granules or, when the rest would be too small for a block, one more. Returns the payload's offset. */
  protected take(need: number, during: HeapOperation): number {
    const { words, control } = this;
    if (control[FROZEN_KIND] !== 0) return 0;
    const bin = this.binWith(need);
    if (bin === 0) return this.takeFromOwnBin(need, 0, during);
    const block = control[HEADS + bin]!;
    const header = words[block]!;
    let size = header >>> SIZE_SHIFT;
    const last = block + 2 * size - 1;
    if ((header & (USED | PREVIOUS_USED)) !== PREVIOUS_USED || size < need || last >= this.end) {
      return this.damaged('header', block, during);
    }
    if (words[last] !== header) return this.damaged('footer', last, during);
    const next = words[block + 1]!;
    if (words[block + 2] !== 0) return this.damaged('free-list', block + 2, during);
    if (next === 0) {
      this.clearBin(bin);
    } else {
      if (!this.isPlace(next) || words[next + 2] !== block) return this.damaged('free-list', block + 1, during);
      words[next + 2] = 0;
    }
    control[HEADS + bin] = next;
    words[block + 1] = 0;
    words[block + 2] = 0;
    const rest = size - need;
    if (rest >= SMALLEST_BLOCK_GRANULES) {
      size = need;
      this.insert(block + 2 * need, rest);
    } else {
      words[last] = 0;
      words[last + 1] = words[last + 1]! ^ (PREVIOUS_USED | PARITY);
    }
    words[block] = headerOf(size, PREVIOUS_USED | USED);
    const used = control[USED_NOW]! + size;
    control[USED_NOW] = used;
    if (used > control[HIGHMARK]!) control[HIGHMARK] = used;
    if (this.map !== 0) this.flipMap(block);
    return (block + 1) * 4;
  }

  /** As `take`, with a payload at a multiple of `align` granules; the gap in front becomes a free block. */
  protected takeAligned(need: number, align: number, during: HeapOperation): number {
    const { control } = this;
    if (control[FROZEN_KIND] !== 0) return 0;
    // The gap must be able to be a block of its own, or be none.
    const wanted = need + align + SMALLEST_BLOCK_GRANULES - 1;
    const bin = wanted > this.end ? 0 : this.binWith(wanted);
    if (bin === 0) return this.takeFromOwnBin(need, align, during);
    return this.carve(control[HEADS + bin]!, need, align, during);
  }

  /** A bin of which every block has at least `need` granules; 0: all such bins are empty. */
  private binWith(need: number): number {
    const { control } = this;
    const bin = binOf(need - 1) + 1;
    let word = bin >>> 5;
    if (word >= BITMAP_WORDS) return 0;
    let bits = control[BITMAP + word]! & (-1 << (bin & 31));
    if (bits === 0) {
      const above = control[SUMMARY]! & (-2 << word);
      if (above === 0) return 0;
      word = 31 - Math.clz32(above & -above);
      bits = control[BITMAP + word]!;
    }
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  /** The last resort: blocks of the request's own bin, some of which may be large enough. */
  private takeFromOwnBin(need: number, align: number, during: HeapOperation): number {
    const { words, control } = this;
    const bin = binOf(need);
    if (bin >= BITMAP_WORDS * 32 || (control[BITMAP + (bin >>> 5)]! & (1 << (bin & 31))) === 0) return 0;
    let block = control[HEADS + bin]!;
    for (let tries = OWN_BIN_TRIES; tries > 0 && block !== 0; tries--) {
      if (!this.isPlace(block)) return this.damaged('free-list', control[HEADS + bin]!, during);
      const lead = leadFor(block, align);
      if (words[block]! >>> SIZE_SHIFT >= need + lead) return this.carve(block, need, align, during);
      block = words[block + 1]!;
    }
    return 0;
  }

  /** Cuts a used block out of this free one. */
  private carve(block: number, need: number, align: number, during: HeapOperation): number {
    const { words } = this;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    const lead = leadFor(block, align);
    if ((header & (USED | PREVIOUS_USED)) !== PREVIOUS_USED || size < need + lead)
      return this.damaged('header', block, during);
    if (!this.detach(block, header, during)) return 0;
    const at = block + 2 * lead;
    if (lead !== 0) this.insert(block, lead);
    this.count(this.settle(at, size - lead, need, lead === 0 ? PREVIOUS_USED : 0));
    if (this.map !== 0) this.flipMap(at);
    return (at + 1) * 4;
  }

  /**
   * Writes a used block of `need` granules at the front of `avail` granules that nobody owns, and a free one behind it.
   * A rest too small to be a block stays with the used one. Returns the granules of the used block.
   */
  private settle(at: number, avail: number, need: number, previous: number): number {
    const rest = avail - need;
    const split = rest >= SMALLEST_BLOCK_GRANULES;
    if (split) this.insert(at + 2 * need, rest);
    this.tellNext(at + 2 * avail, split ? 0 : PREVIOUS_USED);
    this.words[at] = headerOf(split ? need : avail, previous | USED);
    return split ? need : avail;
  }

  /** Sets or clears the "previous is used" bit of the used block at this header, parity with it. */
  private tellNext(header: number, previous: number): void {
    const word = this.words[header]!;
    if ((word & PREVIOUS_USED) !== previous) this.words[header] = word ^ (PREVIOUS_USED | PARITY);
  }

  // --- giving back ---

  /** Makes a used block free and merges it with free neighbours. The caller has checked that it is one. */
  protected release(block: number, during: HeapOperation): boolean {
    const { words, control } = this;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    const next = block + 2 * size;
    let start = block;
    let merged = size;
    if ((header & PREVIOUS_USED) === 0) {
      const before = this.previousFree(block, during);
      if (before === 0) return false;
      if (!this.detach(before, words[before]!, during)) return false;
      merged += (block - before) >>> 1;
      start = before;
    }
    const following = words[next]!;
    if ((following & USED) === 0) {
      const behind = this.absorb(next, during);
      if (behind === 0) return false;
      merged += behind;
    } else {
      words[next] = following ^ (PREVIOUS_USED | PARITY);
    }
    // A header that no longer heads a block is wiped: a stale pointer to it must not look alive.
    words[block] = 0;
    this.insert(start, merged);
    control[USED_NOW] = control[USED_NOW]! - size;
    if (this.map !== 0) this.flipMap(block);
    return true;
  }

  /** Takes the free block at this place out of its bin and wipes its header. Returns its granules; 0 and frozen when damaged. */
  private absorb(block: number, during: HeapOperation): number {
    const { words } = this;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    if (size < SMALLEST_BLOCK_GRANULES || (header & USED) !== 0) return this.damaged('header', block, during);
    if (!this.detach(block, header, during)) return 0;
    words[block] = 0;
    return size;
  }

  /** The free block that ends where `block` begins, found through the size at its end; 0 and frozen when damaged. */
  private previousFree(block: number, during: HeapOperation): number {
    const { words } = this;
    const footer = words[block - 1]!;
    const size = footer >>> SIZE_SHIFT;
    const before = block - 2 * size;
    if ((footer & USED) !== 0 || size < SMALLEST_BLOCK_GRANULES || before < this.first) {
      return this.damaged('footer', block - 1, during);
    }
    return words[before] === footer ? before : this.damaged('header', before, during);
  }

  // --- changing size ---

  /** Resizes a used block, which the caller has checked to be one. Returns the payload's offset; 0: it does not fit. */
  protected resize(block: number, need: number, mayMove: boolean): number {
    const { words } = this;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    const next = block + 2 * size;
    const following = words[next]!;
    const room = (following & USED) === 0 ? following >>> SIZE_SHIFT : 0;
    // A granule too much with no free block behind it cannot be given back.
    if (need === size || (need === size - 1 && room === 0)) return (block + 1) * 4;
    if (need < size || size + room >= need) {
      const behind = room === 0 ? 0 : this.absorb(next, 'realloc');
      if (behind !== room) return 0;
      if (this.zeroing && need < size) this.zero(block + 2 * need, next);
      this.count(this.settle(block, size + behind, need, header & PREVIOUS_USED) - size);
      return (block + 1) * 4;
    }
    if (!mayMove) return 0;
    const moved = this.take(need, 'realloc');
    if (moved !== 0) {
      words.copyWithin(moved >>> 2, block + 1, next);
      if (this.zeroing) this.zero(block + 1, next);
      return this.release(block, 'realloc') ? moved : 0;
    }
    if (this.control[FROZEN_KIND] !== 0 || (header & PREVIOUS_USED) !== 0) return 0;
    return this.growDown(block, size, room, need);
  }

  /** When nothing else fits: moves the block down into the free one before it (and up into the one behind). */
  private growDown(block: number, size: number, room: number, need: number): number {
    const { words } = this;
    const before = this.previousFree(block, 'realloc');
    const lead = (block - before) >>> 1;
    if (before === 0 || lead + size + room < need) return 0;
    if (!this.detach(before, words[before]!, 'realloc')) return 0;
    if (room !== 0 && this.absorb(block + 2 * size, 'realloc') === 0) return 0;
    const stop = block + 2 * size;
    words.copyWithin(before + 1, block + 1, stop);
    this.zero(Math.max(block, stop - 2 * lead), stop);
    if (this.map !== 0) {
      this.flipMap(block);
      this.flipMap(before);
    }
    this.count(this.settle(before, lead + size + room, need, PREVIOUS_USED) - size);
    return (before + 1) * 4;
  }

  // --- bins ---

  /** Makes this range a free block: header, the same at its end, place in its bin. */
  private insert(block: number, size: number): void {
    const { words, control } = this;
    const bin = binOf(size);
    const head = control[HEADS + bin]!;
    const header = headerOf(size, PREVIOUS_USED);
    words[block] = header;
    words[block + 1] = head;
    words[block + 2] = 0;
    words[block + 2 * size - 1] = header;
    control[HEADS + bin] = block;
    if (head === 0) {
      const word = bin >>> 5;
      control[BITMAP + word] = control[BITMAP + word]! | (1 << (bin & 31));
      control[SUMMARY] = control[SUMMARY]! | (1 << word);
    } else {
      words[head + 2] = block;
    }
  }

  /** Takes a free block with this header out of its bin and wipes its links and its end; false and frozen when they are damaged. */
  private detach(block: number, header: number, during: HeapOperation): boolean {
    const { words, control } = this;
    const size = header >>> SIZE_SHIFT;
    const last = block + 2 * size - 1;
    if (last >= this.end || words[last] !== header) return this.freeze('footer', last * 4, during);
    const next = words[block + 1]!;
    const previous = words[block + 2]!;
    if (next !== 0 && (!this.isPlace(next) || words[next + 2] !== block)) {
      return this.freeze('free-list', (block + 1) * 4, during);
    }
    if (previous === 0) {
      const bin = binOf(size);
      if (control[HEADS + bin] !== block) return this.freeze('free-list', (block + 2) * 4, during);
      control[HEADS + bin] = next;
      if (next === 0) this.clearBin(bin);
    } else {
      if (!this.isPlace(previous) || words[previous + 1] !== block) {
        return this.freeze('free-list', (block + 2) * 4, during);
      }
      words[previous + 1] = next;
    }
    if (next !== 0) words[next + 2] = previous;
    words[block + 1] = 0;
    words[block + 2] = 0;
    words[last] = 0;
    return true;
  }

  private clearBin(bin: number): void {
    const { control } = this;
    const word = bin >>> 5;
    const bits = control[BITMAP + word]! & ~(1 << (bin & 31));
    control[BITMAP + word] = bits;
    if (bits === 0) control[SUMMARY] = control[SUMMARY]! & ~(1 << word);
  }

  // --- checks ---

  /** The place of the used block whose payload is at this offset, its header and the next one's being sound; otherwise 0. */
  protected usedBlockAt(offset: number): number {
    const { words } = this;
    const block = (offset >>> 2) - 1;
    if (offset >>> 0 !== offset || (offset & 7) !== 0 || block < this.first || block >= this.end) return 0;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    const next = block + 2 * size;
    if ((header & USED) === 0 || parityOf(header) !== 0 || size < SMALLEST_BLOCK_GRANULES || next > this.end) return 0;
    const following = words[next]!;
    if ((following & PREVIOUS_USED) === 0 || parityOf(following) !== 0) return 0;
    return this.map === 0 || this.inMap(block) ? block : 0;
  }

  private isPlace(word: number): boolean {
    return word >= this.first && word < this.end && (word & 1) === 1;
  }

  /** Records the first damage. Returns false, for those who return what it returns. */
  protected freeze(kind: CorruptionKind, offset: number, during: HeapOperation): false {
    const { control } = this;
    if (control[FROZEN_KIND] === 0) {
      control[FROZEN_AT] = offset;
      control[FROZEN_DURING] = HEAP_OPERATIONS.indexOf(during);
      control[FROZEN_KIND] = CORRUPTION_KINDS.indexOf(kind) + 1;
    }
    return false;
  }

  private damaged(kind: CorruptionKind, word: number, during: HeapOperation): 0 {
    this.freeze(kind, word * 4, during);
    return 0;
  }

  /** True when damage was found: the heap then allocates nothing and takes nothing back. */
  get frozen(): boolean {
    return this.control[FROZEN_KIND] !== 0;
  }

  /** The first damage found, or null. */
  corruption(): CorruptionReport | null {
    const { control } = this;
    const kind = CORRUPTION_KINDS[control[FROZEN_KIND]! - 1];
    const during = HEAP_OPERATIONS[control[FROZEN_DURING]!];
    if (kind === undefined || during === undefined) return null;
    return corruptionReport(kind, control[FROZEN_AT]! >>> 0, during);
  }

  // --- small things ---

  /** Adds to the granules in use and keeps the high mark. */
  private count(granules: number): void {
    const { control } = this;
    const used = control[USED_NOW]! + granules;
    control[USED_NOW] = used;
    if (used > control[HIGHMARK]!) control[HIGHMARK] = used;
  }

  protected zero(from: number, to: number): void {
    const { words } = this;
    // A call into the engine costs more than a short loop.
    if (to - from > 24) words.fill(0, from, to);
    else for (let word = from; word < to; word++) words[word] = 0;
  }

  private flipMap(block: number): void {
    const bit = (block - this.first) >>> 1;
    const word = this.map + (bit >>> 5);
    this.control[word] = this.control[word]! ^ (1 << (bit & 31));
  }

  /** Whether the map says that a used block starts here. */
  inMap(block: number): boolean {
    const bit = (block - this.first) >>> 1;
    return (this.control[this.map + (bit >>> 5)]! & (1 << (bit & 31))) !== 0;
  }

  protected flags(): number {
    return (this.zeroing ? FLAG_ZEROING : 0) | (this.map !== 0 ? FLAG_MAP : 0);
  }
}

/** Granules to leave free before the payload of a block at this header, so that the next payload is aligned. */
function leadFor(block: number, align: number): number {
  if (align === 0) return 0;
  const lead = (align - (((block + 1) >>> 1) % align)) % align;
  return lead !== 0 && lead < SMALLEST_BLOCK_GRANULES ? lead + align : lead;
}
