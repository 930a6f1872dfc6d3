// What the runtime knows of an engine. Whatever an engine does internally (lazy compilation, caches, fallbacks) stays behind this interface.
import type { Feature } from '../wasm/features.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { DefinedType } from '../wasm/subtyping.js';
import type { GlobalType, MemoryType, TableType } from '../wasm/types.js';
import type { Budget } from './budget.js';
import type { TagInstance } from './exception.js';
import type { ExecEnv } from './exec-env.js';
import type { FunctionInstance } from './function.js';
import type { GlobalInstance } from './global.js';
import type { Instance } from './instance.js';
import type { MemoryInstance, MemoryMaker, MemoryPort } from './memory.js';
import type { MemoryAccount } from './memory-account.js';
import type { RunningMode } from './running-mode.js';
import type { Slots } from './slots.js';
import type { Store } from './store.js';
import type { TableInstance } from './table.js';
import type { WasmValue } from './value.js';

/** One running mode of a runtime, as `interpEngine()` and `aotEngine()` make it. Embedders do not implement it: not all of its members are public. */
export interface Engine {
  /** The running mode that this engine implements. */
  readonly mode: RunningMode;
  /** Whether its calls can pause, which threads of a guest need. */
  readonly canPause?: boolean;
  /** Whether the JavaScript engine sets aside frames of its calls that wait: that is enough for callAsync, and not for threads in turn. */
  readonly canSuspend?: boolean;
  /** Whether it reads the body of a function when that is first called, and has it validated before (ValidatedModule.functionInfo). @internal */
  readonly readsBodiesLate?: boolean;
  /**
   * Whether the JavaScript engine's own WebAssembly finds the bytes a valid module; absent where the engine knows none. It takes no notice of limits, nor of
   * the features that are on.
   * @internal
   */
  vouchesFor?(bytes: Uint8Array): boolean;
  /**
   * The features that a module uses, if the engine keeps code that was made from these bytes when they were found valid. It compares the bytes when it takes
   * the code, and else has all of them validated. @internal
   */
  keptFeatures?(bytes: Uint8Array): ReadonlySet<Feature> | undefined;
  /** Returns undefined, or the reason why this JavaScript engine cannot run this engine at all (no code generation, no WebAssembly). */
  unavailable(): string | undefined;
  /** Returns those of the module's features that this engine, or the JavaScript engine under it, lacks. */
  missingFeatures(module: Pick<ValidatedModule, 'usedFeatures'>): readonly Feature[];
  /** Threads of guests can run in workers, each with this engine: what that takes. @internal */
  readonly threads?: ThreadSupport | undefined;
  /** Where they cannot: the reason, unless it is the engine itself. @internal */
  readonly whyNoThreads?: string | undefined;
  /** @param code of the same module, from codeData in another JavaScript thread @internal */
  compile(module: ValidatedModule, store: Store, code?: unknown): CompiledModule;
  /** Only where the engine keeps such objects itself: makes those that belong to no instance, for instances to import. @internal */
  objectMaker?(store: Store): ObjectMaker;
}

/** Makes memories, tables, globals and tags that belong to no instance. Their types name no types of modules. */
export interface ObjectMaker {
  /** At its initial size; undefined if an account or the JavaScript engine refuses. */
  readonly memory: MemoryMaker;
  /** Without elements yet. @param count the budget of elements of all such tables */
  table(type: TableType, maxElements: number, account: MemoryAccount, count: Budget): TableInstance;
  /** @param type of no vector @param value as readSlot() gives it */
  global(type: GlobalType, value: WasmValue): GlobalInstance;
  tag(type: DefinedType): TagInstance;
}

/** What an engine does for guests whose threads run in workers. Data can be posted from one JavaScript thread to another. */
export interface ThreadSupport {
  /** Makes memories that several JavaScript threads can have. */
  makeMemory(store: Store): MemoryMaker;
  /** What another thread needs to have the memory as well; those of the runtime move for that. @throws OtherModeError for other memories */
  memoryData(memory: MemoryInstance, store: Store): unknown;
  /** That memory in another thread. */
  attachMemory(
    data: unknown,
    type: MemoryType,
    maxPages: number,
    account: MemoryAccount,
    port: MemoryPort,
  ): MemoryInstance;
}

export interface CompiledModule {
  /** The code as data, for `compile` in another JavaScript thread; absent, or undefined: it is compiled again there. */
  codeData?(instance: Instance): unknown;
  /**
   * Fills what the module defines itself (functions, tables, memories, globals, tags) after the imports that are there already, its exports and
   * segments, and runs the active segments. It does not run the start function. Most engines use initialize() of instantiate.ts; native mode leaves
   * it to native WebAssembly.
   */
  instantiate(instance: Instance): void;
  /** Frees what the compiled code holds; its instances have ended by then. */
  dispose(): void;
}

/** Runs the functions that another engine refuses, as `interpFallback()` makes it. */
export interface Fallback {
  /** The running mode whose engine runs those functions. */
  readonly mode: RunningMode;
  /** Returns a maker of those functions of the instance that the instance's own engine does not run. @internal */
  prepare(instance: Instance): (index: number) => FunctionInstance;
  /**
   * Runs all functions of an instance until they are hot; absent where the engine does not know which are.
   * @param functions those that the instance defines, by index; they get their places in the tier
   * @throws LimitError memoryBytes if there is no room @internal
   */
  beginTier?(instance: Instance, functions: readonly TieredFunction[], heat: Heat, next: NextTier): FirstTier;
}

/** What runs the hot functions of an instance. */
export interface NextTier {
  /** A function is hot: promotes it, or leaves it where it is for good. */
  promote(index: number): void;
  /**
   * Returns what goes on with a call of a promoted function at the head of a loop: a function of all locals, with the same results; undefined if the call stays
   * where it began.
   * @param offset where the loop's instruction starts, in the module
   */
  enterLoop(index: number, offset: number): FunctionInstance | undefined;
}

/** A function that runs in the first tier of its instance before its own engine has compiled it. Both engines' code calls it by this one object. */
export interface TieredFunction extends FunctionInstance {
  /** What the first tier knows its instance by, and where the function begins there. Only the tier reads and writes them. */
  owner: object | undefined;
  entry: number;
}

/** When a function is hot: after so many backward branches and calls of it, and more for each byte of its code. */
export interface Heat {
  readonly ticks: number;
  readonly perByte: number;
}

/** Where functions of one instance run until they are hot. */
export interface FirstTier {
  invoke(func: TieredFunction, env: ExecEnv, slots: Slots): void;
  /** From now on whoever calls the function in this tier leaves it: the function's own engine runs it. Calls in progress stay. */
  promote(index: number): void;
  /** Whether the function was called in this tier. */
  hasRun(index: number): boolean;
}
