// An allocator over the embedder's own malloc, realloc and free. Their results are checked before use. Refuses results that lie outside the
// embedder's buffer, are misaligned, or overlap a live block.
import {
  type Allocator,
  BLOCK_ALIGNMENT,
  type Block,
  type Charge,
  type LeakReport,
  type VerifyReport,
} from './allocator.js';
import { AllocatorError } from './allocator-errors.js';
import { checkAlignment, checkSize } from './argument.js';
import { Ledger } from './ledger.js';

/** The embedder's functions. Pointers are byte offsets into `buffer`, multiples of 8; 0 means "no memory". */
export interface UserAllocatorOptions {
  /** Allocates `size` bytes and returns their offset in `buffer`, or 0 if it has no memory. */
  readonly malloc: (size: number, userData: unknown) => number;
  /** Without it, a block grows by malloc, copy and free (WAMR's runtime refuses every realloc then, so that no memory could grow). */
  readonly realloc?: (pointer: number, size: number, userData: unknown) => number;
  /** Takes back what malloc or realloc returned. */
  readonly free: (pointer: number, userData: unknown) => void;
  /** The memory that pointers point into; a function if it can be replaced (a memory that grows). */
  readonly buffer: ArrayBufferLike | (() => ArrayBufferLike);
  /** The last argument of every callback. */
  readonly userData?: unknown;
}

class UserBlock implements Block {
  /** What the embedder's malloc returned; `offset` may lie behind it, for alignment. */
  readonly pointer: number;
  readonly offset: number;
  readonly size: number;
  readonly alignment: number;
  private readonly source: () => ArrayBufferLike;

  constructor(source: () => ArrayBufferLike, pointer: number, offset: number, size: number, alignment: number) {
    this.source = source;
    this.pointer = pointer;
    this.offset = offset;
    this.size = size;
    this.alignment = alignment;
  }

  get buffer(): ArrayBufferLike {
    return this.source();
  }
}

/** The embedder's memory, with checks and accounts. */
export class UserAllocator implements Allocator {
  readonly kind = 'allocator';
  private readonly options: UserAllocatorOptions;
  private readonly buffer: () => ArrayBufferLike;
  private readonly ledger = new Ledger<UserBlock>("the embedder's allocator");
  /** Live blocks and charges by their pointers, in order, to check that they do not overlap. */
  private readonly ranges: { readonly start: number; readonly end: number }[] = [];
  private readonly charges = new Set<UserCharge>();

  /** @throws AllocatorError 'bad-callbacks' */
  constructor(options: UserAllocatorOptions) {
    const { malloc, realloc, free, buffer } = options;
    if (typeof malloc !== 'function') throw new AllocatorError('bad-callbacks', 'malloc is missing or not a function');
    if (typeof free !== 'function') throw new AllocatorError('bad-callbacks', 'free is missing or not a function');
    if (realloc !== undefined && typeof realloc !== 'function') {
      throw new AllocatorError('bad-callbacks', 'realloc is not a function');
    }
    if ((malloc as unknown) === free || (malloc as unknown) === realloc || (free as unknown) === realloc) {
      throw new AllocatorError('bad-callbacks', 'malloc, realloc and free must be different functions');
    }
    this.options = options;
    this.buffer = typeof buffer === 'function' ? buffer : () => buffer;
    if (!isBuffer(this.call(this.buffer))) {
      throw new AllocatorError(
        'bad-callbacks',
        'buffer is no ArrayBuffer, SharedArrayBuffer or function that returns one',
      );
    }
  }

  malloc(size: number, zeroed = false): Block | null {
    return this.alloc(size, BLOCK_ALIGNMENT, zeroed);
  }

  alignedAlloc(size: number, alignment: number): Block | null {
    checkAlignment(alignment);
    return this.alloc(size, Math.max(alignment, BLOCK_ALIGNMENT), false);
  }

  realloc(block: Block, size: number): Block | null {
    const own = this.ledger.own(block);
    checkSize(size, 'size');
    const { realloc, userData } = this.options;
    // Only the embedder knows whether a block can move; if an alignment has to be kept, it must not.
    if (realloc === undefined || own.alignment > BLOCK_ALIGNMENT) return this.moveByHand(own, size);
    const pointer = this.call(() => realloc(own.pointer, Math.max(1, size), userData));
    if (pointer === 0) return null;
    this.forget(own);
    const moved = this.accept(pointer, size, BLOCK_ALIGNMENT, 'realloc');
    if (size > own.size) new Uint8Array(moved.buffer, moved.offset + own.size, size - own.size).fill(0);
    return moved;
  }

  free(block: Block): void {
    const own = this.ledger.own(block);
    wipe(own);
    this.forget(own);
    this.giveBack(own);
  }

  /** The embedder manages the budget, and nothing is known of it here. */
  getMemAllocInfo(): null {
    this.ledger.check();
    return null;
  }

  /** Takes a block from the embedder, so that its budget covers what lives elsewhere too. */
  charge(bytes: number): Charge | null {
    const block = this.alloc(bytes, BLOCK_ALIGNMENT, false);
    if (block === null) return null;
    const charge: UserCharge = new UserCharge(block, (wanted) => this.recharge(charge, wanted));
    this.charges.add(charge);
    return charge;
  }

  /** If `wanted` is null, the block is released. */
  private recharge(charge: UserCharge, wanted: number | null): boolean {
    this.ledger.check();
    if (!this.charges.has(charge)) throw new AllocatorError('not-a-live-block', 'this charge was released before');
    if (wanted === null) {
      this.charges.delete(charge);
      this.free(charge.block);
      return true;
    }
    const block = this.realloc(charge.block, wanted);
    if (block !== null) charge.block = block;
    return block !== null;
  }

  verify(): VerifyReport {
    const found = this.ledger.verify();
    const bytes = this.buffer().byteLength;
    const last = this.ranges[this.ranges.length - 1];
    if (last === undefined || last.end <= bytes) return found;
    const problem = `a live block ends at byte ${last.end}, the embedder's buffer at ${bytes}`;
    return { ...found, ok: false, problems: [...found.problems, problem] };
  }

  /**
   * Wipes every block that is still alive and gives it back to the embedder.
   * @throws AllocatorError 'callback-threw' after the last block, if a free has thrown
   */
  destroy(): LeakReport {
    const charges = this.charges.size;
    let chargedBytes = 0;
    for (const charge of this.charges) {
      chargedBytes += charge.bytes;
      this.recharge(charge, null);
    }
    let failure: unknown = null;
    const report = this.ledger.destroy((block) => {
      wipe(block);
      try {
        this.giveBack(block);
      } catch (error) {
        failure ??= error;
      }
    });
    if (failure !== null) throw failure;
    return { ...report, charges, chargedBytes };
  }

  // --- inside ---

  private alloc(size: number, alignment: number, zeroed: boolean): UserBlock | null {
    this.ledger.check();
    checkSize(size, 'size');
    const { malloc, userData } = this.options;
    // There must be room to move the payload up to the alignment, and never 0 bytes, for which some malloc returns no memory.
    const wanted = Math.max(1, size) + (alignment - BLOCK_ALIGNMENT);
    const pointer = this.call(() => malloc(wanted, userData));
    if (pointer === 0) return null;
    const block = this.accept(pointer, size, alignment, 'malloc');
    if (zeroed) wipe(block);
    return block;
  }

  private moveByHand(own: UserBlock, size: number): Block | null {
    const moved = this.alloc(size, own.alignment, false);
    if (moved === null) return null;
    const to = new Uint8Array(moved.buffer, moved.offset, size);
    const kept = Math.min(size, own.size);
    to.set(new Uint8Array(own.buffer, own.offset, kept));
    to.fill(0, kept);
    this.free(own);
    return moved;
  }

  /** Checks what a callback returned and enters it into the accounts. */
  private accept(pointer: number, size: number, alignment: number, from: string): UserBlock {
    const bytes = this.buffer().byteLength;
    const bad = (why: string): AllocatorError =>
      new AllocatorError('bad-callback-result', `the embedder's ${from} returned ${String(pointer)}: ${why}`);
    if (!Number.isSafeInteger(pointer) || pointer < 0) throw bad('an offset is a whole number from 0 on');
    if (pointer % BLOCK_ALIGNMENT !== 0) throw bad(`offsets are multiples of ${BLOCK_ALIGNMENT}`);
    const offset = Math.ceil(pointer / alignment) * alignment;
    const end = Math.max(offset + size, pointer + 1);
    if (end > bytes) throw bad(`${size} bytes there end at ${end}, the buffer at ${bytes}`);
    const at = this.rangeIndex(pointer);
    const before = this.ranges[at - 1];
    const after = this.ranges[at];
    if (before !== undefined && before.end > pointer) throw bad(`overlaps the live block at ${before.start}`);
    if (after !== undefined && after.start < end) throw bad(`overlaps the live block at ${after.start}`);
    this.ranges.splice(at, 0, { start: pointer, end });
    const block = new UserBlock(this.buffer, pointer, offset, size, alignment);
    this.ledger.add(block);
    return block;
  }

  private forget(block: UserBlock): void {
    this.ledger.remove(block);
    this.ranges.splice(this.rangeIndex(block.pointer), 1);
  }

  private giveBack(block: UserBlock): void {
    const { free, userData } = this.options;
    this.call(() => free(block.pointer, userData));
  }

  /** Returns the position of the first range that starts at or after this place. */
  private rangeIndex(start: number): number {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ranges[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Runs a callback. An error that it throws becomes the cause of one that names the allocator. */
  private call<T>(callback: () => T): T {
    try {
      return callback();
    } catch (cause) {
      throw new AllocatorError('callback-threw', "a callback of the embedder's allocator has thrown", cause);
    }
  }
}

class UserCharge implements Charge {
  block: Block;
  private readonly change: (wanted: number | null) => boolean;

  constructor(block: Block, change: (wanted: number | null) => boolean) {
    this.block = block;
    this.change = change;
  }

  get bytes(): number {
    return this.block.size;
  }

  resize(bytes: number): boolean {
    return this.change(bytes);
  }

  release(): void {
    this.change(null);
  }
}

function wipe(block: Block): void {
  new Uint8Array(block.buffer, block.offset, block.size).fill(0);
}

function isBuffer(value: unknown): boolean {
  const tag = Object.prototype.toString.call(value);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
}
