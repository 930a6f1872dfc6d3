// Makes an instance for an embedder: checks options, limits and mode, then runs the steps of runtime/instantiate.ts and what WAMR runs after them.
// Everything runs under the limits. Refuses unknown options; undoes everything when a step fails.
import { quote } from '../../base/quote.js';
import { NativeRegistry } from '../../imports/natives/registry.js';
import type { WasiOptions, WasiState } from '../../imports/wasi/index.js';
import { isWasiModuleName } from '../../imports/wasi/module-names.js';
import { AppHeap } from '../../runtime/app-heap.js';
import { isOfThisThread } from '../../runtime/atomics.js';
import { Budget } from '../../runtime/budget.js';
import { anObject, anyValue, aSignal, type Checks, checkOptions, entriesOf, isA } from '../../runtime/check-options.js';
import type { CompiledModule, Engine } from '../../runtime/engine.js';
import { ThreadsUnsupportedError } from '../../runtime/exec-env.js';
import type { FunctionInstance } from '../../runtime/function.js';
import { guestHeapOf } from '../../runtime/guest-heap.js';
import { type AbortSignalLike, Instance } from '../../runtime/instance.js';
import { instantiate } from '../../runtime/instantiate.js';
import type { MemoryInstance } from '../../runtime/memory.js';
import { Meter } from '../../runtime/meter.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { OBSERVER_CHECKS, type Observer } from '../../runtime/observer.js';
import { checksOf, INSTANTIATE_OPTIONS, type OptionsOf } from '../../runtime/option-tables.js';
import { paced } from '../../runtime/pace.js';
import { chargeParts } from '../../runtime/parts-charge.js';
import type { ModeChoice } from '../../runtime/running-mode.js';
import { RuntimeMemory } from '../../runtime/runtime-memory.js';
import { STANDARD_OUTPUT } from '../../runtime/standard-output.js';
import { LimitError, LinkError, noteUsage, OtherModeError, UsageError } from '../../wasm/errors.js';
import { leftOut } from '../../wasm/left-out.js';
import type { LimitOptions } from '../../wasm/limit-table.js';
import type { ValidatedModule } from '../../wasm/module.js';
import { nothingUsed } from '../../wasm/usage-table.js';
import { plainExport, runPlain } from '../call/application.js';
import { type CallOptions, enterGuest, failed, leaveGuest } from '../call/call.js';
import { translateError } from '../call/error-texts.js';
import { needsChecks, refuseHardDeadline, refuseInterruptions } from '../call/interruptible.js';
import { resolveLimits } from '../call/resolve-limits.js';
import type { ThreadLibrary } from '../init/library.js';
import type { RuntimeState } from '../init/runtime-state.js';
import { WasmModule } from '../module/wasm-module.js';
import { type ChosenMode, chooseMode, modulesInOneMode, type ThreadNeeds } from './choose-mode.js';
import { deterministicPlatform } from './deterministic.js';
import { type HeapPlan, planHeap } from './heap-plan.js';
import { InstantiationAccount } from './instantiation-account.js';
import { ImportLinker, type Imports } from './resolve-import.js';
import { WasmInstance } from './wasm-instance.js';

/** How one instance is made: what it may use, what it imports, and which mode runs it. */
export interface InstantiateOptions extends OptionsOf<typeof INSTANTIATE_OPTIONS> {
  /** A signal that ends every call, and the instantiation, when it is aborted. */
  readonly signal?: AbortSignalLike | undefined;
  /** What it imports, by module name and name; it takes precedence over natives and libraries. */
  readonly imports?: Imports | undefined;
  /** Natives of this instance alone, by module name: after `imports`, and before those of the runtime. */
  readonly natives?: Readonly<Record<string, readonly NativeSymbol[]>> | undefined;
  /** What a program that imports WASI may do; nothing unless given. The printf of libc-builtin writes to its stdout, too. */
  readonly wasi?: WasiOptions | undefined;
  /** Who sees what the guest does: its calls of natives, its functions, its growth. Nothing costs time that no member of it asks for. */
  readonly observe?: Observer | undefined;
  /** The first value of `WasmInstance.customData`, which belongs to the embedder. */
  readonly customData?: unknown;
}

/** The check of the option in builds without observers. */
function noObserver(given: unknown): undefined {
  if (given !== undefined) leftOut('observe', 'ENCLASM_WITHOUT_OBSERVERS');
}

const CHECKS: Checks<InstantiateOptions> = {
  ...checksOf(INSTANTIATE_OPTIONS),
  signal: aSignal,
  imports: anObject,
  natives: anObject,
  wasi: anObject,
  observe: typeof ENCLASM_WITHOUT_OBSERVERS === 'undefined' ? { checks: OBSERVER_CHECKS, noun: 'event' } : noObserver,
  customData: anyValue,
};

/** An instance and its sub-instances, one for each registered module that it imports from, directly or not. */
interface Tree {
  readonly byName: Map<string, WasmInstance>;
  readonly path: string[];
  readonly owner: Instance | undefined;
  /** The account of all of them together. */
  readonly account: InstantiationAccount;
}

/** @throws UsageError, LinkError, LimitError, and what start functions throw */
export function instantiateModule(
  runtime: RuntimeState,
  module: WasmModule,
  options: InstantiateOptions,
  account = new InstantiationAccount(),
): WasmInstance {
  if (!isA(module, WasmModule)) throw new UsageError('instantiate: a module of Runtime.load is wanted');
  const checked = checkOptions<InstantiateOptions>(options, CHECKS, 'instantiate options');
  const tree: Tree = { byName: new Map(), path: [], owner: undefined, account };
  try {
    return new Instantiation(runtime, module, checked, tree).run();
  } catch (error) {
    // Only its own sub-instances end: natives that a start function called may have made other instances meanwhile.
    for (const sub of [...tree.byName.values()].reverse()) if (!sub.ended) sub.end();
    if (error instanceof LimitError) noteUsage(error, nothingUsed);
    throw error;
  }
}

class Instantiation {
  readonly #runtime: RuntimeState;
  readonly #module: WasmModule;
  readonly #validated: ValidatedModule;
  readonly #options: InstantiateOptions;
  readonly #tree: Tree;
  readonly #subInstances: WasmInstance[] = [];
  /** The deadline of types and linking, for which there is no instance yet: they may take as long as one call. */
  readonly #watch: Meter;
  readonly #limits: LimitOptions;
  readonly #step: () => void;
  /** The running mode that sub-instances are asked to run in. */
  #subMode: ModeChoice = 'auto';

  constructor(runtime: RuntimeState, module: WasmModule, options: InstantiateOptions, tree: Tree) {
    const { store, args } = runtime;
    if (module.store !== store) throw new UsageError('the module belongs to another runtime');
    this.#runtime = runtime;
    this.#module = module;
    this.#validated = module.validated;
    this.#options = options;
    this.#tree = tree;
    this.#watch = new Meter(store.platform);
    const limits = resolveLimits(options.limits ?? {}, args.limits);
    if (options.deadline === 'hard') refuseHardDeadline(runtime);
    this.#limits = options.deadline === 'hard' ? { ...limits, timeoutMs: undefined } : limits;
    const { timeoutMs } = this.#limits;
    const left = tree.account.left({ timeoutMs }, store.platform.monotonicNow());
    this.#watch.begin({ timeoutMs: left?.timeoutMs ?? timeoutMs, signal: options.signal });
    this.#step = paced(() => {
      this.#watch.checkpoint();
      // An instance that a native makes counts against the time of the call that the native runs in.
      if (store.activeCalls > 0) store.meter.checkpoint();
    });
  }

  run(): WasmInstance {
    const { args, engines, instances, failed: kept, modules } = this.#runtime;
    const most = args.limits.instances;
    if (most !== undefined && instances.size + kept.size + this.#runtime.linking >= most) {
      throw new LimitError('instances', most);
    }
    const { mode = args.runningMode } = this.#options;
    const library = this.#threadLibrary();
    const threads = library && this.#threadNeeds(library);
    const together =
      mode === 'auto' ? modulesInOneMode(this.#validated, (name) => modules.find(name)?.validated) : [this.#validated];
    const refused = new Map<Engine, string>();
    const pausing = {
      threads,
      asyncNative: mode === 'auto' ? this.#asyncNative() : undefined,
    };
    for (;;) {
      const chosen = chooseMode(engines, mode, together, refused, pausing);
      const { engine } = chosen;
      this.#subMode = together.length > 1 ? engine.mode : mode;
      try {
        return this.#runIn(chosen, library);
      } catch (error) {
        if (mode !== 'auto' || !(error instanceof OtherModeError)) throw error;
        refused.set(engine, error.message);
        if (refused.size === engines.length) throw error;
        this.#endSubInstances();
      }
    }
  }

  /** What runs the guest's threads; undefined: it has none. */
  #threadLibrary(): ThreadLibrary | undefined {
    const { threads = 'auto' } = this.#options;
    const libraries = this.#runtime.threads;
    if (threads === 'none') return undefined;
    const wanted = libraries.find((library) => library.wants(this.#validated));
    if (threads === 'auto' || wanted) return wanted;
    if (libraries.length > 0) return libraries[0];
    throw new ThreadsUnsupportedError(
      `threads: '${threads}': the runtime was made without the libraries wasiThreads and libPthread`,
    );
  }
  #threadNeeds(library: ThreadLibrary): ThreadNeeds {
    const { threads, observe } = this.#options;
    const { platform } = this.#runtime;
    if (this.#seed !== undefined && threads === 'parallel') {
      throw new ThreadsUnsupportedError(
        "threads: 'parallel': a seed, or deterministic, needs threads that run in turn",
      );
    }
    const missing =
      typeof SharedArrayBuffer === 'undefined' || typeof Atomics === 'undefined'
        ? 'this host has no memory that JavaScript threads could share'
        : platform.startThread === undefined
          ? 'this platform starts no workers'
          : undefined;
    return {
      way:
        threads === 'parallel' || threads === 'cooperative'
          ? threads
          : this.#seed === undefined
            ? undefined
            : 'cooperative',
      notInWorkers: missing ?? library.whyNotInWorkers(this.#validated, observe),
    };
  }
  /** @returns what the instance is made of: the engine's code, or where its threads run in workers, what stands for that here */
  #beginThreads(
    instance: Instance,
    { engine, threads }: ChosenMode,
    library: ThreadLibrary | undefined,
  ): CompiledModule {
    const options = { compiled: this.#module.compiledFor(engine), isHeldElsewhere: this.#isHeldElsewhere };
    if (threads === 'cooperative') instance.threads = library!.create(instance, this.#seed, options);
    if (threads !== 'parallel') return options.compiled;
    const parallel = library!.createParallel(instance, { ...options, support: engine.threads! });
    instance.threads = parallel;
    return parallel.compiled;
  }

  #runIn(chosen: ChosenMode, library: ThreadLibrary | undefined): WasmInstance {
    const { heapSize = 0, maxMemoryPages } = this.#options;
    this.#watch.check();
    if (typeof ENCLASM_WITHOUT_ALLOCATORS !== 'undefined' && heapSize > 0) {
      leftOut('heapSize', 'ENCLASM_WITHOUT_ALLOCATORS');
    }
    const heap = planHeap(this.#validated, heapSize, maxMemoryPages);
    const instance = this.#create(chosen, heap);
    const compiled = this.#beginThreads(instance, chosen, library);
    let made: WasmInstance | undefined;
    this.#runtime.linking++;
    try {
      const wasi = this.#makeWasi(instance);
      const linker = this.#linkerFor(instance, wasi);
      instantiate(instance, compiled, {
        resolve: (wanted) => linker.resolve(wanted),
        step: this.#step,
        linked: () => {
          linker.warnOfRest();
          made = this.#wrap(instance, linker, wasi);
          this.#runtime.linking--;
        },
        underLimits: (work) => this.#part(instance, (options) => underLimits(instance, options, work)),
        filled: () => {
          this.#holdSharedMemories(instance);
          watchGrowth(instance);
          makeHeap(instance, heap);
        },
        call: (start) => this.#call(instance, start),
      });
      this.#initializeProgram(instance);
      return made!;
    } catch (error) {
      if (made === undefined) {
        this.#runtime.linking--;
        instance.disposeFrom(0);
        throw error;
      }
      made.fail();
      throw translateError(error);
    }
  }

  /** An instance that is paid for, but empty. */
  #create({ engine: { mode }, reason: modeReason, threads }: ChosenMode, { memoryPlan }: HeapPlan): Instance {
    const { store } = this.#runtime;
    const { metered = false, stackSize = 0, signal, deadline } = this.#options;
    const deterministic = this.#seed !== undefined;
    const limits = this.#limits;
    const others = { metered: metered || undefined, stackSize: stackSize || undefined, signal };
    const { interruptible = deadline !== 'hard' || needsChecks(limits, others) !== undefined } = this.#options;
    if (!interruptible) refuseInterruptions(limits, others);
    const { memoryBytes = Number.POSITIVE_INFINITY, stackBytes } = limits;
    const budget = new Budget(memoryBytes, this.#tree.owner?.budget ?? store.budget);
    const giveBack = chargeParts(this.#validated, budget);
    try {
      const types = this.#module.typesFor(this.#step);
      if (stackBytes !== undefined && stackSize > stackBytes) {
        throw new UsageError(`stackSize ${stackSize} is more than limits.stackBytes allows (${stackBytes})`);
      }
      const instance = new Instance({
        store,
        module: this.#validated,
        name: this.#options.name ?? this.#module.name,
        types,
        limits,
        budget,
        memoryPlan,
        deterministic,
        mode,
        modeReason,
        stackSize,
        signal,
        observer: this.#options.observe,
        interruptible: interruptible || threads !== undefined,
        // Threads take turns by the instructions that they execute.
        metered: metered || limits.fuel !== undefined || threads === 'cooperative',
        countsStack: stackBytes !== undefined || stackSize > 0,
        platform: deterministic ? deterministicPlatform(store.platform) : undefined,
      });
      instance.disposers.push(giveBack);
      return instance;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #makeWasi(instance: Instance): WasiState | undefined {
    const { wasi: library, platform } = this.#runtime;
    const wanted = this.#options.wasi !== undefined;
    if (library === undefined) {
      if (wanted) throw new UsageError('instantiate options: wasi: the runtime was made without the WASI library');
      return undefined;
    }
    if (!wanted && !this.#importsWasi) return undefined;
    const { limits, deterministic, budget } = instance;
    const state = library.create(this.#options.wasi ?? {}, platform, {
      deterministic,
      limits,
      budget,
      now: instance.threads?.now,
      seed: this.#seed,
    });
    state.attach(instance);
    instance.attachments.set(STANDARD_OUTPUT, library.standardOutput(state));
    return state;
  }

  get #importsWasi(): boolean {
    return this.#validated.imports.some((one) => isWasiModuleName(one.module));
  }

  #linkerFor(instance: Instance, wasi: WasiState | undefined): ImportLinker {
    return new ImportLinker(instance, this.#runtime, {
      imports: this.#options.imports ?? {},
      natives: this.#ownNatives(),
      wasi: wasi && ((module, name) => this.#runtime.wasi?.importOf(wasi, module, name)),
      strict: this.#options.strictLinking ?? false,
      subInstance: (name) => this.#subInstance(name, instance),
    });
  }

  /** The name of an import that is an async native; undefined where none is. */
  #asyncNative(): string | undefined {
    const registries = [this.#ownNatives(), this.#runtime.natives];
    const found = this.#validated.imports.find(({ module, name }) =>
      registries.find((natives) => natives?.has(module, name))?.isAsync(module, name),
    );
    return found && `${quote(found.module)}.${quote(found.name)}`;
  }
  #ownNatives(): NativeRegistry | undefined {
    const { natives } = this.#options;
    if (natives === undefined) return undefined;
    const registry = new NativeRegistry((text) => this.#runtime.log.warn(`warning: ${text}`));
    for (const [moduleName, symbols] of entriesOf(natives, 'instantiate options.natives')) {
      registry.register(moduleName, symbols);
    }
    return registry;
  }

  /** Makes the embedder's object. From here on, its end undoes everything. */
  #wrap(instance: Instance, linker: ImportLinker, wasi: WasiState | undefined): WasmInstance {
    const made = new WasmInstance(instance, this.#runtime, {
      module: this.#module,
      wasi,
      isWasi: this.#importsWasi,
      subInstances: this.#subInstances,
      dependencies: [...linker.dependencies],
      sharesTableOfRuntime: linker.sharesTableOfRuntime,
    });
    made.customData = this.#options.customData;
    return made;
  }

  #subInstance(name: string, owner: Instance): WasmInstance | undefined {
    const { byName, path, account } = this.#tree;
    const known = byName.get(name);
    if (known) return known;
    const module = this.#runtime.modules.find(name);
    if (!module) return undefined;
    if (path.includes(name)) throw new LinkError(`found circular dependency on ${quote(name)}`);
    const {
      imports: _imports,
      natives: _natives,
      wasi: _wasi,
      customData: _data,
      heapSize: _heap,
      name: _name,
      ...shared
    } = this.#options;
    const options = { ...shared, interruptible: true, mode: this.#subMode, name };
    path.push(name);
    try {
      const sub = new Instantiation(this.#runtime, module, options, { byName, path, owner, account }).run();
      byName.set(name, sub);
      this.#subInstances.push(sub);
      return sub;
    } finally {
      path.pop();
    }
  }
  /** Ends the sub-instances, and with them their own ones, before another mode is tried. */
  #endSubInstances(): void {
    for (const sub of this.#subInstances.splice(0)) sub.end();
    const { byName } = this.#tree;
    for (const [name, sub] of byName) if (sub.ended) byName.delete(name);
  }

  /** Of a guest that is deterministic. */
  get #seed(): number | undefined {
    const { seed, deterministic } = this.#options;
    return seed ?? (deterministic ? 0 : undefined);
  }
  readonly #isHeldElsewhere = (memory: MemoryInstance): boolean =>
    this.#runtime.sharedMemories.holdersOf(memory) > 1 || this.#runtime.ownMemories.has(memory);

  #holdSharedMemories(instance: Instance): void {
    const { sharedMemories } = this.#runtime;
    for (const memory of instance.memories) {
      if (!memory.type.shared) continue;
      sharedMemories.retain(memory);
      instance.disposers.push(() => sharedMemories.release(memory));
      if (instance.threads?.kind === 'cooperative' && memory instanceof RuntimeMemory) holdInTurn(instance, memory);
    }
  }

  /** Runs what WAMR runs after the start function. A command needs nothing, because its _start initialises it. */
  #initializeProgram(instance: Instance): void {
    if (plainExport(instance, '_start')) return;
    const initialize = plainExport(instance, '_initialize');
    const after = plainExport(instance, '__post_instantiate');
    const constructors = this.#importsWasi || initialize ? undefined : plainExport(instance, '__wasm_call_ctors');
    for (const func of [initialize, after, constructors]) if (func) this.#call(instance, func);
  }

  /** Calls a function without parameters and results. */
  #call(instance: Instance, func: FunctionInstance): void {
    this.#part(instance, (options) => runPlain(instance, func, options));
  }
  /** Runs one part of the instantiation, with what the parts before it left of the limits. */
  #part(instance: Instance, work: (options: CallOptions | undefined) => void): void {
    const { account } = this.#tree;
    const { platform } = this.#runtime;
    const before = instance.endedCalls;
    try {
      work(account.left(instance.limits, platform.monotonicNow()));
    } finally {
      account.add(instance.endedCalls === before ? undefined : instance.lastCall?.usage, platform.monotonicNow());
    }
  }
}

/** Makes memories, tables, objects and segments, which may take long, under the limits of a call, although no guest runs. */
function underLimits(instance: Instance, options: CallOptions | undefined, work: () => void): void {
  const account = enterGuest(instance, options);
  try {
    work();
  } catch (error) {
    account?.close({ error });
    throw failed(instance, account, error);
  } finally {
    leaveGuest(instance);
  }
}

/** Threads in turn wait in an ordinary buffer: it must not become a native memory while they may. */
function holdInTurn(instance: Instance, memory: RuntimeMemory): void {
  if (!isOfThisThread(memory)) {
    throw new ThreadsUnsupportedError(
      `instance '${instance.name}' has threads in turn, and imports a shared memory that a guest of mode host, or one whose threads run in workers, has taken over`,
    );
  }
  memory.turns++;
  instance.disposers.push(() => memory.turns--);
}

/** Once its memories and tables are there, an observer is told when they grow. */
function watchGrowth({ observation, memories, tables, budget, tableBudget, disposers }: Instance): void {
  if (observation) disposers.push(observation.watchGrowth(memories, tables, [budget, tableBudget]));
}

function makeHeap(instance: Instance, { start, bytes }: HeapPlan): void {
  const heap =
    typeof ENCLASM_WITHOUT_ALLOCATORS === 'undefined' && bytes > 0
      ? new AppHeap(instance, instance.memories[0]!, start, bytes)
      : (guestHeapOf(instance) ?? null);
  instance.heap = heap;
  if (heap) instance.disposers.push(() => heap.dispose());
}
