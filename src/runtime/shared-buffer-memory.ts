// The memory of guests of interp, jit and aot whose threads run in workers: one shared buffer, taken at the largest size at once, so that it never moves,
// and beside it how much of that the memory has by now. Only the thread that serves lets it grow. Refuses growth beyond what could be taken.
import { LimitError, OtherModeError } from '../wasm/errors.js';
import type { MemoryType } from '../wasm/types.js';
import type { ThreadSupport } from './engine.js';
import { MemoryInstance, type MemoryMaker, type MemoryPort, viewsAt } from './memory.js';
import type { MemoryAccount } from './memory-account.js';
import { RuntimeMemory } from './runtime-memory.js';

/** What JavaScript threads share of one memory. */
interface SharedParts {
  readonly buffer: SharedArrayBuffer;
  /** No guest reaches it. */
  readonly state: SharedArrayBuffer;
}

/** Words of the state: how often it has grown, and its bytes as 64 bits. */
const GROWTHS = 0;
const BYTES_AT = 8;
const STATE_BYTES = 16;

export class SharedBufferMemory extends MemoryInstance {
  readonly parts: SharedParts;
  readonly #words: Int32Array;
  readonly #bytes: BigInt64Array;
  #growths = -1;

  /** @param port in a thread that does not serve */
  constructor(type: MemoryType, maxPages: number, account: MemoryAccount, parts: SharedParts, port?: MemoryPort) {
    super(type, maxPages, account);
    this.parts = parts;
    this.port = port;
    this.#words = new Int32Array(parts.state, 0, 1);
    this.#bytes = new BigInt64Array(parts.state, BYTES_AT, 1);
    this.renew();
  }
  override renew(): void {
    const growths = Atomics.load(this.#words, GROWTHS);
    if (growths === this.#growths) return;
    this.#growths = growths;
    this.#show(Number(Atomics.load(this.#bytes, 0)));
  }
  override grow(delta: number): number {
    if (this.port) {
      const before = this.port.grow(delta);
      this.renew();
      return before;
    }
    const before = this.pages;
    const after = before + delta;
    if (after > this.maxPages) return -1;
    if (delta === 0) return before;
    return this.growTo(after * this.pageSize) ? before : -1;
  }
  /** Returns false if there is no room, or the account refuses. */
  growTo(bytes: number): boolean {
    const more = bytes - this.byteLength;
    if (bytes > this.parts.buffer.byteLength || !this.charge.take(more)) return false;
    if (!this.#show(bytes)) {
      this.charge.give(more);
      return false;
    }
    Atomics.store(this.#bytes, 0, BigInt(bytes));
    this.#growths = Atomics.add(this.#words, GROWTHS, 1) + 1;
    return true;
  }
  override release(): void {
    this.charge.release();
    this.moveNowhere();
  }
  #show(bytes: number): boolean {
    const views = viewsAt({ buffer: this.parts.buffer, offset: 0 }, bytes);
    if (views !== undefined) this.moveTo(views);
    return views !== undefined;
  }
}

/** Takes addresses for `most` bytes, or for as many as there are; undefined: not even for `least`. Pages that were never written use no memory. */
function reserve(least: number, most: number): SharedArrayBuffer | undefined {
  for (let bytes = most; ; bytes = Math.max(least, Math.floor(bytes / 2))) {
    try {
      return new SharedArrayBuffer(bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      if (bytes === least) return undefined;
    }
  }
}

const makeShared: MemoryMaker = (type, size, account) => {
  const pageSize = 2 ** type.pageSizeLog2;
  const buffer = reserve(size.min * pageSize, size.max * pageSize);
  if (buffer === undefined) return undefined;
  const memory = new SharedBufferMemory(type, size.max, account, { buffer, state: new SharedArrayBuffer(STATE_BYTES) });
  return memory.growTo(size.min * pageSize) ? memory : undefined;
};
/** The runtime's own memory, moved to a shared buffer. @throws LimitError */
function moved(memory: RuntimeMemory): MemoryInstance {
  const { type, maxPages, byteLength } = memory;
  const made = memory.moveInto((min, account) => makeShared(type, { min, max: maxPages }, account));
  if (made) return made;
  throw new LimitError('memoryBytes', byteLength, `no room for a shared memory that grows to ${maxPages} pages`);
}

/** What these modes do for threads in workers. */
export const SHARED_BUFFER_THREADS: ThreadSupport = {
  makeMemory: () => makeShared,
  memoryData(memory) {
    const isOwn = memory instanceof RuntimeMemory;
    const shared = isOwn && memory.canMove ? moved(memory) : isOwn ? memory.elsewhere : memory;
    if (shared instanceof SharedBufferMemory) return shared.parts;
    throw new OtherModeError(
      'a shared memory that was made elsewhere was given to a guest whose threads run in workers',
    );
  },
  attachMemory: (data, type, maxPages, account, port) =>
    new SharedBufferMemory(type, maxPages, account, data as SharedParts, port),
};
