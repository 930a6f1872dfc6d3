// An instance: the index spaces of one module, its limits and accounts, and what its calls leave. instantiate.ts fills it, engines run it.
// Refuses use after its end.
import type { Platform } from '../platform/platform.js';
import { UsageError } from '../wasm/errors.js';
import { MAX_TABLE_ELEMENTS } from '../wasm/implementation-limits.js';
import type { LimitOptions } from '../wasm/limit-table.js';
import type { ExternKind, ValidatedModule } from '../wasm/module.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { nothingUsed, type Usage } from '../wasm/usage-table.js';
import { Budget } from './budget.js';
import type { TagInstance } from './exception.js';
import { type CallingInstance, ExecEnv, type ModuleHeap } from './exec-env.js';
import type { FunctionInstance } from './function.js';
import type { GlobalInstance } from './global.js';
import type { MemoryInstance } from './memory.js';
import type { MeterSettings } from './meter.js';
import type { RunningMode } from './running-mode.js';
import type { Store } from './store.js';
import type { TableInstance } from './table.js';

export type ExternInstance = FunctionInstance | TableInstance | MemoryInstance | GlobalInstance | TagInstance;

/** What the embedder wants of memory 0 where the module defines it, in pages of the memory's own size. */
export interface MemoryPlan {
  /** Pages added to the initial size and the maximum, for the app heap. */
  readonly extraPages: number;
  /** The largest size, the extra pages not counted; the module's own maximum where that is smaller, its initial size where larger. */
  readonly maxPages: number | undefined;
}

/** An AbortSignal, or anything like it. */
export interface AbortSignalLike {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Has the listener called when it is aborted. */
  addEventListener?(type: 'abort', listener: () => void): void;
  /** Takes a listener back. */
  removeEventListener?(type: 'abort', listener: () => void): void;
}

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
  /** Contents of the element segments; null once dropped. */
  readonly elements: (readonly unknown[] | null)[] = [];
  /** Contents of the data segments (views of module.bytes); empty once dropped. */
  readonly data: Uint8Array[] = [];
  /** Positions of the imports that nobody gave: memories and tables of the instance's own stand for them. */
  readonly ownImports = new Set<number>();
  readonly exports = new Map<string, { readonly kind: ExternKind; readonly value: ExternInstance }>();
  /** The runtime's defaults are in them. */
  readonly limits: LimitOptions;
  /** True: engines count every instruction; false: only backward branches, to notice a deadline. */
  readonly metered: boolean;
  /** Its calls may have a deadline, a signal and a depth: false allows an engine to leave that out of the code. */
  readonly interruptible: boolean;
  /** True: NaNs are made canonical. */
  readonly deterministic: boolean;
  /** True: bytes of stack are counted, for `limits.stackBytes` or the exec envs' own limits. */
  readonly countsStack: boolean;
  readonly budget: Budget;
  /** Elements over all tables of its own; `limits.tableElements` is its limit. */
  readonly tableBudget: Budget;
  /** Clocks and randomness as this instance sees them: the store's, or fixed ones where it is deterministic. */
  readonly platform: Platform;
  /** How memory 0 differs from what the module declares. */
  readonly memoryPlan: MemoryPlan;
  readonly mode: RunningMode;
  /** Why `auto` chose this mode, or that it was asked for. */
  readonly modeReason: string;
  /** What natives and the embedder allocate guest memory from; null: nothing. */
  heap: ModuleHeap | null = null;
  /** Why the last outermost call failed, or what setException was given; null: nothing. */
  exception: unknown = null;
  /** What setException was given by a native that still runs: the call that it runs in throws it. Null: nothing. */
  raised: unknown = null;
  /** Bytes of stack of exec envs that ask for nothing themselves; 0: as much as `limits.stackBytes` allows. */
  readonly stackSize: number;
  /** Ends every call when it is aborted. */
  readonly signal: AbortSignalLike | undefined;
  /** Since its creation. */
  readonly usage: Usage;
  /** The last outermost call that ended: what it used. */
  lastCall: { readonly usage: Usage } | undefined;
  /** Of calls that ask for nothing of their own. */
  defaultSettings: MeterSettings | undefined;
  /** What the last nested call in it failed with, while an outermost call of it runs. */
  nestedFailure: unknown;
  /** What proc_exit was given last, or main returned. */
  exitCode = 0;
  /** Calls on their way in it, sync and async. */
  running = 0;
  /** Live instances that import from it. */
  dependents = 0;
  /** The embedder cannot use it any more: it has ended, or its instantiation has failed. */
  withdrawn = false;
  ended = false;
  /** Exec envs that are the first of their clusters. */
  readonly #execEnvs = new Set<ExecEnv>();
  #execEnv: ExecEnv | undefined;

  /** What the embedder and import libraries keep with an instance (WASI's state, WAMR's custom data and contexts), by key. */
  readonly attachments = new Map<unknown, unknown>();
  /** The embedder's objects for what it exports, so that the same thing is the same object. */
  readonly wrappers = new WeakMap<object, object>();
  /**
   * Others may hold functions of it: in a table that they share, in a global, as references. If its instantiation fails from here on it stays,
   * as the specification says, for as long as those it imports from.
   */
  isPublished = false;
  /** Run in reverse order when the instance ends. */
  readonly disposers: (() => void)[] = [];

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
    memoryPlan?: MemoryPlan | undefined;
    platform?: Platform | undefined;
    stackSize?: number | undefined;
    signal?: AbortSignalLike | undefined;
    mode: RunningMode;
    modeReason: string;
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
    // A module of a few bytes may declare a hundred thousand of the largest tables.
    this.tableBudget = new Budget(fields.limits.tableElements ?? MAX_TABLE_ELEMENTS);
    this.platform = fields.platform ?? fields.store.platform;
    this.memoryPlan = fields.memoryPlan ?? { extraPages: 0, maxPages: undefined };
    this.stackSize = fields.stackSize ?? 0;
    this.signal = fields.signal;
    this.mode = fields.mode;
    this.modeReason = fields.modeReason;
    this.usage = nothingUsed();
    if (fields.metered) this.usage.fuel = 0;
  }

  /** WAMR's singleton exec env: made when first asked for, gone with the instance. */
  get execEnv(): ExecEnv {
    this.#execEnv ??= this.createExecEnv(this.stackSize);
    return this.#execEnv;
  }
  /** Whether an exec env is that singleton. */
  owns(env: ExecEnv): boolean {
    return env === this.#execEnv;
  }
  /** Exec envs alive beside that singleton. */
  get extraExecEnvs(): number {
    let count = this.#execEnv === undefined ? 0 : -1;
    for (const { cluster } of this.#execEnvs) count += cluster.execEnvs.size;
    return count;
  }
  /** The first of a cluster of its own. @throws UsageError where the instance counts no stack and `stackSize` is not 0 */
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
