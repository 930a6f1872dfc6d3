// A shared memory that the embedder makes, to give to several instances. Refuses sizes that no memory has, what does not fit the runtime's budget, and
// to end while instances hold it.
import { noRoom } from '../../runtime/allocate.js';
import { checkOptions, nonNegativeInteger } from '../../runtime/check-options.js';
import { MemoryAccount } from '../../runtime/memory-account.js';
import { RuntimeMemory } from '../../runtime/runtime-memory.js';
import type { Store } from '../../runtime/store.js';
import { UsageError } from '../../wasm/errors.js';
import { MAX_MEMORY32_PAGES } from '../../wasm/implementation-limits.js';
import type { RuntimeState } from '../init/runtime-state.js';
import { type Owner, WasmMemory } from './externs.js';

/** The size of a shared memory, in pages of 64 KiB. */
export interface SharedMemoryOptions {
  /** What it begins with. */
  readonly initial: number;
  /** The most that it can have: at most what the instances' imports declare. */
  readonly maximum: number;
}

const PAGE_SIZE_LOG2 = 16;

class MemoryOwner implements Owner {
  readonly store: Store;
  ended = false;

  constructor(store: Store) {
    this.store = store;
  }
  checkAlive(): void {
    this.store.checkAlive();
    if (this.ended) throw new UsageError('this shared memory has been released');
  }
}

/**
 * A shared memory of the runtime's, as `Runtime.createSharedMemory` gives it, for `imports`. Its bytes count for the runtime, not for the instances. It
 * lives until `release()`, or as long as the runtime.
 */
export class WasmSharedMemory extends WasmMemory {
  readonly #runtime: RuntimeState;
  readonly #owner: MemoryOwner;

  /** @internal Use Runtime.createSharedMemory. */
  constructor(runtime: RuntimeState, memory: RuntimeMemory) {
    const owner = new MemoryOwner(runtime.store);
    super(owner, memory);
    this.#runtime = runtime;
    this.#owner = owner;
  }
  /** Gives its bytes back. @throws UsageError while an instance holds it, and when it has been released */
  release(): void {
    this.#owner.checkAlive();
    const holders = this.#runtime.sharedMemories.holdersOf(this.value);
    if (holders > 0) throw new UsageError(`this shared memory is held by ${holders} live instances`);
    this.#owner.ended = true;
    this.#runtime.ownMemories.delete(this.value);
    this.value.release();
  }
}

/** @throws UsageError, LimitError memoryBytes */
export function createSharedMemory(runtime: RuntimeState, options: SharedMemoryOptions): WasmSharedMemory {
  const { store, ownMemories } = runtime;
  const checks = { initial: nonNegativeInteger, maximum: nonNegativeInteger };
  const { initial, maximum } = checkOptions<SharedMemoryOptions>(options, checks, 'createSharedMemory');
  if (initial === undefined || maximum === undefined || initial > maximum || maximum > MAX_MEMORY32_PAGES) {
    throw new UsageError(
      `createSharedMemory: initial and maximum are numbers of pages, initial the lesser, and at most ${MAX_MEMORY32_PAGES}`,
    );
  }
  const limits = { min: BigInt(initial), max: BigInt(maximum) };
  const type = { limits, shared: true, address: 'i32', pageSizeLog2: PAGE_SIZE_LOG2 } as const;
  const memory = new RuntimeMemory(type, maximum, new MemoryAccount(store.allocator, store.budget));
  if (!memory.allocate(initial)) throw noRoom(store.allocator, store.budget, `a shared memory of ${initial} pages`);
  ownMemories.add(memory);
  return new WasmSharedMemory(runtime, memory);
}
