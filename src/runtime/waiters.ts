// Who waits at which address of one memory: the calls of guests on this JavaScript thread, in the order in which they came. Refuses nothing.

/** A call that waits. */
interface Waiter {
  wake(): void;
}

export class Waiters {
  /** A set keeps the order in which waiters came, and lets one leave at once. */
  readonly #byAddress = new Map<number, Set<Waiter>>();

  add(address: number, waiter: Waiter): void {
    const there = this.#byAddress.get(address);
    if (there) there.add(waiter);
    else this.#byAddress.set(address, new Set([waiter]));
  }
  remove(address: number, waiter: Waiter): void {
    const there = this.#byAddress.get(address);
    if (there?.delete(waiter) && there.size === 0) this.#byAddress.delete(address);
  }
  /** Wakes those that came first, at most `count`. @returns how many */
  notify(address: number, count: number): number {
    let woken = 0;
    for (const waiter of this.#byAddress.get(address) ?? []) {
      if (woken === count) break;
      woken++;
      waiter.wake();
    }
    return woken;
  }
}
