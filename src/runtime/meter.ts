// Counts what a guest executes and stops it in time: fuel, deadline, AbortSignal, call depth. There is one meter per Store, loaded from the ExecEnv
// that runs. Engines count in `registers` and call the meter only when a slice is used up.
import type { Platform } from '../platform/platform.js';
import { LimitError, signalError, Trap } from '../wasm/errors.js';
import { type CallLimits, type LimitName, type LimitOptions, type Limits, limitInCode } from '../wasm/limit-table.js';

/**
 * The word of `registers` with the units left before the slow path. A unit is one instruction if the guest is metered, otherwise one backward branch.
 */
export const SLICE = 0;
/** The word of `registers` with the number of calls that may still nest. */
export const DEPTH = 1;

/** Fuel without a limit, where it is counted down: more than a call uses in weeks, and exact. */
export const UNLIMITED_FUEL = Number.MAX_SAFE_INTEGER;
/** The most units that a slice holds. */
const MOST_UNITS = 1 << 30;

/** Small enough that a deadline is noticed within a few milliseconds in the slowest mode. */
const UNITS_PER_SLICE = 100_000;
/** The first slice of a call whose start nobody has timed: its end is where the clock is read, tens of microseconds after the start. */
export const UNTIMED_SLICE = 16_384;
/** When a call began that nobody has timed. */
const UNTIMED = Number.NaN;
/** The number of calls that may nest unless `limits.callDepth` says otherwise. */
export const DEFAULT_CALL_DEPTH = 16_384;

/** The limits of one call; undefined means no limit. */
export interface MeterSettings extends Limits<'fuel' | 'timeoutMs' | 'callDepth' | 'hostCalls'> {
  /** An AbortSignal or an object like it. */
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown } | undefined;
}

/** Returns the limits of a call; its own take precedence over the instance's. */
export function settingsOf(limits: LimitOptions, own: CallLimits, signal: MeterSettings['signal']): MeterSettings {
  return {
    fuel: own.fuel ?? limits.fuel,
    timeoutMs: own.timeoutMs ?? limits.timeoutMs,
    signal,
    callDepth: limits.callDepth,
    hostCalls: limits.hostCalls,
  };
}

/** Where fuel comes from that several meters share, each in a JavaScript thread of its own. */
export interface FuelSource {
  /**
   * Takes a part of it, `least` or more; less only where that is all, and no other meter has some to give back: nobody gets any then until it is given
   * back.
   */
  take(least: number): number;
  giveBack(units: number): void;
}

/** The fuel of a call that others use up. */
export interface LentFuel {
  /** Infinity: there is no limit. */
  readonly units: number;
  /** The limit from which it comes, for errors. */
  readonly limit: number;
  readonly granted: number;
}

type Signal = NonNullable<MeterSettings['signal']>;

/** @throws LimitError 'signal' */
export function checkSignal(signal: Signal | undefined): void {
  if (signal?.aborted) throw signalError(signal);
}

export class Meter {
  /** SLICE and DEPTH. It is longer than 64 bytes so that V8 keeps its data off-heap and folds the address into code. */
  readonly registers = new Int32Array(32);
  readonly #platform: Platform;
  #settings: MeterSettings = {};
  /** The units not yet handed out in slices; Infinity without a fuel limit. */
  #reserve = Number.POSITIVE_INFINITY;
  /** The units handed out so far, minus what a pause gave back. */
  #granted = 0;
  /** Monotonic milliseconds; UNTIMED until the first checkpoint of a call that was begun without a time. */
  #startedAt = 0;
  #deadline = Number.POSITIVE_INFINITY;
  #terminated = false;
  /** The units that were too few for a block. They count as used, unless addFuel() adds more. */
  #unspent = 0;
  #hostCalls = 0;
  /** What the calls around a nested one have used. */
  #outerUsed = 0;
  /** The outermost calls begun so far: paused ones keep their numbers. */
  #begun = 0;
  #call = 0;
  #isFresh = false;
  /** How many calls may nest in the outermost one. */
  #depth = DEFAULT_CALL_DEPTH;
  /** Where its fuel comes from, if not from the limit of a call alone. */
  #source: FuelSource | undefined;
  /** It has taken some from there. */
  #holds = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.registers[DEPTH] = DEFAULT_CALL_DEPTH;
  }

  /**
   * Starts counting for one outermost call.
   * @param startedAt monotonic milliseconds; undefined: the clock is read at the first checkpoint, since the call may well end before that
   */
  begin(settings: MeterSettings, startedAt = UNTIMED): void {
    this.#call = ++this.#begun;
    const { registers } = this;
    const isUntimed = Number.isNaN(startedAt);
    this.#isFresh = isUntimed && this.#source === undefined;
    this.#settings = settings;
    const reserve = this.#source ? 0 : (settings.fuel ?? Number.POSITIVE_INFINITY);
    const units = Math.min(reserve, isUntimed ? UNTIMED_SLICE : UNITS_PER_SLICE);
    this.#reserve = reserve - units;
    this.#granted = units;
    this.#hostCalls = 0;
    this.#outerUsed = 0;
    this.#terminated = false;
    this.#unspent = 0;
    this.#startedAt = startedAt;
    this.#deadline = startedAt + (settings.timeoutMs ?? Number.POSITIVE_INFINITY);
    registers[SLICE] = units;
    this.#depth = Math.min(settings.callDepth ?? DEFAULT_CALL_DEPTH, 0x7fff_ffff);
    registers[DEPTH] = this.#depth;
  }

  /** Whether a call with these settings begins as the last one did, which has ended within its first slice: repeat() is all that it needs then. */
  repeats(settings: MeterSettings | undefined): boolean {
    return this.#isFresh && settings === this.#settings;
  }
  /** Starts counting for one more such call, whose start nobody times. */
  repeat(): void {
    const { registers } = this;
    this.#call = ++this.#begun;
    registers[SLICE] = this.#granted;
    registers[DEPTH] = this.#depth;
  }

  /** The number of the outermost call that the meter counts for, or last counted for. */
  get call(): number {
    return this.#call;
  }
  /** The units used since begin(): the exact fuel if the guest is metered, and all of it if it ran out. */
  get used(): number {
    return this.#granted - Math.max(0, this.registers[SLICE]!);
  }
  /** Whether the guest must reach checkpoints regularly, because there is a deadline or a signal. */
  get watched(): boolean {
    return this.#settings.timeoutMs !== undefined || this.#settings.signal !== undefined;
  }
  /** A limit that needs checks in the guest's code, also in that of nested calls; undefined if there is none. */
  get limitInCode(): LimitName | undefined {
    return this.#settings.signal === undefined ? limitInCode(this.#settings) : 'signal';
  }
  get hostCalls(): number {
    return this.#hostCalls;
  }
  /** Nothing has happened since begin() but that the guest ran within its first slice: it has called no native, and nobody has read the clock. */
  get isFresh(): boolean {
    return this.#isFresh;
  }
  /** Monotonic milliseconds at which the call began, or reached its first checkpoint; NaN: nobody has read the clock yet. */
  get startedAt(): number {
    return this.#startedAt;
  }
  /** Nobody has read the clock since the call began. */
  get isUntimed(): boolean {
    return Number.isNaN(this.#startedAt);
  }
  #startClock(): void {
    this.#isFresh = false;
    this.#startedAt = this.#platform.monotonicNow();
    this.#deadline = this.#startedAt + (this.#settings.timeoutMs ?? Number.POSITIVE_INFINITY);
  }
  /** The milliseconds until the deadline, Infinity without one: the longest that a native function may sleep. */
  get remainingMs(): number {
    if (this.isUntimed) this.#startClock();
    return this.#deadline - this.#platform.monotonicNow();
  }

  /** The units used by the outermost call and by those inside it: what a clock can count by, which never goes back. */
  get usedInAll(): number {
    return this.#outerUsed + this.used;
  }

  /** Begins a slice of exactly so many units, as far as there are so many: the thread that ran before gives back the rest of its own. */
  startSlice(units: number): void {
    this.#isFresh = false;
    const left = Math.max(0, this.registers[SLICE]!);
    this.registers[SLICE] = 0;
    this.#granted -= left;
    this.#reserve += left;
    this.#grant(units);
  }
  /** From now on its fuel comes from there; undefined: it gives back what it has from there. */
  shareFuel(source: FuelSource | undefined): void {
    this.#isFresh = false;
    this.returnFuel();
    this.#source = source;
  }
  /** Gives back what it has taken and not used. A guest gets more when it goes on. */
  returnFuel(): void {
    if (!this.#holds) return;
    const left = Math.max(0, this.registers[SLICE]!) + this.#reserve;
    this.registers[SLICE] = 0;
    this.#reserve = 0;
    this.#granted -= left;
    this.#holds = false;
    this.#source!.giveBack(left);
  }
  #draw(least: number): void {
    this.returnFuel();
    const units = this.#source!.take(least);
    this.#holds = true;
    this.#reserve += units;
    this.#grant(MOST_UNITS);
  }
  /** Hands out all fuel of the call, for others to use. */
  lendFuel(): LentFuel {
    this.startSlice(0);
    const units = this.#reserve;
    this.#reserve = 0;
    return { units, limit: this.#settings.fuel ?? 0, granted: this.#granted };
  }
  /** Takes back what is left of it; the rest counts as used. */
  settleFuel({ units, granted }: LentFuel, left: number): void {
    const isLimited = units !== Number.POSITIVE_INFINITY;
    this.#reserve = isLimited ? left : units;
    this.#granted = granted + ((isLimited ? units : UNLIMITED_FUEL) - left);
  }
  /** Gives a paused guest more fuel. */
  addFuel(units: number): void {
    this.#reserve += units + this.#unspent;
    this.#granted -= this.#unspent;
    this.#unspent = 0;
  }
  /** Whether terminate() was called; native functions check this when they end. */
  get terminated(): boolean {
    return this.#terminated;
  }
  /** Makes the running guest stop at its next check, with the trap "terminated by user". */
  terminate(): void {
    this.#isFresh = false;
    this.#terminated = true;
    const left = this.registers[SLICE]!;
    if (left > 0) {
      this.registers[SLICE] = 0;
      this.#granted -= left;
      this.#reserve += left;
    }
  }

  /**
   * The slow path of a charge, taken when `registers[SLICE] -= cost` is below zero. Refills the slice, takes `cost` from it and returns.
   * Throws a LimitError (fuel, timeoutMs, signal); after addFuel() the guest can continue where it was.
   */
  slowPath(cost: number): void {
    const registers = this.registers;
    registers[SLICE] = registers[SLICE]! + cost;
    if (!this.refill(cost)) throw this.fuelExhausted();
    registers[SLICE] = registers[SLICE]! - cost;
  }
  /**
   * Refills the slice until it holds `units`. Returns false if there is less; then the slice holds all there is. Throws as check().
   * @param least what will do, where fuel is shared
   */
  refill(units: number, least = units): boolean {
    this.check();
    if (this.#source) {
      if (this.registers[SLICE]! < least) this.#draw(least);
      return this.registers[SLICE]! >= least;
    }
    while (this.registers[SLICE]! < units) {
      if (this.#reserve <= 0) return false;
      this.#grant(Math.max(UNITS_PER_SLICE, units));
    }
    return true;
  }
  /**
   * Returns the error for a guest that needs more fuel than there is. The rest, which is too little, counts as used, so that nothing is left in any
   * mode.
   * @param unreached units granted that are in no slice
   */
  fuelExhausted(unreached = 0): LimitError {
    this.#unspent = Math.max(0, this.registers[SLICE]!) + unreached;
    this.registers[SLICE] = 0;
    return new LimitError('fuel', this.#settings.fuel ?? 0);
  }

  /**
   * Takes any number of units, for operations whose cost is only known at run time. Throws like slowPath, and may be called again after addFuel().
   */
  charge(cost: number): void {
    const registers = this.registers;
    const left = registers[SLICE]!;
    if (cost <= left) {
      registers[SLICE] = left - cost;
      return;
    }
    this.check();
    if (this.#source) this.#draw(cost);
    const missing = cost - registers[SLICE]!;
    if (missing > this.#reserve) {
      const rest = this.#reserve;
      this.#reserve = 0;
      this.#granted += rest;
      throw this.fuelExhausted(rest);
    }
    if (missing <= 0) {
      registers[SLICE] = -missing;
      return;
    }
    this.#reserve -= missing;
    this.#granted += missing;
    registers[SLICE] = 0;
  }

  /** Throws when the deadline has passed, the signal is aborted, or terminate() was called. Native functions that take long call this too. */
  check(): void {
    if (this.#terminated) throw new Trap('terminated-by-user');
    const { signal, timeoutMs } = this.#settings;
    checkSignal(signal);
    if (this.isUntimed) this.#startClock();
    if (this.#deadline !== Number.POSITIVE_INFINITY && this.#platform.monotonicNow() >= this.#deadline) {
      throw new LimitError('timeoutMs', timeoutMs!);
    }
  }

  /** Like check(), but only if there is a deadline or a signal: for operations that take long and cost little. */
  checkpoint(): void {
    if (this.watched || this.#terminated) this.check();
  }

  /**
   * Counts one call of a native function. Throws a LimitError (hostCalls), and what check() throws, since native functions take time of their own.
   */
  countHostCall(): void {
    this.check();
    this.#hostCalls++;
    const limit = this.#settings.hostCalls;
    if (limit !== undefined && this.#hostCalls > limit) throw new LimitError('hostCalls', limit);
  }

  /** Returns the error for too deep a call: a LimitError if the embedder set a limit, otherwise the specification's trap. */
  depthExhausted(): Error {
    const limit = this.#settings.callDepth;
    return limit === undefined ? new Trap('stack-exhausted') : new LimitError('callDepth', limit);
  }

  #grant(wanted = UNITS_PER_SLICE): void {
    const units = Math.min(this.#reserve, wanted);
    this.#reserve -= units;
    this.#granted += units;
    this.registers[SLICE] = this.registers[SLICE]! + units;
  }

  /**
   * Narrows the limits for a call that a native function makes: to its own limits or to what the outer call still has, whichever is less.
   * Returns what popLimits() needs.
   */
  pushLimits(own: MeterSettings): MeterState {
    if (this.#source && own.fuel !== undefined) this.#draw(own.fuel);
    if (this.isUntimed) this.#startClock();
    const outer = this.save();
    const { settings, deadline } = outer;
    const depth = this.registers[DEPTH]!;
    const fuel = this.#reserve + Math.max(0, this.registers[SLICE]!);
    const calls = (settings.hostCalls ?? Number.POSITIVE_INFINITY) - this.#hostCalls;
    const due = own.timeoutMs === undefined ? deadline : this.#platform.monotonicNow() + own.timeoutMs;
    const ownCalls = own.hostCalls !== undefined && own.hostCalls < calls;
    this.#settings = {
      fuel: own.fuel !== undefined && own.fuel < fuel ? own.fuel : settings.fuel,
      timeoutMs: due < deadline ? own.timeoutMs : settings.timeoutMs,
      signal: own.signal ?? settings.signal,
      callDepth: own.callDepth !== undefined && own.callDepth < depth ? own.callDepth : settings.callDepth,
      hostCalls: ownCalls ? own.hostCalls : settings.hostCalls,
    };
    this.#reserve = Math.min(fuel, own.fuel ?? Number.POSITIVE_INFINITY);
    this.#granted = 0;
    this.#outerUsed = outer.outerUsed + outer.used;
    this.#unspent = 0;
    this.#deadline = Math.min(deadline, due);
    if (ownCalls) this.#hostCalls = 0;
    this.registers[SLICE] = 0;
    this.registers[DEPTH] = Math.min(depth, own.callDepth ?? depth);
    this.#grant();
    return { ...outer, hostCalls: outer.hostCalls - this.#hostCalls };
  }
  /** Restores the outer call's limits, less what the inner call used. @param outer what pushLimits() returned */
  popLimits(outer: MeterState): void {
    const { used } = this;
    const terminated = this.#terminated || outer.terminated;
    this.restore({ ...outer, terminated, hostCalls: outer.hostCalls + this.#hostCalls });
    const slice = Math.max(0, this.registers[SLICE]!);
    const beyond = Math.max(0, used - slice);
    this.registers[SLICE] = slice - (used - beyond);
    this.#granted += beyond;
    this.#reserve -= beyond;
  }
  /** The signal that ends the current call. */
  get signal(): MeterSettings['signal'] {
    return this.#settings.signal;
  }

  /** Returns the state of an ExecEnv that is set aside while another runs. */
  save(): MeterState {
    return {
      call: this.#call,
      settings: this.#settings,
      reserve: this.#reserve,
      granted: this.#granted,
      used: this.used,
      outerUsed: this.#outerUsed,
      unspent: this.#unspent,
      startedAt: this.#startedAt,
      deadline: this.#deadline,
      hostCalls: this.#hostCalls,
      terminated: this.#terminated,
      slice: this.registers[SLICE]!,
      depth: this.registers[DEPTH]!,
    };
  }
  restore(state: MeterState): void {
    this.#isFresh = false;
    this.#call = state.call;
    this.#settings = state.settings;
    this.#reserve = state.reserve;
    this.#granted = state.granted;
    this.#outerUsed = state.outerUsed;
    this.#unspent = state.unspent;
    this.#startedAt = state.startedAt;
    this.#deadline = state.deadline;
    this.#hostCalls = state.hostCalls;
    this.#terminated = state.terminated;
    this.registers[SLICE] = state.slice;
    this.registers[DEPTH] = state.depth;
  }
}

export interface MeterState {
  readonly call: number;
  readonly settings: MeterSettings;
  readonly reserve: number;
  readonly granted: number;
  readonly used: number;
  readonly outerUsed: number;
  readonly unspent: number;
  readonly startedAt: number;
  readonly deadline: number;
  readonly hostCalls: number;
  readonly terminated: boolean;
  readonly slice: number;
  readonly depth: number;
}
