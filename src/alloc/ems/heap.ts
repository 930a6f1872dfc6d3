// The EMS heap as its users see it: malloc, realloc, free and aligned allocation by offsets, over a range of bytes.
// The control words (bins, counts, lock) may lie elsewhere than the arena, out of reach of code that writes the arena.
// Refuses to guess: a damaged word or a pointer to no block freezes the heap, with a report. A result of 0 means "no".
import { AllocatorError } from '../allocator-errors.js';
import { HeapCore } from './core.js';
import { type CorruptionKind, type CorruptionReport, corruptionReport, type HeapOperation } from './corruption.js';
import {
  controlWords,
  END,
  endHeaderWord,
  evenBits,
  FIRST,
  FLAGS,
  firstHeaderWord,
  GRANULE_BYTES,
  granulesFor,
  HEADER_BYTES,
  HIGHMARK,
  LARGEST_HEAP_BYTES,
  LOCK,
  MAGIC,
  MAGIC_VALUE,
  mapWord,
  SIZE_SHIFT,
  SMALLEST_ARENA_BYTES,
  SMALLEST_BLOCK_GRANULES,
  USED,
  USED_NOW,
} from './layout.js';
import { lockWord, unlockWord } from './lock.js';
import { explainPointer, type HeapVerifyReport, verifyHeap } from './verify.js';

/** Where a heap lies and how it behaves. */
export interface HeapOptions {
  /** The buffer that holds the arena. */
  readonly buffer: ArrayBufferLike;
  /** The byte position in `buffer` that counts as offset 0, a multiple of 8 (default 0). For an app heap it is where the guest's memory begins. */
  readonly origin?: number;
  /** First byte of the arena, as an offset from `origin`. */
  readonly start: number;
  /** Bytes of the arena, at least SMALLEST_ARENA_BYTES. */
  readonly bytes: number;
  /** At least `controlWords(bytes, map)` words, outside the arena. They must be in shared memory if `buffer` is. */
  readonly control: Int32Array;
  /** Keeps a map of used blocks in the control words: then every wrong pointer is found for certain, whatever bytes the arena has. */
  readonly map?: boolean;
  /** Zeroes every payload that is given back, so that free memory and each new payload are zero. */
  readonly zeroing?: boolean;
  /** How long a thread waits for another one inside the same heap before it declares the heap damaged (ms, default 5000). */
  readonly lockTimeoutMs?: number;
}

/** Bytes, with block headers, exact at any time. */
export interface HeapStats {
  readonly total: number;
  readonly totalFree: number;
  readonly highmark: number;
}

const DEFAULT_LOCK_TIMEOUT_MS = 5000;

/** A heap over a range of bytes. Offsets are bytes from the origin, always multiples of 8; 0 is "no block". */
export class EmsHeap extends HeapCore {
  private readonly locked: boolean;
  private readonly lockTimeoutMs: number;

  private constructor(options: HeapOptions, first: number, end: number) {
    const words = wordsFrom(options.buffer, options.origin ?? 0, end);
    const map = options.map ? mapWord(options.bytes) : 0;
    super(words, options.control, first, end, map, options.zeroing ?? false);
    this.locked = isShared(options.control.buffer);
    this.lockTimeoutMs = options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS;
  }

  /**
   * Makes a heap of one free block. Zeroes the arena and the control words.
   * @throws AllocatorError 'pool-too-small', 'pool-too-large', 'bad-argument'
   */
  static create(options: HeapOptions): EmsHeap {
    const heap = EmsHeap.over(options);
    heap.format();
    return heap;
  }

  /**
   * Makes a second view of an existing heap, for another thread of the same shared memory.
   * @throws AllocatorError 'bad-argument' if no heap with these options is there
   */
  static attach(options: HeapOptions): EmsHeap {
    const heap = EmsHeap.over(options);
    const { control } = heap;
    const same = control[FIRST] === heap.first && control[END] === heap.end && control[FLAGS] === heap.extras;
    if (control[MAGIC] !== MAGIC_VALUE || !same) {
      throw new AllocatorError('bad-argument', 'no heap with these options lives there: attach needs those of create');
    }
    return heap;
  }

  private static over(options: HeapOptions): EmsHeap {
    const { buffer, start, bytes, control } = options;
    if (!Number.isSafeInteger(start) || start < 0 || !Number.isSafeInteger(bytes) || bytes < 0) {
      throw new AllocatorError('bad-argument', `heap range ${start}, ${bytes}: start and bytes are whole numbers`);
    }
    if (start + bytes > LARGEST_HEAP_BYTES) {
      const message = `a heap ends below offset ${LARGEST_HEAP_BYTES}, not at ${start + bytes}`;
      throw new AllocatorError('pool-too-large', message);
    }
    const first = firstHeaderWord(start);
    const end = endHeaderWord(start, bytes);
    if (end - first < 2 * SMALLEST_BLOCK_GRANULES) {
      throw new AllocatorError('pool-too-small', `a heap needs ${SMALLEST_ARENA_BYTES} aligned bytes, not ${bytes}`);
    }
    const needed = controlWords(bytes, options.map);
    if (control.length < needed) {
      throw new AllocatorError('bad-argument', `control words: ${control.length} given, ${needed} needed`);
    }
    if (isShared(buffer) && !isShared(control.buffer)) throw sharedControlNeeded();
    return new EmsHeap(options, first, end);
  }

  /** Allocates `bytes` (a whole number; 0 counts as 1). Returns the payload's offset, or 0 when it does not fit or the heap is frozen. */
  malloc(bytes: number): number {
    if (!fits(bytes)) return 0;
    return this.locked ? this.lockedMalloc(bytes) : this.take(granulesFor(bytes), 'malloc');
  }

  private lockedMalloc(bytes: number): number {
    if (!this.enter('malloc')) return 0;
    try {
      return this.take(granulesFor(bytes), 'malloc');
    } finally {
      this.leave();
    }
  }

  /**
   * Allocates at a multiple of `alignment`, a power of two. The block is an ordinary one: realloc and free take it. Returns 0 also if the alignment
   * is not a power of two.
   */
  alignedAlloc(bytes: number, alignment: number): number {
    if (!isPowerOfTwo(alignment) || !fits(bytes) || !fits(bytes + alignment)) return 0;
    if (!this.enter('alignedAlloc')) return 0;
    try {
      if (alignment <= GRANULE_BYTES) return this.take(granulesFor(bytes), 'alignedAlloc');
      return this.takeAligned(granulesFor(bytes), alignment / GRANULE_BYTES, 'alignedAlloc');
    } finally {
      this.leave();
    }
  }

  /**
   * Gives a block back.
   * @param clean the payload is known to be all zero already, so a zeroing heap need not zero it
   * @returns false if the heap is frozen, perhaps by this very call: then `corruption()` says why
   */
  free(offset: number, clean = false): boolean {
    if (this.locked) return this.lockedFree(offset, clean);
    return this.give(offset, clean, 'free') || this.refuse(offset, 'free');
  }

  private lockedFree(offset: number, clean: boolean): boolean {
    if (!this.enter('free')) return false;
    try {
      return this.give(offset, clean, 'free') || this.refuse(offset, 'free');
    } finally {
      this.leave();
    }
  }

  /**
   * Makes a block larger or smaller, in place where its neighbours allow; a smaller one gives the rest back.
   * Bytes are kept up to the smaller capacity; in a zeroing heap new bytes are zero. Offset 0 is malloc.
   * @param mayMove false: in place or not at all
   * @returns the block's offset, perhaps a new one; 0 when it does not fit (the old block stays) or the heap is frozen
   */
  realloc(offset: number, bytes: number, mayMove = true): number {
    if (offset === 0) return this.malloc(bytes);
    if (!fits(bytes) || !this.enter('realloc')) return 0;
    try {
      const block = this.usedBlockAt(offset);
      if (block !== 0) return this.resize(block, granulesFor(bytes), mayMove);
      this.refuse(offset, 'realloc');
      return 0;
    } finally {
      this.leave();
    }
  }

  /**
   * Returns the bytes that may be used at this offset (the requested size, rounded up), or 0 for a pointer to no block. It never freezes the heap.
   */
  capacity(offset: number): number {
    if (!this.enter('stats')) return 0;
    try {
      const block = this.usedBlockAt(offset);
      return block === 0 ? 0 : (this.words[block]! >>> SIZE_SHIFT) * GRANULE_BYTES - HEADER_BYTES;
    } finally {
      this.leave();
    }
  }

  stats(): HeapStats {
    const taken = this.locked && lockWord(this.control, LOCK, this.lockTimeoutMs);
    const total = ((this.end - this.first) >>> 1) * GRANULE_BYTES;
    const totalFree = total - this.control[USED_NOW]! * GRANULE_BYTES;
    const highmark = this.control[HIGHMARK]! * GRANULE_BYTES;
    if (taken) this.leave();
    return { total, totalFree, highmark };
  }

  /** Walks the whole heap and compares its words with each other. Damage that it finds freezes the heap. */
  verify(): HeapVerifyReport {
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

  /**
   * The arena's bytes now live in another buffer or place, at the same offsets (a guest's memory has grown and moved). Nothing in a heap is an
   * absolute place, so this costs nothing; it checks that the bytes were moved with it.
   * @throws AllocatorError 'bad-argument' if the new place is too small or misaligned
   * @returns false if the heap is frozen, perhaps because the new place does not hold this heap
   */
  migrate(buffer: ArrayBufferLike, origin = 0): boolean {
    if (isShared(buffer) && !this.locked) throw sharedControlNeeded();
    const words = wordsFrom(buffer, origin, this.end);
    if (!this.enter('migrate')) return false;
    try {
      this.words = words;
      const last = words[this.end]!;
      if (last >>> SIZE_SHIFT !== 0 || (last & USED) === 0 || evenBits(last) !== 0) {
        return this.freeze('header', this.end * 4, 'migrate');
      }
      return true;
    } finally {
      this.leave();
    }
  }

  /** Freezes the heap because of a wrong use that its caller has found. Returns the first damage ever found. */
  condemn(kind: CorruptionKind, offset: number, during: HeapOperation): CorruptionReport {
    this.freeze(kind, offset, during);
    return this.corruption() ?? corruptionReport(kind, offset, during);
  }

  /** Freezes the heap because of a pointer that is not a used block, and finds out what it is instead. */
  private refuse(offset: number, during: HeapOperation): false {
    if (this.frozen) return false;
    const found = explainPointer(this, offset);
    return this.freeze(found.kind, found.offset, during);
  }

  /** Takes the lock if there is one. Returns false if the heap is frozen. */
  private enter(during: HeapOperation): boolean {
    if (this.locked && !lockWord(this.control, LOCK, this.lockTimeoutMs)) return this.freeze('lock', 0, during);
    if (!this.frozen) return true;
    this.leave();
    return false;
  }

  private leave(): void {
    if (this.locked) unlockWord(this.control, LOCK);
  }
}

function fits(bytes: number): boolean {
  return bytes >= 0 && bytes <= LARGEST_HEAP_BYTES;
}

function isPowerOfTwo(alignment: number): boolean {
  return alignment >= 1 && alignment <= LARGEST_HEAP_BYTES && Number.isInteger(Math.log2(alignment));
}

function wordsFrom(buffer: ArrayBufferLike, origin: number, end: number): Int32Array {
  if (!Number.isSafeInteger(origin) || origin < 0 || origin % GRANULE_BYTES !== 0) {
    throw new AllocatorError('bad-argument', `the origin of a heap is a multiple of ${GRANULE_BYTES}, not ${origin}`);
  }
  const needed = origin + (end + 1) * 4;
  if (needed > buffer.byteLength) {
    throw new AllocatorError('bad-argument', `the heap ends at byte ${needed}, its buffer at ${buffer.byteLength}`);
  }
  // The words end exactly with the arena, so that nothing behind it can be touched, whatever they contain.
  return new Int32Array(buffer, origin, end + 1);
}

function sharedControlNeeded(): AllocatorError {
  return new AllocatorError('bad-argument', 'the control words of a heap in shared memory must be shared too');
}

/** Whether several threads can see this buffer. */
export function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}
