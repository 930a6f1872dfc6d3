// An allocator that takes a separate buffer from the JavaScript engine for every block, for machines with memory to spare. Refuses only what exceeds
// its limit, if it has one, or what the JavaScript engine refuses.
import {
  type Allocator,
  BLOCK_ALIGNMENT,
  type Block,
  type Charge,
  type LeakReport,
  type MemAllocInfo,
  type VerifyReport,
} from './allocator.js';
import { AllocatorError } from './allocator-errors.js';
import { checkAlignment, checkSize } from './argument.js';
import { Ledger } from './ledger.js';

/** Options of the system allocator. */
export interface SystemOptions {
  /** The most bytes in use, charges included; by default there is no limit. */
  readonly limit?: number;
  /** Makes SharedArrayBuffers. */
  readonly shared?: boolean;
}

class SystemBlock implements Block {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
  readonly size: number;
  readonly alignment: number;

  constructor(buffer: ArrayBufferLike, offset: number, size: number, alignment: number) {
    this.buffer = buffer;
    this.offset = offset;
    this.size = size;
    this.alignment = alignment;
  }
}

/** Memory of the JavaScript engine, one buffer per block, counted. */
export class SystemAllocator implements Allocator {
  readonly kind = 'system';
  private readonly ledger: Ledger<SystemBlock>;
  private readonly limit: number;
  private readonly shared: boolean;

  /** @throws AllocatorError 'bad-argument' */
  constructor(options: SystemOptions = {}) {
    if (options.limit !== undefined) checkSize(options.limit, 'the limit');
    this.limit = options.limit ?? Number.POSITIVE_INFINITY;
    this.shared = options.shared ?? false;
    if (this.shared && typeof SharedArrayBuffer === 'undefined') {
      throw new AllocatorError('bad-argument', 'this host has no SharedArrayBuffer');
    }
    this.ledger = new Ledger('the system allocator');
  }

  malloc(size: number): Block | null {
    return this.alignedAlloc(size, BLOCK_ALIGNMENT);
  }

  alignedAlloc(size: number, alignment: number): Block | null {
    this.ledger.check();
    checkSize(size, 'size');
    checkAlignment(alignment);
    if (size > this.limit - this.ledger.bytes) return null;
    const block = this.make(size, Math.max(alignment, BLOCK_ALIGNMENT));
    if (block !== null) this.ledger.add(block);
    return block;
  }

  realloc(block: Block, size: number): Block | null {
    const own = this.ledger.own(block);
    checkSize(size, 'size');
    if (size - own.size > this.limit - this.ledger.bytes) return null;
    const moved = this.make(size, own.alignment);
    if (moved === null) return null;
    const kept = new Uint8Array(own.buffer, own.offset, Math.min(size, own.size));
    new Uint8Array(moved.buffer, moved.offset, size).set(kept);
    this.free(own);
    this.ledger.add(moved);
    return moved;
  }

  free(block: Block): void {
    const own = this.ledger.own(block);
    this.ledger.remove(own);
    wipe(own);
  }

  getMemAllocInfo(): MemAllocInfo | null {
    this.ledger.check();
    if (this.limit === Number.POSITIVE_INFINITY) return null;
    const { bytes, highmark } = this.ledger;
    return { total: this.limit, totalFree: this.limit - bytes, highmark };
  }

  charge(bytes: number): Charge | null {
    this.ledger.check();
    checkSize(bytes, 'charge');
    return this.ledger.charge(bytes, this.limit);
  }

  verify(): VerifyReport {
    return this.ledger.verify();
  }

  destroy(): LeakReport {
    return this.ledger.destroy(wipe);
  }

  private make(size: number, alignment: number): SystemBlock | null {
    // This is the first multiple of the alignment that is not 0.
    const bytes = Math.ceil((alignment + size) / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT;
    try {
      const buffer = this.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
      return new SystemBlock(buffer, alignment, size, alignment);
    } catch (error) {
      // JavaScript reports with a RangeError that it cannot allocate the buffer.
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}

function wipe(block: SystemBlock): void {
  new Uint8Array(block.buffer, block.offset, block.size).fill(0);
}
