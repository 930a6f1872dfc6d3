// What one instantiation may use as a whole, and has used. Its parts (memories, start function, constructors, sub-instances) are calls of their own,
// and each gets what the ones before it left. Refuses nothing itself: the calls keep the limits.
import type { CallLimits } from '../../wasm/limit-table.js';
import { addUsage, nothingUsed, type Usage } from '../../wasm/usage-table.js';

/** The limits of an instantiation as a whole and its usage, for callers that need the usage even where it fails. */
export class InstantiationAccount {
  readonly #limits: CallLimits;
  /** What the parts have used so far. */
  readonly usage: Usage = nothingUsed();
  /** When the first part began, in monotonic milliseconds. */
  #began: number | undefined;

  /** @param limits of the whole; if absent, each part has the limits of the instance */
  constructor(limits: CallLimits = {}) {
    this.#limits = limits;
  }
  /**
   * Returns the limits of the next part; undefined where those of the instance hold.
   * @param own the limits of the instance; the lesser of both holds
   * @param now monotonic milliseconds
   */
  left(own: CallLimits, now: number): CallLimits | undefined {
    this.#measureTime(now);
    const { fuel, timeoutMs } = this.#limits;
    if (fuel === undefined && timeoutMs === undefined) return undefined;
    return {
      fuel: least(own.fuel, rest(fuel, this.usage.fuel ?? 0)),
      timeoutMs: least(own.timeoutMs, rest(timeoutMs, this.usage.wallMs)),
    };
  }
  /** Counts a part that has ended or failed. @param used undefined where no guest ran @param now monotonic milliseconds */
  add(used: Usage | undefined, now: number): void {
    if (used !== undefined) addUsage(this.usage, used);
    // The time between the parts belongs to the whole.
    this.#measureTime(now);
  }
  #measureTime(now: number): void {
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
