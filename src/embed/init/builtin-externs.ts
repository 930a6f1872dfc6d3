// The globals, tables and memories of the runtime's libraries. Each is made when it is first imported. Refuses names that no library has.
import { noRoom } from '../../runtime/allocate.js';
import { Budget } from '../../runtime/budget.js';
import { GlobalInstance } from '../../runtime/global.js';
import type { ExternInstance } from '../../runtime/instance.js';
import { AllocatedMemory } from '../../runtime/memory.js';
import { MemoryAccount } from '../../runtime/memory-account.js';
import { Slots } from '../../runtime/slots.js';
import type { Store } from '../../runtime/store.js';
import { TableInstance } from '../../runtime/table.js';
import { type WasmValue, writeSlot } from '../../runtime/value.js';
import type { MemoryType, TableType, ValType } from '../../wasm/types.js';
import type { Library, LibraryExterns } from './library.js';

export class BuiltinExterns {
  readonly #store: Store;
  /** The libraries, last first: where two have a name, the later one's counts. */
  readonly #libraries: readonly Library[];
  readonly #made = new Map<string, ExternInstance>();
  readonly #releases: (() => void)[] = [];

  constructor(store: Store, libraries: readonly Library[]) {
    this.#store = store;
    this.#libraries = [...libraries].reverse();
  }
  /** @throws LimitError when there is no room for a table or memory */
  find(moduleName: string, name: string): ExternInstance | undefined {
    const key = `${moduleName}\0${name}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    for (const { externs = {} } of this.#libraries) {
      const made = Object.hasOwn(externs, moduleName) ? this.#make(externs[moduleName]!, name) : undefined;
      if (made === undefined) continue;
      this.#made.set(key, made);
      return made;
    }
    return undefined;
  }
  destroy(): void {
    for (const release of this.#releases.splice(0)) release();
    this.#made.clear();
  }

  #make({ globals = {}, tables = {}, memories = {} }: LibraryExterns, name: string): ExternInstance | undefined {
    if (Object.hasOwn(globals, name)) return constantGlobal(globals[name]!.type, globals[name]!.value);
    if (Object.hasOwn(tables, name)) return this.#table(tables[name]!);
    return Object.hasOwn(memories, name) ? this.#memory(memories[name]!) : undefined;
  }
  #table(type: TableType): TableInstance {
    const { allocator, budget } = this.#store;
    const elements = new Budget(Number.POSITIVE_INFINITY);
    const table = new TableInstance(type, Number(type.limits.max), new MemoryAccount(allocator, budget), elements);
    if (table.grow(Number(type.limits.min), null) < 0) throw noRoom(allocator, budget, 'a built-in table');
    this.#releases.push(() => table.release());
    return table;
  }
  #memory(type: MemoryType): AllocatedMemory {
    const { allocator, budget } = this.#store;
    const memory = new AllocatedMemory(type, Number(type.limits.max), new MemoryAccount(allocator, budget));
    if (!memory.allocate(Number(type.limits.min))) throw noRoom(allocator, budget, 'a built-in memory');
    this.#releases.push(() => memory.release());
    return memory;
  }
}

/** Makes an immutable global. Throws a TypeError where the value is not of the type. */
export function constantGlobal(type: ValType, value: WasmValue): GlobalInstance {
  const global = new GlobalInstance({ type, mutable: false });
  const slots = new Slots(1);
  writeSlot(slots, 0, type, value);
  global.fromSlot(slots, 0);
  return global;
}
