// Tables of references. The elements are JavaScript references, which have no bytes: what they cost is charged to the allocator.
import type { Allocator, Charge } from '../alloc/allocator.js';
import type { TableType } from '../wasm/types.js';

/** Bytes charged per element: what a reference takes in a JavaScript array. */
const BYTES_PER_ELEMENT = 8;

export class TableInstance {
  readonly type: TableType;
  /** Engines read and write elements here after their own bounds check. */
  readonly elements: unknown[] = [];
  readonly maxElements: number;
  readonly #allocator: Allocator;
  #charge: Charge | null = null;

  /** @param type with the element type resolved in the store @param maxElements the type's or the limit's maximum */
  constructor(type: TableType, maxElements: number, allocator: Allocator) {
    this.type = type;
    this.maxElements = maxElements;
    this.#allocator = allocator;
  }
  get length(): number {
    return this.elements.length;
  }
  /** Grows by `delta` elements set to `value`. Returns the old length, or -1 where a limit says no. */
  grow(delta: number, value: unknown): number {
    const before = this.elements.length;
    const after = before + delta;
    if (after > this.maxElements) return -1;
    if (delta === 0) return before;
    const charge = this.#allocator.charge(after * BYTES_PER_ELEMENT);
    if (!charge) return -1;
    this.#charge?.release();
    this.#charge = charge;
    for (let i = 0; i < delta; i++) this.elements.push(value);
    return before;
  }
  release(): void {
    this.#charge?.release();
    this.#charge = null;
    this.elements.length = 0;
  }
}
