// The EMS heap: malloc, realloc, free and aligned allocation over a range of bytes, by offsets, in constant time.
// Boundary tags (a header before every block, the size again at the end of a free one), free blocks in bins by size.
// The control words (bins, counts, lock) may lie elsewhere than the arena, out of reach of whoever writes the arena.
// Refuses to guess: a damaged word or a pointer that is no block's freezes the heap, with a report. 0 means "no".
import { AllocatorError } from '../errors.js';
import {
  CORRUPTION_KINDS,
  type CorruptionKind,
  type CorruptionReport,
  corruptionReport,
  HEAP_OPERATIONS,
  type HeapOperation,
} from './corruption.js';
import {
  BITMAP,
  binOf,
  controlWords,
  END,
  endHeaderWord,
  FIRST,
  FLAG_MAP,
  FLAG_ZEROING,
  FLAGS,
  FREE,
  FROZEN_AT,
  FROZEN_DURING,
  FROZEN_KIND,
  firstHeaderWord,
  GRANULE_BYTES,
  granulesFor,
  HEADER_BYTES,
  HEADS,
  HIGHMARK,
  headerOf,
  LARGEST_HEAP_BYTES,
  LOCK,
  MAGIC,
  MAGIC_VALUE,
  mapWord,
  PARITY,
  PREVIOUS_USED,
  parityOf,
  SIZE_SHIFT,
  SMALLEST_ARENA_BYTES,
  SMALLEST_BLOCK_GRANULES,
  SUMMARY,
  USED,
} from './layout.js';
import { lockWord, unlockWord } from './lock.js';
import { explainPointer, verifyHeap, type VerifyReport } from './verify.js';

/** Where a heap lies and how it behaves. */
export interface HeapOptions {
  /** Holds the arena. */
  readonly buffer: ArrayBufferLike;
  /** Byte position in `buffer` that counts as offset 0, a multiple of 8 (default 0). For an app heap: where the guest's memory begins. */
  readonly origin?: number;
  /** First byte of the arena, as an offset from `origin`. */
  readonly start: number;
  /** Bytes of the arena, at least SMALLEST_ARENA_BYTES. */
  readonly bytes: number;
  /** At least `controlWords(bytes, map)` words, outside the arena. Must be shared memory when `buffer` is. */
  readonly control: Int32Array;
  /** Keep a map of used blocks in the control words: then every wrong pointer is found for certain, whatever the arena's bytes are. */
  readonly map?: boolean;
  /** Zero every payload that is given back, so that free memory and each new payload are zero. */
  readonly zeroing?: boolean;
  /** How long a thread waits for another one inside the same heap before it declares the heap damaged (ms, default 5000). */
  readonly lockTimeoutMs?: number;
}

/** Bytes, block headers included, true at any time. */
export interface HeapStats {
  readonly total: number;
  readonly totalFree: number;
  readonly highmark: number;
}

/** Blocks of a bin that are tried when only blocks of the request's own bin are left: a constant, so that a request stays O(1). */
const OWN_BIN_TRIES = 32;
const DEFAULT_LOCK_TIMEOUT_MS = 5000;

/** A heap over a range of bytes. Offsets are bytes from the origin, always multiples of 8; 0 is "no block". */
export class EmsHeap {
  /** @internal Words of the arena's buffer from the origin on. */
  words: Int32Array;
  /** @internal */
  readonly control: Int32Array;
  /** @internal Word index of the first header. */
  readonly first: number;
  /** @internal Word index of the header that ends the arena. */
  readonly end: number;
  /** @internal Position of the map of used blocks in the control words; 0: none. */
  readonly map: number;
  private readonly zeroing: boolean;
  private readonly locked: boolean;
  private readonly lockTimeoutMs: number;

  private constructor(options: HeapOptions, first: number, end: number) {
    this.words = wordsFrom(options.buffer, options.origin ?? 0, end);
    this.control = options.control;
    this.first = first;
    this.end = end;
    this.map = options.map ? mapWord(options.bytes) : 0;
    this.zeroing = options.zeroing ?? false;
    this.locked = isShared(options.control.buffer);
    this.lockTimeoutMs = options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS;
  }

  /**
   * Makes a heap of one free block. Zeroes the arena and the control words.
   * @throws AllocatorError 'pool-too-small', 'pool-too-large', 'bad-argument'
   */
  static create(options: HeapOptions): EmsHeap {
    const heap = EmsHeap.over(options);
    const { words, control, first, end } = heap;
    control.fill(0);
    words.fill(0, first - 1, end + 1);
    control[FIRST] = first;
    control[END] = end;
    control[FLAGS] = heap.flags();
    const granules = (end - first) >>> 1;
    words[end] = headerOf(0, USED);
    words[first] = headerOf(granules, PREVIOUS_USED);
    heap.insert(first, granules);
    control[FREE] = granules;
    control[MAGIC] = MAGIC_VALUE;
    return heap;
  }

  /**
   * A second view of a heap that exists already, for another thread of the same shared memory.
   * @throws AllocatorError 'bad-argument' when no heap with these options is there
   */
  static attach(options: HeapOptions): EmsHeap {
    const heap = EmsHeap.over(options);
    const { control } = heap;
    const same = control[FIRST] === heap.first && control[END] === heap.end && control[FLAGS] === heap.flags();
    if (control[MAGIC] !== MAGIC_VALUE || !same) {
      throw new AllocatorError('bad-argument', 'no heap with these options lives there: attach needs those of create');
    }
    return heap;
  }

  private static over(options: HeapOptions): EmsHeap {
    const { buffer, start, bytes, control } = options;
    const first = firstHeaderWord(start);
    const end = endHeaderWord(start, bytes);
    if (!Number.isSafeInteger(start) || start < 0 || !Number.isSafeInteger(bytes)) {
      throw new AllocatorError('bad-argument', `heap range ${start}, ${bytes}: start and bytes are whole numbers`);
    }
    if (start + bytes > LARGEST_HEAP_BYTES) {
      throw new AllocatorError('pool-too-large', `a heap ends below offset ${LARGEST_HEAP_BYTES}, not ${start + bytes}`);
    }
    if (end - first < 2 * SMALLEST_BLOCK_GRANULES) {
      throw new AllocatorError('pool-too-small', `a heap needs ${SMALLEST_ARENA_BYTES} aligned bytes, not ${bytes}`);
    }
    const needed = controlWords(bytes, options.map);
    if (control.length < needed) {
      throw new AllocatorError('bad-argument', `control words: ${control.length} given, ${needed} needed`);
    }
    if (isShared(buffer) && !isShared(control.buffer)) {
      throw new AllocatorError('bad-argument', 'the control words of a heap in shared memory must be shared too');
    }
    return new EmsHeap(options, first, end);
  }

  /** Allocates `bytes` (a whole number; 0 counts as 1). Returns the payload's offset, or 0 when it does not fit or the heap is frozen. */
  malloc(bytes: number): number {
    if (!this.sane(bytes)) return 0;
    if (!this.locked) return this.take(granulesFor(bytes), 0, 'malloc');
    if (!this.enter('malloc')) return 0;
    try {
      return this.take(granulesFor(bytes), 0, 'malloc');
    } finally {
      this.leave();
    }
  }

  /**
   * Allocates at a multiple of `alignment`, a power of two. The block is an ordinary one: realloc and free take it.
   * Returns 0 also when the alignment is no power of two.
   */
  alignedAlloc(bytes: number, alignment: number): number {
    if (!this.sane(bytes) || !this.sane(alignment) || alignment === 0 || (alignment & (alignment - 1)) !== 0) return 0;
    if (!this.enter('alignedAlloc')) return 0;
    try {
      return this.take(granulesFor(bytes), alignment <= GRANULE_BYTES ? 0 : alignment >>> 3, 'alignedAlloc');
    } finally {
      this.leave();
    }
  }

  /**
   * Gives a block back.
   * @param clean the payload is known to be all zero already, so a zeroing heap need not do it
   * @returns false when the heap is frozen, perhaps by this very call: then `corruption()` says why
   */
  free(offset: number, clean = false): boolean {
    if (!this.locked) return this.give(offset, clean);
    if (!this.enter('free')) return false;
    try {
      return this.give(offset, clean);
    } finally {
      this.leave();
    }
  }

  /**
   * Makes a block larger or smaller, in place where its neighbours allow; a smaller one gives the rest back.
   * Bytes are kept up to the smaller capacity; in a zeroing heap new bytes are zero. Offset 0 is malloc.
   * @returns the block's offset, perhaps a new one; 0 when it does not fit (the old block stays) or the heap is frozen
   */
  realloc(offset: number, bytes: number): number {
    if (offset === 0) return this.malloc(bytes);
    if (!this.sane(bytes) || !this.enter('realloc')) return 0;
    try {
      return this.resize(offset, granulesFor(bytes));
    } finally {
      this.leave();
    }
  }

  /** Bytes that may be used at this offset (what was asked for, rounded up), or 0 for a pointer that is no block's; checks, never freezes. */
  capacity(offset: number): number {
    if (!this.enter('stats')) return 0;
    try {
      if (!this.inArena(offset)) return 0;
      const header = (offset >>> 2) - 1;
      return this.isUsedBlock(header) ? (this.words[header]! >>> SIZE_SHIFT) * GRANULE_BYTES - HEADER_BYTES : 0;
    } finally {
      this.leave();
    }
  }

  stats(): HeapStats {
    const taken = this.locked && lockWord(this.control, LOCK, this.lockTimeoutMs);
    const total = ((this.end - this.first) >>> 1) * GRANULE_BYTES;
    const totalFree = this.control[FREE]! * GRANULE_BYTES;
    const highmark = this.control[HIGHMARK]! * GRANULE_BYTES;
    if (taken) this.leave();
    return { total, totalFree, highmark };
  }

  /** Walks the whole heap and compares everything with everything. Damage that it finds freezes the heap. */
  verify(): VerifyReport {
    const taken = this.locked && lockWord(this.control, LOCK, this.lockTimeoutMs);
    try {
      const found = verifyHeap(this);
      const problem = found.problems[0];
      if (problem !== undefined) this.freeze(problem.kind, problem.offset, 'verify');
      return { ...found, corruption: this.corruption() };
    } finally {
      if (taken) this.leave();
    }
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

  /**
   * The arena's bytes now live in another buffer or place, at the same offsets (a guest's memory has grown and moved).
   * Nothing in a heap is an absolute place, so this costs nothing; it checks that the bytes did come along.
   * @throws AllocatorError 'bad-argument' when the new place is too small or misaligned
   * @returns false when the heap is frozen, perhaps because the new place does not hold this heap
   */
  migrate(buffer: ArrayBufferLike, origin = 0): boolean {
    if (isShared(buffer) && !this.locked) {
      throw new AllocatorError('bad-argument', 'the control words of a heap in shared memory must be shared too');
    }
    const words = wordsFrom(buffer, origin, this.end);
    if (!this.enter('migrate')) return false;
    try {
      this.words = words;
      for (const at of [this.end, this.first]) {
        const header = words[at]!;
        const sane = parityOf(header) === 0 && (at === this.end ? (header & ~(PARITY | PREVIOUS_USED)) === USED : true);
        if (!sane) return this.freeze('header', at * 4, 'migrate');
      }
      return true;
    } finally {
      this.leave();
    }
  }

  // --- taking ---

  /** Finds and carves a block of `need` granules; `align` in granules, 0 for none. */
  private take(need: number, align: number, during: HeapOperation): number {
    const { words, control } = this;
    if (control[FROZEN_KIND] !== 0) return 0;
    // An aligned block may need a gap in front, which must itself be able to be a free block.
    const wanted = align === 0 ? need : need + align + SMALLEST_BLOCK_GRANULES - 1;
    if (wanted > control[FREE]!) return 0;
    const block = this.find(wanted, during);
    if (block === 0) return 0;
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    // Free blocks never touch, so the block before a free one is in use.
    if ((header & (USED | PREVIOUS_USED)) !== PREVIOUS_USED || parityOf(header) !== 0 || size < wanted) {
      this.freeze('header', block * 4, during);
      return 0;
    }
    if (!this.detach(block, size, during)) return 0;
    const lead = align === 0 ? 0 : leadFor(block, align);
    const at = block + 2 * lead;
    if (lead !== 0) {
      words[block] = headerOf(lead, PREVIOUS_USED);
      this.insert(block, lead);
    }
    const got = this.settle(at, size - lead, need, lead === 0 ? PREVIOUS_USED : 0);
    this.count(-got);
    if (this.map !== 0) this.flipMap(at);
    return (at + 1) * 4;
  }

  /** A free block of at least `need` granules, or 0. */
  private find(need: number, during: HeapOperation): number {
    const { control } = this;
    // Every block of this bin and of those above is large enough.
    const bin = need < SMALLEST_BLOCK_GRANULES ? SMALLEST_BLOCK_GRANULES : binOf(need - 1) + 1;
    let word = bin >>> 5;
    let bits = control[BITMAP + word]! & (-1 << (bin & 31));
    if (bits === 0) {
      const above = control[SUMMARY]! & (-2 << word);
      if (above === 0) return this.findInOwnBin(need, during);
      word = 31 - Math.clz32(above & -above);
      bits = control[BITMAP + word]!;
    }
    return control[HEADS + (word << 5) + 31 - Math.clz32(bits & -bits)]!;
  }

  /** The last resort: blocks of the request's own bin, some of which are large enough. */
  private findInOwnBin(need: number, during: HeapOperation): number {
    const { words, control } = this;
    const bin = binOf(need);
    if ((control[BITMAP + (bin >>> 5)]! & (1 << (bin & 31))) === 0) return 0;
    let block = control[HEADS + bin]!;
    for (let tries = OWN_BIN_TRIES; tries > 0 && block !== 0; tries--) {
      if (words[block]! >>> SIZE_SHIFT >= need) return block;
      const next = words[block + 1]!;
      if (next !== 0 && !this.isHeaderPlace(next)) {
        this.freeze('free-list', (block + 1) * 4, during);
        return 0;
      }
      block = next;
    }
    return 0;
  }

  /**
   * Writes a used block of `need` granules at the front of `avail` granules that nobody owns, and a free one behind it.
   * A rest too small to be a block stays with the used one. Returns the granules of the used block.
   */
  private settle(at: number, avail: number, need: number, previousUsed: number): number {
    const { words } = this;
    const rest = avail - need;
    if (rest >= SMALLEST_BLOCK_GRANULES) {
      words[at] = headerOf(need, previousUsed | USED);
      const behind = at + 2 * need;
      words[behind] = headerOf(rest, PREVIOUS_USED);
      this.insert(behind, rest);
      this.tellNext(at + 2 * avail, 0);
      return need;
    }
    words[at] = headerOf(avail, previousUsed | USED);
    this.tellNext(at + 2 * avail, PREVIOUS_USED);
    return avail;
  }

  /** Sets or clears the "previous is used" bit of the block at this header, parity with it. */
  private tellNext(header: number, previousUsed: number): void {
    const word = this.words[header]!;
    if ((word & PREVIOUS_USED) !== previousUsed) this.words[header] = word ^ (PREVIOUS_USED | PARITY);
  }

  // --- giving back ---

  private give(offset: number, clean: boolean): boolean {
    const { words, control } = this;
    if (control[FROZEN_KIND] !== 0) return false;
    const block = this.inArena(offset) ? (offset >>> 2) - 1 : 0;
    if (block === 0 || !this.isUsedBlock(block)) return this.refuse(offset, 'free');
    const size = words[block]! >>> SIZE_SHIFT;
    if (this.zeroing && !clean) this.zero(block + 1, block + 2 * size);
    return this.release(block, size, 'free');
  }

  /** Makes a used block free and merges it with free neighbours. */
  private release(block: number, size: number, during: HeapOperation): boolean {
    const { words } = this;
    const next = block + 2 * size;
    let start = block;
    let merged = size;
    if ((words[block]! & PREVIOUS_USED) === 0) {
      const before = this.previousFree(block, during);
      if (before === 0) return false;
      const granules = (block - before) >>> 1;
      if (!this.detach(before, granules, during)) return false;
      // A header that no longer heads a block is wiped: a stale pointer to it must not look alive.
      words[block] = 0;
      start = before;
      merged += granules;
    }
    const behind = this.absorbNext(next, during);
    if (behind < 0) return false;
    if (behind === 0) this.tellNext(next, 0);
    merged += behind;
    words[start] = headerOf(merged, PREVIOUS_USED);
    this.insert(start, merged);
    this.control[FREE] = this.control[FREE]! + size;
    if (this.map !== 0) this.flipMap(block);
    return true;
  }

  /** Takes the block at `next` out of the bins when it is free. Returns its granules, 0 when it is in use, -1 when damaged. */
  private absorbNext(next: number, during: HeapOperation): number {
    const { words } = this;
    const header = words[next]!;
    if ((header & USED) !== 0) return 0;
    const granules = header >>> SIZE_SHIFT;
    if (granules < SMALLEST_BLOCK_GRANULES || next + 2 * granules > this.end) {
      this.freeze('header', next * 4, during);
      return -1;
    }
    if (!this.detach(next, granules, during)) return -1;
    words[next] = 0;
    return granules;
  }

  /** The free block that ends where `block` begins, found through the size at its end; 0 and frozen when damaged. */
  private previousFree(block: number, during: HeapOperation): number {
    const granules = this.words[block - 1]!;
    const before = block - 2 * granules;
    if (granules < SMALLEST_BLOCK_GRANULES || granules > block || before < this.first) {
      this.freeze('footer', (block - 1) * 4, during);
      return 0;
    }
    if (this.words[before] === headerOf(granules, PREVIOUS_USED)) return before;
    this.freeze('header', before * 4, during);
    return 0;
  }

  // --- changing size ---

  private resize(offset: number, need: number): number {
    const { words } = this;
    const block = this.inArena(offset) ? (offset >>> 2) - 1 : 0;
    if (block === 0 || !this.isUsedBlock(block)) {
      this.refuse(offset, 'realloc');
      return 0;
    }
    const header = words[block]!;
    const size = header >>> SIZE_SHIFT;
    if (need === size) return offset;
    const next = block + 2 * size;
    const nextHeader = words[next]!;
    const nextFree = (nextHeader & USED) === 0 ? nextHeader >>> SIZE_SHIFT : 0;
    if (need < size || size + nextFree >= need) {
      const behind = this.absorbNext(next, 'realloc');
      if (behind < 0) return 0;
      if (this.zeroing && need < size) this.zero(block + 2 * need, next);
      this.count(size - this.settle(block, size + behind, need, header & PREVIOUS_USED));
      return offset;
    }
    const moved = this.take(need, 0, 'realloc');
    if (moved !== 0) {
      words.copyWithin(moved >>> 2, block + 1, next);
      if (this.zeroing) this.zero(block + 1, next);
      return this.release(block, size, 'realloc') ? moved : 0;
    }
    if (this.frozen || (header & PREVIOUS_USED) !== 0) return 0;
    return this.growDown(block, size, nextFree, need);
  }

  /** When nothing else fits: moves the block down into the free one before it (and up into the one behind). */
  private growDown(block: number, size: number, nextFree: number, need: number): number {
    const { words } = this;
    const before = this.previousFree(block, 'realloc');
    if (before === 0) return 0;
    const granules = (block - before) >>> 1;
    if (granules + size + nextFree < need) return 0;
    if (!this.detach(before, granules, 'realloc')) return 0;
    const behind = this.absorbNext(block + 2 * size, 'realloc');
    if (behind < 0) return 0;
    const payload = 2 * size - 1;
    words.copyWithin(before + 1, block + 1, block + 1 + payload);
    this.zero(Math.max(block, before + 1 + payload), block + 1 + payload);
    if (this.map !== 0) {
      this.flipMap(block);
      this.flipMap(before);
    }
    this.count(size - this.settle(before, granules + size + behind, need, PREVIOUS_USED));
    return (before + 1) * 4;
  }

  // --- bins ---

  /** Puts a free block into its bin and writes its size at its end. */
  private insert(block: number, granules: number): void {
    const { words, control } = this;
    const bin = binOf(granules);
    const head = control[HEADS + bin]!;
    words[block + 1] = head;
    words[block + 2] = 0;
    words[block + 2 * granules - 1] = granules;
    if (head === 0) {
      const word = bin >>> 5;
      control[BITMAP + word] = control[BITMAP + word]! | (1 << (bin & 31));
      control[SUMMARY] = control[SUMMARY]! | (1 << word);
    } else {
      words[head + 2] = block;
    }
    control[HEADS + bin] = block;
  }

  /** Takes a free block out of its bin and wipes its links and the size at its end; false and frozen when they are damaged. */
  private detach(block: number, granules: number, during: HeapOperation): boolean {
    const { words, control } = this;
    const last = block + 2 * granules - 1;
    if (last >= this.end || words[last] !== granules) return this.freeze('footer', last * 4, during);
    const bin = binOf(granules);
    const next = words[block + 1]!;
    const previous = words[block + 2]!;
    if (next !== 0 && (!this.isHeaderPlace(next) || words[next + 2] !== block)) {
      return this.freeze('free-list', (block + 1) * 4, during);
    }
    if (previous === 0) {
      if (control[HEADS + bin] !== block) return this.freeze('free-list', (block + 2) * 4, during);
      control[HEADS + bin] = next;
      if (next === 0) this.emptyBin(bin);
    } else {
      if (!this.isHeaderPlace(previous) || words[previous + 1] !== block) {
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

  private emptyBin(bin: number): void {
    const { control } = this;
    const word = bin >>> 5;
    const bits = control[BITMAP + word]! & ~(1 << (bin & 31));
    control[BITMAP + word] = bits;
    if (bits === 0) control[SUMMARY] = control[SUMMARY]! & ~(1 << word);
  }

  // --- checks ---

  private sane(bytes: number): boolean {
    return bytes >= 0 && bytes <= LARGEST_HEAP_BYTES;
  }

  private inArena(offset: number): boolean {
    return offset >>> 0 === offset && (offset & 7) === 0 && offset > this.first * 4 && offset < this.end * 4;
  }

  private isHeaderPlace(word: number): boolean {
    return word >= this.first && word < this.end && (word & 1) === 1;
  }

  /** Whether a used block with sound headers, its own and the next one's, begins at this place. */
  private isUsedBlock(block: number): boolean {
    const { words } = this;
    const header = words[block]!;
    const granules = header >>> SIZE_SHIFT;
    const next = block + 2 * granules;
    if ((header & USED) === 0 || parityOf(header) !== 0 || granules < SMALLEST_BLOCK_GRANULES || next > this.end) {
      return false;
    }
    const following = words[next]!;
    if ((following & PREVIOUS_USED) === 0 || parityOf(following) !== 0) return false;
    return this.map === 0 || this.inMap(block);
  }

  /** Freezes the heap over a pointer that is no used block's, and finds out what it is. */
  private refuse(offset: number, during: HeapOperation): false {
    const found = explainPointer(this, offset);
    this.freeze(found.kind, found.offset, during);
    return false;
  }

  /** Records the first damage. Returns false, for those who return what it returns. */
  private freeze(kind: CorruptionKind, offset: number, during: HeapOperation): false {
    const { control } = this;
    if (control[FROZEN_KIND] === 0) {
      control[FROZEN_AT] = offset;
      control[FROZEN_DURING] = HEAP_OPERATIONS.indexOf(during);
      control[FROZEN_KIND] = CORRUPTION_KINDS.indexOf(kind) + 1;
    }
    return false;
  }

  // --- small things ---

  /** Adds to the free granules and keeps the high mark. */
  private count(granules: number): void {
    const { control } = this;
    const free = control[FREE]! + granules;
    control[FREE] = free;
    const used = ((this.end - this.first) >>> 1) - free;
    if (used > control[HIGHMARK]!) control[HIGHMARK] = used;
  }

  private zero(from: number, to: number): void {
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

  /** @internal */
  inMap(block: number): boolean {
    const bit = (block - this.first) >>> 1;
    return (this.control[this.map + (bit >>> 5)]! & (1 << (bit & 31))) !== 0;
  }

  private flags(): number {
    return (this.zeroing ? FLAG_ZEROING : 0) | (this.map !== 0 ? FLAG_MAP : 0);
  }

  /** Takes the lock where there is one. False when the heap is frozen. */
  private enter(during: HeapOperation): boolean {
    if (this.locked && !lockWord(this.control, LOCK, this.lockTimeoutMs)) {
      this.freeze('lock', 0, during);
      return false;
    }
    if (this.control[FROZEN_KIND] === 0) return true;
    this.leave();
    return false;
  }

  private leave(): void {
    if (this.locked) unlockWord(this.control, LOCK);
  }
}

/** Granules to leave free before the payload of a block at this header, so that the next payload is aligned. */
function leadFor(block: number, align: number): number {
  const payload = (block + 1) >>> 1;
  const lead = (align - (payload % align)) % align;
  return lead !== 0 && lead < SMALLEST_BLOCK_GRANULES ? lead + align : lead;
}

function wordsFrom(buffer: ArrayBufferLike, origin: number, end: number): Int32Array {
  if (!Number.isSafeInteger(origin) || origin < 0 || origin % GRANULE_BYTES !== 0) {
    throw new AllocatorError('bad-argument', `the origin of a heap is a multiple of ${GRANULE_BYTES}, not ${origin}`);
  }
  if (origin + (end + 1) * 4 > buffer.byteLength) {
    const needed = origin + (end + 1) * 4;
    throw new AllocatorError('bad-argument', `the heap ends at byte ${needed}, its buffer at ${buffer.byteLength}`);
  }
  // Exactly up to the arena's end: nothing behind it can be touched, whatever the words say.
  return new Int32Array(buffer, origin, end + 1);
}

function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}
