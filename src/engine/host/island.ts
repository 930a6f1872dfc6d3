// One host instance with its counters and hooks: what the instrumented code of an instance calls (instrument/hooks.ts).
import { type HookName, NAMES, RESERVE } from '../../instrument/hooks.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { endedFunctionError } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { makeCharged } from '../../runtime/object-charge.js';
import { InternalError, LimitError, Trap } from '../../wasm/errors.js';
import { growthFuel } from '../../wasm/fuel.js';
import type { HostTable } from './objects.js';
import { type HostState, SLICE_UNITS } from './state.js';
import type { HostInstanceObject } from './webassembly.js';

/** It is counted in an i32. */
const MAX_STACK_BYTES = 0x7fff_ffff;

/** Milliseconds between two looks at the clock: less than this is too often, more than that too seldom. */
const SHORT_SLICE_MS = 1;
const LONG_SLICE_MS = 4;
const MOST_UNITS = 1 << 28;

export class Island {
  readonly instance: Instance;
  readonly state: HostState;
  readonly metered: boolean;
  /** Its code counts how deep calls nest, and asks from time to time whether it may go on. */
  readonly interruptible: boolean;
  /** Other islands may call into this one without passing through here: it must hold no counts while it does not run. */
  exposed = false;
  /** What every check of the module asks for at most. */
  threshold = 0;
  /** Of its code, in stack traces. */
  codeName = '';
  exports: HostInstanceObject['exports'] = {};
  /** Units from one look at the clock to the next, unmetered. */
  #slice = SLICE_UNITS;
  #lookedAt = 0;
  /** The instance has ended: its functions, which others may still hold, refuse to run. */
  ended = false;
  /** Its counts were taken away: that they are used up says nothing about time. */
  #cleared = false;
  getLeft: () => number = () => 0;
  getDepth: () => number = () => 0;
  setLeft: (value: number) => void = () => {};
  setDepth: (value: number) => void = () => {};
  /** Bytes of frames that there is room for; undefined: they are not counted. */
  getStack: (() => number) | undefined = undefined;
  #setStack: (value: number) => void = () => {};
  /** What it counts from, for errors. */
  stackLimit: number;

  constructor(instance: Instance, state: HostState, interruptible: boolean) {
    this.instance = instance;
    this.interruptible = interruptible;
    this.state = state;
    this.metered = instance.metered;
    this.stackLimit = instance.limits.stackBytes ?? MAX_STACK_BYTES;
  }
  /** The host has made the instance. */
  attach(exports: HostInstanceObject['exports']): void {
    this.exports = exports;
    this.getLeft = exports[NAMES.getLeft] as () => number;
    this.getDepth = exports[NAMES.getDepth] as () => number;
    this.setLeft = exports[NAMES.setLeft] as (value: number) => void;
    this.setDepth = exports[NAMES.setDepth] as (value: number) => void;
    this.getStack = exports[NAMES.getStack] as (() => number) | undefined;
    if (this.getStack) {
      this.#setStack = exports[NAMES.setStack] as (value: number) => void;
      this.giveStackBack(undefined);
    }
    this.threshold = (exports[NAMES.threshold] as () => number)();
    if (!this.metered) this.setLeft(SLICE_UNITS);
  }
  /** After a call ended, however: what was there before it; undefined: all there is. */
  giveStackBack(before: number | undefined): void {
    this.#setStack(before ?? Math.min(this.instance.limits.stackBytes ?? MAX_STACK_BYTES, MAX_STACK_BYTES));
  }
  /** Before a call on an exec env, which may allow less than there is. @returns the limit that held before */
  limitStack(env: ExecEnv): number {
    const before = this.stackLimit;
    const most = env.stackFor(this.instance);
    if (this.getStack !== undefined && most < this.getStack()) this.#setStack((this.stackLimit = most));
    return before;
  }
  /** So that the next function that is entered asks for its counts. */
  clear(): void {
    this.#cleared = true;
    this.setDepth(0);
    this.setLeft(0);
  }
  /** No function of it runs from now on: each asks for its counts when it is entered, and there are none. */
  end(): void {
    this.ended = true;
    this.clear();
  }
  expose(): void {
    if (this.exposed) return;
    this.exposed = true;
    if (this.state.holder !== this) this.clear();
  }

  /** The functions behind the hooks. Whatever they throw cannot be caught by guests. */
  hooks(): Record<HookName, unknown> {
    const { state, instance } = this;
    const { meter } = state.store;
    const guarded = <T>(body: () => T): T => {
      try {
        return body();
      } catch (error) {
        throw state.fail(error);
      }
    };
    return {
      enter: (left: number, _depth: number, cost: number) =>
        guarded(() => {
          if (this.ended) throw endedFunctionError(instance);
          let all = state.gather(this, left, true);
          if (this.metered && all < 0) all = this.#refill(all, 0);
          if (this.getDepth() < 0) {
            this.setLeft(all);
            throw meter.depthExhausted();
          }
          return this.#refill(all, cost);
        }),
      refill: (left: number, cost: number) => guarded(() => this.#refill(state.gather(this, left, false), cost)),
      exhausted: (left: number) =>
        guarded(() => {
          // Refilled was where it could be: only an empty reserve, or terminate(), leads here.
          state.refill(this, left, Number.POSITIVE_INFINITY);
          throw new InternalError('a block did not fit although there was fuel to refill from');
        }),
      bulk: (left: number, units: number) => guarded(() => this.#bulk(state.gather(this, left, false), units)),
      growMemory: (memory: number, pages: number) =>
        guarded(() => {
          this.#look();
          const grown = instance.memories[memory]!;
          if (this.metered) {
            const left = state.gather(this, this.getLeft(), false);
            this.setLeft(this.#bulk(left, growthFuel(grown, pages)));
          }
          return grown.grow(pages, meter);
        }),
      mayGrowTable: (table: number, elements: number, length: number) =>
        guarded(() => ((instance.tables[table] as HostTable).mayGrow(elements, length) ? 1 : 0)),
      tableStayed: (table: number, elements: number) => (instance.tables[table] as HostTable).stayed(elements),
      caught: (depth: number) => {
        if (state.pending) throw state.pending.error;
        return this.interruptible ? guarded(() => this.#caught(depth)) : 0;
      },
      check: () => guarded(() => meter.check()),
      invalidConversion: () => {
        throw state.fail(new Trap('invalid-conversion'));
      },
      stackFull: () => {
        throw state.fail(new LimitError('stackBytes', this.stackLimit));
      },
      newObject: (object: object, contents: number) =>
        guarded(() => void makeCharged(instance, contents >>> 0, () => object)),
    } satisfies Record<HookName, unknown>;
  }
  #refill(left: number, needed: number): number {
    if (this.metered) {
      const result = this.state.refill(this, left, needed);
      this.setLeft(result);
      return result;
    }
    if (left >= needed && left > 0) return left;
    this.state.store.meter.check();
    this.#adaptSlice();
    return this.#slice + needed;
  }
  /** What loops weigh is far from what they do: slices become as long as time allows, for each makes the processor learn the guest's branches anew. */
  #adaptSlice(): void {
    const now = this.state.store.platform.monotonicNow();
    const elapsed = now - this.#lookedAt;
    this.#lookedAt = now;
    if (this.#cleared) this.#cleared = false;
    else if (elapsed < SHORT_SLICE_MS) this.#slice = Math.min(this.#slice * 2, MOST_UNITS);
    else if (elapsed > LONG_SLICE_MS) this.#slice = SLICE_UNITS;
  }
  #bulk(left: number, units: number): number {
    const { registers } = this.state.store.meter;
    const { meter } = this.state.store;
    registers[0] = left;
    try {
      meter.charge(units);
    } finally {
      this.setLeft(registers[0]!);
    }
    return registers[0]! < RESERVE ? this.state.refill(this, registers[0]!, 0) : registers[0]!;
  }
  /** At the clock, where a guest does what takes the host so long that a slice of a loop of it would last half a second. */
  #look(): void {
    const { meter } = this.state.store;
    if (meter.watched) meter.check();
  }
  #caught(depth: number): number {
    this.#look();
    const left = this.state.gather(this, this.getLeft(), false);
    this.setDepth(depth);
    if (!this.metered) return left;
    return left < RESERVE ? this.state.refill(this, left, 0) : left;
  }
}
