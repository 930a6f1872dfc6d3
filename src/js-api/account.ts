// What a namespace may use: limits of one call from outside, and totals over its whole life, because a package makes thousands of small calls and may
// catch what they throw. Refuses every call once a total is used up, until it is refilled.
import type { MeterSettings } from '../runtime/meter.js';
import type { Store } from '../runtime/store.js';
import { LimitError, UsageError } from '../wasm/errors.js';
import type { Limits } from '../wasm/limit-table.js';
import { nothingUsed, sumOfFuel, type Usage } from '../wasm/usage-table.js';

/** Limits of one outermost call into a namespace, compiling and instantiating included. */
export type NamespaceLimits = Limits<'fuel' | 'timeoutMs' | 'hostCalls' | 'callDepth' | 'stackBytes' | 'moduleBytes'>;

/** What can be used up over the life of a namespace. */
export type Consumption = Limits<'fuel' | 'timeoutMs' | 'hostCalls'>;

const CONSUMED = ['fuel', 'timeoutMs', 'hostCalls'] as const;
type Consumed = (typeof CONSUMED)[number];

/** Limits of everything that a namespace does in its life. */
export type NamespaceTotals = Consumption & Limits<'memoryBytes' | 'tableElements' | 'instances'>;

export class Account {
  readonly #store: Store;
  readonly #limits: NamespaceLimits;
  /** What is left of each total; Infinity where there is none. */
  readonly #left: Record<Consumed, number>;
  readonly #totals: Record<Consumed, number>;
  /** Some of those are finite. */
  readonly #hasTotals: boolean;
  /** Some limit is of time, so that the clock is read. */
  readonly #timed: boolean;
  readonly #settings: MeterSettings;
  readonly #usage: Usage = nothingUsed();
  /** A limit was reached in the present outermost call. Whoever catches that error between guests does not undo it. */
  #reached: LimitError | undefined;
  #startedAt = 0;

  constructor(store: Store, limits: NamespaceLimits, totals: NamespaceTotals) {
    this.#store = store;
    this.#limits = limits;
    this.#totals = {
      fuel: totals.fuel ?? Number.POSITIVE_INFINITY,
      timeoutMs: totals.timeoutMs ?? Number.POSITIVE_INFINITY,
      hostCalls: totals.hostCalls ?? Number.POSITIVE_INFINITY,
    };
    this.#left = { ...this.#totals };
    this.#hasTotals = CONSUMED.some((name) => totals[name] !== undefined);
    this.#timed = limits.timeoutMs !== undefined || totals.timeoutMs !== undefined;
    const { fuel, timeoutMs, hostCalls, callDepth } = limits;
    this.#settings = { fuel, timeoutMs, hostCalls, callDepth };
  }
  /** Guests count their instructions. */
  get metered(): boolean {
    return this.#limits.fuel !== undefined || Number.isFinite(this.#totals.fuel);
  }
  /** Guests look for a deadline, or for how deep calls nest. */
  get interruptible(): boolean {
    const { callDepth, stackBytes } = this.#limits;
    const hasDeadline = Number.isFinite(this.#limits.timeoutMs ?? this.#totals.timeoutMs);
    return this.metered || hasDeadline || callDepth !== undefined || stackBytes !== undefined;
  }
  /** What the namespace has used so far; `wallMs` only where some limit is of time. */
  get usage(): Usage {
    const { meter, budget, activeCalls } = this.#store;
    const usage = { ...this.#usage, memoryBytes: budget.used, peakMemoryBytes: budget.peak };
    if (activeCalls > 0) this.#add(usage, meter.used, meter.hostCalls, this.#elapsed());
    usage.fuel = this.metered ? (usage.fuel ?? 0) : undefined;
    return usage;
  }

  /** Begins a call: the outermost one loads the meter. Every enter() that returns needs its leave(). @throws LimitError, UsageError */
  enter(): void {
    const store = this.#store;
    if (store.activeCalls === 0) {
      store.checkAlive();
      const settings = this.#hasTotals ? this.#leftSettings() : this.#settings;
      if (this.#timed) this.#startedAt = store.platform.monotonicNow();
      store.meter.begin(settings, this.#timed ? this.#startedAt : undefined);
      this.#reached = undefined;
    }
    store.activeCalls++;
  }
  leave(): void {
    const store = this.#store;
    if (--store.activeCalls > 0) return;
    const { meter } = store;
    const { used, hostCalls } = meter;
    const wallMs = this.#elapsed();
    this.#add(this.#usage, used, hostCalls, wallMs);
    if (!this.#hasTotals) return;
    this.#left.fuel -= used;
    this.#left.hostCalls -= hostCalls;
    this.#left.timeoutMs -= wallMs;
  }
  /** A limit that was reached is thrown again wherever a guest would go on. @throws LimitError */
  check(): void {
    if (this.#reached !== undefined) throw this.#reached;
  }
  /** Notes an error that leaves a guest. Returns it, or what says better which limit it was. */
  note(error: LimitError): LimitError {
    const { limit } = error;
    const total = this.#totals[limit as Consumed] as number | undefined;
    const isTotal = total !== undefined && error.value < total && error.value === this.#leftAtStart[limit as Consumed];
    this.#reached = isTotal ? new LimitError(limit, total, OF_THE_NAMESPACE) : error;
    return this.#reached;
  }
  readonly #leftAtStart: Record<Consumed, number> = { fuel: -1, timeoutMs: -1, hostCalls: -1 };

  /** Adds to totals. @throws UsageError for one that the namespace does not have */
  refill(more: Consumption): void {
    for (const name of CONSUMED) {
      const amount = more[name];
      if (amount === undefined) continue;
      if (!Number.isFinite(this.#totals[name])) throw new UsageError(`refill: the namespace has no total of ${name}`);
      this.#left[name] = Math.max(0, this.#left[name]) + amount;
      this.#totals[name] += amount;
    }
  }

  /** The limits of a call, with what is left of the totals. */
  #leftSettings(): MeterSettings {
    const settings: Partial<Record<Consumed, number>> = {};
    for (const name of CONSUMED) {
      const left = this.#left[name];
      if (left <= 0) throw new LimitError(name, this.#totals[name], OF_THE_NAMESPACE);
      const own = this.#limits[name];
      this.#leftAtStart[name] = own === undefined || left <= own ? left : -1;
      const least = Math.min(left, own ?? left);
      if (Number.isFinite(least)) settings[name] = least;
    }
    return { ...this.#settings, ...settings };
  }
  #elapsed(): number {
    return this.#timed ? this.#store.platform.monotonicNow() - this.#startedAt : 0;
  }
  #add(usage: Usage, used: number, hostCalls: number, wallMs: number): void {
    if (this.metered) usage.fuel = sumOfFuel(usage.fuel ?? 0, used);
    usage.hostCalls += hostCalls;
    usage.wallMs += wallMs;
  }
}

const OF_THE_NAMESPACE = 'over the life of the namespace';
