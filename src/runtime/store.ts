// What all instances of one runtime share: types, allocator, platform, slots, meter, and the calls in progress. Two stores share nothing. Refuses use
// after its end.
import type { Allocator } from '../alloc/allocator.js';
import { show } from '../base/show.js';
import type { Platform } from '../platform/platform.js';
import { UsageError } from '../wasm/errors.js';
import { TypeRegistry } from '../wasm/subtyping.js';
import type { Budget } from './budget.js';
import { Meter, type MeterState } from './meter.js';
import type { Observation } from './observer.js';
import { Slots } from './slots.js';

/** WAMR's CLUSTER_MAX_THREAD_NUM. */
export const DEFAULT_MAX_THREADS = 4;

/** A call that runs in slices, as seen when an instance ends. */
export interface PendingCall {
  /** The instance whose function was called. */
  readonly instance: object;
  /** Whether a slice of the call is running now rather than suspended. */
  readonly runs: boolean;
  cancel(): void;
  /** Whether functions of another instance are among the suspended ones. */
  runsIn(instance: object): boolean;
}

/** What must be restored when a nested call ends. */
export interface NestedCall {
  /** The number of calls that were active when it began. */
  readonly level: number;
  readonly outer: MeterState;
  readonly limited: object | undefined;
}

export class Store {
  readonly types = new TypeRegistry();
  readonly slots = new Slots();
  readonly meter: Meter;
  readonly allocator: Allocator;
  readonly platform: Platform;
  /** The budget of the whole runtime; each instance has one inside it. */
  readonly budget: Budget;

  /** The number of calls from the embedder that have not returned; more than one means that they are nested through native functions. */
  activeCalls = 0;
  /**
   * A guest's code runs, and not a native function that it has called: whatever of the embedder's runs now, runs in the middle of an instruction. Engines and
   * natives set it, and restore it when they return.
   */
  runsGuest = false;
  /**
   * The account of the last outermost call, if it was plain: by the instance's own limits, and nothing but the guest's code ran in it. The next one into
   * the same instance finds all as that one did, unless who changed something has said so here.
   */
  plainCall: object | undefined = undefined;
  /** The instance whose limits the meter holds. */
  limited: object | undefined = undefined;
  /** The calls that native functions made into instances with limits of their own, the innermost last. */
  readonly nestedCalls: NestedCall[] = [];
  readonly pendingCalls = new Set<PendingCall>();
  /** Those of the instances that are observed. */
  readonly observations = new Set<Observation>();

  /** These run in reverse order when the store ends, after instances and modules; they free what engines keep per store. */
  readonly disposers: (() => void)[] = [];
  /** The workers in which threads of its guests run, once there are some. */
  threadWorkers: object | undefined = undefined;
  #maxThreads = DEFAULT_MAX_THREADS;
  ended = false;

  constructor(allocator: Allocator, platform: Platform, budget: Budget) {
    this.allocator = allocator;
    this.platform = platform;
    this.budget = budget;
    this.meter = new Meter(platform);
  }
  /** Called before a call into a guest begins inside another. @throws UsageError in the middle of an instruction */
  checkMayCall(): void {
    if (!this.runsGuest) return;
    throw new UsageError(
      'in the middle of an instruction of a guest no guest can be called: not by an allocator, an observer, a clock or a signal of the embedder',
    );
  }
  /** The most exec envs of one cluster beside its first. */
  get maxThreads(): number {
    return this.#maxThreads;
  }
  /** Applies to clusters made from now on; 0 is ignored, as in WAMR. @throws UsageError if the count is not a whole number */
  setMaxThreads(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new UsageError(`thread limit ${show(count)}: a whole number is wanted`);
    if (count > 0) this.#maxThreads = count;
  }
  /** @throws UsageError */
  checkAlive(): void {
    if (this.ended) throw new UsageError('this runtime has been destroyed');
  }
}
