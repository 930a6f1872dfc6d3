// What an embedder may see of a guest while it runs, and what the runtime keeps to tell it: the functions that are being run, by thread, and the fuel
// used so far. Engines add code for this only to instances that are observed so. Refuses observers with unknown members.
import type { Platform } from '../platform/platform.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { Usage } from '../wasm/usage-table.js';
import type { Budget } from './budget.js';
import { aFunction, type Checks } from './check-options.js';
import type { MemoryInstance } from './memory.js';
import type { Meter } from './meter.js';
import type { TableInstance } from './table.js';

/** Calls of one guest that run one after the other: where an event happened. */
export interface ObservedThread {
  /** The instance's name. */
  readonly instance: string;
  /** Threads of one instance have numbers from 0; calls that wait for promises at the same time are on several, too. */
  readonly number: number;
  /** The fuel that its calls have used so far; 0 where the instance counts none. */
  readonly fuel: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** The module whose code runs. @internal */
  readonly module: ValidatedModule;
  /** The bytes of memory 0 as they are now; none where there is no memory. @internal */
  memory(): Uint8Array;
}

/** A call of a function that the guest imports, once it has ended. */
export interface ObservedHostCall {
  /** The module name that the guest imports it from. */
  readonly module: string;
  /** The name that the guest imports it by. */
  readonly name: string;
  /** The arguments, as natives get them from the guest. */
  readonly args: readonly unknown[];
  /** The results; none if it threw. */
  readonly results: readonly unknown[];
  /** What it threw, in an object; undefined if it returned. */
  readonly thrown: { readonly error: unknown } | undefined;
  /** When it began, in monotonic milliseconds. */
  readonly startedAt: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** The thread whose code made the call. */
  readonly thread: ObservedThread;
}

/** A memory or table that has grown, or that a limit has kept from it. */
export interface ObservedGrowth {
  /** The instance's name. */
  readonly instance: string;
  /** What has grown; `bytes` and `elements`: what `limits.memoryBytes` and `limits.tableElements` count has not. */
  readonly of: 'memory' | 'table' | 'bytes' | 'elements';
  /** The size that it has now: bytes of a memory, elements of a table; for a refusal, of all of the instance together. */
  readonly size: number;
  /** The limit that refused, in the same unit; undefined if it has grown. */
  readonly refusedBy: number | undefined;
}

/** An outermost call into a guest that has ended. */
export interface ObservedCall {
  /** The instance's name. */
  readonly instance: string;
  /** What this call used. */
  readonly usage: Usage;
  /** What it threw, in an object; undefined if it returned. */
  readonly thrown: { readonly error: unknown } | undefined;
  /** When it began, in monotonic milliseconds. */
  readonly startedAt: number;
}

/**
 * What an embedder wants to see of an instance: `InstantiateOptions.observe`. Each member is one kind of event, and what no member asks for costs
 * nothing. The functions run while the guest does: they must return soon and must not call it. What they throw ends the guest's call.
 */
export interface Observer {
  /** A function that the guest imports has returned or thrown: natives, WASI. */
  hostCall?(call: ObservedHostCall): void;
  /** A function of the guest begins. @param index in the module's function index space */
  entered?(index: number, thread: ObservedThread): void;
  /** A function of the guest has ended, however it did: the last that was entered on this thread and has not. */
  left?(index: number, thread: ObservedThread): void;
  /** Code up to the next such place begins to run. @param offset of its first instruction in the module */
  reached?(offset: number, thread: ObservedThread): void;
  /** A memory or a table has grown, or was kept from it. */
  grew?(growth: ObservedGrowth): void;
  /** An outermost call begins. */
  callBegan?(instance: string): void;
  /** An outermost call has ended. */
  callEnded?(call: ObservedCall): void;
}

export const OBSERVER_CHECKS: Checks<Observer> = {
  hostCall: aFunction,
  entered: aFunction,
  left: aFunction,
  reached: aFunction,
  grew: aFunction,
  callBegan: aFunction,
  callEnded: aFunction,
};

/** What all instances of a runtime share, as far as it is needed here. */
interface Shared {
  readonly meter: Meter;
  readonly platform: Platform;
}
/** What is observed. */
interface Observed {
  readonly name: string;
  readonly module: ValidatedModule;
  readonly store: Shared;
  readonly metered: boolean;
  readonly memories: readonly MemoryInstance[];
}

/** What engines add to the code of an instance. */
export interface ObservedCode {
  /** Functions say when they are entered and left. */
  readonly functions: boolean;
  /** Code says where it is. */
  readonly places: boolean;
}

const NO_BYTES: Readonly<Uint8Array> = new Uint8Array(0);

/** Returns what engines must add to the code of an instance for its observer; undefined: nothing. */
export function observedCode(observation: ObservedCode | undefined): ObservedCode | undefined {
  if (!observation?.functions && !observation?.places) return undefined;
  const { functions, places } = observation;
  return { functions, places };
}

class Thread implements ObservedThread {
  readonly instance: string;
  readonly number: number;
  readonly module: ValidatedModule;
  /** The functions that run, the outermost first, and for engines that unwind by it, the calls that could nest when each began. */
  readonly functions: number[] = [];
  readonly depths: number[] = [];
  readonly #store: Shared;
  readonly #memories: readonly MemoryInstance[];
  readonly #metered: boolean;
  /** What its earlier calls used. */
  #before = 0;
  #endedAt: number | undefined;

  constructor({ name, module, store, metered, memories }: Observed, number: number) {
    this.instance = name;
    this.number = number;
    this.module = module;
    this.#store = store;
    this.#memories = memories;
    this.#metered = metered;
  }
  memory(): Uint8Array {
    return this.#memories[0]?.views.u8 ?? NO_BYTES;
  }
  get fuel(): number {
    return this.#metered ? (this.#endedAt ?? this.#before + this.#store.meter.usedInAll) : 0;
  }
  get now(): number {
    return this.#store.platform.monotonicNow();
  }
  begin(): void {
    this.#before = this.fuel;
    this.#endedAt = undefined;
  }
  /** @param used by the call that has ended */
  end(used: number): void {
    this.#endedAt = this.#before + used;
  }
  /** No call runs on it yet. */
  static idle(thread: Thread): Thread {
    thread.#endedAt = 0;
    return thread;
  }
}

/** One observed instance. Threads of a guest have instances of their own, and each of these an observation. */
export class Observation implements ObservedCode {
  readonly observer: Observer;
  readonly functions: boolean;
  readonly places: boolean;
  readonly #instance: Observed;
  /** The numbers of threads that the instance and the instances of its threads have had. */
  readonly #numbers: { next: number };
  readonly #running = new Map<number, Thread>();
  readonly #idle: Thread[] = [];
  #call: number | undefined;
  #thread: Thread | undefined;

  constructor(observer: Observer, instance: Observed, numbers: { next: number } = { next: 0 }) {
    this.observer = observer;
    this.functions = observer.entered !== undefined || observer.left !== undefined;
    this.places = observer.reached !== undefined;
    this.#instance = instance;
    this.#numbers = numbers;
  }
  /** Returns the observation of an instance in which another thread of the guest runs. */
  ofThread(instance: Observed): Observation {
    return new Observation(this.observer, instance, this.#numbers);
  }

  /** The thread of the call that runs. */
  get thread(): ObservedThread {
    return this.#current;
  }
  get #current(): Thread {
    const { call } = this.#instance.store.meter;
    if (call === this.#call) return this.#thread!;
    let thread = this.#running.get(call);
    if (thread === undefined) {
      thread = this.#idle.pop() ?? Thread.idle(new Thread(this.#instance, this.#numbers.next++));
      thread.begin();
      this.#running.set(call, thread);
    }
    this.#call = call;
    this.#thread = thread;
    return thread;
  }

  // ---- what code tells ----

  /** @param depth the calls that could nest, for unwindTo() */
  enter(index: number, depth = 0): void {
    const thread = this.#current;
    thread.functions.push(index);
    thread.depths.push(depth);
    this.observer.entered?.(index, thread);
  }
  /** The function has ended, and with it those that it called and that did not say so. */
  leave(index: number): void {
    const thread = this.#current;
    const at = thread.functions.lastIndexOf(index);
    if (at >= 0) this.#leaveDownTo(thread, at);
  }
  reach(offset: number): void {
    this.observer.reached?.(offset, this.#current);
  }
  /** The number of functions that run. */
  get height(): number {
    return this.#current.functions.length;
  }
  /** What was entered since has ended. */
  leaveDownTo(height: number): void {
    this.#leaveDownTo(this.#current, height);
  }
  /** A function that could nest so many calls has caught an exception: those that it called have ended. */
  leaveBelow(depth: number): void {
    const thread = this.#current;
    let height = thread.functions.length;
    while (height > 0 && thread.depths[height - 1]! <= depth) height--;
    this.#leaveDownTo(thread, height);
  }
  #leaveDownTo(thread: Thread, height: number): void {
    while (thread.functions.length > height) {
      thread.depths.pop();
      const index = thread.functions.pop()!;
      this.observer.left?.(index, thread);
    }
  }
  /** An outermost call has ended, here or in an instance that calls this one. @param used the units that it used in all */
  endCall(call: number, used: number): void {
    const thread = this.#running.get(call);
    if (thread === undefined) return;
    thread.end(used);
    this.#leaveDownTo(thread, 0);
    this.#running.delete(call);
    this.#idle.push(thread);
    if (this.#call === call) this.#call = this.#thread = undefined;
  }

  // ---- growth ----

  /** Tells of growth from now on. @returns undoes it */
  watchGrowth(
    memories: readonly MemoryInstance[],
    tables: readonly TableInstance[],
    budgets: readonly [bytes: Budget, elements: Budget],
  ): () => void {
    if (this.observer.grew === undefined) return () => {};
    const instance = this.#instance.name;
    const tell = (growth: Omit<ObservedGrowth, 'instance'>): void => this.observer.grew!({ instance, ...growth });
    const leave = memories.map((memory) => {
      let size = memory.byteLength;
      return memory.follow(({ byteLength }) => {
        if (byteLength > size) tell({ of: 'memory', size: byteLength, refusedBy: undefined });
        size = byteLength;
      });
    });
    for (const table of tables) table.onGrowth = (size) => tell({ of: 'table', size, refusedBy: undefined });
    budgets.forEach((budget, i) => {
      budget.onRefusal = (limit) => tell({ of: i === 0 ? 'bytes' : 'elements', size: budget.used, refusedBy: limit });
    });
    return () => {
      for (const one of leave) one();
      for (const table of tables) table.onGrowth = undefined;
      for (const budget of budgets) budget.onRefusal = undefined;
    };
  }
}
