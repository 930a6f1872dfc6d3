// What time it is for the threads of a guest: the platform's, or one that counts what they execute. Refuses nothing.
import type { Instance } from '../runtime/instance.js';

/** Milliseconds, with fractions, since an arbitrary start. */
export interface GuestTime {
  now(): number;
  /** Where time need not pass by itself: moves on to a time at once. Absent: it passes by itself. */
  skipTo?(ms: number): void;
}

export function platformTime({ store: { platform } }: Instance): GuestTime {
  return { now: () => platform.monotonicNow() };
}

/**
 * About what the interpreter takes for an instruction. With much less a thread that spins until another's timeout would execute far more than it
 * does in truth.
 */
const MS_PER_UNIT = 25e-6;

/** Depends on nothing but the guest: on what it has executed, and how long it has slept. */
export class CountedTime implements GuestTime {
  readonly #instance: Instance;
  #skipped = 0;

  constructor(instance: Instance) {
    this.#instance = instance;
  }
  now(): number {
    const { usage, store } = this.#instance;
    return this.#skipped + ((usage.fuel ?? 0) + store.meter.usedInAll) * MS_PER_UNIT;
  }
  skipTo(ms: number): void {
    this.#skipped += Math.max(0, ms - this.now());
  }
}
