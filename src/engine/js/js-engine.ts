// What jit and aot share: instances whose functions are emitted JavaScript, linked on first call.

import { WeakList } from '../../base/weak-list.js';
import { functionName } from '../../binary/name-section.js';
import type { CompiledModule, Fallback, FirstTier, Heat } from '../../runtime/engine.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { endedFunctionError, type FunctionInstance } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { initialize } from '../../runtime/instantiate.js';
import type { MemoryInstance } from '../../runtime/memory.js';
import { observedCode } from '../../runtime/observer.js';
import type { Store } from '../../runtime/store.js';
import { LimitError, Trap } from '../../wasm/errors.js';
import type { Module } from '../../wasm/module.js';
import type { DefinedType } from '../../wasm/subtyping.js';
import { type FuncType, heapOf, isRef } from '../../wasm/types.js';
import type { ModuleCode } from './code-source.js';
import type { EmitOptions } from './emit-options.js';
import { type Enter, JsFunction, type Owner } from './js-function.js';
import { type Context, type Holder, Library, type RawFunction } from './library.js';
import { SHARED_NAMES } from './shared-names.js';

// The contexts are keyed by the store and live as long: engines of both kinds may serve one store, and their functions call each other.
const contexts = new WeakMap<Store, StoreContext>();

export function contextOf(store: Store): StoreContext {
  let context = contexts.get(store);
  if (!context) contexts.set(store, (context = new StoreContext()));
  return context;
}
/** More bytes of stack than there are. */
const UNLIMITED_STACK = 0x7fff_ffff;

class StoreContext implements Context {
  env: Context['env'] = undefined;
  /** The array is longer than 64 bytes, so that V8 folds its address into code. */
  readonly stack = new Int32Array(32).fill(UNLIMITED_STACK);
  stackLimit = UNLIMITED_STACK;
  readonly foreign = new WeakSet<object>();
  readonly holders: Context['holders'] = new WeakMap();
  moved = false;
  /** A call had a deadline or a signal, so all code counts ticks from then on. */
  ticks = false;
  /** The instances that have linked code. */
  readonly instances = new WeakList<JsInstance>();

  /**
   * Drops the holders of memories that no code uses any more: of all instances' memories, and of these. This must not happen during a call, whose
   * frames may run replaced code.
   */
  dropUnusedHolders(ofEnded: readonly MemoryInstance[] = []): void {
    const used = new Set<Holder>();
    const memories = new Set(ofEnded);
    for (const { library } of this.instances) {
      for (const holder of library.usedHolders) used.add(holder);
      for (const memory of library.memories) memories.add(memory);
    }
    for (const memory of memories) {
      const holders = this.holders.get(memory);
      for (const holder of holders ?? []) {
        if (used.has(holder)) continue;
        holder.leave();
        holders!.delete(holder);
      }
    }
  }
}

/** The number of times that an instance is linked again because its memory moved. */
const MAX_RELINKS = 8;
/** Beyond so many locals a call stays in the first tier: each is an argument. */
const MAX_ENTRY_LOCALS = 500;

export class JsInstance implements Owner {
  readonly library: Library;
  readonly #instance: Instance;
  readonly #context: StoreContext;
  readonly #code: ModuleCode;
  readonly #fallback: Fallback | undefined;
  readonly #imported: number;
  readonly #functions: JsFunction[] = [];
  readonly #stubs: RawFunction[] = [];
  #linked: boolean[] = [];
  #makeOther: ((index: number) => FunctionInstance) | undefined;
  #checked = false;
  #relinks = 0;
  /** When functions are hot, which start in the fallback. */
  #heat: Heat | undefined;
  #tier: FirstTier | undefined;
  /** The functions that were compiled together when one of them was hot, by each of them. */
  readonly #groups = new Map<number, readonly number[]>();
  /** What goes on with calls at the heads of loops, by the loops' offsets; null: nothing does. */
  readonly #loops = new Map<number, FunctionInstance | null>();

  constructor(
    instance: Instance,
    context: StoreContext,
    code: ModuleCode,
    fallback: Fallback | undefined,
    heat: Heat | undefined,
  ) {
    this.#heat = canStartInterpreted(instance) ? heat : undefined;
    this.#instance = instance;
    this.#context = context;
    this.#code = code;
    this.#fallback = fallback;
    this.#imported = instance.module.spaces.importedFunctions;
    this.library = new Library(instance, context, code);
    instance.disposers.push(() => {
      context.instances.delete(this);
      this.#cutOff();
      if (context.env === undefined) context.dropUnusedHolders(instance.memories);
    });
  }

  makeFunction(index: number): FunctionInstance {
    const { module, types } = this.#instance;
    const type = types[module.functions[index - this.#imported]!.typeIndex]!;
    const stub = this.#stub(index);
    this.#stubs[index] = stub;
    const made = new JsFunction(type, functionName(module, index), this, index, stub);
    this.#functions[index] = made;
    this.library.F[index] = stub;
    this.library.B[index] = stub;
    return made;
  }
  #stub(index: number): RawFunction {
    return (...args) => {
      this.#link(index);
      return this.#functions[index]!.run(...args);
    };
  }
  get #options(): EmitOptions {
    const { metered, deterministic, limits, countsStack, observation } = this.#instance;
    return {
      shape: this.#code.shape,
      metered,
      ticks: this.#context.ticks && !metered,
      deterministic,
      depth: limits.callDepth !== undefined || countsStack,
      checked: this.#checked,
      observed: observedCode(observation),
    };
  }
  /** Makes the chunk of a function, and stores it where callers find it. */
  #link(index: number): void {
    if (this.#linked[index] || this.#startsInterpreted(index)) return;
    this.#compile(index);
    if (this.#linked[index]) return;
    const other = this.#other(index);
    this.#set(index, other, other);
  }
  #compile(index: number): void {
    this.#context.instances.add(this);
    this.library.takeHolders();
    const checkpoint = (): void => this.#instance.store.meter.checkpoint();
    const factory = this.#code.chunkOf(index, this.#options, checkpoint, this.#groups.get(index));
    for (const [one, run, body] of factory?.(this.library, SHARED_NAMES) ?? []) this.#set(one, run, body);
  }
  #set(index: number, run: RawFunction, body: RawFunction): void {
    const target = this.#functions[index]!;
    target.run = this.library.F[index] = run;
    target.body = this.library.B[index] = body;
    this.#linked[index] = true;
    if (target.firstTier === undefined) return;
    target.firstTier = undefined;
    this.#tier!.promote(index);
  }
  /** Has a function that is not hot called where it runs now. @returns whether it is one */
  #startsInterpreted(index: number): boolean {
    const target = this.#functions[index]!;
    if (this.#heat !== undefined) this.#beginTier(this.#heat);
    if (target.firstTier === undefined) return false;
    const run = this.#code.adapter(target.signature)(this.library, target);
    target.run = target.body = this.library.F[index] = this.library.B[index] = run;
    return true;
  }
  #beginTier(heat: Heat): void {
    this.#heat = undefined;
    const functions = this.#functions.filter((one) => one !== undefined);
    try {
      this.#tier = this.#fallback?.beginTier?.(this.#instance, functions, heat, {
        promote: (index) => this.#promote(index),
        enterLoop: (index, offset) => this.#enterLoop(index, offset),
      });
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      // There is no room for another instance there: everything is compiled when it is called.
      return;
    }
    for (const one of functions) one.firstTier = this.#tier;
  }
  /** Compiles a hot function, and with it those that it calls and that have run. */
  #promote(index: number): void {
    const tier = this.#tier!;
    if (this.#instance.module.usedFeatures.has('tail-call')) {
      this.#endTier(tier);
      return;
    }
    const callees = this.#code.calleesOf?.(index) ?? [];
    const group = callees.filter((one) => this.#functions[one]!.firstTier !== undefined && tier.hasRun(one));
    if (!group.includes(index)) group.push(index);
    for (const one of group) this.#groups.set(one, group);
    this.#compile(index);
  }
  /** Compiles a promoted function from the head of a loop on. */
  #enterLoop(index: number, offset: number): FunctionInstance | undefined {
    const known = this.#loops.get(offset);
    if (known !== undefined) return known ?? undefined;
    const made = this.#makeLoopEntry(index, offset);
    this.#loops.set(offset, made ?? null);
    return made;
  }
  #makeLoopEntry(index: number, offset: number): FunctionInstance | undefined {
    const { module, store } = this.#instance;
    const body = module.functions[index - this.#imported]!;
    const { params, results } = module.spaces.functions[index]!;
    const locals = [...params];
    for (const { count, type } of body.locals) {
      if (locals.length + count > MAX_ENTRY_LOCALS) return undefined;
      for (let i = 0; i < count; i++) locals.push(type);
    }
    // The type would outlive the module's own types.
    if ([...locals, ...results].some((type) => isRef(type) && heapOf(type) >= 0)) return undefined;
    const checkpoint = (): void => store.meter.checkpoint();
    this.library.takeHolders();
    const run = this.#code.loopEntry?.(index, offset, this.#options, checkpoint)?.(this.library, SHARED_NAMES);
    if (run === undefined) return undefined;
    return new JsFunction(store.types.funcType(locals, results), functionName(module, index), this, index, run);
  }
  /** A body that was validated late has tail calls: from now on everything is compiled when it is called, as canStartInterpreted() would have had it. */
  #endTier(tier: FirstTier): void {
    for (const [index, target] of this.#functions.entries()) {
      if (target?.firstTier === undefined) continue;
      target.firstTier = undefined;
      target.run = target.body = this.library.F[index] = this.library.B[index] = this.#stubs[index]!;
      tier.promote(index);
    }
  }
  /** Returns a function that the code does not have. */
  #other(index: number): RawFunction {
    if (!this.#fallback) {
      return () => {
        throw new Trap('unsupported-operation', [], 'this function is too large for this mode');
      };
    }
    this.#makeOther ??= this.#fallback.prepare(this.#instance);
    const other = this.#makeOther(index);
    return this.#code.adapter(other.signature)(this.library, other);
  }

  get modules(): ReadonlySet<Module> {
    return new Set([...this.#context.instances].map(({ library }) => library.instance.module));
  }
  enter(type: DefinedType): Enter {
    return this.#code.enter(type.composite as FuncType);
  }
  prepare(env: ExecEnv): void {
    const context = this.#context;
    const most = env.stackFor(this.#instance);
    if (most < UNLIMITED_STACK) context.stackLimit = context.stack[0] = most;
    const { watched } = this.#instance.store.meter;
    if (context.moved || (watched && !context.ticks)) this.#relinkIfNeeded(watched);
  }
  prepareNested(env: ExecEnv): void {
    const context = this.#context;
    const most = env.stackFor(this.#instance);
    if (most < context.stack[0]!) context.stackLimit = context.stack[0] = most;
    // The frames of the outer call continue in the code that they have, which nothing limits.
    if (this.#instance.store.meter.watched && !context.ticks) this.#tick();
  }
  #tick(): void {
    this.#context.ticks = true;
    for (const one of this.#context.instances) one.#relink();
  }
  /**
   * Links everything again if a deadline must be noticed from now on, otherwise the code whose memories moved. The latter happens a few times at
   * most, since V8 must compile the code again each time.
   */
  #relinkIfNeeded(watched: boolean): void {
    const context = this.#context;
    context.moved = false;
    if (watched && !context.ticks) this.#tick();
    else for (const one of context.instances) if (one.#gainsFromNewHolders()) one.#relink();
    context.dropUnusedHolders();
  }
  #gainsFromNewHolders(): boolean {
    if (!this.#code.linksAnew || ![...this.library.usedHolders].some((holder) => holder.moved)) return false;
    return this.#relinks++ < MAX_RELINKS;
  }
  get hasLostMemory(): boolean {
    return [...this.#context.instances].some(({ library }) => library.memories.some((memory) => memory.isLost));
  }
  afterMemoryTrap(): void {
    for (const one of this.#context.instances) one.#useCheckedCode();
  }
  #useCheckedCode(): void {
    if (this.#checked || this.#code.shape === 'plain' || this.#instance.memories.length === 0) return;
    this.#checked = true;
    this.#relink();
  }
  #relink(): void {
    // A new one: QuickJS keeps elements of an array with holes when its length is set.
    this.#linked = [];
    this.#loops.clear();
    this.library.usedHolders.clear();
    this.#replaceAll((index) => this.#stubs[index]!);
  }
  /** Called when the instance has ended: calls of its functions through remaining references throw this error and run none of its code. */
  #cutOff(): void {
    const ended = (): never => {
      throw endedFunctionError(this.#instance);
    };
    for (const one of this.#functions) if (one !== undefined) one.firstTier = undefined;
    this.#replaceAll(() => ended);
  }
  #replaceAll(by: (index: number) => RawFunction): void {
    for (const [index, target] of this.#functions.entries()) {
      if (target === undefined) continue;
      target.run = target.body = this.library.F[index] = this.library.B[index] = by(index);
    }
  }
}

/**
 * Whether calls between both engines change nothing that a guest or its embedder can see. Each counts its own frames, and a tail call from one to the other
 * keeps a frame.
 */
function canStartInterpreted({ limits, countsStack, observation, module }: Instance): boolean {
  const countsFrames = limits.callDepth !== undefined || countsStack;
  return !countsFrames && observation === undefined && !module.usedFeatures.has('tail-call');
}

export class JsModule implements CompiledModule {
  readonly #code: ModuleCode;
  readonly #context: StoreContext;
  readonly #fallback: Fallback | undefined;

  readonly #heat: Heat | undefined;

  constructor(code: ModuleCode, context: StoreContext, fallback: Fallback | undefined, heat?: Heat) {
    this.#heat = heat;
    this.#code = code;
    this.#context = context;
    this.#fallback = fallback;
  }
  /** Code that is made while the program runs is made anew in each JavaScript thread. */
  codeData(): string | undefined {
    return this.#code.url;
  }
  instantiate(instance: Instance): void {
    const made = new JsInstance(instance, this.#context, this.#code, this.#fallback, this.#heat);
    initialize(instance, (_, index) => made.makeFunction(index));
  }
  dispose(): void {}
}
