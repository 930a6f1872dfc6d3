// A guest's memories, globals, tables and tags as embedders see them.
// Refuses use after the instance has ended, addresses out of bounds, values of the wrong type.

import { INSPECT } from '../../base/inspect.js';
import { show } from '../../base/show.js';
import { TagInstance } from '../../runtime/exception.js';
import { FunctionInstance } from '../../runtime/function.js';
import { GlobalInstance } from '../../runtime/global.js';
import { type ExternInstance, Instance } from '../../runtime/instance.js';
import { MemoryInstance } from '../../runtime/memory.js';
import { Slots } from '../../runtime/slots.js';
import type { Store } from '../../runtime/store.js';
import { TableInstance } from '../../runtime/table.js';
import { readSlot, type WasmValue, writeSlot } from '../../runtime/value.js';
import { LinkError, UsageError } from '../../wasm/errors.js';
import { typeName } from '../../wasm/type-names.js';
import type { GlobalType, MemoryType, TableType } from '../../wasm/types.js';
import { fromGuest, functionOf, takeValue, WasmFunction } from '../call/wasm-function.js';

/** Who has what embedders see, and how long: an instance, or the runtime. @internal */
export interface Owner {
  readonly store: Store;
  readonly ended: boolean;
  checkAlive(): void;
}

/** The base of memories, globals, tables and tags. @internal */
export class Extern<T extends ExternInstance, O extends Owner = Instance> {
  /** @internal */
  readonly instance: O;
  /** @internal */
  readonly value: T;
  /** @internal Use externOf. */
  constructor(instance: O, value: T) {
    this.instance = instance;
    this.value = value;
  }
  /** @internal */
  protected get live(): T {
    this.instance.checkAlive();
    return this.value;
  }
}

/** A linear memory: WAMR's `wasm_memory_inst_t`. */
export class WasmMemory extends Extern<MemoryInstance, Owner> {
  /** @internal */
  [INSPECT](): string {
    return `[Memory of ${this.instance.ended ? 'no' : this.value.pages} pages, ${this.maxPages} at most]`;
  }
  /** Its limits in pages, the size of a page, and whether it is shared. */
  get type(): MemoryType {
    return this.value.type;
  }
  /** Whether several threads may access it. */
  get shared(): boolean {
    return this.value.type.shared;
  }
  /** The bytes of a page. */
  get pageSize(): number {
    return this.value.pageSize;
  }
  /** Its size in pages of `pageSize` bytes. */
  get pages(): number {
    return this.live.pages;
  }
  /** The most pages that it can have. */
  get maxPages(): number {
    return this.value.maxPages;
  }
  /** Its size in bytes. */
  get byteLength(): number {
    return this.live.byteLength;
  }
  /**
   * All bytes, in place: valid until the memory grows or the instance ends, so ask again after each call.
   */
  get bytes(): Uint8Array {
    return this.live.views.u8;
  }
  /** Grows by pages; returns the old size in pages, or -1 where a limit prevents it. @throws UsageError for what is no number of pages */
  grow(delta: number): number {
    if (!Number.isSafeInteger(delta) || delta < 0)
      throw new UsageError(`memory.grow: ${show(delta)} is no number of pages`);
    return this.live.grow(delta);
  }
}

/** An exported global. */
export class WasmGlobal extends Extern<GlobalInstance> {
  /** @internal */
  [INSPECT](): string {
    return `[Global ${this.type.mutable ? 'mut ' : ''}${typeName(this.type.type)}]`;
  }
  /** Its value type, and whether it can be set. */
  get type(): GlobalType {
    return this.value.type;
  }
  /** Its value now. @throws UsageError after the instance has ended */
  get(): WasmValue {
    const slots = new Slots(1);
    this.live.toSlot(slots, 0);
    return fromGuest(this.instance, readSlot(slots, 0, this.type.type));
  }
  /** Changes its value. @throws UsageError for an immutable global or a value of the wrong type */
  set(value: WasmValue): void {
    if (!this.type.mutable) throw new UsageError('this global is immutable');
    const slots = new Slots(1);
    writeSlot(slots, 0, this.type.type, takeValue(this.instance, this.type.type, value, 'global'));
    this.live.fromSlot(slots, 0);
  }
}

/** A table of references. */
export class WasmTable extends Extern<TableInstance> {
  /** @internal */
  [INSPECT](): string {
    return `[Table of ${this.instance.ended ? 'no' : this.value.length} ${typeName(this.type.element)}]`;
  }
  /** Its limits in elements, and the type of the elements. */
  get type(): TableType {
    return this.value.type;
  }
  /** Its number of elements. */
  get length(): number {
    return this.live.length;
  }
  /** Returns the element at an index. @throws UsageError for an index that it does not have */
  get(index: number): WasmValue {
    this.#check(index);
    return fromGuest(this.instance, this.live.get(index));
  }
  /** Changes the element at an index. @throws UsageError for an index that it does not have, or a value of the wrong type */
  set(index: number, value: WasmValue): void {
    this.#check(index);
    this.live.set(index, this.#element(value));
  }
  /** Grows by elements; returns the old length, or -1 where a limit prevents it. @throws UsageError as set */
  grow(delta: number, value: WasmValue = null): number {
    if (!Number.isSafeInteger(delta) || delta < 0)
      throw new UsageError(`table.grow: ${show(delta)} is no number of elements`);
    return this.live.grow(delta, this.#element(value));
  }
  #element(value: WasmValue): unknown {
    return takeValue(this.instance, this.type.element, value, 'table element');
  }
  #check(index: number): void {
    if (Number.isSafeInteger(index) && index >= 0 && index < this.live.length) return;
    throw new UsageError(`table index ${show(index)}: the table has ${this.live.length} elements`);
  }
}

/** A tag, which is equal only to itself; `value` is what WasmException.tag holds. */
export class WasmTag extends Extern<TagInstance> {
  /** @internal */
  [INSPECT](): string {
    return `[Tag (${this.params.map((type) => typeName(type)).join(' ')})]`;
  }
  /** The types of the payload of its exceptions. */
  get params(): readonly number[] {
    return this.value.params;
  }
}

/** An export of an instance. */
export type WasmExtern = WasmFunction | WasmMemory | WasmGlobal | WasmTable | WasmTag;

/** Refuses what the runtime had made for instances of its own and is no more, or what another runtime has. @throws LinkError, UsageError */
export function checkOwner(value: unknown, store: Store): void {
  if (!(value instanceof Extern)) return;
  const owner = value.instance as Owner;
  if (owner.store !== store) throw new LinkError('an import belongs to another runtime');
  owner.checkAlive();
}

/** Returns the embedder's object for an export. */
export function externOf(instance: Instance, value: ExternInstance, name: string): WasmExtern {
  if (value instanceof FunctionInstance) return functionOf(instance, value, name);
  let wrapper = instance.wrappers.get(value) as WasmExtern | undefined;
  if (wrapper === undefined) {
    if (value instanceof MemoryInstance) wrapper = new WasmMemory(instance, value);
    else if (value instanceof TableInstance) wrapper = new WasmTable(instance, value);
    else if (value instanceof GlobalInstance) wrapper = new WasmGlobal(instance, value);
    else wrapper = new WasmTag(instance, value);
    instance.wrappers.set(value, wrapper);
  }
  return wrapper;
}

/** Returns what the runtime links with; undefined for a value that is no export of an instance. */
export function externInstanceOf(value: unknown): ExternInstance | undefined {
  if (value instanceof WasmFunction) return value.func;
  if (value instanceof Extern) return value.value as ExternInstance;
  const isRaw =
    value instanceof FunctionInstance ||
    value instanceof MemoryInstance ||
    value instanceof TableInstance ||
    value instanceof GlobalInstance ||
    value instanceof TagInstance;
  return isRaw ? value : undefined;
}

/** Returns the instance that an export was taken from, or whose function a native got; undefined for other values. */
export function instanceOfExtern(value: unknown): Instance | undefined {
  if (value instanceof FunctionInstance) return value.definingInstance as Instance | undefined;
  if (value instanceof WasmFunction) return value.instance;
  return value instanceof Extern && value.instance instanceof Instance ? value.instance : undefined;
}
