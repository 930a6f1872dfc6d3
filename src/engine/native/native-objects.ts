// Memories, tables, globals and tags of native WebAssembly, as objects of the runtime. Refuses growth beyond the runtime's budgets, whatever the
// JavaScript engine would allow.

import type { Budget } from '../../runtime/budget.js';
import { TagInstance } from '../../runtime/exception.js';
import { GlobalInstance } from '../../runtime/global.js';
import { MemoryInstance, type MemoryPort, MemoryViews } from '../../runtime/memory.js';
import type { MemoryAccount } from '../../runtime/memory-account.js';
import type { RunningMode } from '../../runtime/running-mode.js';
import type { Slots } from '../../runtime/slots.js';
import { TableInstance } from '../../runtime/table.js';
import { ENTRIES_PER_CHECKPOINT } from '../../wasm/fuel.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import { type GlobalType, I32, type MemoryType, type TableType } from '../../wasm/types.js';
import type { InstanceCounters } from './counters.js';
import type { Hierarchy } from './passage.js';
import type { References } from './references.js';
import type {
  WebAssemblyGlobal,
  WebAssemblyMemory,
  WebAssemblyNamespace,
  WebAssemblyTable,
  WebAssemblyTag,
} from './webassembly.js';

/** The value of `residesIn` for all of them. */
const MODE: RunningMode = 'host';

/**
 * A memory whose maximum exceeds this many pages of 64 KiB is declared without one: the JavaScript engine refuses a maximum that it can never
 * provide.
 */
const MAX_NAMED_PAGES = 65_536;

/** Transfers the value of a native global to slot 0 of its slots and back, with every bit. */
export interface GlobalAccessor {
  readonly slots: Slots;
  read(): void;
  write(): void;
}

/** The instance that has an object, as far as the object must tell it that others get it, too. */
export type Owner = Pick<InstanceCounters, 'expose'>;

export class NativeMemory extends MemoryInstance {
  #object: WebAssemblyMemory | undefined;

  constructor(type: MemoryType, maxPages: number, account: MemoryAccount) {
    super(type, maxPages, account);
  }
  get object(): WebAssemblyMemory {
    return this.#object!;
  }
  /** Allocates the initial size. Returns false if the allocator, the budget or the JavaScript engine refuses. */
  allocate(pages: number, { Memory }: WebAssemblyNamespace): boolean {
    const bytes = pages * this.pageSize;
    if (!this.charge.take(bytes)) return false;
    const wide = this.type.address === 'i64';
    const size = (count: number): number | bigint => (wide ? BigInt(count) : count);
    const { shared } = this.type;
    const descriptor: Record<string, unknown> = { initial: size(pages), shared };
    if (wide) descriptor['address'] = 'i64';
    if (shared || this.maxPages <= MAX_NAMED_PAGES) descriptor['maximum'] = size(this.maxPages);
    try {
      this.#object = new Memory(descriptor);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.charge.give(bytes);
      return false;
    }
    this.#refresh();
    return true;
  }
  /** Becomes another thread's memory, in this one. */
  attach(object: WebAssemblyMemory, port: MemoryPort): void {
    this.#object = object;
    this.port = port;
    this.#refresh();
  }
  override renew(): void {
    if (this.port) this.#refresh();
  }
  override grow(delta: number): number {
    if (this.port) return this.port.grow(delta);
    const before = this.pages;
    if (before + delta > this.maxPages) return -1;
    const bytes = delta * this.pageSize;
    if (!this.charge.take(bytes)) return -1;
    try {
      this.object.grow(this.type.address === 'i64' ? BigInt(delta) : delta);
    } catch {
      // JavaScript engines report this by errors of different kinds, but there is only one reason.
      this.charge.give(bytes);
      return -1;
    }
    this.#refresh();
    return before;
  }
  override get ownBuffer(): ArrayBufferLike {
    return this.object.buffer;
  }
  override release(): void {
    this.charge.release();
    this.#object = undefined;
    this.moveNowhere();
  }
  #refresh(): void {
    const { buffer } = this.object;
    if (buffer.byteLength === this.byteLength && this.port) return;
    this.moveTo(new MemoryViews(buffer, 0, buffer.byteLength));
  }
}

export class NativeTable extends TableInstance {
  /** The counters of the instance that has the table; it counts as exposed when another instance gets the table. */
  readonly owner: Owner;
  readonly #references: References;
  readonly #hierarchy: Hierarchy;
  #object: WebAssemblyTable | undefined;
  #released = false;

  /** @param hierarchy of the elements @param accounts what the elements are charged to */
  constructor(
    type: TableType,
    max: number,
    owner: Owner,
    elements: { readonly references: References; readonly hierarchy: Hierarchy },
    accounts: { readonly bytes: MemoryAccount; readonly count: Budget },
  ) {
    super(type, max, accounts.bytes, accounts.count);
    this.owner = owner;
    this.#references = elements.references;
    this.#hierarchy = elements.hierarchy;
  }
  override get residesIn(): RunningMode {
    return MODE;
  }
  get object(): WebAssemblyTable {
    return this.#object!;
  }
  attach(object: WebAssemblyTable): void {
    this.#object = object;
  }
  override get length(): number {
    return this.#released || this.#object === undefined ? 0 : Number(this.#object.length);
  }
  override get(index: number): unknown {
    return this.#references.fromJs(this.object.get(this.#index(index)), this.#hierarchy);
  }
  override set(index: number, value: unknown): void {
    this.object.set(this.#index(index), this.#references.toJs(value, this.#hierarchy));
  }
  isNull(index: number): boolean {
    return this.object.get(this.#index(index)) === null;
  }
  override grow(delta: number, value: unknown): number {
    const before = this.length;
    if (!this.mayGrow(delta, before)) return -1;
    try {
      this.object.grow(this.#index(delta), this.#references.toJs(value, this.#hierarchy));
      return before;
    } catch (error) {
      this.notGrown(delta);
      if (error instanceof RangeError) return -1;
      throw error;
    }
  }
  /** Charges the elements; the native table grows after that. */
  mayGrow(delta: number, length: number): boolean {
    if (length + delta > this.maxElements || !this.charge.take(delta)) return false;
    // A long growth is given back and asked for again in chunks.
    if (delta <= ENTRIES_PER_CHECKPOINT) this.onGrowth?.(length + delta);
    return true;
  }
  /** Gives back what mayGrow() has charged, because the native table did not grow. */
  notGrown(delta: number): void {
    this.charge.give(delta);
  }
  override release(): void {
    super.release();
    this.#released = true;
  }
  #index(index: number): number | bigint {
    return this.type.address === 'i64' ? BigInt(index) : index;
  }
}

export class NativeGlobal extends GlobalInstance {
  readonly object: WebAssemblyGlobal;
  /** The counters of the instance that has the global; it counts as exposed when another instance gets a global of references. */
  readonly owner: Owner;
  readonly #makeAccessor: () => GlobalAccessor;
  #accessor: GlobalAccessor | undefined;

  /** @param makeAccessor for values that JavaScript cannot read exactly; called on first use */
  constructor(type: GlobalType, object: WebAssemblyGlobal, owner: Owner, makeAccessor: () => GlobalAccessor) {
    super(type);
    this.object = object;
    this.owner = owner;
    this.#makeAccessor = makeAccessor;
  }
  override get residesIn(): RunningMode {
    return MODE;
  }
  override toSlot(slots: Slots, k: number): void {
    if (this.type.type === I32) {
      slots.i32[k * 4] = this.object.value as number;
      return;
    }
    const accessor = (this.#accessor ??= this.#makeAccessor());
    accessor.read();
    slots.i32.set(accessor.slots.i32.subarray(0, 4), k * 4);
    slots.refs[k] = accessor.slots.refs[0];
  }
  override fromSlot(slots: Slots, k: number): void {
    if (this.type.type === I32) {
      this.object.value = slots.i32[k * 4];
      return;
    }
    const accessor = (this.#accessor ??= this.#makeAccessor());
    accessor.slots.i32.set(slots.i32.subarray(k * 4, k * 4 + 4));
    accessor.slots.refs[0] = slots.refs[k];
    accessor.write();
  }
}

export class NativeTag extends TagInstance {
  readonly object: WebAssemblyTag;
  /** The hierarchies of its parameters; undefined for numbers and vectors. */
  readonly hierarchies: readonly (Hierarchy | undefined)[];

  constructor(type: DefinedType, object: WebAssemblyTag, hierarchies: readonly (Hierarchy | undefined)[]) {
    super(type);
    this.object = object;
    this.hierarchies = hierarchies;
  }
}
