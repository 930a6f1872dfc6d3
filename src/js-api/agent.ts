// What the objects of one namespace share: the standard's surrounding agent with its store and caches. Refuses nothing itself.
import { WeakList } from '../base/weak-list.js';
import { type Releasable, whenCollected } from '../base/when-collected.js';
import type { RuntimeState } from '../embed/init/runtime-state.js';
import type { WasmModule } from '../embed/module/wasm-module.js';
import { Budget } from '../runtime/budget.js';
import type { Engine, ObjectMaker } from '../runtime/engine.js';
import { TagInstance, type WasmException } from '../runtime/exception.js';
import type { FunctionInstance } from '../runtime/function.js';
import { GlobalInstance } from '../runtime/global.js';
import type { MemoryInstance } from '../runtime/memory.js';
import { ownBufferMemories } from '../runtime/own-buffer-memory.js';
import { Slots } from '../runtime/slots.js';
import type { Store } from '../runtime/store.js';
import { TableInstance } from '../runtime/table.js';
import type { Feature } from '../wasm/features.js';
import { MAX_TABLE_ELEMENTS } from '../wasm/implementation-limits.js';
import type { LimitOptions, NamespaceLimits, NamespaceTotals } from '../wasm/limit-table.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { EXTERNREF } from '../wasm/types.js';
import { Account, heldOf } from './account.js';
import { Calls } from './calls.js';
import { Crossing } from './crossing.js';
import { FunctionCache, type JsFunction } from './function-cache.js';
import { OpaqueObjects } from './opaque-objects.js';
import { Thrown } from './thrown.js';
import { Values, writeValue } from './values.js';
import { Brand } from './web-idl.js';

export class Agent {
  readonly runtime: RuntimeState;
  readonly store: Store;
  readonly engine: Engine;
  readonly modeReason: string;
  readonly limits: NamespaceLimits;
  readonly totals: NamespaceTotals;
  /** Those of each instance. */
  readonly instanceLimits: LimitOptions;
  readonly account: Account;
  /** Makes memories, tables, globals and tags that belong to no instance. */
  readonly objects: ObjectMaker;
  /** Elements of all tables of the namespace together. */
  readonly tableBudget: Budget;
  /** The number of instances. */
  readonly instanceBudget: Budget;
  /** The tag of what JavaScript throws. */
  readonly jsTag: TagInstance;
  readonly values: Values;
  readonly thrown: Thrown;
  readonly calls: Calls;
  readonly functions = new FunctionCache();
  /** Where one value is on its way to or from a global. */
  readonly scratch = new Slots(1);
  readonly memories = new Brand<MemoryInstance>('Memory');
  readonly tables = new Brand<TableInstance>('Table');
  readonly globals = new Brand<GlobalInstance>('Global');
  readonly tags = new Brand<TagInstance>('Tag');
  readonly exceptions = new Brand<WasmException>('Exception');
  readonly suspendings = new Brand<{ readonly callable: JsFunction }>('Suspending');
  /** Modules whose code ends with the runtime, if not before. */
  readonly modules = new WeakList<WasmModule>();
  /** The types that exported tables, globals and tags name, for as long as these live. */
  readonly #typesOf = new WeakMap<object, readonly DefinedType[]>();

  constructor(
    runtime: RuntimeState,
    mode: { readonly engine: Engine; readonly reason: string },
    limits: NamespaceLimits,
    totals: NamespaceTotals,
  ) {
    const { store } = runtime;
    this.runtime = runtime;
    this.store = store;
    this.engine = mode.engine;
    this.modeReason = mode.reason;
    this.limits = limits;
    this.totals = totals;
    this.instanceLimits = { ...heldOf(totals), ...limits };
    this.account = new Account(store, limits, totals);
    this.objects = mode.engine.objectMaker?.(store) ?? runtimeObjects(store);
    this.tableBudget = new Budget(totals.tableElements ?? MAX_TABLE_ELEMENTS * 10);
    this.instanceBudget = new Budget(totals.instances ?? Number.POSITIVE_INFINITY);
    this.jsTag = this.objects.tag(store.types.funcType([EXTERNREF], []));
    this.thrown = new Thrown(this.jsTag, this.exceptions, (error) => this.account.note(error));
    const functions = {
      exported: (func: FunctionInstance) => this.calls.exported(func),
      find: (value: unknown) => this.functions.find(value),
    };
    this.values = new Values(store.types, functions, new OpaqueObjects());
    this.calls = new Calls(this.account, this.functions, this.values, new Crossing(this.values), this.thrown);
    store.disposers.push(() => {
      for (const call of this.calls.waiting) call.cancel();
      for (const module of this.modules) module.end();
    });
  }
  /** @param what the member that asks @throws TypeError if the mode, on this host, lacks a feature */
  demand(feature: Feature, what: string): void {
    const lacks = this.engine.missingFeatures({ usedFeatures: new Set([feature]) });
    if (lacks.length > 0) throw new TypeError(`${what}: mode '${this.engine.mode}' of this host lacks ${feature}`);
  }
  /** Whether guests can wait for promises. */
  get canPause(): boolean {
    return this.engine.canPause === true || this.engine.canSuspend === true;
  }
  /** Has what an object holds beyond itself given back after the program has dropped the object: the standard has no way to end anything. */
  reclaim(object: object, held: Releasable): void {
    const { store } = this;
    const release = (): void => {
      if (!store.ended) held.release();
    };
    whenCollected(object, { release });
  }
  /** Keeps the types of an instance for something that it exports, and that may outlive it. */
  keepTypes(exported: object, types: readonly DefinedType[]): void {
    if (!this.#typesOf.has(exported)) this.#typesOf.set(exported, types);
  }
}

/** For engines that use the runtime's own objects. */
function runtimeObjects({ platform }: Store): ObjectMaker {
  return {
    memory: ownBufferMemories(platform),
    table: (type, maxElements, account, count) => new TableInstance(type, maxElements, account, count),
    global(type, value) {
      const global = new GlobalInstance(type);
      const slots = new Slots(1);
      writeValue(slots, 0, type.type, value);
      global.fromSlot(slots, 0);
      return global;
    },
    tag: (type) => new TagInstance(type),
  };
}
