// What GC objects and exceptions cost an instance that has a memory limit. The cost is the same in every mode. It is charged before they are made,
// and given back when the JavaScript garbage collector has freed them or the instance has ended. Refuses what does not fit.
import { type Releasable, whenCollected } from '../base/when-collected.js';
import { LimitError } from '../wasm/errors.js';
import { ENTRY_BYTES } from '../wasm/object-size.js';
import type { Budget } from './budget.js';
import type { Meter } from './meter.js';

/** The instance that pays for an object. */
export interface ObjectOwner {
  readonly limits: { readonly memoryBytes?: number | undefined };
  readonly budget: Budget;
}

/**
 * The bytes of an object besides its contents, as V8 uses them: the object, its array of fields, and the registration that reports that both were
 * freed.
 */
const OBJECT_BYTES = 232;
/** The bytes of an exception besides its payload; it is an Error. */
const EXCEPTION_BYTES = 128;

/** @param contents bytes, as wasm/object-size.ts counts them */
export function objectBytes(contents: number): number {
  return OBJECT_BYTES + contents;
}

/** Making a struct of this many fields takes as long as a checkpoint. */
const MANY_FIELDS = 32;
/** A checkpoint before a struct or an exception is made: many fields take as long as many instructions. Throws as Meter.check(). */
export function checkpointBeforeMaking(meter: Meter, fields: number): void {
  if (fields >= MANY_FIELDS) meter.checkpoint();
}

class ObjectCharge implements Releasable {
  readonly #budget: Budget;
  readonly #bytes: number;

  constructor(budget: Budget, bytes: number) {
    this.#budget = budget;
    this.#bytes = bytes;
  }
  release(): void {
    this.#budget.releaseObject(this.#bytes);
  }
}

/**
 * @param contents bytes, as wasm/object-size.ts counts them @param make makes the object after it was charged
 * @throws LimitError memoryBytes
 */
export function makeCharged<T extends object>({ limits, budget }: ObjectOwner, contents: number, make: () => T): T {
  if (limits.memoryBytes === undefined) return make();
  const bytes = objectBytes(contents);
  if (!budget.takeObject(bytes)) throw new LimitError('memoryBytes', limits.memoryBytes, 'GC objects');
  let object: T;
  try {
    object = make();
  } catch (error) {
    budget.releaseObject(bytes);
    throw error;
  }
  whenCollected(object, new ObjectCharge(budget, bytes));
  return object;
}
/** Makes an exception whose payload has this many entries, under the same charge. */
export function makeChargedException<T extends object>(owner: ObjectOwner, entries: number, make: () => T): T {
  return makeCharged(owner, EXCEPTION_BYTES + entries * ENTRY_BYTES, make);
}
