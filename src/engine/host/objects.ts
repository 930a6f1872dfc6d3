// Memories, tables, globals and tags that live in the host, as objects of the runtime. Growth goes through our budgets.
import type { Budget } from '../../runtime/budget.js';
import { TagInstance } from '../../runtime/exception.js';
import { GlobalInstance } from '../../runtime/global.js';
import { MemoryInstance, MemoryViews } from '../../runtime/memory.js';
import type { MemoryAccount } from '../../runtime/memory-account.js';
import type { Slots } from '../../runtime/slots.js';
import { TableInstance } from '../../runtime/table.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import { type GlobalType, I32, type MemoryType, type TableType } from '../../wasm/types.js';
import type { Island } from './island.js';
import type { HostState } from './state.js';
import type {
  HostGlobalObject,
  HostMemoryObject,
  HostTableObject,
  HostTagObject,
  HostWebAssembly,
} from './webassembly.js';

/** Pages of 64 KiB beyond which no maximum is given to the host: it refuses what it cannot ever have. */
const MAX_NAMED_PAGES = 65_536;

export class HostMemory extends MemoryInstance {
  readonly #account: MemoryAccount;
  #object: HostMemoryObject | undefined;

  constructor(type: MemoryType, maxPages: number, account: MemoryAccount) {
    super(type, maxPages);
    this.#account = account;
  }
  get object(): HostMemoryObject {
    return this.#object!;
  }
  /** Takes the initial size. False where the allocator, the budget or the host says no. */
  allocate(pages: number, { Memory }: HostWebAssembly): boolean {
    const bytes = pages * this.pageSize;
    if (!this.#account.take(bytes)) return false;
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
      this.#account.give(bytes);
      return false;
    }
    this.#refresh();
    return true;
  }
  override grow(delta: number): number {
    const before = this.pages;
    if (before + delta > this.maxPages) return -1;
    if (delta === 0) return before;
    const bytes = delta * this.pageSize;
    if (!this.#account.take(bytes)) return -1;
    try {
      this.object.grow(this.type.address === 'i64' ? BigInt(delta) : delta);
    } catch {
      // The host says so by an error of its own kind; there is one reason only.
      this.#account.give(bytes);
      return -1;
    }
    this.#refresh();
    return before;
  }
  override release(): void {
    this.#account.release();
    this.#object = undefined;
    this.moveNowhere();
  }
  #refresh(): void {
    const { buffer } = this.object;
    this.moveTo(new MemoryViews(buffer, 0, buffer.byteLength));
  }
}

export class HostTable extends TableInstance {
  readonly owner: Island;
  readonly #state: HostState;
  #object: HostTableObject | undefined;
  #released = false;

  constructor(type: TableType, max: number, owner: Island, account: MemoryAccount, count: Budget) {
    super(type, max, account, count);
    this.owner = owner;
    this.#state = owner.state;
  }
  override get foreign(): 'host' {
    return 'host';
  }
  get object(): HostTableObject {
    return this.#object!;
  }
  attach(object: HostTableObject): void {
    this.#object = object;
  }
  override get length(): number {
    return this.#released || this.#object === undefined ? 0 : Number(this.#object.length);
  }
  override get(index: number): unknown {
    return this.#state.references.fromHost(
      this.object.get(this.#index(index)),
      this.#state.hierarchyOf(this.type.element),
    );
  }
  override set(index: number, value: unknown): void {
    this.object.set(
      this.#index(index),
      this.#state.references.toHost(value, this.#state.hierarchyOf(this.type.element)),
    );
  }
  isNull(index: number): boolean {
    return this.object.get(this.#index(index)) === null;
  }
  override grow(delta: number, value: unknown): number {
    const before = this.length;
    if (!this.mayGrow(delta, before)) return -1;
    try {
      this.object.grow(
        this.#index(delta),
        this.#state.references.toHost(value, this.#state.hierarchyOf(this.type.element)),
      );
      return before;
    } catch (error) {
      this.stayed(delta);
      if (error instanceof RangeError) return -1;
      throw error;
    }
  }
  /** Charges the elements; the host's growth follows. */
  mayGrow(delta: number, length: number): boolean {
    return length + delta <= this.maxElements && this.take(delta);
  }
  stayed(delta: number): void {
    this.giveBack(delta);
  }
  override release(): void {
    super.release();
    this.#released = true;
  }
  #index(index: number): number | bigint {
    return this.type.address === 'i64' ? BigInt(index) : index;
  }
}

export class HostGlobal extends GlobalInstance {
  readonly object: HostGlobalObject;
  readonly owner: Island;
  /** Reads into slot 0 of a Slots, and sets from there: for what JavaScript cannot read exactly. */
  readonly #courier: () => { read(slots: Slots): void; write(slots: Slots): void };
  #made: { read(slots: Slots): void; write(slots: Slots): void } | undefined;

  constructor(
    type: GlobalType,
    object: HostGlobalObject,
    owner: Island,
    courier: () => { read(slots: Slots): void; write(slots: Slots): void },
  ) {
    super(type);
    this.object = object;
    this.owner = owner;
    this.#courier = courier;
  }
  override get foreign(): 'host' {
    return 'host';
  }
  override toSlot(slots: Slots, k: number): void {
    if (this.type.type === I32) {
      slots.i32[k * 4] = this.object.value as number;
      return;
    }
    this.#made ??= this.#courier();
    const { scratch } = this.owner.state;
    this.#made.read(scratch);
    slots.i32.set(scratch.i32.subarray(0, 4), k * 4);
    slots.refs[k] = scratch.refs[0];
  }
  override fromSlot(slots: Slots, k: number): void {
    if (this.type.type === I32) {
      this.object.value = slots.i32[k * 4];
      return;
    }
    this.#made ??= this.#courier();
    const { scratch } = this.owner.state;
    scratch.i32.set(slots.i32.subarray(k * 4, k * 4 + 4));
    scratch.refs[0] = slots.refs[k];
    this.#made.write(scratch);
  }
}

export class HostTag extends TagInstance {
  readonly object: HostTagObject;
  constructor(type: DefinedType, object: HostTagObject) {
    super(type);
    this.object = object;
  }
}
