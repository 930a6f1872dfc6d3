// Memories whose buffer JavaScript may have, as the JavaScript interface of WebAssembly has it: byte 0 of the buffer is the memory's, its length is the
// memory's size, and growth detaches it. A shared memory's buffer grows in place instead. Refuses growth as AllocatedMemory does.
import type { Platform } from '../platform/platform.js';
import type { MemoryType } from '../wasm/types.js';
import { copyBytes } from './bulk.js';
import { MemoryInstance, type MemoryMaker, viewsAt } from './memory.js';
import type { MemoryAccount } from './memory-account.js';
import type { Meter } from './meter.js';

/** What a memory reserves beyond its size as long as its buffer was not handed out, so that growing page by page does not copy each time. */
const ROOM = 1.25;
/** A buffer with room must be copied when it is handed out. After this many such copies the memory reserves no room any more. */
const MOST_TRIMS = 2;

/** A buffer of JavaScript that can be longer than it is now. */
interface GrowableBuffer extends SharedArrayBuffer {
  grow(byteLength: number): void;
}

const HAS_SHARED_BUFFERS = typeof SharedArrayBuffer !== 'undefined';

export class OwnBufferMemory extends MemoryInstance {
  readonly #transfer: (buffer: ArrayBuffer) => ArrayBuffer | undefined;
  #buffer: ArrayBufferLike = new ArrayBuffer(0);
  /** The buffer was handed out: it is exact, and growth detaches it. */
  #shown = false;
  #trims = 0;

  /** The memory is empty until allocate(). @param transfer moves the bytes of a buffer to another and detaches it; undefined if it cannot */
  constructor(
    type: MemoryType,
    maxPages: number,
    account: MemoryAccount,
    transfer: (buffer: ArrayBuffer) => ArrayBuffer | undefined,
  ) {
    super(type, maxPages, account);
    this.#transfer = transfer;
  }

  /** Allocates the initial size. Returns false if an account or the JavaScript engine refuses. */
  allocate(pages: number): boolean {
    const bytes = pages * this.pageSize;
    if (!this.charge.take(bytes)) return false;
    const buffer = this.#isShared ? sharedBuffer(bytes, this.maxPages * this.pageSize) : newBuffer(bytes);
    if (buffer !== undefined && this.#take(buffer, bytes)) return true;
    this.charge.release();
    return false;
  }
  override grow(delta: number, meter?: Meter): number {
    const before = this.pages;
    if (before + delta > this.maxPages) return -1;
    const more = delta * this.pageSize;
    if (!this.charge.take(more)) return -1;
    let done = false;
    try {
      done = this.#resize(this.byteLength + more, meter);
    } finally {
      if (!done) this.charge.give(more);
    }
    return done ? before : -1;
  }
  override get ownBuffer(): ArrayBufferLike {
    if (!this.#shown && !this.#isShared) this.#trim();
    this.#shown = true;
    return this.#buffer;
  }
  override release(): void {
    this.charge.release();
    this.#buffer = new ArrayBuffer(0);
    this.moveNowhere();
  }

  /** Several JavaScript threads may have the buffer. Where there is none for that, threads of a guest take turns on one, and any buffer will do. */
  get #isShared(): boolean {
    return this.type.shared && HAS_SHARED_BUFFERS;
  }
  #resize(bytes: number, meter: Meter | undefined): boolean {
    if (this.#isShared) return this.#growShared(bytes);
    if (!this.#shown && bytes <= this.#buffer.byteLength) return this.#take(this.#buffer, bytes);
    const old = this.#buffer as ArrayBuffer;
    const gone = this.isLost;
    const moved = bytes === this.byteLength && !gone ? this.#transfer(old) : undefined;
    const next = moved ?? this.#bufferFor(bytes);
    const views = next && viewsAt({ buffer: next, offset: 0 }, bytes);
    if (views === undefined) return false;
    if (moved === undefined && !gone) {
      const source = this.views.u8;
      if (meter === undefined) views.u8.set(source);
      else copyBytes(meter, views.u8, 0, source, 0, source.length);
      // Where nothing can detach it, zeros at least show soon that it is not the memory any more.
      if (this.#shown && this.#transfer(old) === undefined) new Uint8Array(old).fill(0);
    }
    this.#shown = false;
    this.#buffer = next!;
    this.moveTo(views);
    return true;
  }
  #growShared(bytes: number): boolean {
    if (bytes > this.#buffer.byteLength) {
      try {
        (this.#buffer as GrowableBuffer).grow(bytes);
      } catch (error) {
        if (error instanceof RangeError || error instanceof TypeError) return false;
        throw error;
      }
    }
    return this.#take(this.#buffer, bytes);
  }
  /** A buffer for a memory that has grown. */
  #bufferFor(bytes: number): ArrayBuffer | undefined {
    if (this.#trims >= MOST_TRIMS) return newBuffer(bytes);
    const most = Math.min(this.maxPages * this.pageSize, this.byteLength + this.charge.mostBytes);
    const room = Math.min(Math.ceil((bytes * ROOM) / this.pageSize) * this.pageSize, most);
    return newBuffer(Math.max(room, bytes)) ?? newBuffer(bytes);
  }
  /** Gives up the room beyond the memory's size. @throws RangeError if there is no room for the copy */
  #trim(): void {
    const { byteLength } = this;
    if (this.#buffer.byteLength === byteLength) return;
    this.#trims++;
    const exact = new ArrayBuffer(byteLength);
    new Uint8Array(exact).set(this.views.u8);
    this.#take(exact, byteLength);
  }
  #take(buffer: ArrayBufferLike, bytes: number): boolean {
    const views = viewsAt({ buffer, offset: 0 }, bytes);
    if (views === undefined) return false;
    this.#buffer = buffer;
    this.moveTo(views);
    return true;
  }
}

/** Returns undefined if the JavaScript engine has no buffer of that length. */
function newBuffer(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
/** The same for a shared one that can grow to `most` bytes. Where JavaScript has none that can grow, it has the first size for good. */
function sharedBuffer(bytes: number, most: number): SharedArrayBuffer | undefined {
  const Buffer = SharedArrayBuffer as new (bytes: number, options?: { maxByteLength: number }) => SharedArrayBuffer;
  try {
    return Object.freeze(bytes === most ? new Buffer(bytes) : new Buffer(bytes, { maxByteLength: most }));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A buffer of JavaScript engines that can transfer them. */
type Transferable = ArrayBuffer & { transfer?(): ArrayBuffer };

/** Makes such memories on a platform. */
export function ownBufferMemories(platform: Platform): MemoryMaker {
  const transfer = (buffer: Transferable): ArrayBuffer | undefined =>
    buffer.transfer === undefined ? platform.transferBuffer?.(buffer) : buffer.transfer();
  return (type, { min, max }, account) => {
    const memory = new OwnBufferMemory(type, max, account, transfer);
    return memory.allocate(min) ? memory : undefined;
  };
}
