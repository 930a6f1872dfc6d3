// The shared memories of an instance, passed from one JavaScript thread of a script to another. Refuses all else that an instance has, and growth where
// the memory was not made.
import { waitShared } from '../runtime/atomics.js';
import { Budget } from '../runtime/budget.js';
import type { ThreadSupport } from '../runtime/engine.js';
import type { Instance } from '../runtime/instance.js';
import { MemoryInstance, type MemoryPort } from '../runtime/memory.js';
import { MemoryAccount } from '../runtime/memory-account.js';
import type { Store } from '../runtime/store.js';
import type { MemoryType } from '../wasm/types.js';
import type { Passing, TargetInstance } from './script-target.js';

/** An instance from which others can import. */
export interface Exporter extends TargetInstance {
  readonly exports: Instance['exports'];
}

/** One of them, as data that can be posted. */
interface PassedMemory {
  readonly name: string;
  readonly type: MemoryType;
  readonly maxPages: number;
  readonly data: unknown;
}

function passMemories({ exports }: Exporter, support: ThreadSupport, store: Store): PassedMemory[] {
  return [...exports].flatMap(([name, { value }]) => {
    if (!(value instanceof MemoryInstance) || !value.type.shared) return [];
    const { type, maxPages } = value;
    return [{ name, type, maxPages, data: support.memoryData(value, store) }];
  });
}

const NANOSECONDS_PER_MS = 1e6;
const PORT: MemoryPort = {
  wait(memory, at, wide, expected, timeout) {
    const ms = timeout < 0n ? Number.POSITIVE_INFINITY : Number(timeout) / NANOSECONDS_PER_MS;
    return waitShared(memory, at, wide, expected, ms);
  },
  notify: ({ views }, at, count) => Atomics.notify(views.i32, at / 4, count),
  grow: () => -1,
};

/** An instance that exports what it was passed. */
class PassedMemories implements Exporter {
  readonly exports: Exporter['exports'];

  constructor(passed: unknown, support: ThreadSupport, store: Store) {
    const budget = new Budget(Number.POSITIVE_INFINITY, store.budget);
    this.exports = new Map(
      (passed as PassedMemory[]).map(({ name, type, maxPages, data }) => {
        const account = new MemoryAccount(store.allocator, budget);
        return [name, { kind: 'memory', value: support.attachMemory(data, type, maxPages, account, PORT) }];
      }),
    );
  }
  invoke(field: string): never {
    throw new Error(`"${field}" is in another thread, which has passed its shared memories alone`);
  }
  get(field: string): never {
    return this.invoke(field);
  }
}

export function passingOf(support: ThreadSupport, store: Store): Passing {
  return {
    pass: (instance) => passMemories(instance as Exporter, support, store),
    receive: (passed) => new PassedMemories(passed, support, store),
  };
}
