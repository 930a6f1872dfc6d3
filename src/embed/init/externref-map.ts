// WAMR's externref map: JavaScript values as numbers, for callers that can pass nothing else. Guests of this runtime hold the values themselves.
// Index 0 means none; indices are never used again.
import type { Instance } from '../../runtime/instance.js';
import { Slots } from '../../runtime/slots.js';
import { HEAP_ANY, HEAP_EXTERN, heapOf, isRef } from '../../wasm/types.js';

interface Entry {
  readonly value: unknown;
  readonly instance: Instance;
  retained: boolean;
  cleanup: ((value: unknown) => void) | undefined;
}

/** WAMR's number for null, which belongs to no instance and is never forgotten. */
const NULL_REF = 0xffff_ffff;
const NULL = Object.freeze({ value: null });

export class ExternrefMap {
  readonly #entries = new Map<number, Entry>();
  readonly #indices = new Map<Instance, Map<unknown, number>>();
  #next = 1;

  get size(): number {
    return this.#entries.size;
  }
  /** Returns the index of a value within an instance; the same value gets the same index while the map has it. */
  objToRef(instance: Instance, value: unknown): number {
    if (value === null) return NULL_REF;
    let indices = this.#indices.get(instance);
    if (indices === undefined) this.#indices.set(instance, (indices = new Map()));
    const known = indices.get(value);
    if (known !== undefined) return known;
    const index = this.#next++;
    indices.set(value, index);
    this.#entries.set(index, { value, instance, retained: false, cleanup: undefined });
    return index;
  }
  /** Returns the value of an index, in an object, because undefined may be a value; undefined where there is no such index. */
  refToObj(index: number): { readonly value: unknown } | undefined {
    if (index === NULL_REF) return NULL;
    return this.#entries.get(index);
  }
  /** Forgets a value and runs its cleanup. Returns whether the map had it. Throws what the cleanup throws. */
  delete(instance: Instance, value: unknown): boolean {
    const index = this.#indices.get(instance)?.get(value);
    if (index !== undefined) this.#remove([index]);
    return index !== undefined;
  }
  /** Sets a function that is called when the value is forgotten. Returns whether the map has the value. */
  setCleanup(instance: Instance, value: unknown, cleanup: ((value: unknown) => void) | undefined): boolean {
    const entry = this.#entryOf(instance, value);
    if (entry) entry.cleanup = cleanup;
    return entry !== undefined;
  }
  /** Keeps the entry through reclaim(). Returns whether the map has the index. */
  retain(index: number): boolean {
    if (index === NULL_REF) return true;
    const entry = this.#entries.get(index);
    if (entry) entry.retained = true;
    return entry !== undefined;
  }
  /** Forgets the instance's values that are neither retained nor in one of its globals and tables. Throws what the first cleanup throws. */
  reclaim(instance: Instance): void {
    const held = new Set<unknown>();
    const slots = new Slots(1);
    // These methods read the values in every mode; in mode host they are in globals and tables of native WebAssembly.
    for (const global of instance.globals) {
      if (!mayHoldExternalValues(global.type.type)) continue;
      global.toSlot(slots, 0);
      held.add(slots.refs[0]);
    }
    for (const table of instance.tables) {
      if (!mayHoldExternalValues(table.type.element)) continue;
      for (let i = 0; i < table.length; i++) held.add(table.get(i));
    }
    const indices = [...(this.#indices.get(instance) ?? [])];
    this.#remove(
      indices
        .filter(([value, index]) => !held.has(value) && !this.#entries.get(index)!.retained)
        .map(([, index]) => index),
    );
  }
  /** Forgets all values of an instance that ends. Throws what the first cleanup throws. */
  endInstance(instance: Instance): void {
    const indices = [...(this.#indices.get(instance)?.values() ?? [])];
    this.#indices.delete(instance);
    this.#remove(indices);
  }
  /** Forgets everything; returns how many entries were left. Throws what the first cleanup throws. */
  destroy(): number {
    const left = this.#entries.size;
    this.#indices.clear();
    this.#remove([...this.#entries.keys()]);
    return left;
  }

  #entryOf(instance: Instance, value: unknown): Entry | undefined {
    const index = this.#indices.get(instance)?.get(value);
    return index === undefined ? undefined : this.#entries.get(index);
  }
  /** Removes entries. All are removed before the first cleanup runs, and every cleanup runs. */
  #remove(indices: readonly number[]): void {
    const entries = indices.map((index) => this.#entries.get(index)!);
    for (const index of indices) this.#entries.delete(index);
    for (const { instance, value } of entries) this.#indices.get(instance)?.delete(value);
    const failures: unknown[] = [];
    for (const { cleanup, value } of entries) {
      try {
        cleanup?.(value);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Whether a JavaScript value can be in a place of this type: an external reference, or what any.convert_extern makes of one. */
function mayHoldExternalValues(type: number): boolean {
  return isRef(type) && (heapOf(type) === HEAP_EXTERN || heapOf(type) === HEAP_ANY);
}
