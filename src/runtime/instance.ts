// An instance: the index spaces of one module, filled. Data only: instantiate.ts fills it, engines run it.
import type { Platform } from '../platform/platform.js';
import { type LimitName, nothingUsed, type Usage } from '../wasm/errors.js';
import { MAX_TABLE_ELEMENTS } from '../wasm/limits.js';
import type { ExternKind, ValidatedModule } from '../wasm/module.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { Budget } from './budget.js';
import type { RunningMode } from './engine.js';
import type { TagInstance } from './exception.js';
import type { FunctionInstance } from './function.js';
import type { GlobalInstance } from './global.js';
import type { MemoryInstance } from './memory.js';
import type { ModuleHeap } from './module-heap.js';
import type { Store } from './store.js';
import type { TableInstance } from './table.js';

export type ExternInstance = FunctionInstance | TableInstance | MemoryInstance | GlobalInstance | TagInstance;

/** The limits of design section 5, resolved: undefined means no limit. Bytes, milliseconds, instructions, counts. */
export type InstanceLimits = {
  readonly [Name in Exclude<LimitName, 'signal' | 'instances' | 'moduleBytes'>]?: number | undefined;
};

/** What the embedder wants of memory 0 where the module defines it, in pages of the memory's own size. */
export interface MemoryPlan {
  /** Pages added to the initial size and the maximum, for the app heap. */
  readonly extraPages: number;
  /** The largest size, the extra pages not counted; the module's own maximum where that is smaller, its initial size where larger. */
  readonly maxPages: number | undefined;
}

export class Instance {
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
  readonly limits: InstanceLimits;
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
  /** Since birth. */
  readonly usage: Usage;
  /** What the embedder and import libraries keep with an instance (WASI's state, WAMR's custom data and contexts), by key. */
  readonly attachments = new Map<unknown, unknown>();
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
    limits: InstanceLimits;
    metered: boolean;
    interruptible?: boolean | undefined;
    deterministic: boolean;
    countsStack?: boolean | undefined;
    budget: Budget;
    memoryPlan?: MemoryPlan | undefined;
    platform?: Platform | undefined;
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
    this.mode = fields.mode;
    this.modeReason = fields.modeReason;
    this.usage = nothingUsed();
    if (fields.metered) this.usage.fuel = 0;
  }
}
