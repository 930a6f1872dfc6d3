// Makes what a module defines (functions, tags, globals, tables, memories, exports), each in its index space after the imports. Refuses, with a
// LimitError, what does not fit the budget.
import type { Allocator } from '../alloc/allocator.js';
import { LimitError } from '../wasm/errors.js';
import { MAX_MEMORY32_PAGES, MAX_TABLE_ELEMENTS } from '../wasm/implementation-limits.js';
import type { Export } from '../wasm/module.js';
import { resolveType } from '../wasm/subtyping.js';
import type { MemoryType, TableType } from '../wasm/types.js';
import type { Budget } from './budget.js';
import type { ConstEvaluator } from './const-expr.js';
import { TagInstance } from './exception.js';
import type { FunctionInstance } from './function.js';
import { GlobalInstance } from './global.js';
import type { ExternInstance, Instance } from './instance.js';
import type { MemoryInstance } from './memory.js';
import { MemoryAccount } from './memory-account.js';
import type { Slots } from './slots.js';
import { TableInstance } from './table.js';

/** Makes the function with an index of the whole index space, imports first; the module defines it. */
export type FunctionMaker = (instance: Instance, functionIndex: number) => FunctionInstance;

/** The number of bytes that a 64-bit memory can reach: as far as a JavaScript number counts them exactly. */
const MAX_MEMORY64_BYTES = Number.MAX_SAFE_INTEGER;

/**
 * Fills the places of imports that were not provided.
 * @param make makes what belongs to the instance; the element types of tables are resolved in the store
 */
export function makeOwnImports(
  { module, ownImports, memories, tables, types }: Instance,
  make: { memory(type: MemoryType, index: number): MemoryInstance; table(type: TableType): TableInstance },
): void {
  if (ownImports.size === 0) return;
  let [memory, table] = [0, 0];
  module.imports.forEach(({ description }, i) => {
    const own = ownImports.has(i);
    if (description.kind === 'memory') {
      if (own) memories[memory] = make.memory(description.type, memory);
      memory++;
    } else if (description.kind === 'table') {
      const { type } = description;
      if (own) tables[table] = make.table({ ...type, element: resolveType(type.element, types) });
      table++;
    }
  });
}

/** Fills them with memories and tables of the runtime's. */
export function fillOwnImports(instance: Instance): void {
  makeOwnImports(instance, {
    memory: (type, index) => makeMemory(instance, type, index === 0),
    table: (type) => makeTable(instance, type, null),
  });
}

export function addFunctionsAndTags(instance: Instance, makeFunction: FunctionMaker, step: () => void): void {
  const { module, functions, tags, types } = instance;
  const imported = functions.length;
  for (let i = 0; i < module.functions.length; i++) {
    step();
    functions.push(makeFunction(instance, imported + i));
  }
  for (const tag of module.tags) {
    step();
    tags.push(new TagInstance(types[tag.typeIndex]!));
  }
}

export function addGlobals(instance: Instance, evaluator: ConstEvaluator, slots: Slots, step: () => void): void {
  for (const { type, init } of instance.module.globals) {
    step();
    const global = new GlobalInstance({ type: resolveType(type.type, instance.types), mutable: type.mutable });
    evaluator.evaluate(init, slots, 0);
    global.fromSlot(slots, 0);
    instance.globals.push(global);
  }
}

export function addTables(instance: Instance, evaluator: ConstEvaluator, slots: Slots, step: () => void): void {
  for (const { type, init } of instance.module.tables) {
    step();
    let value: unknown = null;
    if (init) {
      evaluator.evaluate(init, slots, 0);
      value = slots.refs[0];
    }
    instance.tables.push(makeTable(instance, { ...type, element: resolveType(type.element, instance.types) }, value));
  }
}

/**
 * Makes a table that belongs to the instance, at its initial size.
 * @param type with the element type resolved in the store
 */
function makeTable(instance: Instance, type: TableType, value: unknown): TableInstance {
  const { min, max } = tableSize(instance, type);
  const table = new TableInstance(type, max, accountFor(instance), instance.tableBudget);
  // It is recorded first, because a deadline may end the growth of the table.
  instance.own(table);
  if (table.grow(min, value, instance.store.meter) < 0) throw noRoomIn(instance, `a table of ${min} elements`);
  return table;
}

/** Returns the account to which the bytes of the instance's own memories and tables are charged. */
export function accountFor({ store, budget }: Instance): MemoryAccount {
  return new MemoryAccount(store.allocator, budget);
}

/**
 * Returns the initial and the largest size, in elements, of a table that belongs to the instance.
 * @throws LimitError if the initial size is too large
 */
export function tableSize({ tableBudget }: Instance, { limits }: TableType): { min: number; max: number } {
  const min = Number(limits.min);
  const max = Math.min(Number(limits.max ?? MAX_TABLE_ELEMENTS), MAX_TABLE_ELEMENTS);
  const detail = `a table starts with ${min} elements`;
  if (min > max) throw new LimitError('tableElements', Math.min(max, tableBudget.limit), detail);
  if (tableBudget.used + min > tableBudget.limit) throw new LimitError('tableElements', tableBudget.limit, detail);
  return { min, max };
}

export function addMemories(instance: Instance): void {
  const { main, memories, module, sharedMemories } = instance;
  const imported = memories.length;
  // The threads of a guest share its shared memories.
  const others = sharedMemories ?? (main === instance ? [] : main.memories);
  module.memories.forEach((type, i) => {
    const shared = type.shared ? others[imported + i] : undefined;
    memories.push(shared ?? makeMemory(instance, type, imported + i === 0));
  });
}

/**
 * Returns the initial and the largest size, in pages, of a memory that the instance defines. `planned` means that it is memory 0, to which the memory
 * plan applies.
 * @throws LimitError if the initial size is larger than the largest
 */
export function memorySize(instance: Instance, type: MemoryType, planned: boolean): { min: number; max: number } {
  const size = declaredSize(instance, type, planned);
  if (size.min <= size.max) return size;
  throw new LimitError('memoryBytes', size.max * 2 ** type.pageSizeLog2, `a memory starts with ${size.min} pages`);
}
/** The most pages that a memory of the type can have, whatever its owner allows. */
export function mostPages({ limits, address, pageSizeLog2 }: MemoryType): number {
  const reach = address === 'i32' ? MAX_MEMORY32_PAGES * 65_536 : MAX_MEMORY64_BYTES;
  const cap = Math.floor(reach / 2 ** pageSizeLog2);
  return Math.min(Number(limits.max ?? cap), cap);
}
function declaredSize(instance: Instance, type: MemoryType, planned: boolean): { min: number; max: number } {
  const cap = mostPages({ ...type, limits: { ...type.limits, max: undefined } });
  const min = Number(type.limits.min);
  const declared = mostPages(type);
  if (!planned) return { min, max: declared };
  const { extraPages, maxPages } = instance.memoryPlan;
  const max = Math.max(min, Math.min(declared, maxPages ?? declared));
  return { min: min + extraPages, max: Math.min(max + extraPages, cap) };
}

/** Makes a memory that belongs to the instance, at its initial size. */
function makeMemory(instance: Instance, type: MemoryType, planned = false): MemoryInstance {
  const size = memorySize(instance, type, planned);
  const memory = instance.makeMemory(type, size, accountFor(instance));
  if (memory === undefined) throw noRoomIn(instance, `a memory of ${size.min * 2 ** type.pageSizeLog2} bytes`);
  instance.own(memory);
  return memory;
}

/** Returns the error for something that does not fit. It says how much is free if the allocator knows. */
export function noRoom(allocator: Allocator, budget: Budget, what: string): LimitError {
  const pool = allocator.getMemAllocInfo();
  if (pool !== null) {
    const detail = `no room for ${what}: ${pool.totalFree} of the pool's ${pool.total} bytes are free`;
    return new LimitError('memoryBytes', Math.min(budget.limit, pool.total), detail);
  }
  return new LimitError('memoryBytes', budget.limit, `no room for ${what}: ${budget.used} bytes are used`);
}

export function noRoomIn({ store, budget }: Instance, what: string): LimitError {
  return noRoom(store.allocator, budget, what);
}

/** Adds the module's exports, once the index spaces are filled. @param step is called for each export */
export function addExports(instance: Instance, step: () => void): void {
  for (const one of instance.module.exports) {
    step();
    instance.exports.set(one.name, { kind: one.kind, value: externAt(instance, one) });
  }
}

function externAt(instance: Instance, { kind, index }: Export): ExternInstance {
  switch (kind) {
    case 'func':
      return instance.functions[index]!;
    case 'table':
      return instance.tables[index]!;
    case 'memory':
      return instance.memories[index]!;
    case 'global':
      return instance.globals[index]!;
    case 'tag':
      return instance.tags[index]!;
  }
}
