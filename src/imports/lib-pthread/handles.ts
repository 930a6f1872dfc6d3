// What a guest names by small numbers: threads, mutexes, condition variables and semaphores, all from one counter. Refuses more of them than a guest
// may have, and those for which its memory limit has no room.
import type { Budget } from '../../runtime/budget.js';

/** The most objects of one guest at once: each is one of JavaScript, of which the guest's memory says nothing. */
const MOST_OBJECTS = 65_536;
/** What one is charged, in bytes. */
const BYTES_PER_OBJECT = 256;
const LAST_HANDLE = 0x7fff_ffff;

export class Handles {
  readonly #budget: Budget;
  readonly #objects = new Map<number, object>();
  #last = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }
  /** A number that names nothing alive. */
  unused(): number {
    do this.#last = this.#last === LAST_HANDLE ? 1 : this.#last + 1;
    while (this.#objects.has(this.#last));
    return this.#last;
  }
  /** Undefined where there is no room for another. */
  add(object: object): number | undefined {
    if (this.#objects.size >= MOST_OBJECTS || !this.#budget.takeObject(BYTES_PER_OBJECT)) return undefined;
    const handle = this.unused();
    this.#objects.set(handle, object);
    return handle;
  }
  /** Undefined where the handle names nothing of the kind. */
  find<T extends object>(handle: number, kind: abstract new (...args: never[]) => T): T | undefined {
    const object = this.#objects.get(handle);
    return object instanceof kind ? object : undefined;
  }
  remove(handle: number): void {
    if (this.#objects.delete(handle)) this.#budget.releaseObject(BYTES_PER_OBJECT);
  }
}
