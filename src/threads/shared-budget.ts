// The budgets that the threads of a cluster share: fuel, of which each takes a part and gives back what it has not used, and bytes, for which the server
// is asked. Refuses what is not there, but only when no other thread can give some back.
import { lockWord, unlockWord } from '../alloc/ems/lock.js';
import { Budget } from '../runtime/budget.js';
import { type FuelSource, UNLIMITED_FUEL } from '../runtime/meter.js';
import { ALIVE, type ControlBlock, FUEL_CHANGED, FUEL_LOCK, HOLDERS } from './control-block.js';

/** What a thread takes at once: long enough to be cheap, and short enough for a checkpoint within a millisecond. */
const LEAST_TAKEN = 10_000;
const MOST_TAKEN = 1_000_000;
/** A holder takes some words of memory in the lock, so it is over at once, unless its processor was taken away. */
const LOCK_MS = 60_000;

/** Fuel in the control block. */
export class SharedFuel implements FuelSource {
  readonly #control: ControlBlock;
  readonly #wait: (seen: number) => void;

  /** @param wait until fuel may have been given back: the word of that is no longer what was seen. May throw */
  constructor(control: ControlBlock, wait: (seen: number) => void) {
    this.#control = control;
    this.#wait = wait;
  }
  /** The fuel that nobody has taken. */
  get left(): number {
    return Number(Atomics.load(this.#control.fuel, 0));
  }
  fill(units: number): void {
    const { words, fuel } = this.#control;
    Atomics.store(fuel, 0, BigInt(Math.min(units, UNLIMITED_FUEL)));
    Atomics.store(words, HOLDERS, 0);
    this.#control.fuelChanged();
  }

  take(least: number): number {
    const { words } = this.#control;
    for (;;) {
      const seen = Atomics.load(words, FUEL_CHANGED);
      const units = this.#locked((fuel) => {
        const left = Number(fuel[0]!);
        const isAlone = words[HOLDERS] === 0;
        if (left < least && !isAlone) return undefined;
        const part = Math.floor(left / (2 * Math.max(1, words[ALIVE]!)));
        const taken = Math.min(left, Math.max(least, LEAST_TAKEN, Math.min(MOST_TAKEN, part)));
        fuel[0]! -= BigInt(taken);
        words[HOLDERS]!++;
        return taken;
      });
      if (units !== undefined) return units;
      this.#wait(seen);
    }
  }
  giveBack(units: number): void {
    const { words } = this.#control;
    this.#locked((fuel) => {
      fuel[0]! += BigInt(units);
      words[HOLDERS]!--;
    });
    this.#control.fuelChanged();
  }
  #locked<T>(action: (fuel: BigInt64Array) => T): T {
    const { words, fuel } = this.#control;
    lockWord(words, FUEL_LOCK, LOCK_MS);
    try {
      return action(fuel);
    } finally {
      unlockWord(words, FUEL_LOCK);
    }
  }
}

/** What the server keeps and a thread may take of: bytes, or elements of tables. */
export const BUDGETS = ['memoryBytes', 'tableElements'] as const;
/** Objects are small and many: so many bytes are asked for at once. */
const BYTES_AT_ONCE = 65_536;

/** A thread's part of a budget of its cluster. What it has taken goes back when it ends. */
export class RemoteBudget extends Budget {
  readonly #step: number;
  readonly #ask: (amount: number) => number | undefined;
  /** What was asked for and is not used. */
  #spare = 0;

  /**
   * @param limit the most that there is @param kind of BUDGETS
   * @param ask takes an amount from the server, and returns the limit that refuses it; undefined: it was taken
   */
  constructor(limit: number, kind: number, ask: (amount: number) => number | undefined) {
    super(limit);
    this.#step = BUDGETS[kind] === 'memoryBytes' ? BYTES_AT_ONCE : 1;
    this.#ask = ask;
  }
  override take(amount: number): boolean {
    const missing = amount - this.#spare;
    if (missing > 0 && !this.#get(missing)) return false;
    this.#spare -= amount;
    super.take(amount);
    return true;
  }
  override release(amount: number): void {
    super.release(amount);
    this.#spare += amount;
  }
  #get(missing: number): boolean {
    const steps = Math.ceil(missing / this.#step) * this.#step;
    for (const amount of steps === missing ? [missing] : [steps, missing]) {
      const refusedBy = this.#ask(amount);
      if (refusedBy === undefined) {
        this.#spare += amount;
        return true;
      }
      this.refusedBy = refusedBy;
    }
    return false;
  }
}
