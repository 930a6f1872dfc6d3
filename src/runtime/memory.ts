// Linear memories: bytes inside a buffer that an allocator gave. Growth may move them: engines read `views` again after anything that
// may grow. Refuses growth beyond the type's maximum and the budget.
import type { Allocator, Block } from '../alloc/allocator.js';
import type { MemoryType } from '../wasm/types.js';
import type { Budget } from './budget.js';

/** Typed views of one memory at its present place and size; replaced, never changed. */
export class MemoryViews {
  readonly byteLength: number;
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly data: DataView;

  /** @param offset bytes, 8-aligned @param byteLength bytes */
  constructor(buffer: ArrayBufferLike, offset: number, byteLength: number) {
    this.byteLength = byteLength;
    this.i8 = new Int8Array(buffer, offset, byteLength);
    this.u8 = new Uint8Array(buffer, offset, byteLength);
    this.i16 = new Int16Array(buffer, offset, byteLength >> 1);
    this.u16 = new Uint16Array(buffer, offset, byteLength >> 1);
    this.i32 = new Int32Array(buffer, offset, Math.floor(byteLength / 4));
    this.f32 = new Float32Array(buffer, offset, Math.floor(byteLength / 4));
    this.f64 = new Float64Array(buffer, offset, Math.floor(byteLength / 8));
    this.data = new DataView(buffer, offset, byteLength);
  }

  // The far accesses: unaligned ones, and bases of 2 GiB and more, which are negative as an i32. Base and offset are the bits of u32
  // numbers. Loads give undefined out of bounds, stores false.
  farI8(base: number, offset: number): number | undefined {
    return this.i8[(base >>> 0) + (offset >>> 0)];
  }
  farU8(base: number, offset: number): number | undefined {
    return this.u8[(base >>> 0) + (offset >>> 0)];
  }
  farI16(base: number, offset: number): number | undefined {
    const at = this.#at(base, offset, 2);
    return at < 0 ? undefined : this.data.getInt16(at, true);
  }
  farU16(base: number, offset: number): number | undefined {
    const at = this.#at(base, offset, 2);
    return at < 0 ? undefined : this.data.getUint16(at, true);
  }
  farI32(base: number, offset: number): number | undefined {
    const at = this.#at(base, offset, 4);
    return at < 0 ? undefined : this.data.getInt32(at, true);
  }
  /** The high half of the i64 at an address. */
  farI32High(base: number, offset: number): number | undefined {
    const at = this.#at(base, offset, 8);
    return at < 0 ? undefined : this.data.getInt32(at + 4, true);
  }
  /** The f64 at an address, as words to a place. */
  farF64(base: number, offset: number, words: Int32Array, to: number): boolean {
    const at = this.#at(base, offset, 8);
    if (at < 0) return false;
    words[to] = this.data.getInt32(at, true);
    words[to + 1] = this.data.getInt32(at + 4, true);
    return true;
  }
  farStoreI8(base: number, offset: number, value: number): boolean {
    const at = this.#at(base, offset, 1);
    if (at >= 0) this.data.setInt8(at, value);
    return at >= 0;
  }
  farStoreI16(base: number, offset: number, value: number): boolean {
    const at = this.#at(base, offset, 2);
    if (at >= 0) this.data.setInt16(at, value, true);
    return at >= 0;
  }
  farStoreI32(base: number, offset: number, value: number): boolean {
    const at = this.#at(base, offset, 4);
    if (at >= 0) this.data.setInt32(at, value, true);
    return at >= 0;
  }
  farStoreI64(base: number, offset: number, low: number, high: number): boolean {
    const at = this.#at(base, offset, 8);
    if (at < 0) return false;
    this.data.setInt32(at, low, true);
    this.data.setInt32(at + 4, high, true);
    return true;
  }
  farStoreF64(base: number, offset: number, value: number): boolean {
    const at = this.#at(base, offset, 8);
    if (at >= 0) this.data.setFloat64(at, value, true);
    return at >= 0;
  }
  #at(base: number, offset: number, bytes: number): number {
    const at = (base >>> 0) + (offset >>> 0);
    return at + bytes <= this.byteLength ? at : -1;
  }
}

export abstract class MemoryInstance {
  readonly type: MemoryType;
  /** Largest size in pages: the type's maximum, or what the address type can reach. */
  readonly maxPages: number;
  abstract views: MemoryViews;

  constructor(type: MemoryType, maxPages: number) {
    this.type = type;
    this.maxPages = maxPages;
  }
  get byteLength(): number {
    return this.views.byteLength;
  }
  get pageSize(): number {
    return 2 ** this.type.pageSizeLog2;
  }
  get pages(): number {
    return this.byteLength / this.pageSize;
  }
  /** Grows by `delta` pages. Returns the old size in pages, or -1 where a limit says no. */
  abstract grow(delta: number): number;
  /** Gives the bytes back, zeroed. */
  abstract release(): void;
}

const EMPTY = new ArrayBuffer(0);

/** The memory of interp, jit and aot: a block of the runtime's allocator. */
export class AllocatedMemory extends MemoryInstance {
  override views: MemoryViews = new MemoryViews(EMPTY, 0, 0);
  readonly #allocator: Allocator;
  readonly #budget: Budget;
  #block: Block | null = null;
  #charged = 0;
  /** Where the bytes are since moveInto. */
  #elsewhere: MemoryInstance | undefined;

  /** Empty until allocate(). */
  constructor(type: MemoryType, maxPages: number, allocator: Allocator, budget: Budget) {
    super(type, maxPages);
    this.#allocator = allocator;
    this.#budget = budget;
  }

  /** Takes the initial size. False where the allocator or the budget says no. */
  allocate(pages: number): boolean {
    return pages === 0 || this.#resize(pages * this.pageSize);
  }
  override grow(delta: number): number {
    const before = this.pages;
    const after = before + delta;
    if (after > this.maxPages) return -1;
    if (delta === 0) return before;
    if (this.#elsewhere) {
      const grown = this.#elsewhere.grow(delta);
      this.views = this.#elsewhere.views;
      return grown;
    }
    return this.#resize(after * this.pageSize) ? before : -1;
  }
  override release(): void {
    this.#elsewhere?.release();
    this.#giveBlockBack();
    this.views = new MemoryViews(EMPTY, 0, 0);
  }
  /**
   * Lets another memory, which `make` makes for this many pages on the same accounts, hold the bytes from now on: this one becomes a view of it.
   * Undefined where `make` cannot: then nothing has changed. Call it only while no guest runs in this memory.
   */
  moveInto<M extends MemoryInstance>(
    make: (pages: number, accounts: { readonly allocator: Allocator; readonly budget: Budget }) => M | undefined,
  ): M | undefined {
    const other = make(this.pages, { allocator: this.#allocator, budget: this.#budget });
    if (other === undefined) return undefined;
    other.views.u8.set(this.views.u8);
    this.#giveBlockBack();
    this.#elsewhere = other;
    this.views = other.views;
    return other;
  }
  #giveBlockBack(): void {
    if (this.#block) this.#allocator.free(this.#block);
    this.#block = null;
    this.#budget.release(this.#charged);
    this.#charged = 0;
  }

  #resize(bytes: number): boolean {
    if (!this.#budget.take(bytes - this.#charged)) return false;
    const block = this.#place(bytes);
    if (!block) {
      this.#budget.release(bytes - this.#charged);
      return false;
    }
    this.#charged = bytes;
    this.#block = block;
    // All new bytes are zero: the allocator says so, and writing them would make the host find room for what nobody uses yet.
    this.views = new MemoryViews(block.buffer, block.offset, bytes);
    return true;
  }

  /** A block for `bytes`; where it must move, one with room to grow, so that growing page by page is not quadratic. */
  #place(bytes: number): Block | null {
    const old = this.#block;
    if (!old) return this.#allocator.malloc(bytes, true);
    if (old.size >= bytes) return old;
    const roomy = Math.min(Math.ceil(bytes * 1.25), this.maxPages * this.pageSize);
    return this.#allocator.realloc(old, roomy) ?? this.#allocator.realloc(old, bytes);
  }
}
