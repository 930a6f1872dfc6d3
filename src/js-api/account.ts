// What a namespace may use: limits of one call from outside, and totals over its whole life, because a package makes thousands of small calls and may
// catch what they throw. Refuses every call once a total is used up, until it is refilled.
import type { Meter, MeterSettings } from '../runtime/meter.js';
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
  /** What was left when the present call began, where that is what limits it. */
  limits: number | undefined;
}

/** What is left of the limits of a call that is paused and goes on: it is one call, however often. */
export class CallRest {
  /** Monotonic milliseconds; Infinity without a limit of time. */
  readonly deadline: number;
  #fuel: number;
  #hostCalls: number;
  #fuelBefore = 0;
  #hostCallsBefore = 0;

  constructor({ fuel, hostCalls, timeoutMs }: NamespaceLimits, now: number) {
    this.#fuel = fuel ?? Number.POSITIVE_INFINITY;
    this.#hostCalls = hostCalls ?? Number.POSITIVE_INFINITY;
    this.deadline = now + (timeoutMs ?? Number.POSITIVE_INFINITY);
  }
  /** The limits of the turn that begins now. */
  limits(now: number): Record<Consumed, number> {
    return { fuel: this.#fuel, hostCalls: this.#hostCalls, timeoutMs: this.deadline - now };
  }
  /** A turn begins. A call of the guest around it may have used something already. */
  begin({ used, hostCalls }: Meter): void {
    this.#fuelBefore = used;
    this.#hostCallsBefore = hostCalls;
  }
  end({ used, hostCalls }: Meter): void {
    this.#fuel = Math.max(0, this.#fuel - (used - this.#fuelBefore));
    this.#hostCalls = Math.max(0, this.#hostCalls - (hostCalls - this.#hostCallsBefore));
  }
}

export class Account {
  readonly #store: Store;
  readonly #limits: NamespaceLimits;
  readonly #totals = new Map<Consumed, Total>();
  readonly #settings: MeterSettings;
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
  /** Those limits of the present turn that are what earlier turns of its call have left. */
  #resumed: { readonly [Name in Consumed]?: number } | undefined;
  #startedAt = 0;

  constructor(store: Store, limits: NamespaceLimits, totals: NamespaceTotals) {
    this.#store = store;
    this.#limits = limits;
    for (const name of CONSUMED) {
      const given = totals[name];
      if (given !== undefined) this.#totals.set(name, { given, left: given, limits: undefined });
    }
    this.#settings = limits;
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

  /** The limits of a call that may be paused. */
  newRest(): CallRest {
    return new CallRest(this.#limits, this.#store.platform.monotonicNow());
  }
  /** Begins a call: the outermost one loads the meter. Every enter() that returns needs its leave(). @throws LimitError, UsageError */
  enter(): void {
    const store = this.#store;
    if (store.activeCalls === 0) this.#begin(store, undefined);
    store.activeCalls++;
  }
  leave(): void {
    const store = this.#store;
    if (--store.activeCalls === 0) this.#end(store);
  }
  /** The same for a turn of a call that may be paused. */
  enterTurn(rest: CallRest): void {
    const store = this.#store;
    if (store.activeCalls === 0) this.#begin(store, rest);
    store.activeCalls++;
    rest.begin(store.meter);
  }
  leaveTurn(rest: CallRest): void {
    rest.end(this.#store.meter);
    this.leave();
  }
  #begin(store: Store, rest: CallRest | undefined): void {
    store.checkAlive();
    let settings = this.#hasTotals ? this.#leftSettings() : this.#settings;
    if (rest !== undefined) settings = this.#restSettings(settings, rest);
    else this.#resumed = undefined;
    if (this.#timed) this.#startedAt = store.platform.monotonicNow();
    store.meter.begin(settings, this.#startedAt);
    this.#reached = undefined;
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
  /** Notes an error that leaves a guest. Returns it, or what says better which limit it was. */
  note(error: LimitError): LimitError {
    const name = error.limit as Consumed;
    const total = this.#totals.get(name);
    if (total?.limits === error.value) this.#reached = new LimitError(name, total.given, OF_THE_NAMESPACE);
    else if (this.#resumed?.[name] === error.value) this.#reached = new LimitError(name, this.#limits[name]!);
    else this.#reached = error;
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

  /** The limits of a call, with what is left of the totals. */
  #leftSettings(): MeterSettings {
    const settings: { [Name in Consumed]?: number } = {};
    for (const [name, total] of this.#totals) {
      if (total.left <= 0) throw new LimitError(name, total.given, OF_THE_NAMESPACE);
      const own = this.#limits[name] ?? Number.POSITIVE_INFINITY;
      total.limits = total.left <= own ? total.left : undefined;
      const least = Math.min(total.left, own);
      if (Number.isFinite(least)) settings[name] = least;
    }
    return { ...this.#settings, ...settings };
  }
  /** The same limits, less what a call has used before it was paused. */
  #restSettings(settings: MeterSettings, rest: CallRest): MeterSettings {
    const narrowed: { [Name in Consumed]?: number } = {};
    for (const [name, left] of Object.entries(rest.limits(this.#store.platform.monotonicNow())) as [
      Consumed,
      number,
    ][]) {
      if (left < (settings[name] ?? Number.POSITIVE_INFINITY)) narrowed[name] = left;
    }
    this.#resumed = narrowed;
    return { ...settings, ...narrowed };
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
