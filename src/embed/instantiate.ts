// Makes an instance: options, limits, mode, imports, memories and segments, then start functions, all under the limits.
// Refuses unknown options; undoes everything when a step fails.
import { quote } from '../base/quote.js';
import type { WasiOptions, WasiState } from '../imports/wasi/index.js';
import { Budget } from '../runtime/budget.js';
import {
  aBoolean,
  aCount,
  anObject,
  anything,
  aSignal,
  aString,
  type Checks,
  checkOptions,
  isA,
  oneOf,
} from '../runtime/check-options.js';
import type { Engine, RunningMode } from '../runtime/engine.js';
import { Instance, type InstanceLimits } from '../runtime/instance.js';
import { linkImports } from '../runtime/link.js';
import { Meter } from '../runtime/meter.js';
import { AppHeap, guestHeapOf } from '../runtime/module-heap.js';
import { paced } from '../runtime/pace.js';
import { chargeParts } from '../runtime/parts-charge.js';
import { STANDARD_OUTPUT } from '../runtime/standard-output.js';
import { LimitError, LinkError, noteUsage, nothingUsed, OtherModeError, UsageError } from '../wasm/errors.js';
import type { ValidatedModule } from '../wasm/module.js';
import { plainExport, runPlain } from './application.js';
import { BirthAccount } from './birth-account.js';
import type { BuiltinExterns } from './builtin-externs.js';
import { type CallOptions, enterGuest, failed, leaveGuest, runGuest } from './call.js';
import { chooseMode, modulesInOneMode } from './choose-mode.js';
import { type AbortSignalLike, InstanceContext } from './context.js';
import type { RuntimeCore } from './core.js';
import { deterministicPlatform } from './deterministic.js';
import { type HeapPlan, planHeap } from './heap-plan.js';
import { RUNNING_MODES } from './init-args.js';
import { WasmInstance } from './instance.js';
import { refuseInterruptions } from './interruptible.js';
import { checkLimits, type LimitOptions, resolveLimits } from './limits.js';
import { WasmModule } from './module.js';
import type { ModuleRegistry } from './module-registry.js';
import { ImportLinker, type Imports, WASI_MODULES } from './resolve-import.js';

/** How one instance is made: what it may use, what it imports, and which mode runs it. */
export interface InstantiateOptions {
  /** A label for errors and logs; default: the module's. */
  readonly name?: string | undefined;
  /** Bytes of stack that calls on an exec env may use which asks for nothing itself; 0: as much as `limits.stackBytes` allows. */
  readonly stackSize?: number | undefined;
  /** Bytes of the app heap in memory 0; dropped where the module exports malloc and free. Default: 0. */
  readonly heapSize?: number | undefined;
  /** The largest size of memory 0 in pages, kept between the module's initial size and its maximum. */
  readonly maxMemoryPages?: number | undefined;
  /** Default: the runtime's runningMode. */
  readonly mode?: RunningMode | 'auto' | undefined;
  /** Limits of the instance; what is absent is the runtime's default. */
  readonly limits?: LimitOptions | undefined;
  /** Ends every call, and the birth, when it is aborted. */
  readonly signal?: AbortSignalLike | undefined;
  /** The same input gives the same output: NaNs are canonical, clocks and randomness fixed. */
  readonly deterministic?: boolean | undefined;
  /** Count instructions even where no fuel limit asks for it. */
  readonly metered?: boolean | undefined;
  /**
   * Whether a call can be ended by a deadline, an AbortSignal, or a limit of nesting calls. `false` is for guests that nothing limits: in mode
   * host their code is left as it is and runs at the host's own speed, nothing but the end of the thread stops it, and nobody else can
   * import its functions. Refused together with limits that need it. Default: true.
   */
  readonly interruptible?: boolean | undefined;
  /** What it imports, by module name and name; before natives and libraries. */
  readonly imports?: Imports | undefined;
  /** An import function that nobody has is a LinkError at once, not a trap when it is called. */
  readonly strictLinking?: boolean | undefined;
  /** What a program that imports WASI may do; nothing unless given. Its stdout is where libc-builtin's printf writes, too. */
  readonly wasi?: WasiOptions | undefined;
  /** The embedder's own: `WasmInstance.customData` at the start. */
  readonly customData?: unknown;
}

const CHECKS: Checks<InstantiateOptions> = {
  name: aString,
  stackSize: aCount,
  heapSize: aCount,
  maxMemoryPages: aCount,
  mode: oneOf('auto', ...RUNNING_MODES),
  limits: anObject,
  signal: aSignal,
  deterministic: aBoolean,
  metered: aBoolean,
  interruptible: aBoolean,
  imports: anObject,
  strictLinking: aBoolean,
  wasi: anObject,
  customData: anything,
};

/** What instances of one runtime are made from. */
export interface Workshop {
  readonly core: RuntimeCore;
  readonly registry: ModuleRegistry;
  readonly builtins: BuiltinExterns;
  /** Alive, in order of birth. */
  readonly instances: Set<WasmInstance>;
}

/** An instance and the sub-instances it brings along: one for each registered module name. */
interface Tree {
  readonly byName: Map<string, WasmInstance>;
  readonly path: string[];
  readonly owner: Instance | undefined;
  /** Of all of them together. */
  readonly account: BirthAccount;
}

/**
 * @throws UsageError, LinkError, LimitError, and what start functions throw
 */
export function instantiateModule(
  workshop: Workshop,
  module: WasmModule,
  options: InstantiateOptions,
  account = new BirthAccount(),
): WasmInstance {
  if (!isA(module, WasmModule)) throw new UsageError('instantiate: a module of Runtime.load is wanted');
  const given = checkOptions<InstantiateOptions>(options, CHECKS, 'instantiate options');
  const checked = { ...given, limits: checkLimits(given.limits) };
  const tree: Tree = { byName: new Map(), path: [], owner: undefined, account };
  try {
    return new Birth(workshop, module, checked, tree).run();
  } catch (error) {
    // Those alone that it brought along: natives of a start function may have made others meanwhile.
    for (const sub of [...tree.byName.values()].reverse()) if (!sub.ended) sub.end();
    if (error instanceof LimitError) noteUsage(error, nothingUsed);
    throw error;
  }
}

class Birth {
  readonly #workshop: Workshop;
  readonly #module: WasmModule;
  readonly #validated: ValidatedModule;
  readonly #options: InstantiateOptions;
  readonly #tree: Tree;
  readonly #subInstances: WasmInstance[] = [];
  /** Of what is done before there is an instance whose meter could run: types and linking, as long as one call may take. */
  readonly #watch: Meter;
  readonly #limits: InstanceLimits;
  readonly #step: () => void;
  /** What instances that it brings along are asked to run in. */
  #subMode: RunningMode | 'auto' = 'auto';

  constructor(workshop: Workshop, module: WasmModule, options: InstantiateOptions, tree: Tree) {
    this.#workshop = workshop;
    this.#module = module;
    if (module.core !== workshop.core) throw new UsageError('the module belongs to another runtime');
    this.#validated = module.validated;
    this.#options = options;
    this.#tree = tree;
    const { parts, store } = module.core;
    this.#watch = new Meter(parts.platform);
    this.#limits = resolveLimits(options.limits ?? {}, parts.args.limits);
    const { timeoutMs } = this.#limits;
    const left = tree.account.left({ timeoutMs }, parts.platform.monotonicNow());
    this.#watch.begin({ timeoutMs: left?.timeoutMs ?? timeoutMs, signal: options.signal });
    this.#step = paced(() => {
      this.#watch.look();
      // A native that makes an instance does so in the time of the call that it runs in.
      if (module.core.activeCalls > 0) store.meter.look();
    });
  }

  run(): WasmInstance {
    const { core, instances, registry } = this.#workshop;
    const most = core.parts.args.limits.instances;
    if (most !== undefined && instances.size + core.failed.size >= most) throw new LimitError('instances', most);
    const { mode = core.parts.args.runningMode } = this.#options;
    const { engines } = core.parts;
    const together =
      mode === 'auto' ? modulesInOneMode(this.#validated, (name) => registry.find(name)?.validated) : [this.#validated];
    const refused = new Map<Engine, string>();
    for (;;) {
      const { engine, reason } = chooseMode(engines, mode, together, refused);
      this.#subMode = together.length > 1 ? engine.mode : mode;
      try {
        return this.#runIn(engine, reason);
      } catch (error) {
        if (mode !== 'auto' || !(error instanceof OtherModeError)) throw error;
        refused.set(engine, error.message);
        if (refused.size === engines.length) throw error;
        this.#endSubInstances();
      }
    }
  }
  #runIn(engine: Engine, reason: string): WasmInstance {
    const { core } = this.#workshop;
    const { heapSize = 0, maxMemoryPages } = this.#options;
    this.#watch.check();
    const compiled = this.#module.compiledFor(engine);
    const plan = planHeap(this.#validated, heapSize, maxMemoryPages);
    const born = this.#bear(engine.mode, reason, plan);
    const { context } = born;
    const { instance } = context;
    try {
      this.#fill(context, () => compiled.instantiate(instance));
      this.#holdSharedMemories(instance);
      this.#makeHeap(instance, plan);
      this.#start(context);
      return born;
    } catch (error) {
      born.fail();
      throw core.parts.traps.translate(error);
    }
  }

  /** An instance that is linked, and paid for, but empty. */
  #bear(mode: RunningMode, reason: string, plan: HeapPlan): WasmInstance {
    const { core } = this.#workshop;
    const { stackSize = 0, signal } = this.#options;
    const { memoryBytes = Number.POSITIVE_INFINITY } = this.#limits;
    const budget = new Budget(memoryBytes, this.#tree.owner?.budget ?? core.store.budget);
    const giveBack = chargeParts(this.#validated, budget);
    try {
      const instance = this.#makeInstance(mode, reason, plan, budget);
      const { stackBytes } = instance.limits;
      if (stackBytes !== undefined && stackSize > stackBytes) {
        throw new UsageError(`stackSize ${stackSize} is more than limits.stackBytes allows (${stackBytes})`);
      }
      const context = new InstanceContext(core, instance, stackSize, signal);
      const born = this.#link(context, this.#makeWasi(instance));
      instance.disposers.unshift(giveBack);
      return born;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Memories, tables, objects and segments may take long: under the deadline, and the signal, of a call, though no call of the guest's. */
  #fill(context: InstanceContext, work: () => void): void {
    this.#part(context, (options) => fill(context, options, work));
  }
  /** One call of the birth: with what the calls before it left of the limits of the whole. */
  #part(context: InstanceContext, call: (options: CallOptions | undefined) => void): void {
    const { account } = this.#tree;
    const { fuel, timeoutMs } = context.instance.limits;
    const before = context.lastCall;
    const { platform } = this.#workshop.core.parts;
    try {
      call(account.left({ fuel, timeoutMs }, platform.monotonicNow()));
    } finally {
      account.add(context.lastCall === before ? undefined : context.lastCall?.usage, platform.monotonicNow());
    }
  }

  #makeInstance(mode: RunningMode, modeReason: string, plan: HeapPlan, budget: Budget): Instance {
    const { core } = this.#workshop;
    const { deterministic = false, metered = false, interruptible = true, stackSize = 0, signal } = this.#options;
    const limits = this.#limits;
    if (!interruptible)
      refuseInterruptions({ ...limits, metered: metered || undefined, stackSize: stackSize || undefined, signal });
    return new Instance({
      store: core.store,
      module: this.#validated,
      name: this.#options.name ?? this.#module.name,
      types: this.#module.typesFor(this.#step),
      limits,
      metered: metered || limits.fuel !== undefined,
      interruptible,
      deterministic,
      countsStack: limits.stackBytes !== undefined || stackSize > 0,
      budget,
      platform: deterministic ? deterministicPlatform(core.parts.platform) : undefined,
      memoryPlan: plan.memoryPlan,
      mode,
      modeReason,
    });
  }

  #makeWasi(instance: Instance): WasiState | undefined {
    const { wasi: library } = this.#workshop.core;
    const wanted = this.#options.wasi !== undefined;
    if (library === undefined) {
      if (wanted) throw new UsageError('instantiate options: wasi: the runtime was made without the WASI library');
      return undefined;
    }
    if (!wanted && !this.#importsWasi) return undefined;
    const { limits, deterministic } = instance;
    const state = library.create(this.#options.wasi ?? {}, this.#workshop.core.parts.platform, {
      deterministic,
      openFiles: limits.openFiles,
      outputBytes: limits.outputBytes,
      budget: instance.budget,
    });
    state.attach(instance);
    instance.attachments.set(STANDARD_OUTPUT, library.standardOutput(state));
    return state;
  }

  get #importsWasi(): boolean {
    return this.#validated.imports.some((one) => WASI_MODULES.includes(one.module));
  }

  /** Resolves the imports and makes the embedder's object, whose end undoes everything from here on. */
  #link(context: InstanceContext, wasi: WasiState | undefined): WasmInstance {
    const { core, builtins, instances } = this.#workshop;
    const { instance } = context;
    const linker = new ImportLinker(context, {
      imports: this.#options.imports ?? {},
      wasi: wasi && core.wasi?.imports(wasi),
      builtins,
      strict: this.#options.strictLinking ?? false,
      subInstance: (name) => this.#subInstance(name, instance),
    });
    try {
      linkImports(instance, (wanted) => linker.resolve(wanted), this.#step);
      linker.warnOfRest();
    } catch (error) {
      wasi?.close();
      throw error;
    }
    const born = new WasmInstance(context, {
      module: this.#module,
      wasi,
      isWasi: this.#importsWasi,
      subInstances: this.#subInstances,
      dependencies: [...linker.dependencies],
      sharesTableOfRuntime: linker.sharesTableOfRuntime,
      onEnd: (ended) => instances.delete(ended),
    });
    born.customData = this.#options.customData;
    core.store.instances.add(instance);
    instances.add(born);
    this.#module.instanceCount++;
    return born;
  }

  #subInstance(name: string, owner: Instance): WasmInstance | undefined {
    const { byName, path, account } = this.#tree;
    const known = byName.get(name);
    if (known) return known;
    const module = this.#workshop.registry.find(name);
    if (!module) return undefined;
    if (path.includes(name)) throw new LinkError(`found circular dependency on ${quote(name)}`);
    const {
      imports: _imports,
      wasi: _wasi,
      customData: _data,
      heapSize: _heap,
      name: _name,
      ...shared
    } = this.#options;
    path.push(name);
    try {
      const sub = new Birth(
        this.#workshop,
        module,
        { ...shared, interruptible: true, mode: this.#subMode, name },
        { byName, path, owner, account },
      ).run();
      byName.set(name, sub);
      this.#subInstances.push(sub);
      return sub;
    } finally {
      path.pop();
    }
  }
  /** For another try: those that this one brought along, and those that they brought, which end with them. */
  #endSubInstances(): void {
    for (const sub of this.#subInstances.splice(0)) sub.end();
    const { byName } = this.#tree;
    for (const [name, sub] of byName) if (sub.ended) byName.delete(name);
  }

  #holdSharedMemories(instance: Instance): void {
    const { sharedMemories } = this.#workshop.core.parts;
    for (const memory of instance.memories) {
      if (!memory.type.shared) continue;
      sharedMemories.retain(memory);
      instance.disposers.push(() => sharedMemories.release(memory));
    }
  }

  #makeHeap(instance: Instance, { start, bytes }: HeapPlan): void {
    if (bytes > 0) instance.heap = new AppHeap(instance, instance.memories[0]!, start, bytes);
    else instance.heap = guestHeapOf(instance) ?? null;
    const { heap } = instance;
    if (heap) instance.disposers.push(() => heap.dispose());
  }

  /** The start function, then what WAMR runs after it. */
  #start(context: InstanceContext): void {
    const { instance } = context;
    const { start } = this.#validated;
    if (start !== undefined) {
      this.#part(context, (options) =>
        runGuest(context, options, () => {
          const env = context.execEnv;
          env.instance = instance;
          instance.functions[start]!.invoke(env, env.store.slots);
        }),
      );
    }
    // A command's _start does its own initialisation.
    if (plainExport(context, '_start')) return;
    const initialize = plainExport(context, '_initialize');
    const after = plainExport(context, '__post_instantiate');
    const constructors = this.#importsWasi || initialize ? undefined : plainExport(context, '__wasm_call_ctors');
    for (const func of [initialize, after, constructors])
      if (func) this.#part(context, (options) => runPlain(context, func, options));
  }
}

function fill(context: InstanceContext, options: CallOptions | undefined, work: () => void): void {
  const account = enterGuest(context, options);
  try {
    work();
  } catch (error) {
    account?.close();
    throw failed(context, account, error);
  } finally {
    leaveGuest(context);
  }
}
