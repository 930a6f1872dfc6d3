// What a namespace may use: limits of one call from outside, and totals over its whole life, because a package makes thousands of small calls and may
// catch what they throw. Refuses every call once a total is used up, until it is refilled.
import { DEPTH, type Meter, type MeterSettings } from '../runtime/meter.js';
import type { Store } from '../runtime/store.js';
import { LimitError, UsageError } from '../wasm/errors.js';
import {
  type Consumption,
  type Limits,
  limitInCode,
  type NamespaceLimits,
  type NamespaceLimitsOf,
  type NamespaceTotals,
  namespaceLimits,
} from '../wasm/limit-table.js';
import { nothingUsed, sumOfFuel, type Usage } from '../wasm/usage-table.js';

type Consumed = NamespaceLimitsOf<'used up'>;
const CONSUMED = /* @__PURE__ */ namespaceLimits('used up');
const OF_THE_NAMESPACE = 'over the life of the namespace';

/** Of the totals, those of what is held at once. */
export function heldOf(totals: NamespaceTotals): Limits<NamespaceLimitsOf<'held'>> {
  return Object.fromEntries(namespaceLimits('held').map((name) => [name, totals[name]]));
}

/** One of the totals that are used up. */
interface Total {
  /** All that was ever given. */
  given: number;
  left: number;
}

/** A limit of one call or turn that is what others have left of a greater one, whose error is thrown in its place. */
interface Bound {
  readonly left: number;
  readonly of: number;
  readonly detail?: string;
}
/** What holds for one outermost call, or for one turn of a call that may be paused. */
export interface Bounds {
  readonly settings: MeterSettings;
  readonly parts: { readonly [Name in Consumed]?: Bound };
}

/** What is left of the limits of a call that is paused and goes on: it is one call, however often. */
export class CallRest {
  /** Monotonic milliseconds; Infinity without a limit of time. */
  readonly deadline: number;
  /** What held for its last turn in which the guest ran, and for what was counted after that. */
  bounds: readonly Bounds[] = [];
  #fuel: number;
  #hostCalls: number;
  #fuelBefore = 0;
  #hostCallsBefore = 0;
  /** How many calls may still nest in frames that have been set aside. */
  #depth = Number.POSITIVE_INFINITY;
  #depthBefore = 0;

  constructor({ fuel, hostCalls, timeoutMs }: NamespaceLimits, now: number) {
    this.#fuel = fuel ?? Number.POSITIVE_INFINITY;
    this.#hostCalls = hostCalls ?? Number.POSITIVE_INFINITY;
    this.deadline = now + (timeoutMs ?? Number.POSITIVE_INFINITY);
  }
  /** The limits of the turn that begins now. */
  limits(now: number): Record<Consumed, number> {
    return { fuel: this.#fuel, hostCalls: this.#hostCalls, timeoutMs: this.deadline - now };
  }
  /** A turn begins. A call of the guest around it may have used something already. @param goesOn whether the guest runs */
  begin({ used, hostCalls, registers }: Meter, bounds: Bounds, goesOn: boolean): void {
    this.bounds = goesOn ? [bounds] : [...this.bounds, bounds];
    this.#fuelBefore = used;
    this.#hostCallsBefore = hostCalls;
    this.#depthBefore = registers[DEPTH]!;
    registers[DEPTH] = Math.min(this.#depth, this.#depthBefore);
  }
  end({ used, hostCalls, registers }: Meter): void {
    this.#fuel = Math.max(0, this.#fuel - (used - this.#fuelBefore));
    this.#hostCalls = Math.max(0, this.#hostCalls - (hostCalls - this.#hostCallsBefore));
    this.#depth = registers[DEPTH]!;
    registers[DEPTH] = this.#depthBefore;
  }
}

export class Account {
  readonly #store: Store;
  readonly #limits: NamespaceLimits;
  readonly #totals = new Map<Consumed, Total>();
  /** What holds for a call where nothing else has used anything. */
  readonly #whole: Bounds;
  readonly #usage: Usage = nothingUsed();
  /** Guests count their instructions. */
  readonly metered: boolean;
  /** Guests look for a deadline, or for how deep calls nest. */
  readonly interruptible: boolean;
  /** Some limit is of time, so that the clock is read. */
  readonly #timed: boolean;
  readonly #hasTotals: boolean;
  /** A limit was reached in the present outermost call. A program that catches that error between guests does not undo it. */
  #reached: LimitError | undefined;
  #bounds: Bounds;
  #startedAt = 0;

  constructor(store: Store, limits: NamespaceLimits, totals: NamespaceTotals) {
    this.#store = store;
    this.#limits = limits;
    for (const name of CONSUMED) {
      const given = totals[name];
      if (given !== undefined) this.#totals.set(name, { given, left: given });
    }
    this.#whole = this.#bounds = { settings: limits, parts: {} };
    const finite = [...Object.entries(limits), ...Object.entries(totals)].filter(([, value]) => Number.isFinite(value));
    this.metered = finite.some(([name]) => name === 'fuel');
    this.interruptible = limitInCode(Object.fromEntries(finite)) !== undefined;
    this.#hasTotals = this.#totals.size > 0;
    this.#timed = limits.timeoutMs !== undefined || totals.timeoutMs !== undefined;
  }
  /** What the namespace has used so far; `wallMs` only where some limit is of time. */
  get usage(): Usage {
    const { meter, budget, activeCalls } = this.#store;
    const usage = { ...this.#usage, memoryBytes: budget.used, peakMemoryBytes: budget.peak };
    if (activeCalls > 0) this.#add(usage, this.#used(meter.used, meter.hostCalls));
    return usage;
  }

  /** The limits of a call that may be paused. @throws UsageError */
  newRest(): CallRest {
    this.#store.checkAlive();
    return new CallRest(this.#limits, this.#store.platform.monotonicNow());
  }
  /** Begins a call: the outermost one loads the meter. Every enter() that returns needs its leave(). @throws LimitError, UsageError */
  enter(): void {
    const store = this.#store;
    if (store.activeCalls === 0) {
      store.checkAlive();
      if (this.#hasTotals) this.#checkTotals();
      this.#begin(store, undefined);
    } else store.checkMayCall();
    store.activeCalls++;
  }
  leave(): void {
    const store = this.#store;
    if (--store.activeCalls === 0) this.#end(store);
  }
  /**
   * The same for a turn of a call that may be paused. It has begun even where this throws: every enterTurn() needs its leaveTurn().
   * @param check whether the guest goes on @throws LimitError, Trap
   */
  enterTurn(rest: CallRest, check: boolean): void {
    const store = this.#store;
    if (store.activeCalls === 0) this.#begin(store, rest);
    store.activeCalls++;
    rest.begin(store.meter, this.#bounds, check);
    if (!check) return;
    this.#checkTotals();
    store.meter.check();
  }
  leaveTurn(rest: CallRest): void {
    rest.end(this.#store.meter);
    this.leave();
  }
  #begin({ platform, meter }: Store, rest: CallRest | undefined): void {
    if (this.#timed) this.#startedAt = platform.monotonicNow();
    this.#reached = undefined;
    this.#bounds = this.#hasTotals || rest !== undefined ? this.#boundsOf(rest, platform.monotonicNow()) : this.#whole;
    meter.begin(this.#bounds.settings, this.#startedAt);
  }
  #end({ meter }: Store): void {
    if (!this.#hasTotals && !this.metered && !this.#timed) {
      this.#usage.hostCalls += meter.hostCalls;
      return;
    }
    const used = this.#used(meter.used, meter.hostCalls);
    this.#add(this.#usage, used);
    for (const [name, total] of this.#totals) total.left -= used[name];
  }
  /** A limit that was reached is thrown again wherever a guest would go on. @throws LimitError */
  check(): void {
    if (this.#reached !== undefined) throw this.#reached;
  }
  /**
   * Notes an error that leaves a guest. Returns it, or what says better which limit it was.
   * @param bounds those of the call or turn that it ends; default: the present one
   */
  note(error: LimitError, bounds: readonly Bounds[] = [this.#bounds]): LimitError {
    const name = error.limit as Consumed;
    const part = bounds.map(({ parts }) => parts[name]).find((one) => one?.left === error.value);
    this.#reached = part === undefined ? error : new LimitError(name, part.of, part.detail);
    return this.#reached;
  }
  /** Adds to totals. @throws UsageError for one that the namespace does not have */
  refill(more: Consumption): void {
    const given = Object.entries(more) as [Consumed, number][];
    for (const [name] of given) {
      if (!this.#totals.has(name)) throw new UsageError(`refill: the namespace has no total of ${name}`);
    }
    for (const [name, amount] of given) {
      const total = this.#totals.get(name)!;
      total.left = Math.max(0, total.left) + amount;
      total.given += amount;
    }
  }

  /** @throws LimitError for a total that is used up */
  #checkTotals(): void {
    for (const [name, { left, given }] of this.#totals) {
      if (left <= 0) throw new LimitError(name, given, OF_THE_NAMESPACE);
    }
  }
  /** The limits of a call or turn, with what is left of the totals, and of the call. */
  #boundsOf(rest: CallRest | undefined, now: number): Bounds {
    const left = rest?.limits(now);
    const settings: MeterSettings & { [Name in Consumed]?: number | undefined } = { ...this.#whole.settings };
    const parts: { [Name in Consumed]?: Bound } = {};
    const narrow = (name: Consumed, part: Bound): void => {
      settings[name] = part.left;
      parts[name] = part;
    };
    for (const name of CONSUMED) {
      const total = this.#totals.get(name);
      const own = this.#limits[name] ?? Number.POSITIVE_INFINITY;
      const most = Math.max(0, total?.left ?? Number.POSITIVE_INFINITY);
      const earlier = Math.max(0, left?.[name] ?? Number.POSITIVE_INFINITY);
      if (earlier < own && earlier < most) narrow(name, { left: earlier, of: own });
      else if (total !== undefined && most <= own && most < Number.POSITIVE_INFINITY) {
        narrow(name, { left: most, of: total.given, detail: OF_THE_NAMESPACE });
      }
    }
    return { settings, parts };
  }
  #used(fuel: number, hostCalls: number): Record<Consumed, number> {
    const timeoutMs = this.#timed ? this.#store.platform.monotonicNow() - this.#startedAt : 0;
    return { fuel, timeoutMs, hostCalls };
  }
  #add(usage: Usage, { fuel, timeoutMs, hostCalls }: Readonly<Record<Consumed, number>>): void {
    if (this.metered) usage.fuel = sumOfFuel(usage.fuel ?? 0, fuel);
    usage.hostCalls += hostCalls;
    usage.wallMs += timeoutMs;
  }
}
