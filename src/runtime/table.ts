// Tables of references. The elements are JavaScript references, which take no bytes of guest memory; their cost is charged to the allocator and to
// the instance's budget. Refuses growth beyond the type's maximum, the element limit and the budget.
import type { TableType } from '../wasm/types.js';
import type { Budget } from './budget.js';
import { appendReferences } from './bulk.js';
import type { MemoryAccount } from './memory-account.js';
import type { Meter } from './meter.js';

/** The bytes charged per element: what a reference takes in a JavaScript array. */
const BYTES_PER_ELEMENT = 8;

/** What the elements of one table are charged to: their bytes, and their number. Refuses what either refuses, and then takes nothing. */
export class TableCharge {
  readonly #account: MemoryAccount;
  readonly #count: Budget;
  /** The number of elements charged; it is larger than their number if filling the table failed half-way. */
  #taken = 0;

  constructor(account: MemoryAccount, count: Budget) {
    this.#account = account;
    this.#count = count;
  }
  take(elements: number): boolean {
    if (!this.#count.take(elements)) return false;
    if (this.#account.take(elements * BYTES_PER_ELEMENT)) {
      this.#taken += elements;
      return true;
    }
    this.#count.release(elements);
    return false;
  }
  give(elements: number): void {
    this.#taken -= elements;
    this.#count.release(elements);
    this.#account.give(elements * BYTES_PER_ELEMENT);
  }
  /** Gives back everything that was taken. */
  release(): void {
    this.#count.release(this.#taken);
    this.#taken = 0;
    this.#account.release();
  }
}

export class TableInstance {
  readonly type: TableType;
  /** Engines read and write elements here after their own bounds check. */
  readonly elements: unknown[] = [];
  readonly maxElements: number;
  readonly charge: TableCharge;
  /** Called with the new length when the table has grown. */
  onGrowth: ((length: number) => void) | undefined = undefined;

  /**
   * @param type with the element type resolved in the store
   * @param maxElements the type's maximum, or what the implementation allows
   * @param account what the elements' bytes are charged to @param count the owner's budget of elements over all its tables
   */
  constructor(type: TableType, maxElements: number, account: MemoryAccount, count: Budget) {
    this.type = type;
    this.maxElements = maxElements;
    this.charge = new TableCharge(account, count);
  }
  get length(): number {
    return this.elements.length;
  }
  /** The mode whose engine keeps the elements elsewhere; undefined if `elements` holds them. */
  get residesIn(): string | undefined {
    return undefined;
  }
  /** Reads an element; the caller has checked the index. */
  get(index: number): unknown {
    return this.elements[index];
  }
  /** Writes an element; the caller has checked the index and the value's type. */
  set(index: number, value: unknown): void {
    this.elements[index] = value;
  }
  /**
   * Grows by `delta` elements set to `value`. Returns the old length, or -1 if a limit prevents it. Throws as Meter.check(), and then the table is
   * unchanged.
   */
  grow(delta: number, value: unknown, meter?: Meter): number {
    const before = this.elements.length;
    if (before + delta > this.maxElements) return -1;
    if (delta === 0) return before;
    if (!this.charge.take(delta)) return -1;
    try {
      appendReferences(meter, this.elements, value, delta);
      this.onGrowth?.(before + delta);
      return before;
    } catch (error) {
      this.charge.give(delta);
      throw error;
    }
  }
  release(): void {
    this.charge.release();
    this.elements.length = 0;
  }
}
