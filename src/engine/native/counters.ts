// The transfer of fuel and depth. An instance's code keeps them in two of its globals while it runs; otherwise the meter's registers hold them. At
// any time, at most one instance of a store holds them. This file does not run guests; it only determines what they may use.
import { NAMES, RESERVE } from '../../instrument/hooks.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { Instance } from '../../runtime/instance.js';
import { DEPTH, type Meter, SLICE, UNTIMED_SLICE } from '../../runtime/meter.js';
import { LimitError } from '../../wasm/errors.js';
import type { WebAssemblyInstance } from './webassembly.js';

/** The first slice; none is shorter. After each checkpoint the processor must learn the guest's branches again. */
const SLICE_UNITS = 1_000_000;

/** The milliseconds between two checkpoints: less than this is too often, more than LONG_SLICE_MS too seldom. */
const SHORT_SLICE_MS = 1;
const LONG_SLICE_MS = 4;
const MOST_UNITS = 1 << 28;

/** The bytes of frames are counted in an i32. */
const MAX_STACK_BYTES = 0x7fff_ffff;

/** The counters of one instance: what is left of fuel and depth, in globals of its code. */
export class InstanceCounters {
  readonly instance: Instance;
  readonly metered: boolean;
  /** Other instances may call into this one without passing through JavaScript, so it must hold no counts while it does not run. */
  exposed = false;
  /** The most that any check of the module requires. */
  threshold = 0;
  /** Its code counts fuel or time. */
  counts = false;
  // While code runs that does not count how deep calls nest, the depth stays in the meter's register.
  getLeft: () => number = () => 0;
  getDepth: () => number = () => this.#shared.meter.registers[DEPTH]!;
  setLeft: (value: number) => void = () => {};
  setDepth: (value: number) => void = () => {};
  readonly #shared: StoreCounters;
  /** The units between two checkpoints, beyond what the next check needs. */
  #slice = SLICE_UNITS;
  #checkedAt = 0;
  /** The counts were cleared, so that using them up says nothing about time. */
  #cleared = false;

  constructor(instance: Instance, shared: StoreCounters) {
    this.instance = instance;
    this.metered = instance.metered;
    this.#shared = shared;
  }
  /** Called when the native instance, which has the globals, has been made. */
  attach(exports: WebAssemblyInstance['exports']): void {
    const getLeft = exports[NAMES.getLeft] as (() => number) | undefined;
    if (getLeft === undefined) return;
    this.counts = true;
    this.getLeft = getLeft;
    this.setLeft = exports[NAMES.setLeft] as (value: number) => void;
    this.threshold = (exports[NAMES.threshold] as () => number)();
    if (!this.metered) this.setLeft(SLICE_UNITS);
    const getDepth = exports[NAMES.getDepth] as (() => number) | undefined;
    if (getDepth === undefined) return;
    this.getDepth = getDepth;
    this.setDepth = exports[NAMES.setDepth] as (value: number) => void;
  }
  /** Clears the counts: the next function that is entered asks for them. */
  clear(): void {
    this.#cleared = true;
    this.setDepth(0);
    this.setLeft(0);
  }
  /** Makes the first checkpoint come soon, where the clock is read for the first time. */
  shortenSlice(): void {
    this.#cleared = true;
    this.setLeft(UNTIMED_SLICE);
  }
  /** Records that code outside has received a reference with which other instances can call this one directly. */
  expose(): void {
    if (this.exposed) return;
    this.exposed = true;
    if (this.#shared.holder !== this) this.clear();
  }
  /**
   * Returns the length of the next slice. Units say little about the time they take, so slices become as long as the time between checkpoints
   * allows.
   */
  nextSlice(now: number): number {
    const elapsed = now - this.#checkedAt;
    this.#checkedAt = now;
    if (this.#cleared) this.#cleared = false;
    else if (elapsed < SHORT_SLICE_MS) this.#slice = Math.min(this.#slice * 2, MOST_UNITS);
    else if (elapsed > LONG_SLICE_MS) this.#slice = SLICE_UNITS;
    return this.#slice;
  }
}

/** The counters of all instances of a store, and of its meter. */
export class StoreCounters {
  readonly meter: Meter;
  readonly #registers: Int32Array;
  readonly #now: () => number;
  /** The instance that holds the fuel: the one that runs, or that ran last before a native function was called. */
  holder: InstanceCounters | undefined = undefined;

  /** @param now monotonic milliseconds */
  constructor(meter: Meter, now: () => number) {
    this.meter = meter;
    this.#registers = meter.registers;
    this.#now = now;
  }
  /** Moves the meter's registers to an instance whose code is about to run. */
  load(counters: InstanceCounters): void {
    if (counters.counts) {
      const registers = this.#registers;
      counters.setDepth(registers[DEPTH]!);
      if (counters.metered) counters.setLeft(registers[SLICE]!);
      else if (this.meter.isUntimed) counters.shortenSlice();
    }
    // Not before: the native stack may overflow on the way.
    this.holder = counters;
  }
  /** Lets the meter know what is left, for whoever asks it while the holder runs. */
  show(left: number): void {
    this.#registers[SLICE] = left;
  }
  /** Refills an instance to which a native function returns, since code checks nothing after calls. The instance is already loaded. */
  refillAfterCall(counters: InstanceCounters): void {
    if (!counters.metered) return;
    const left = this.#registers[SLICE]!;
    if (left < RESERVE) counters.setLeft(this.#refillFromMeter(counters, left, 0));
  }
  /**
   * Moves the holder's fuel back to the meter's registers when guest code has ended; the caller knows the depth.
   * @returns false if there was no holder: the native stack overflowed in the middle of a load, and the registers are right
   */
  save(): boolean {
    const { holder } = this;
    if (!holder) return false;
    if (holder.metered) this.#registers[SLICE] = holder.getLeft();
    if (holder.exposed) holder.clear();
    this.holder = undefined;
    return true;
  }
  /** Moves fuel and depth back before a native function runs. */
  saveWithDepth(): boolean {
    if (this.holder?.counts) this.#registers[DEPTH] = this.holder.getDepth();
    return this.save();
  }
  /**
   * Transfers fuel and depth to the instance that runs now, from its caller or its callee.
   * @param left its own count @param entering the depth is transferred, too @returns the total that is left
   */
  transfer(counters: InstanceCounters, left: number, entering: boolean): number {
    const { holder } = this;
    if (holder === counters || holder === undefined) return left;
    this.holder = counters;
    // A caller in the same instance has passed the depth on; only the count had been cleared.
    if (entering && counters.getDepth() < 0) counters.setDepth(holder.getDepth() - 1);
    // The holder was called from here and has returned. The frames know their depth, but the next function that is entered asks the holder.
    else if (!entering && counters.getDepth() === 0) counters.setDepth(holder.getDepth() + 1);
    const fuel = counters.metered && holder.metered ? holder.getLeft() : 0;
    // An unmetered instance uses no fuel, so the fuel of the other one waits in the meter.
    if (!counters.metered && holder.metered) this.#registers[SLICE] = holder.getLeft();
    if (counters.metered && !holder.metered) left = this.#registers[SLICE]!;
    holder.clear();
    return left + fuel;
  }
  /**
   * Refills until a check passes: a metered instance from the meter, as far as there is fuel; an unmetered one with its next slice of time.
   * @throws LimitError if less than `needed` is left, or the deadline has passed; the instance's counter is right then
   */
  refill(counters: InstanceCounters, left: number, needed: number): number {
    if (counters.metered) {
      const result = this.#refillFromMeter(counters, left, needed);
      counters.setLeft(result);
      return result;
    }
    if (left >= needed && left > 0) return left;
    this.meter.check();
    return counters.nextSlice(this.#now()) + needed;
  }
  /** Charges units in addition to those of the code's blocks, and keeps the reserve. @returns what is left */
  charge(counters: InstanceCounters, left: number, units: number): number {
    const registers = this.#registers;
    registers[SLICE] = left;
    try {
      this.meter.charge(units);
    } finally {
      counters.setLeft(registers[SLICE]!);
    }
    return this.keepReserve(counters, registers[SLICE]!);
  }
  /** Refills if less than the reserve is left. */
  keepReserve(counters: InstanceCounters, left: number): number {
    return left < RESERVE ? this.#refillFromMeter(counters, left, 0) : left;
  }
  #refillFromMeter(counters: InstanceCounters, left: number, needed: number): number {
    const { meter } = this;
    const registers = this.#registers;
    registers[SLICE] = left;
    try {
      const units = counters.threshold + counters.nextSlice(this.#now());
      if (!meter.refill(units, counters.threshold) && registers[SLICE]! < needed) throw meter.fuelExhausted();
      return registers[SLICE]!;
    } catch (error) {
      counters.setLeft(registers[SLICE]!);
      throw error;
    }
  }
}

export interface StackState {
  readonly left: number;
  readonly limit: number;
}
/** The bytes of frames that an instance has room for, if they are counted. */
export class StackCounter {
  /** The limit from which it counts, for error messages. */
  limit: number;
  readonly #instance: Instance;
  readonly #getLeft: () => number;
  readonly #setLeft: (value: number) => void;

  /** Returns undefined if the instance's code does not count them. */
  static of(instance: Instance, exports: WebAssemblyInstance['exports']): StackCounter | undefined {
    const getLeft = exports[NAMES.getStack] as (() => number) | undefined;
    return getLeft && new StackCounter(instance, getLeft, exports[NAMES.setStack] as (value: number) => void);
  }
  private constructor(instance: Instance, getLeft: () => number, setLeft: (value: number) => void) {
    this.#instance = instance;
    this.#getLeft = getLeft;
    this.#setLeft = setLeft;
    this.limit = instance.limits.stackBytes ?? MAX_STACK_BYTES;
    this.reset();
  }
  /** The error for a frame that does not fit. */
  exhausted(): LimitError {
    return new LimitError('stackBytes', this.limit);
  }
  /** Resets the count when no frame is left. */
  reset(): void {
    this.#setLeft(Math.min(this.#instance.limits.stackBytes ?? MAX_STACK_BYTES, MAX_STACK_BYTES));
  }
  /** What leave() restores. */
  get state(): StackState {
    return { left: this.#getLeft(), limit: this.limit };
  }
  /** Called before a call on an exec env, which may allow less than the instance has. @returns what leave() restores */
  enter(env: ExecEnv): StackState {
    const before = this.state;
    const most = env.stackFor(this.#instance);
    if (most < before.left) this.#setLeft((this.limit = most));
    return before;
  }
  /** Called after a call has ended, however it did. */
  leave({ left, limit }: StackState): void {
    this.#setLeft(left);
    this.limit = limit;
  }
}
