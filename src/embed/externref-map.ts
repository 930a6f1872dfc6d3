// WAMR's externref map: host values as numbers, for callers that can pass nothing else (the enclave boundary, WAMR's API).
// Guests of this runtime hold host values themselves. Index 0 means none; indices are never used again.
import type { Instance } from '../runtime/instance.js';
import { HEAP_EXTERN, heapOf, isRef } from '../wasm/types.js';

interface Entry {
  readonly value: unknown;
  readonly instance: Instance;
  retained: boolean;
  cleanup: ((value: unknown) => void) | undefined;
}

export class ExternrefMap {
  readonly #entries = new Map<number, Entry>();
  readonly #indices = new Map<Instance, Map<unknown, number>>();
  #next = 1;

  get size(): number {
    return this.#entries.size;
  }
  /** The index of a value within an instance; the same value gets the same index while it is there. */
  objToRef(instance: Instance, value: unknown): number {
    let indices = this.#indices.get(instance);
    if (indices === undefined) this.#indices.set(instance, (indices = new Map()));
    const known = indices.get(value);
    if (known !== undefined) return known;
    const index = this.#next++;
    indices.set(value, index);
    this.#entries.set(index, { value, instance, retained: false, cleanup: undefined });
    return index;
  }
  /** The value of an index, in a box so that any value can be told from "no such index". */
  refToObj(index: number): { readonly value: unknown } | undefined {
    return this.#entries.get(index);
  }
  /** Forgets a value and runs its cleanup. Returns whether it was there. */
  delete(instance: Instance, value: unknown): boolean {
    const index = this.#indices.get(instance)?.get(value);
    if (index === undefined) return false;
    this.#remove(index);
    return true;
  }
  /** Sets what is run when the value is forgotten. Returns whether the value is there. */
  setCleanup(instance: Instance, value: unknown, cleanup: ((value: unknown) => void) | undefined): boolean {
    const entry = this.#entryOf(instance, value);
    if (entry) entry.cleanup = cleanup;
    return entry !== undefined;
  }
  /** Keeps the entry through reclaim(). Returns whether the index is there. */
  retain(index: number): boolean {
    const entry = this.#entries.get(index);
    if (entry) entry.retained = true;
    return entry !== undefined;
  }
  /** Forgets the instance's values that are neither retained nor in one of its globals and tables of externrefs. */
  reclaim(instance: Instance): void {
    const held = new Set<unknown>();
    for (const { type, ref } of instance.globals) if (isExternref(type.type)) held.add(ref);
    for (const { type, elements } of instance.tables) {
      if (isExternref(type.element)) for (const element of elements) held.add(element);
    }
    for (const [value, index] of this.#indices.get(instance) ?? []) {
      if (!held.has(value) && !this.#entries.get(index)!.retained) this.#remove(index);
    }
  }
  /** Forgets all values of an instance that ends. */
  endInstance(instance: Instance): void {
    for (const index of [...(this.#indices.get(instance)?.values() ?? [])]) this.#remove(index);
    this.#indices.delete(instance);
  }
  /** Forgets everything; returns how many entries were left. */
  destroy(): number {
    const left = this.#entries.size;
    for (const index of [...this.#entries.keys()]) this.#remove(index);
    this.#indices.clear();
    return left;
  }

  #entryOf(instance: Instance, value: unknown): Entry | undefined {
    const index = this.#indices.get(instance)?.get(value);
    return index === undefined ? undefined : this.#entries.get(index);
  }
  #remove(index: number): void {
    const entry = this.#entries.get(index)!;
    this.#entries.delete(index);
    this.#indices.get(entry.instance)?.delete(entry.value);
    entry.cleanup?.(entry.value);
  }
}

function isExternref(type: number): boolean {
  return isRef(type) && heapOf(type) === HEAP_EXTERN;
}
