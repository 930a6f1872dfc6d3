// Allocator over one buffer of fixed size: everything the runtime allocates comes out of it, or is charged to it.
// Refuses to grow, and refuses blocks that are not its own: wrong use freezes the pool with a report.
import type { Allocator, Block, Charge, LeakReport, MemAllocInfo, VerifyReport } from './allocator.js';
import { LEAKS_LISTED } from './allocator.js';
import { AllocatorError, HeapCorruptionError } from './allocator-errors.js';
import { checkAlignment, checkSize, shownBlock } from './argument.js';
import { EmsHeap, type HeapOptions, isShared } from './ems/heap.js';
import { controlWords, GRANULE_BYTES, HEADER_BYTES, LARGEST_HEAP_BYTES, SMALLEST_ARENA_BYTES } from './ems/layout.js';
import { blocksOf } from './ems/verify.js';

/** The smallest pool, in bytes, at an offset that is a multiple of 8: it serves one request of up to 12 bytes. */
export const SMALLEST_POOL_BYTES = SMALLEST_ARENA_BYTES;
/** The same for a pool in shared memory, which has its control words inside. */
export const SMALLEST_SHARED_POOL_BYTES = 192;
/** The largest pool, in bytes. */
export const LARGEST_POOL_BYTES = LARGEST_HEAP_BYTES;

/** Where the pool's bytes are: `size` alone makes a buffer; `buffer` is the embedder's own, whole or a part of it. */
export interface PoolOptions {
  /** The bytes of the pool; by default those from `offset` to the buffer's end. */
  readonly size?: number;
  readonly buffer?: ArrayBufferLike;
  /** The first byte of the pool in `buffer` (default 0). It is moved up to a multiple of 8. */
  readonly offset?: number;
  /** Makes a SharedArrayBuffer, so that several threads can use the pool. With `buffer`, its kind decides. */
  readonly shared?: boolean;
  /** See HeapOptions. */
  readonly lockTimeoutMs?: number;
}

/** A block as code that shows a pool sees it. */
export interface PoolBlockInfo {
  /** Offset of its payload in bytes. */
  readonly offset: number;
  /** Size in bytes, header included. */
  readonly bytes: number;
  /** Charged: an account of bytes that lie elsewhere, such as the memory of a guest in mode host. */
  readonly use: 'free' | 'used' | 'charged';
}

/** The extents of a charge are not made smaller than this, in bytes. */
const SMALLEST_EXTENT = 1024;

class PoolBlock implements Block {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly alignment: number;
  readonly pool: Pool;
  size: number;
  live = true;

  constructor(pool: Pool, offset: number, size: number, alignment: number) {
    this.buffer = pool.buffer;
    this.pool = pool;
    this.offset = offset;
    this.size = size;
    this.alignment = alignment;
  }
}

/**
 * The pool. Its control words lie in separate memory, where code that writes the pool cannot reach them; those of a pool in shared memory lie at its
 * front, where all threads find them (docs/ems.md has the drawing).
 */
export class Pool implements Allocator {
  readonly kind = 'pool';
  readonly buffer: ArrayBufferLike;
  private readonly heap: EmsHeap;
  private readonly start: number;
  private readonly bytes: number;
  private readonly charges = new Map<PoolCharge, Extent[]>();
  private destroyed = false;

  /**
   * Makes a pool; its bytes are zeroed first.
   * @throws AllocatorError 'pool-too-small', 'pool-too-large', 'bad-argument'
   */
  constructor(options: PoolOptions, /** @internal */ attach = false) {
    const { buffer, start, bytes } = placeOf(options);
    this.buffer = buffer;
    this.start = start;
    this.bytes = bytes;
    const where = heapOptions(buffer, start, bytes, options.lockTimeoutMs);
    if (!attach) new Uint8Array(buffer, start, bytes).fill(0);
    this.heap = attach ? EmsHeap.attach(where) : EmsHeap.create(where);
  }

  /**
   * Makes another thread's view of a pool that exists already in shared memory; `options` as for the first one, with its buffer.
   * @throws AllocatorError 'bad-argument' if no such pool is there, 'pool-too-small', 'pool-too-large'
   */
  static attach(options: PoolOptions & { readonly buffer: SharedArrayBuffer }): Pool {
    return new Pool(options, true);
  }

  malloc(size: number): Block | null {
    this.check();
    checkSize(size, 'size');
    const offset = this.heap.malloc(size);
    return offset === 0 ? this.refused() : new PoolBlock(this, offset, size, GRANULE_BYTES);
  }

  alignedAlloc(size: number, alignment: number): Block | null {
    this.check();
    checkSize(size, 'size');
    checkAlignment(alignment);
    const offset = this.heap.alignedAlloc(size, alignment);
    return offset === 0 ? this.refused() : new PoolBlock(this, offset, size, alignment);
  }

  realloc(block: Block, size: number): Block | null {
    this.check();
    checkSize(size, 'size');
    const own = this.own(block, 'realloc');
    // In the heap's block, the bytes beyond the requested size must be zero again when the block grows.
    if (size < own.size) new Uint8Array(this.buffer, own.offset + size, own.size - size).fill(0);
    // A move by the heap itself would lose a larger alignment.
    const plain = own.alignment <= GRANULE_BYTES;
    const offset = this.heap.realloc(own.offset, size, plain);
    if (offset === own.offset) {
      own.size = size;
      return own;
    }
    if (offset === 0) return plain ? this.refused() : this.moveAligned(own, size);
    own.live = false;
    return new PoolBlock(this, offset, size, GRANULE_BYTES);
  }

  private moveAligned(own: PoolBlock, size: number): Block | null {
    const moved = this.alignedAlloc(size, own.alignment);
    if (moved === null) return null;
    new Uint8Array(this.buffer).copyWithin(moved.offset, own.offset, own.offset + Math.min(size, own.size));
    this.free(own);
    return moved;
  }

  /**
   * Returns the block at an offset that another thread of the same pool has allocated and passed on; its size is the capacity there.
   * @throws AllocatorError 'not-a-live-block'
   */
  blockAt(offset: number): Block {
    this.check();
    const size = this.heap.capacity(offset);
    if (size === 0) throw new AllocatorError('not-a-live-block', `no block begins at offset ${offset} of the pool`);
    return new PoolBlock(this, offset, size, GRANULE_BYTES);
  }

  free(block: Block): void {
    this.check();
    if (this.heap.frozen) return;
    const own = this.own(block, 'free');
    own.live = false;
    this.giveBack(own.offset);
  }

  getMemAllocInfo(): MemAllocInfo {
    this.check();
    return this.heap.stats();
  }

  charge(bytes: number): Charge | null {
    this.check();
    checkSize(bytes, 'charge');
    const extents = this.takeExtents(bytes);
    if (extents === null) return null;
    const charge: PoolCharge = new PoolCharge(bytes, {
      resize: (wanted) => this.resizeCharge(charge, wanted),
      release: () => this.releaseCharge(charge),
    });
    this.charges.set(charge, extents);
    return charge;
  }

  verify(): VerifyReport {
    this.check();
    const { ok, problems, usedBlocks, corruption } = this.heap.verify();
    return {
      ok: ok && corruption === null,
      problems: problems.map(({ kind, offset }) => `${kind} at offset ${offset}`),
      usedBlocks,
      corruption,
    };
  }

  /** All blocks in the order of their places, for code that shows the pool. Charged ones are accounts of bytes that lie elsewhere. */
  *blocks(): Generator<PoolBlockInfo> {
    this.check();
    const charged = this.chargedOffsets();
    for (const { offset, bytes, used } of blocksOf(this.heap)) {
      yield { offset, bytes, use: used ? (charged.has(offset) ? 'charged' : 'used') : 'free' };
    }
  }
  private chargedOffsets(): Set<number> {
    const offsets = new Set<number>();
    for (const extents of this.charges.values()) for (const { offset } of extents) offsets.add(offset);
    return offsets;
  }

  destroy(): LeakReport {
    this.check();
    this.destroyed = true;
    const charged = this.chargedOffsets();
    let chargedBytes = 0;
    for (const charge of this.charges.keys()) chargedBytes += charge.bytes;
    const first: { offset: number; size: number }[] = [];
    let blocks = 0;
    let bytes = 0;
    for (const { offset, bytes: whole, used } of blocksOf(this.heap)) {
      if (!used || charged.has(offset)) continue;
      blocks++;
      bytes += whole - HEADER_BYTES;
      if (first.length < LEAKS_LISTED) first.push({ offset, size: whole - HEADER_BYTES });
    }
    const corruption = this.heap.corruption();
    new Uint8Array(this.buffer, this.start, this.bytes).fill(0);
    return { blocks, bytes, charges: this.charges.size, chargedBytes, first, corruption };
  }

  // --- charges: blocks that are never written ---

  /** Takes blocks for this many bytes in all, several if the free space is fragmented. Returns null and takes nothing if they do not fit. */
  private takeExtents(bytes: number): Extent[] | null {
    const extents: Extent[] = [];
    let left = bytes;
    let size = bytes;
    while (extents.length === 0 || left > 0) {
      const wanted = Math.min(size, left);
      const offset = this.heap.malloc(wanted);
      if (offset !== 0) {
        extents.push({ offset, bytes: wanted });
        left -= wanted;
      } else if (wanted > SMALLEST_EXTENT && !this.heap.frozen) {
        size = Math.max(SMALLEST_EXTENT, Math.ceil(wanted / 2));
      } else {
        for (const extent of extents) this.giveBack(extent.offset, true);
        return this.refused();
      }
    }
    return extents;
  }

  private resizeCharge(charge: PoolCharge, bytes: number): boolean {
    this.check();
    checkSize(bytes, 'charge');
    const extents = this.extentsOf(charge);
    if (bytes > charge.bytes) {
      const last = extents[extents.length - 1]!;
      const larger = last.bytes + bytes - charge.bytes;
      if (this.heap.realloc(last.offset, larger, false) !== 0) {
        last.bytes = larger;
        return true;
      }
      const more = this.takeExtents(bytes - charge.bytes);
      if (more !== null) extents.push(...more);
      return more !== null;
    }
    let excess = charge.bytes - bytes;
    for (let last = extents[extents.length - 1]!; excess > 0; last = extents[extents.length - 1]!) {
      if (last.bytes <= excess && extents.length > 1) {
        extents.pop();
        this.giveBack(last.offset, true);
        excess -= last.bytes;
      } else {
        last.bytes -= excess;
        if (this.heap.realloc(last.offset, last.bytes, false) === 0) this.refused();
        excess = 0;
      }
    }
    return true;
  }

  private releaseCharge(charge: PoolCharge): void {
    this.check();
    if (this.heap.frozen) return;
    for (const extent of this.extentsOf(charge)) this.giveBack(extent.offset, true);
    this.charges.delete(charge);
  }

  private extentsOf(charge: PoolCharge): Extent[] {
    const extents = this.charges.get(charge);
    if (extents === undefined) throw new AllocatorError('not-a-live-block', 'this charge was released before');
    return extents;
  }

  // --- small things ---

  private giveBack(offset: number, clean = false): void {
    if (!this.heap.free(offset, clean)) this.refused();
  }

  /** The heap returned 0: the result is null if it was only full. */
  private refused(): null {
    const report = this.heap.corruption();
    if (report !== null) throw new HeapCorruptionError(report);
    return null;
  }

  private own(block: Block, during: 'free' | 'realloc'): PoolBlock {
    let isOwn: boolean;
    let offset: unknown;
    try {
      isOwn = block instanceof PoolBlock && block.pool === this;
      if (isOwn && (block as PoolBlock).live) return block as PoolBlock;
      ({ offset } = block);
    } catch (cause) {
      throw new AllocatorError('not-a-live-block', `the pool has no such live block (${shownBlock(block)})`, cause);
    }
    if (typeof offset !== 'number') {
      throw new AllocatorError('not-a-live-block', `the pool has no such live block (${shownBlock(block)})`);
    }
    const dead = during === 'free' ? 'double-free' : 'stale-pointer';
    throw new HeapCorruptionError(this.heap.condemn(isOwn ? dead : 'foreign-pointer', offset, during));
  }

  private check(): void {
    if (this.destroyed) throw new AllocatorError('destroyed', 'the pool was destroyed');
  }
}

interface Extent {
  readonly offset: number;
  bytes: number;
}

class PoolCharge implements Charge {
  bytes: number;
  private readonly acts: { resize(bytes: number): boolean; release(): void };

  constructor(bytes: number, acts: { resize(bytes: number): boolean; release(): void }) {
    this.bytes = bytes;
    this.acts = acts;
  }

  resize(bytes: number): boolean {
    const done = this.acts.resize(bytes);
    if (done) this.bytes = bytes;
    return done;
  }

  release(): void {
    this.acts.release();
  }
}

function placeOf(options: PoolOptions): { buffer: ArrayBufferLike; start: number; bytes: number } {
  const { buffer: given, offset = 0 } = options;
  const size = options.size ?? (given === undefined ? undefined : given.byteLength - offset);
  if (size === undefined) throw new AllocatorError('bad-argument', 'a pool needs a size or a buffer');
  checkSize(offset, 'the offset of the pool');
  checkSize(size, 'the size of the pool');
  if (given === undefined && offset !== 0) throw new AllocatorError('bad-argument', 'an offset needs a buffer');
  if (given !== undefined && offset + size > given.byteLength) {
    const end = offset + size;
    throw new AllocatorError('bad-argument', `the pool ends at byte ${end}, its buffer at ${given.byteLength}`);
  }
  const start = Math.ceil(offset / GRANULE_BYTES) * GRANULE_BYTES;
  const bytes = size - (start - offset);
  const shared = given === undefined ? (options.shared ?? false) : isShared(given);
  const least = shared ? SMALLEST_SHARED_POOL_BYTES : SMALLEST_POOL_BYTES;
  if (bytes < least) {
    const lost = start === offset ? '' : ` (${start - offset} bytes of ${size} are lost to alignment)`;
    throw new AllocatorError('pool-too-small', `a pool has at least ${least} bytes, not ${bytes}${lost}`);
  }
  if (start + bytes > LARGEST_POOL_BYTES) {
    throw new AllocatorError('pool-too-large', `a pool ends below byte ${LARGEST_POOL_BYTES}, not ${start + bytes}`);
  }
  return { buffer: given ?? newBuffer(bytes, shared), start, bytes };
}

function newBuffer(bytes: number, shared: boolean): ArrayBufferLike {
  if (shared && typeof SharedArrayBuffer === 'undefined') {
    throw new AllocatorError('bad-argument', 'this host has no SharedArrayBuffer');
  }
  try {
    return shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  } catch (cause) {
    throw new AllocatorError('pool-too-large', `the host cannot give ${bytes} bytes for the pool`, cause);
  }
}

function heapOptions(buffer: ArrayBufferLike, start: number, bytes: number, lockTimeoutMs?: number): HeapOptions {
  const options = { buffer, zeroing: true, ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }) };
  if (!isShared(buffer)) return { ...options, start, bytes, control: new Int32Array(controlWords(bytes)) };
  // The arena is smaller than the pool by the control words at least, so this many are enough.
  const words = controlWords(bytes - 4 * controlWords(0));
  const control = new Int32Array(buffer, start, words);
  return { ...options, start: start + 4 * words, bytes: bytes - 4 * words, control };
}
