// The inside of the EMS heap: taking, giving back and resizing blocks, in constant time.
// Refuses to lock and to explain: EmsHeap (heap.ts) does both.
import {
  CORRUPTION_KINDS,
  type CorruptionKind,
  type CorruptionReport,
  corruptionReport,
  HEAP_OPERATIONS,
  type HeapOperation,
} from './corruption.js';
import * as layout from './layout.js';

// JavaScript engines fold a constant of the module itself into the code; one that is imported or exported is loaded at every use.
// Measured: the heap is a third slower without these copies.
const {
  BITMAP,
  BITMAP_WORDS,
  END,
  FIRST,
  FLAGS,
  FLAG_MAP,
  FLAG_ZEROING,
  FROZEN_AT,
  FROZEN_DURING,
  FROZEN_KIND,
  HEADS,
  HIGHMARK,
  MAGIC,
  MAGIC_VALUE,
  PREVIOUS_USED,
  SIZE_SHIFT,
  SMALLEST_BLOCK_GRANULES,
  SUMMARY,
  USED,
  USED_NOW,
  binOf,
  evenBits,
  FLIP_PREVIOUS_USED,
  FLIP_USED,
  STATE,
  headerOf,
} = layout;

/** The number of blocks that are tried in the request's own bin when no larger bin has any. It is a constant, so that a request stays O(1). */
const OWN_BIN_TRIES = 32;

/** The state of a heap and its operations, without the lock. Places are word indices of headers; sizes are granules; 0 is "no block". */
export class HeapCore {
  /** Words of the arena's buffer, from the origin up to the arena's end and no further. */
  words: Int32Array;
  readonly control: Int32Array;
  readonly first: number;
  readonly end: number;
  /** The position of the map of used blocks in the control words, or 0 without one. */
  readonly map: number;
  /** FLAG_ZEROING and FLAG_MAP as one number, so that a plain heap tests once per operation. */
  readonly extras: number;

  constructor(words: Int32Array, control: Int32Array, first: number, end: number, map: number, zeroing: boolean) {
    this.words = words;
    this.control = control;
    this.first = first;
    this.end = end;
    this.map = map;
    this.extras = (zeroing ? FLAG_ZEROING : 0) | (map !== 0 ? FLAG_MAP : 0);
  }

  /** Makes the whole arena one free block, everything else zero. */
  protected format(): void {
    const { words, control, first, end } = this;
    control.fill(0);
    words.fill(0, first - 1, end + 1);
    control[FIRST] = first;
    control[END] = end;
    control[FLAGS] = this.extras;
    words[end] = headerOf(0, USED);
    const size = (end - first) >>> 1;
    this.insert(first, size, headerOf(size, PREVIOUS_USED));
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
    const next = words[block + 1]!;
    // The block before a free one is in use, since free neighbours are merged.
    const sound = (header & STATE) === PREVIOUS_USED && size >= need && evenBits(header) === 0;
    const linked = words[block + 2] === 0 && (next === 0 || (this.isPlace(next) && words[next + 2] === block));
    if (!sound || !linked) return this.damaged(sound ? 'free-list' : 'header', block, during);
    control[HEADS + bin] = next;
    if (next === 0) this.clearBin(bin);
    else words[next + 2] = 0;
    if (this.extras !== 0) this.wipeLinks(block, last);
    const rest = size - need;
    if (rest >= SMALLEST_BLOCK_GRANULES) {
      size = need;
      words[block] = headerOf(need, PREVIOUS_USED | USED);
      this.insert(block + 2 * need, rest, headerOf(rest, PREVIOUS_USED));
    } else {
      words[block] = header ^ FLIP_USED;
      words[last + 1] = words[last + 1]! ^ FLIP_PREVIOUS_USED;
    }
    this.count(size);
    if (this.map !== 0) this.flipMap(block);
    return (block + 1) * 4;
  }

  /** Does the same as `take` for a payload at a multiple of `align` granules; the gap in front becomes a free block. */
  protected takeAligned(need: number, align: number, during: HeapOperation): number {
    const { control } = this;
    if (control[FROZEN_KIND] !== 0) return 0;
    // The gap must be empty or large enough for a block of its own.
    const wanted = need + align + SMALLEST_BLOCK_GRANULES - 1;
    const bin = wanted > this.end ? 0 : this.binWith(wanted);
    if (bin === 0) return this.takeFromOwnBin(need, align, during);
    return this.carve(control[HEADS + bin]!, need, align, during);
  }

  /** Returns a bin of which every block has at least `need` granules, or 0 if all such bins are empty. */
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

  /** As a last resort, tries blocks of the request's own bin, some of which may be large enough. */
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
    const header = this.words[block]!;
    const size = header >>> SIZE_SHIFT;
    const lead = leadFor(block, align);
    if (size < need + lead || evenBits(header) !== 0) return this.damaged('header', block, during);
    if (!this.detach(block, header, during)) return 0;
    const at = block + 2 * lead;
    if (lead !== 0) this.insert(block, lead, headerOf(lead, PREVIOUS_USED));
    this.count(this.placeUsed(at, size - lead, need, lead === 0 ? PREVIOUS_USED : 0));
    if (this.map !== 0) this.flipMap(at);
    return (at + 1) * 4;
  }

  /**
   * Writes a used block of `need` granules at the front of `avail` granules that belong to no block, and a free block behind it. A rest too small
   * for a block stays with the used one. Returns the granules of the used block.
   */
  private placeUsed(at: number, avail: number, need: number, previous: number): number {
    const rest = avail - need;
    const split = rest >= SMALLEST_BLOCK_GRANULES;
    if (split) this.insert(at + 2 * need, rest, headerOf(rest, PREVIOUS_USED));
    this.setPreviousUsed(at + 2 * avail, split ? 0 : PREVIOUS_USED);
    this.words[at] = headerOf(split ? need : avail, previous | USED);
    return split ? need : avail;
  }

  /** Sets or clears the flag "previous block used" of the used block at this header, and corrects its parity. */
  private setPreviousUsed(header: number, previous: number): void {
    const word = this.words[header]!;
    if ((word & PREVIOUS_USED) !== previous) this.words[header] = word ^ FLIP_PREVIOUS_USED;
  }

  // --- giving back ---

  /**
   * Frees the used block at this offset and merges it with free neighbours. Returns false if no used block is at the offset, or the heap is or
   * becomes frozen. The function is long and has the checks of `usedBlockAt` inside: measured, a function of its own for them costs a fifth.
   */
  protected give(offset: number, clean: boolean, during: HeapOperation): boolean {
    const { words, control, first } = this;
    const block = (offset >>> 2) - 1;
    if (offset >>> 0 !== offset || (offset & 7) !== 0 || block < first || block >= this.end) return false;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    const next = block + 2 * size;
    const following = words[next]!;
    // One computation checks both headers: two odd parities make an even one.
    if (
      (header & USED) === 0 ||
      (following & PREVIOUS_USED) === 0 ||
      evenBits(header ^ following) === 0 ||
      size === 0
    ) {
      return false;
    }
    if (control[FROZEN_KIND] !== 0) return false;
    if (this.extras !== 0 && !this.giveExtras(block, next, clean)) return false;
    let start = block;
    let merged = size;
    if ((header & PREVIOUS_USED) === 0) {
      const footer = words[block - 1]!;
      merged += footer >>> SIZE_SHIFT;
      start = next - 2 * merged;
      if (start < first || start >= block || words[start] !== footer)
        return this.damaged('footer', block - 1, during) !== 0;
      if (!this.detach(start, footer, during)) return false;
    }
    if ((following & USED) !== 0) {
      words[next] = following ^ FLIP_PREVIOUS_USED;
    } else {
      if (!this.detach(next, following, during)) return false;
      words[next] = 0;
      merged += following >>> SIZE_SHIFT;
    }
    let free = header ^ FLIP_USED;
    if (merged !== size) {
      // A header that no longer begins a block is wiped, so that a stale pointer to it does not seem valid.
      words[block] = 0;
      free = headerOf(merged, PREVIOUS_USED);
    }
    this.insert(start, merged, free);
    control[USED_NOW] = control[USED_NOW]! - size;
    return true;
  }

  /** Does what `give` must do for a heap with a map or zeroing. */
  private giveExtras(block: number, next: number, clean: boolean): boolean {
    if (this.map !== 0) {
      if (!this.inMap(block)) return false;
      this.flipMap(block);
    }
    if ((this.extras & FLAG_ZEROING) !== 0 && !clean) this.zero(block + 1, next);
    return true;
  }

  // --- changing size ---

  /** Resizes a used block, which the caller has checked to be one. Returns the payload's offset, or 0 if it does not fit. */
  protected resize(block: number, need: number, mayMove: boolean): number {
    const { words } = this;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    const next = block + 2 * size;
    const following = words[next]!;
    const room = (following & USED) === 0 ? following >>> SIZE_SHIFT : 0;
    // A single granule to spare cannot be given back without a free block behind it.
    if (need === size || (need === size - 1 && room === 0)) return (block + 1) * 4;
    if (need < size || size + room >= need) {
      if (room !== 0 && !this.absorb(next, 'realloc')) return 0;
      if ((this.extras & FLAG_ZEROING) !== 0 && need < size) this.zero(block + 2 * need, next);
      this.count(this.placeUsed(block, size + room, need, header & PREVIOUS_USED) - size);
      return (block + 1) * 4;
    }
    if (!mayMove) return 0;
    const moved = this.take(need, 'realloc');
    if (moved !== 0) {
      words.copyWithin(moved >>> 2, block + 1, next);
      return this.give((block + 1) * 4, false, 'realloc') ? moved : 0;
    }
    if (this.control[FROZEN_KIND] !== 0 || (header & PREVIOUS_USED) !== 0) return 0;
    return this.growDown(block, size, room, need);
  }

  /** If nothing else fits, moves the block down into the free one before it (and up into the one behind). */
  private growDown(block: number, size: number, room: number, need: number): number {
    const { words } = this;
    const footer = words[block - 1]!;
    const lead = footer >>> SIZE_SHIFT;
    const start = block - 2 * lead;
    if (start < this.first || lead === 0 || words[start] !== footer)
      return this.damaged('footer', block - 1, 'realloc');
    if (lead + size + room < need) return 0;
    if (!this.detach(start, footer, 'realloc')) return 0;
    if (room !== 0 && !this.absorb(block + 2 * size, 'realloc')) return 0;
    const stop = block + 2 * size;
    words.copyWithin(start + 1, block + 1, stop);
    this.zero(Math.max(block, stop - 2 * lead), stop);
    if (this.map !== 0) {
      this.flipMap(block);
      this.flipMap(start);
    }
    this.count(this.placeUsed(start, lead + size + room, need, PREVIOUS_USED) - size);
    return (start + 1) * 4;
  }

  /** Removes the free block behind a used one from its bin and wipes its header. Returns false if it is damaged, which freezes the heap. */
  private absorb(block: number, during: HeapOperation): boolean {
    if (!this.detach(block, this.words[block]!, during)) return false;
    this.words[block] = 0;
    return true;
  }

  // --- bins ---

  /** Makes this range a free block: header, a copy of it at the end, and a place in its bin. */
  private insert(block: number, size: number, header: number): void {
    const { words, control } = this;
    const bin = binOf(size);
    const head = control[HEADS + bin]!;
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

  /**
   * Removes the free block with this header from its bin and wipes its links and its end. Returns false if it is damaged, which freezes the heap.
   */
  private detach(block: number, header: number, during: HeapOperation): boolean {
    const { words, control } = this;
    const size = header >>> SIZE_SHIFT;
    const last = block + 2 * size - 1;
    const next = words[block + 1]!;
    const previous = words[block + 2]!;
    if ((header & STATE) !== PREVIOUS_USED || last >= this.end || size < SMALLEST_BLOCK_GRANULES) {
      return this.damaged('header', block, during) !== 0;
    }
    const bin = binOf(size);
    const nextAgrees = next === 0 || (this.isPlace(next) && words[next + 2] === block);
    const link = previous === 0 ? control[HEADS + bin] : this.isPlace(previous) ? words[previous + 1] : 0;
    if (!nextAgrees || link !== block) return this.damaged('free-list', block, during) !== 0;
    if (next !== 0) words[next + 2] = previous;
    if (previous !== 0) {
      words[previous + 1] = next;
    } else {
      control[HEADS + bin] = next;
      if (next === 0) this.clearBin(bin);
    }
    if (this.extras !== 0) this.wipeLinks(block, last);
    return true;
  }

  /** In a zeroing heap, everything in free memory that is not zero is wiped when the memory is no longer free. */
  private wipeLinks(block: number, last: number): void {
    const { words } = this;
    words[block + 1] = 0;
    words[block + 2] = 0;
    words[last] = 0;
  }

  private clearBin(bin: number): void {
    const { control } = this;
    const word = bin >>> 5;
    const bits = control[BITMAP + word]! & ~(1 << (bin & 31));
    control[BITMAP + word] = bits;
    if (bits === 0) control[SUMMARY] = control[SUMMARY]! & ~(1 << word);
  }

  // --- checks ---

  /** Returns the place of the used block whose payload is at this offset, if its header and the next one's are sound; otherwise 0. */
  protected usedBlockAt(offset: number): number {
    const { words } = this;
    const block = (offset >>> 2) - 1;
    if (offset >>> 0 !== offset || (offset & 7) !== 0 || block < this.first || block >= this.end) return 0;
    const header = words[block]!;
    const next = block + 2 * (header >>> SIZE_SHIFT);
    const following = words[next]!;
    // One computation checks both headers: two odd parities make an even one.
    const sound = next > block && next <= this.end && evenBits(header ^ following) !== 0;
    if (!sound || (header & USED) === 0 || (following & PREVIOUS_USED) === 0) return 0;
    return this.map === 0 || this.inMap(block) ? block : 0;
  }

  private isPlace(word: number): boolean {
    return word >= this.first && word < this.end;
  }

  /** Records the first damage. It returns false, so that callers can return its result. */
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

  /** Whether damage was found: the heap then allocates nothing and takes nothing back. */
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
    // A call into the JavaScript engine costs more than a short loop.
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
}

/** Returns the granules to leave free before the payload of a block at this header, so that the payload is aligned. */
function leadFor(block: number, align: number): number {
  if (align === 0) return 0;
  const lead = (align - (((block + 1) >>> 1) % align)) % align;
  return lead !== 0 && lead < SMALLEST_BLOCK_GRANULES ? lead + align : lead;
}
