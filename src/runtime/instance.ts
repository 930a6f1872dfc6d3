// An instance: the index spaces of one module, its limits and accounts, and the outcome of its calls. instantiate.ts fills it, engines run it.
// Refuses use after its end.
import type { Platform } from '../platform/platform.js';
import { UsageError } from '../wasm/errors.js';
import { MAX_TABLE_ELEMENTS } from '../wasm/implementation-limits.js';
import type { LimitOptions } from '../wasm/limit-table.js';
import type { ExternKind, ValidatedModule } from '../wasm/module.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { nothingUsed, type Usage } from '../wasm/usage-table.js';
import { Budget } from './budget.js';
import { CallTimes } from './call-times.js';
import { ConstantCharge } from './constant-charge.js';
import type { TagInstance } from './exception.js';
import { type CallingInstance, ExecEnv, type ModuleHeap } from './exec-env.js';
import type { FunctionInstance } from './function.js';
import type { GlobalInstance } from './global.js';
import { type MemoryInstance, type MemoryMaker, makeAllocatedMemory } from './memory.js';
import type { MeterSettings } from './meter.js';
import { Observation, type Observer } from './observer.js';
import { Refusals } from './refusals.js';
import type { RunningMode } from './running-mode.js';
import type { Store } from './store.js';
import type { TableInstance } from './table.js';
import type { ThreadRunner } from './thread-runner.js';

export type ExternInstance = FunctionInstance | TableInstance | MemoryInstance | GlobalInstance | TagInstance;

/** What the embedder requests for memory 0 if the module defines it, in pages of the memory's own size. */
export interface MemoryPlan {
  /** Pages added to the initial size and the maximum, for the app heap. */
  readonly extraPages: number;
  /** The largest size without the extra pages. The module's own maximum applies if it is smaller, the initial size if it is larger. */
  readonly maxPages: number | undefined;
}

/** An AbortSignal, or an object like it. */
export interface AbortSignalLike {
  /** Whether the signal was aborted. */
  readonly aborted: boolean;
  /** Why it was aborted: the `cause` of the error. */
  readonly reason?: unknown;
  /** Registers a listener that is called when the signal is aborted. */
  addEventListener?(type: 'abort', listener: () => void): void;
  /** Removes a listener. */
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/** What the outermost call used that ended last. */
export interface LastCall {
  readonly usage: Usage;
  /** It was one of several that may have run at a time. */
  readonly inSlices: boolean;
}

/** A memory or table that an instance has made. */
export type OwnedObject = MemoryInstance | TableInstance;

export class Instance implements CallingInstance {
  readonly store: Store;
  readonly module: ValidatedModule;
  readonly name: string;
  /** The module's types in the store's registry, by type index. */
  readonly types: readonly DefinedType[];
  readonly functions: FunctionInstance[] = [];
  readonly tables: TableInstance[] = [];
  readonly memories: MemoryInstance[] = [];
  readonly globals: GlobalInstance[] = [];
  readonly tags: TagInstance[] = [];
  /** The contents of the element segments; null once dropped. */
  readonly elements: (readonly unknown[] | null)[] = [];
  /** The contents of the data segments (views of module.bytes); empty once dropped. */
  readonly data: Uint8Array[] = [];
  /** The positions of the imports that were not provided: memories and tables of the instance's own take their place. */
  readonly ownImports = new Set<number>();
  readonly exports = new Map<string, { readonly kind: ExternKind; readonly value: ExternInstance }>();
  /** The limits; the runtime's defaults are already included. */
  readonly limits: LimitOptions;
  /** Engines count every instruction. If false, they count only backward branches, to notice a deadline. */
  readonly metered: boolean;
  /** Calls may have a deadline, a signal and a depth limit. If false, an engine may omit the code for them. */
  readonly interruptible: boolean;
  /** NaNs are made canonical. */
  readonly deterministic: boolean;
  /** Bytes of stack are counted, for `limits.stackBytes` or the limits of exec envs. */
  readonly countsStack: boolean;
  readonly budget: Budget;
  /** The elements of all tables of its own together; `limits.tableElements` is its limit. */
  readonly tableBudget: Budget;
  /** What the objects of its constant expressions are charged, for its life. */
  readonly constantCharge: ConstantCharge;
  /** What its limits refused it in the call that runs, or ran last. */
  readonly refusals: Refusals;
  /** Clocks and randomness as this instance sees them: the store's, or fixed ones if it is deterministic. */
  readonly platform: Platform;
  /** How memory 0 differs from what the module declares. */
  readonly memoryPlan: MemoryPlan;
  /** Makes the memories of its own, in the modes that keep memories in the runtime. */
  readonly makeMemory: MemoryMaker;
  readonly mode: RunningMode;
  /** Why `auto` chose this mode, or that the embedder asked for it. */
  readonly modeReason: string;
  /** The heap from which native functions and the embedder allocate guest memory, or null if there is none. */
  heap: ModuleHeap | null = null;
  /** Why the last outermost call failed, or what setException was given; null otherwise. */
  exception: unknown = null;
  #raised: unknown = null;
  /** The bytes of stack of exec envs that specify no size; 0 means as much as `limits.stackBytes` allows. */
  readonly stackSize: number;
  /** The instance that the embedder made: itself, or the one whose thread it belongs to. */
  readonly main: Instance;
  /** What runs its threads; undefined: it has one. */
  threads: ThreadRunner | undefined;
  /** In a worker of a guest with threads: its memories, which all threads have. */
  sharedMemories: readonly MemoryInstance[] | undefined;
  /** What tells an embedder of what happens in it; undefined: nobody observes it, and nothing is done for that. */
  readonly observation: Observation | undefined;
  /** Aborting this signal ends every call. */
  readonly signal: AbortSignalLike | undefined;
  /** The usage since the instance was created. */
  readonly usage: Usage;
  readonly callTimes = new CallTimes();
  /** The last outermost call that ended, and what it used. */
  lastCall: LastCall | undefined;
  /** How many outermost calls have ended. */
  endedCalls = 0;
  /** The settings of calls that specify none. */
  defaultSettings: MeterSettings | undefined;
  /** What the last nested call in it failed with, while an outermost call of it runs. */
  nestedFailure: unknown;
  /** The last exit code that proc_exit was given or main returned. */
  exitCode = 0;
  /** The number of calls in progress in it, sync and async. */
  running = 0;
  /** The number of live instances that import from it. */
  dependents = 0;
  /** The embedder can no longer use it: it has ended, or its instantiation has failed. */
  withdrawn = false;
  ended = false;
  /** The exec envs that are the first of their clusters. */
  readonly #execEnvs = new Set<ExecEnv>();
  #execEnv: ExecEnv | undefined;

  /** What the embedder and import libraries keep with an instance (WASI's state, WAMR's custom data and contexts), by key. */
  readonly attachments: Map<unknown, unknown>;
  /** The embedder's objects for its exports, so that the same export always gives the same object. */
  readonly wrappers = new WeakMap<object, object>();
  /**
   * Other instances or the embedder may hold functions of it: in a shared table, in a global, as references. If its instantiation fails from here on,
   * it stays alive, as the specification says, for as long as the instances it imports from.
   */
  isPublished = false;
  /** These run in reverse order when the instance ends. */
  readonly disposers: (() => void)[] = [];
  readonly #onOwn: ((object: OwnedObject) => void) | undefined;

  constructor(fields: {
    store: Store;
    module: ValidatedModule;
    name: string;
    types: readonly DefinedType[];
    limits: LimitOptions;
    metered: boolean;
    interruptible?: boolean | undefined;
    deterministic: boolean;
    countsStack?: boolean | undefined;
    budget: Budget;
    tableBudget?: Budget | undefined;
    memoryPlan?: MemoryPlan | undefined;
    makeMemory?: MemoryMaker | undefined;
    /** Told of each memory and table that the instance makes: others may keep it for longer than the instance lives. */
    onOwn?: ((object: OwnedObject) => void) | undefined;
    platform?: Platform | undefined;
    stackSize?: number | undefined;
    signal?: AbortSignalLike | undefined;
    observer?: Observer | undefined;
    mode: RunningMode;
    modeReason: string;
    /** Whose thread it is: it has the accounts and attachments of that one. */
    main?: Instance | undefined;
  }) {
    this.store = fields.store;
    this.module = fields.module;
    this.name = fields.name;
    this.types = fields.types;
    this.limits = fields.limits;
    this.metered = fields.metered;
    this.interruptible = fields.metered || (fields.interruptible ?? true);
    this.deterministic = fields.deterministic;
    this.countsStack = fields.countsStack ?? fields.limits.stackBytes !== undefined;
    this.budget = fields.budget;
    // A module of a few bytes may declare a hundred thousand of the largest tables, so there is always a limit.
    this.tableBudget =
      fields.main?.tableBudget ?? fields.tableBudget ?? new Budget(fields.limits.tableElements ?? MAX_TABLE_ELEMENTS);
    this.constantCharge = new ConstantCharge(fields.budget);
    this.refusals =
      fields.main?.refusals ?? new Refusals(['memoryBytes', this.budget], ['tableElements', this.tableBudget]);
    this.makeMemory = fields.makeMemory ?? makeAllocatedMemory;
    this.#onOwn = fields.onOwn;
    this.platform = fields.platform ?? fields.store.platform;
    this.memoryPlan = fields.memoryPlan ?? { extraPages: 0, maxPages: undefined };
    this.stackSize = fields.stackSize ?? 0;
    this.signal = fields.signal;
    this.mode = fields.mode;
    this.modeReason = fields.modeReason;
    this.main = fields.main ?? this;
    this.threads = fields.main?.threads;
    this.attachments = fields.main?.attachments ?? new Map();
    this.usage = fields.main?.usage ?? nothingUsed();
    if (fields.metered) this.usage.fuel ??= 0;
    this.observation = fields.main ? fields.main.observation?.ofThread(this) : observationOf(this, fields.observer);
    if (this.observation) this.#observe(this.observation);
  }

  #observe(observation: Observation): void {
    const { observations } = this.store;
    observations.add(observation);
    this.store.plainCall = undefined;
    this.disposers.push(() => observations.delete(observation));
  }

  /** What a native function that still runs has passed to setException, or null. The call that contains the native function throws it. */
  get raised(): unknown {
    return this.main.#raised;
  }
  set raised(exception: unknown) {
    this.main.#raised = exception;
  }

  /** WAMR's singleton exec env: made on first use, ended with the instance. */
  get execEnv(): ExecEnv {
    this.#execEnv ??= this.createExecEnv(this.stackSize);
    return this.#execEnv;
  }
  /** Whether an exec env is that singleton. */
  owns(env: ExecEnv): boolean {
    return env === this.#execEnv;
  }
  /** The number of live exec envs besides that singleton. */
  get extraExecEnvs(): number {
    let count = this.#execEnv === undefined ? 0 : -1;
    for (const { cluster } of this.#execEnvs) count += cluster.execEnvs.size;
    return count;
  }
  /** Makes an exec env that is the first of a new cluster. @throws UsageError if the instance counts no stack and `stackSize` is not 0 */
  createExecEnv(stackSize: number): ExecEnv {
    this.checkAlive();
    if (stackSize > 0 && !this.countsStack) {
      throw new UsageError(
        `createExecEnv(${stackSize}): instance '${this.name}' does not count its stack: instantiate it with stackSize or limits.stackBytes`,
      );
    }
    const env = new ExecEnv(this.store, this, stackSize);
    this.#execEnvs.add(env);
    return env;
  }
  destroyExecEnv(env: ExecEnv): void {
    env.end();
    this.#execEnvs.delete(env);
  }
  endExecEnvs(): void {
    for (const env of this.#execEnvs) env.end();
    this.#execEnvs.clear();
  }
  /** Records a memory or table that it has made, which ends with it. */
  own(object: OwnedObject): void {
    this.disposers.push(() => object.release());
    this.#onOwn?.(object);
  }
  /** Runs the disposers, newest first, down to a position. */
  disposeFrom(position: number): void {
    while (this.disposers.length > position) this.disposers.pop()!();
  }
  /** @throws UsageError after deinstantiate or destroy */
  checkAlive(): void {
    this.store.checkAlive();
    if (this.withdrawn) throw new UsageError(`instance '${this.name}' has been deinstantiated`);
  }
}

/** Builds may leave observers out; then nobody gives one. */
function observationOf(instance: Instance, observer: Observer | undefined): Observation | undefined {
  return typeof ENCLASM_WITHOUT_OBSERVERS === 'undefined' && observer ? new Observation(observer, instance) : undefined;
}
