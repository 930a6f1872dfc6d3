// Globals, tables and memories that the runtime itself exports under built-in module names; each is made when first imported.
// Refuses names it does not have.
import { LIBC_BUILTIN_GLOBALS } from '../imports/libc-builtin/globals.js';
import { SPECTEST_EXTERNS } from '../imports/spectest/spectest.js';
import { Budget } from '../runtime/budget.js';
import { GlobalInstance } from '../runtime/global.js';
import type { ExternInstance } from '../runtime/instance.js';
import { AllocatedMemory } from '../runtime/memory.js';
import { Slots } from '../runtime/slots.js';
import type { Store } from '../runtime/store.js';
import { TableInstance } from '../runtime/table.js';
import { type WasmValue, writeSlot } from '../runtime/value.js';
import { LimitError } from '../wasm/errors.js';
import type { MemoryType, TableType, ValType } from '../wasm/types.js';

interface Externs {
  readonly globals?: Readonly<Record<string, { readonly type: ValType; readonly value: WasmValue }>>;
  readonly tables?: Readonly<Record<string, TableType>>;
  readonly memories?: Readonly<Record<string, MemoryType>>;
}
const MODULES: Readonly<Record<string, Externs>> = {
  global: { globals: LIBC_BUILTIN_GLOBALS },
  spectest: SPECTEST_EXTERNS,
};

export class BuiltinExterns {
  readonly #store: Store;
  readonly #made = new Map<string, ExternInstance>();
  readonly #releases: (() => void)[] = [];

  constructor(store: Store) {
    this.#store = store;
  }
  /** @throws LimitError when there is no room for a table or memory */
  find(moduleName: string, name: string): ExternInstance | undefined {
    if (!Object.hasOwn(MODULES, moduleName)) return undefined;
    const key = `${moduleName}\0${name}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(MODULES[moduleName]!, name);
      if (made !== undefined) this.#made.set(key, made);
    }
    return made;
  }
  destroy(): void {
    for (const release of this.#releases.splice(0)) release();
    this.#made.clear();
  }

  #make({ globals = {}, tables = {}, memories = {} }: Externs, name: string): ExternInstance | undefined {
    if (Object.hasOwn(globals, name)) return constantGlobal(globals[name]!.type, globals[name]!.value);
    if (Object.hasOwn(tables, name)) return this.#table(tables[name]!);
    return Object.hasOwn(memories, name) ? this.#memory(memories[name]!) : undefined;
  }
  #table(type: TableType): TableInstance {
    const { allocator, budget } = this.#store;
    const table = new TableInstance(
      type,
      Number(type.limits.max),
      allocator,
      budget,
      new Budget(Number.POSITIVE_INFINITY),
    );
    if (table.grow(Number(type.limits.min), null) < 0) throw noRoom(budget, 'table');
    this.#releases.push(() => table.release());
    return table;
  }
  #memory(type: MemoryType): AllocatedMemory {
    const { allocator, budget } = this.#store;
    const memory = new AllocatedMemory(type, Number(type.limits.max), allocator, budget);
    if (!memory.allocate(Number(type.limits.min))) throw noRoom(budget, 'memory');
    this.#releases.push(() => memory.release());
    return memory;
  }
}

/** An immutable global with a value of the type. Throws a TypeError where it is not. */
export function constantGlobal(type: ValType, value: WasmValue): GlobalInstance {
  const global = new GlobalInstance({ type, mutable: false });
  const slots = new Slots(1);
  writeSlot(slots, 0, type, value);
  global.fromSlot(slots, 0);
  return global;
}

function noRoom(budget: Budget, what: string): LimitError {
  return new LimitError('memoryBytes', budget.limit, `no room for a built-in ${what}`);
}
