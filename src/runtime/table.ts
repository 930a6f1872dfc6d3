// Tables of references. The elements are JavaScript references, which take no bytes of guest memory; their cost is charged to the allocator and to
// the instance's budget. Refuses growth beyond the type's maximum, the element limit and the budget.
import type { TableType } from '../wasm/types.js';
import type { Budget } from './budget.js';
import { appendReferences } from './bulk.js';
import type { MemoryAccount } from './memory-account.js';
import type { Meter } from './meter.js';

/** The bytes charged per element: what a reference takes in a JavaScript array. */
const BYTES_PER_ELEMENT = 8;

export class TableInstance {
  readonly type: TableType;
  /** Engines read and write elements here after their own bounds check. */
  readonly elements: unknown[] = [];
  readonly maxElements: number;
  /** Called with the new length when the table has grown. */
  onGrowth: ((length: number) => void) | undefined = undefined;
  readonly #account: MemoryAccount;
  readonly #count: Budget;
  /** The number of elements charged; it is larger than their number if filling the table failed half-way. */
  #taken = 0;

  /**
   * @param type with the element type resolved in the store
   * @param maxElements the type's maximum, or what the implementation allows
   * @param account what the elements' bytes are charged to @param count the owner's budget of elements over all its tables
   */
  constructor(type: TableType, maxElements: number, account: MemoryAccount, count: Budget) {
    this.type = type;
    this.maxElements = maxElements;
    this.#account = account;
    this.#count = count;
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
    if (!this.take(delta)) return -1;
    try {
      appendReferences(meter, this.elements, value, delta);
      this.onGrowth?.(before + delta);
      return before;
    } catch (error) {
      this.giveBack(delta);
      throw error;
    }
  }
  release(): void {
    this.#count.release(this.#taken);
    this.#taken = 0;
    this.#account.release();
    this.elements.length = 0;
  }

  /** Charges elements to both accounts, or to none. */
  protected take(delta: number): boolean {
    if (!this.#count.take(delta)) return false;
    if (this.#account.take(delta * BYTES_PER_ELEMENT)) {
      this.#taken += delta;
      return true;
    }
    this.#count.release(delta);
    return false;
  }
  protected giveBack(delta: number): void {
    this.#taken -= delta;
    this.#count.release(delta);
    this.#account.give(delta * BYTES_PER_ELEMENT);
  }
}
