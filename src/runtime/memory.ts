// Linear memories. The bytes of each lie in a buffer that is never reused (memory-place.ts), so an outdated view cannot reach another guest's bytes.
// Code that keeps views follows the memory, which calls its followers when it moves. Refuses growth beyond the type's maximum and the budget.
import type { MemoryType } from '../wasm/types.js';
import { copyBytes } from './bulk.js';
import type { MemoryAccount } from './memory-account.js';
import { type MemoryPlace, takePlace } from './memory-place.js';
import type { Meter } from './meter.js';
import { Waiters } from './waiters.js';

/** Typed views of one memory at its present place and size. They are replaced, never changed. */
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
    this.i16 = new Int16Array(buffer, offset, Math.floor(byteLength / 2));
    this.u16 = new Uint16Array(buffer, offset, Math.floor(byteLength / 2));
    this.i32 = new Int32Array(buffer, offset, Math.floor(byteLength / 4));
    this.f32 = new Float32Array(buffer, offset, Math.floor(byteLength / 4));
    this.f64 = new Float64Array(buffer, offset, Math.floor(byteLength / 8));
    this.data = new DataView(buffer, offset, byteLength);
  }

  // Accesses that the fast paths leave out: unaligned ones, and bases of 2 GiB and more, which are negative as an i32. Base and offset are the bits
  // of u32 numbers. Loads return undefined out of bounds, stores false.
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
  /** Returns the high half of the i64 at an address. */
  farI32High(base: number, offset: number): number | undefined {
    const at = this.#at(base, offset, 8);
    return at < 0 ? undefined : this.data.getInt32(at + 4, true);
  }
  /** Copies the f64 at an address, as words, to a place. */
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
    // Of a buffer that somebody has detached nothing is left: then the view has no elements.
    return at + bytes <= this.u8.length ? at : -1;
  }
}

const NO_BYTES = new ArrayBuffer(0);
const NO_VIEWS = new MemoryViews(NO_BYTES, 0, 0);

/** How a JavaScript thread that shares a memory with others waits in it, wakes others, and lets it grow. */
export interface MemoryPort {
  /** As memory.atomic.wait: the address is aligned and in bounds. @param timeout nanoseconds; negative: none @returns its result */
  wait(memory: MemoryInstance, at: number, wide: boolean, expected: bigint, timeout: bigint): number;
  /** @returns how many waits were ended */
  notify(memory: MemoryInstance, at: number, count: number): number;
  /** @returns the old size in pages, or -1 */
  grow(delta: number): number;
}

/** Called when a memory has moved, before anything else runs. */
export type MemoryFollower = (views: MemoryViews) => void;

export abstract class MemoryInstance {
  readonly type: MemoryType;
  /** The largest size in pages: the type's maximum, or what the address type can reach. */
  readonly maxPages: number;
  /** What its bytes are charged to. */
  readonly charge: MemoryAccount;
  /** Where threads of the guest run in workers: that of the thread to this memory. */
  port: MemoryPort | undefined = undefined;
  #views: MemoryViews = NO_VIEWS;
  readonly #followers = new Set<MemoryFollower>();
  #waiters: Waiters | undefined;

  constructor(type: MemoryType, maxPages: number, charge: MemoryAccount) {
    this.type = type;
    this.maxPages = maxPages;
    this.charge = charge;
  }
  /** Views of the memory at its present place and size. */
  get views(): MemoryViews {
    return this.#views;
  }
  /** Calls `follower` at once with the present place, and then at each move until the returned function is called. */
  follow(follower: MemoryFollower): () => void {
    this.#followers.add(follower);
    follower(this.#views);
    return () => {
      this.#followers.delete(follower);
    };
  }
  /** The calls on this JavaScript thread that wait in it. */
  get waiters(): Waiters {
    return (this.#waiters ??= new Waiters());
  }
  get byteLength(): number {
    return this.#views.byteLength;
  }
  /**
   * Takes notice of growth in other JavaScript threads. It is called after each atomic access and each call that may have waited for another thread: what
   * was written before the write that was read there must be in reach afterwards.
   */
  renew(): void {}
  /** Whether it has so many bytes; another thread may have let it grow. */
  reaches(bytes: number): boolean {
    if (bytes > this.byteLength) this.renew();
    return bytes <= this.byteLength;
  }
  /** Somebody has transferred its buffer elsewhere, with the bytes: accesses trap until it grows, and find zeros then. */
  get isLost(): boolean {
    const { byteLength, u8 } = this.#views;
    return u8.length !== byteLength;
  }
  get pageSize(): number {
    return 2 ** this.type.pageSizeLog2;
  }
  get pages(): number {
    this.renew();
    return this.byteLength / this.pageSize;
  }
  /**
   * Grows by `delta` pages. Returns the old size in pages, or -1 if a limit prevents it.
   * @param meter of the guest that asks for it: it is checked while bytes are copied, and what it throws leaves the memory as it was
   */
  abstract grow(delta: number, meter?: Meter): number;
  /**
   * The buffer whose first byte is the memory's and whose length is the memory's size; undefined where the memory lies in a larger one. A program that has
   * it sees the memory until it grows: then this buffer is detached, and there is another.
   */
  get ownBuffer(): ArrayBufferLike | undefined {
    return undefined;
  }
  /** Gives the bytes back: no access reaches them from now on. */
  abstract release(): void;

  /** Only the memory itself calls this. */
  protected moveTo(views: MemoryViews): void {
    this.#views = views;
    for (const follower of this.#followers) follower(views);
  }
  protected moveNowhere(): void {
    this.moveTo(NO_VIEWS);
  }
}

/** Makes a memory at its initial size; undefined if an account or the JavaScript engine refuses. */
export type MemoryMaker = (
  type: MemoryType,
  size: { readonly min: number; readonly max: number },
  account: MemoryAccount,
) => MemoryInstance | undefined;

export const makeAllocatedMemory: MemoryMaker = (type, { min, max }, account) => {
  const memory = new AllocatedMemory(type, max, account);
  return memory.allocate(min) ? memory : undefined;
};

/** A memory whose largest size is this small is allocated at that size at once. */
const SMALL_BYTES = 1 << 20;
/** Beyond this size, a memory without limits gets half as much again when it must move, not four times as much. */
const LARGE_BYTES = 1 << 26;

/** The memory of interp, jit and aot. It is empty until allocate(). */
export class AllocatedMemory extends MemoryInstance {
  #place: MemoryPlace | undefined;
  #elsewhere: MemoryInstance | undefined;

  /** Allocates the initial size. Returns false if an account or the JavaScript engine refuses. */
  allocate(pages: number): boolean {
    const bytes = pages * this.pageSize;
    const most = this.#mostBytes;
    // Most programs grow by a few pages, for their first allocations, and then no more.
    const small = most <= SMALL_BYTES ? most : Math.min(bytes * 2, SMALL_BYTES);
    return this.#resize(bytes, bytes >= SMALL_BYTES ? this.#roomFor(bytes) : small);
  }
  override grow(delta: number, meter?: Meter): number {
    const before = this.pages;
    const after = before + delta;
    if (after > this.maxPages) return -1;
    if (delta === 0) return before;
    if (this.#elsewhere) return this.#elsewhere.grow(delta, meter);
    const bytes = after * this.pageSize;
    return this.#resize(bytes, this.#roomFor(bytes), meter) ? before : -1;
  }
  /** The memory that holds the bytes since moveInto; undefined: this one does. */
  get elsewhere(): MemoryInstance | undefined {
    return this.#elsewhere;
  }
  override release(): void {
    this.#elsewhere?.release();
    this.#leave();
    this.moveNowhere();
  }
  /**
   * Hands the bytes over to another memory, which `make` makes for this many pages on an account like its own; this one becomes a view of it.
   * Returns undefined if `make` cannot: then nothing has changed. Call it only while no guest runs in this memory.
   */
  moveInto<M extends MemoryInstance>(make: (pages: number, account: MemoryAccount) => M | undefined): M | undefined {
    const other = make(this.pages, this.charge.another());
    if (other === undefined) return undefined;
    other.views.u8.set(this.views.u8);
    this.#leave();
    this.#elsewhere = other;
    other.follow((views) => this.moveTo(views));
    return other;
  }
  #leave(): void {
    this.#place?.end();
    this.#place = undefined;
    this.charge.release();
  }

  /** The most bytes that it can ever have, by its type and its accounts. */
  get #mostBytes(): number {
    return Math.min(this.maxPages * this.pageSize, this.charge.mostBytes);
  }
  /**
   * Returns the bytes to reserve for a memory that has grown to this size; pages that were never written use addresses but no memory. It reserves
   * four times as much, so that growing page by page is not quadratic, and all that the accounts allow if that is near, so that a memory near its
   * limit never lies in two places.
   */
  #roomFor(bytes: number): number {
    const most = this.#mostBytes;
    const limited = Number.isFinite(this.charge.mostBytes);
    if (bytes > LARGE_BYTES) return limited ? most : Math.min(Math.ceil(bytes * 1.5), most);
    const room = Math.max(bytes * 4, SMALL_BYTES);
    return room >= most || (limited && room * 4 >= most) ? most : room;
  }
  #resize(bytes: number, room: number, meter?: Meter): boolean {
    const more = bytes - this.byteLength;
    if (!this.charge.take(more)) return false;
    let done = false;
    try {
      done =
        this.#place !== undefined && bytes <= this.#place.capacity
          ? this.#stretch(bytes)
          : this.#move(bytes, room, meter);
    } finally {
      if (!done) this.charge.give(more);
    }
    return done;
  }
  /** Grows to a size that fits the present place. All new bytes are zero, since they were never used. */
  #stretch(bytes: number): boolean {
    const views = viewsAt(this.#place!, bytes);
    if (views !== undefined) this.moveTo(views);
    return views !== undefined;
  }
  /** Moves to another place. Both places exist while bytes are copied; for a limited memory this happens below a quarter of its limit. */
  #move(bytes: number, room: number, meter: Meter | undefined): boolean {
    const place = takePlace(bytes, room);
    const views = place && viewsAt(place, bytes);
    if (views === undefined) return false;
    const source = this.views.u8;
    if (meter === undefined) views.u8.set(source);
    else copyBytes(meter, views.u8, 0, source, 0, source.length);
    this.#place?.end();
    this.#place = place;
    this.moveTo(views);
    return true;
  }
}

/** Returns undefined if the JavaScript engine has no typed arrays of that length. */
export function viewsAt(
  { buffer, offset }: { readonly buffer: ArrayBufferLike; readonly offset: number },
  bytes: number,
): MemoryViews | undefined {
  try {
    return new MemoryViews(buffer, offset, bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
