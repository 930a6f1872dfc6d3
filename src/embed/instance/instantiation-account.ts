// What instantiating a module may take as a whole, and has used: its parts (memories, start function, constructors, the instances it brings
// along) are calls of their own, and each gets what those before it left. Refuses nothing itself: calls keep the limits.
import type { CallLimits } from '../../wasm/limit-table.js';
import { addUsage, nothingUsed, type Usage } from '../../wasm/usage-table.js';

/** Limits of an instantiation as a whole, and what it used: for callers that must know it whatever comes of it. */
export class InstantiationAccount {
  readonly #limits: CallLimits;
  /** What its parts have used so far. */
  readonly usage: Usage = nothingUsed();
  /** Monotonic milliseconds. */
  #began: number | undefined;

  /** @param limits of the whole; absent: those of the instance, for each part */
  constructor(limits: CallLimits = {}) {
    this.#limits = limits;
  }
  /**
   * Limits of the next part; undefined: those of the instance.
   * @param own the instance's, of which each part keeps to what is less
   * @param now monotonic milliseconds
   */
  left(own: CallLimits, now: number): CallLimits | undefined {
    this.#look(now);
    const { fuel, timeoutMs } = this.#limits;
    if (fuel === undefined && timeoutMs === undefined) return undefined;
    return {
      fuel: least(own.fuel, rest(fuel, this.usage.fuel ?? 0)),
      timeoutMs: least(own.timeoutMs, rest(timeoutMs, this.usage.wallMs)),
    };
  }
  /** Counts a part that has ended, however it did. @param used undefined where no guest ran @param now monotonic milliseconds */
  add(used: Usage | undefined, now: number): void {
    if (used !== undefined) addUsage(this.usage, used);
    // The time between the parts belongs to the whole.
    this.#look(now);
  }
  #look(now: number): void {
    this.#began ??= now;
    this.usage.wallMs = now - this.#began;
  }
}

function rest(limit: number | undefined, used: number): number | undefined {
  return limit === undefined ? undefined : Math.max(0, limit - used);
}
function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}
