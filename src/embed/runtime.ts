// The runtime as embedders see it, with WAMR's wasm_runtime_* functions as methods. Two runtimes share nothing.
// Refuses use after destroy, and destroy while a call runs.
// So that programs which compile against this package need no newer library than es2022.
/// <reference lib="esnext.disposable" preserve="true" />

import type { Block, MemAllocInfo } from '../alloc/allocator.js';
import { INSPECT } from '../base/inspect.js';
import type { LogLevel } from '../platform/platform.js';
import { aString, checkArgument, optionalFunction } from '../runtime/check-options.js';
import type { NativeSymbol } from '../runtime/native-symbol.js';
import { UsageError } from '../wasm/errors.js';
import { leftOut } from '../wasm/left-out.js';
import type { Usage } from '../wasm/usage-table.js';
import { fullInit, type RuntimeHost } from './init/full-init.js';
import type { RuntimeInitArgs } from './init/init-args.js';
import type { DestroyReport } from './init/init-steps.js';
import type { RuntimeState } from './init/runtime-state.js';
import { ContextKey } from './instance/context-key.js';
import { type InstantiateOptions, instantiateModule } from './instance/instantiation.js';
import type { InstantiationAccount } from './instance/instantiation-account.js';
import { createSharedMemory, type SharedMemoryOptions, type WasmSharedMemory } from './instance/shared-memory.js';
import { type WasmInstance, wasmInstanceOf } from './instance/wasm-instance.js';
import type { ModuleDestroyer, ModuleReader } from './module/module-registry.js';
import type { LoadOptions, WasmModule } from './module/wasm-module.js';
import { getVersion, type Version } from './version.js';

/**
 * A runtime: WAMR's `wasm_runtime_*` functions as methods. It owns its memory, natives, engines, modules and instances; two of them share
 * nothing. It ends with `destroy()`, or by `using`.
 */
export class Runtime {
  readonly #state: RuntimeState;

  /**
   * Initialises a runtime, step by step as wasm_runtime_full_init does.
   * @param host what it runs on: platform, engines, libraries
   * @throws UsageError for wrong arguments; InitError with `step` and `cause` when a step failed, after the others were undone
   */
  static init(args: RuntimeInitArgs | undefined, host: RuntimeHost): Runtime {
    return new this(args, host);
  }

  /**
   * The same as `Runtime.init(args, host)`.
   * @param args memory, natives, limits and mode; each has a default
   * @param host what it runs on: platform, engines, libraries
   * @throws UsageError for wrong arguments
   * @throws InitError with `step` and `cause` when a step failed; the others have been undone
   */
  constructor(args: RuntimeInitArgs | undefined, host: RuntimeHost) {
    this.#state = fullInit(args, host);
  }
  /** @internal */
  get state(): RuntimeState {
    return this.#state;
  }
  /** @throws UsageError after destroy */
  get #live(): RuntimeState {
    this.#state.store.checkAlive();
    return this.#state;
  }

  /** @internal */
  [INSPECT](): string {
    return `[Runtime${this.destroyed ? ', destroyed' : ` of ${this.instances.length} instances`}]`;
  }
  /** The version of this package. */
  get version(): Version {
    return getVersion();
  }
  /** Whether it was destroyed: then everything else here is a UsageError. */
  get destroyed(): boolean {
    return this.#state.store.ended;
  }
  /** The live instances in the order of creation, sub-instances included. */
  get instances(): readonly WasmInstance[] {
    return Array.from(this.#state.instances, wasmInstanceOf);
  }
  /** The modules that were not unloaded, in the order of loading. */
  get modules(): readonly WasmModule[] {
    return [...this.#state.modules.modules];
  }
  /** The bytes of all instances together: now, and at most so far. */
  get usage(): Pick<Usage, 'memoryBytes' | 'peakMemoryBytes'> {
    const { budget } = this.#state.store;
    return { memoryBytes: budget.used, peakMemoryBytes: budget.peak };
  }

  // ---- modules and instances ----

  /**
   * Decodes and validates a module, and loads the modules that it imports from by the module reader, where there is one.
   * @throws MalformedError, InvalidError, LimitError (moduleBytes), LinkError (circular dependency)
   */
  load(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): WasmModule {
    return this.#live.modules.load(bytes, options);
  }
  /**
   * Makes a module's exports available to modules that import from `name`.
   * @throws UsageError for a module that is not loaded here, and for a name that is built in or another module's
   */
  registerModule(name: string, module: WasmModule): void {
    const { modules } = this.#live;
    checkArgument(name, aString, 'registerModule');
    modules.register(name, module);
  }
  /** Returns the module that is registered under a name; undefined where there is none. */
  findModuleRegistered(name: string): WasmModule | undefined {
    return this.#live.modules.find(name);
  }
  /** Sets the function that reads modules which others import from, and the one that gets their bytes back when they are unloaded. */
  setModuleReader(reader: ModuleReader | undefined, destroyer?: ModuleDestroyer): void {
    const { modules } = this.#live;
    checkArgument(reader, optionalFunction, 'setModuleReader: the reader');
    checkArgument(destroyer, optionalFunction, 'setModuleReader: the destroyer');
    modules.setReader(reader, destroyer);
  }
  /**
   * Makes an instance and runs its start functions, under its limits.
   * @param account the limits of all of that together, and what it used
   * @throws UsageError, LinkError, LimitError, Trap, WasmException
   */
  instantiate(module: WasmModule, options: InstantiateOptions = {}, account?: InstantiationAccount): WasmInstance {
    return instantiateModule(this.#live, module, options, account);
  }

  /**
   * Makes a shared memory for several instances to import: `imports: { env: { memory } }`. It counts for the runtime's memory, and lives until it is
   * released or the runtime ends.
   * @param options its first and its largest size, in pages of 64 KiB
   * @throws UsageError for sizes that no memory has; LimitError memoryBytes where there is no room
   */
  createSharedMemory(options: SharedMemoryOptions): WasmSharedMemory {
    return typeof ENCLASM_WITHOUT_THREADS === 'undefined'
      ? createSharedMemory(this.#live, options)
      : leftOut('createSharedMemory', 'ENCLASM_WITHOUT_THREADS');
  }

  // ---- natives ----

  /**
   * Adds a table of natives. It hides older natives of the same names for instances that are made from now on.
   * @throws UsageError for a bad signature, a missing name or function, or a name that stands twice
   */
  registerNatives(moduleName: string, symbols: readonly NativeSymbol[]): void {
    this.#live.natives.register(moduleName, symbols);
  }
  /** Removes the table with this very array. Returns whether there was one. Instances keep the natives that they were linked with. */
  unregisterNatives(moduleName: string, symbols: readonly NativeSymbol[]): boolean {
    return this.#live.natives.unregister(moduleName, symbols);
  }
  /** Whether an import of a function would find a native, whatever its type. */
  isImportFuncLinked(moduleName: string, name: string): boolean {
    const { natives } = this.#live;
    checkArgument(name, aString, 'isImportFuncLinked');
    return natives.has(moduleName, name);
  }

  // ---- memory ----

  /**
   * Allocates a block of the runtime's memory; returns null where it does not fit.
   * @throws AllocatorError for what is no number of bytes; HeapCorruptionError once the pool is found damaged
   */
  malloc(bytes: number): Block | null {
    return this.#live.store.allocator.malloc(bytes);
  }
  /** Resizes a block, which may move it; returns null where it does not fit, and the old block stays. @throws as malloc; AllocatorError for a block that is none */
  realloc(block: Block, bytes: number): Block | null {
    return this.#live.store.allocator.realloc(block, bytes);
  }
  /** Frees a block of malloc and zeroes it. @throws AllocatorError for a block that is none; HeapCorruptionError for one that was freed */
  free(block: Block): void {
    this.#live.store.allocator.free(block);
  }
  /**
   * Allocates like malloc, at an offset that is a multiple of `alignment`.
   * @param alignment a power of two, bytes
   * @throws as malloc
   */
  alignedAlloc(bytes: number, alignment: number): Block | null {
    return this.#live.store.allocator.alignedAlloc(bytes, alignment);
  }
  /** Returns the sizes of the memory; null where it has no total, with 'allocator' and with 'system' without a limit. */
  getMemAllocInfo(): MemAllocInfo | null {
    return this.#live.store.allocator.getMemAllocInfo();
  }
  /** Checks everything that the allocator manages. */
  verifyMemory() {
    return this.#live.store.allocator.verify();
  }

  // ---- the rest ----

  /** Makes a key under which each instance can keep a value. @param destructor gets the value when the instance ends */
  createContextKey<T>(destructor?: (value: T) => void): ContextKey<T> {
    this.#live;
    checkArgument(destructor, optionalFunction, 'createContextKey');
    return new ContextKey(destructor);
  }
  /** Returns the JavaScript value that a number stands for, in an object; undefined where it stands for none. */
  externrefRefToObj(index: number): { readonly value: unknown } | undefined {
    return this.#live.externrefs.refToObj(index);
  }
  /** Keeps the value of a number through externrefReclaim. Returns whether the number stands for one. */
  externrefRetain(index: number): boolean {
    return this.#live.externrefs.retain(index);
  }
  /** Threads of one guest beside its first, for guests made from now on; 0 changes nothing. @throws UsageError for what is no whole number */
  setMaxThreadNum(count: number): void {
    this.#live.store.setMaxThreads(count);
  }
  /** Threads that a guest made from now on can have beside its first. */
  get maxThreadNum(): number {
    return this.#state.store.maxThreads;
  }
  /** The least grave level that is logged. */
  get logLevel(): LogLevel {
    return this.#state.log.level;
  }
  /** Sets the least grave level that is logged: WAMR's `wasm_runtime_set_log_level`. @throws UsageError for an unknown level */
  setLogLevel(level: LogLevel): void {
    this.#live.log.setLevel(level);
  }

  /**
   * Ends threads, instances, modules, natives and memory, in that order; every byte of a pool is zero afterwards.
   * @returns what was still alive
   * @throws UsageError while a call runs, or when it has been destroyed
   */
  destroy(): DestroyReport {
    const { store, instances, failed, modules, builtins, ownMemories, externrefs, undo, report } = this.#live;
    if (store.activeCalls > 0) throw new UsageError('the runtime cannot be destroyed while a call runs in it');
    for (const call of store.pendingCalls) call.cancel();
    for (const instance of instances) {
      report.instances = [...report.instances, instance.name];
      report.threads += instance.threads?.end() ?? 0;
      report.execEnvs += instance.extraExecEnvs;
    }
    report.externrefs = externrefs.size;
    // If a destructor of the embedder's throws, the rest must end nevertheless.
    const failures: unknown[] = [];
    const steps = [
      ...[...instances, ...failed].reverse().map((instance) => () => wasmInstanceOf(instance).end()),
      () => builtins.destroy(),
      ...[...ownMemories].map((memory) => () => memory.release()),
      () => {
        report.modules = modules.destroy();
      },
      ...[...store.disposers].reverse(),
      () => undo.unwind(),
    ];
    for (const step of steps) {
      try {
        step();
      } catch (error) {
        failures.push(error);
      }
    }
    store.ended = true;
    if (failures.length > 0) throw failures[0];
    return { ...report };
  }
  /** Destroys the runtime, unless it was destroyed, at the end of a block with `using`. */
  [Symbol.dispose](): void {
    if (!this.destroyed) this.destroy();
  }
}
