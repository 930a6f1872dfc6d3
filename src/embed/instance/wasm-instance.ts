// A live instance as embedders see it: exports, calls, exceptions, its memory and heap, its end.
// Refuses use after its end, and to end while it runs or other instances import from it.
// So that programs which compile against this package need no newer library than es2022.
/// <reference lib="esnext.disposable" preserve="true" />
import { INSPECT } from '../../base/inspect.js';
import { quote } from '../../base/quote.js';
import { show } from '../../base/show.js';
import type { WasiState } from '../../imports/wasi/state.js';
import {
  aNumber,
  aString,
  bytes,
  checkArgument,
  isA,
  nonNegativeInteger,
  optionalFunction,
  stringArray,
} from '../../runtime/check-options.js';
import { ExecEnv, ThreadsUnsupportedError } from '../../runtime/exec-env.js';
import { inMemory } from '../../runtime/guest-memory.js';
import type { Instance } from '../../runtime/instance.js';
import type { MemoryInstance } from '../../runtime/memory.js';
import type { RunningMode, ThreadsChoice } from '../../runtime/running-mode.js';
import type { WasmValue } from '../../runtime/value.js';
import { Trap, UsageError } from '../../wasm/errors.js';
import type { LimitOptions } from '../../wasm/limit-table.js';
import type { Usage } from '../../wasm/usage-table.js';
import {
  canPauseCalls,
  executeFunction,
  executeFunctionAsync,
  executeMain,
  executeMainAsync,
  plainExport,
} from '../call/application.js';
import { type CallOptions, currentUsage, runGuest } from '../call/call.js';
import type { AsyncCallOptions } from '../call/call-async.js';
import { exceptionText } from '../call/error-texts.js';
import { ownArguments, WasmFunction, writeArguments } from '../call/wasm-function.js';
import type { Log } from '../init/log.js';
import type { RuntimeState } from '../init/runtime-state.js';
import type { WasmModule } from '../module/wasm-module.js';
import { ContextKey } from './context-key.js';
import { externOf, type WasmExtern, WasmMemory } from './externs.js';
import { WasmThread } from './wasm-thread.js';

const INSTANCE_OF = Symbol('the WasmInstance of an Instance');

/** Returns the embedder's object for the instance that called a native: `instanceOf(env).moduleMalloc(8)`. */
export function instanceOf(env: ExecEnv): WasmInstance {
  return wasmInstanceOf(env.instance);
}
/** Returns the embedder's object for an instance that has been linked. */
export function wasmInstanceOf({ attachments }: Pick<Instance, 'attachments'>): WasmInstance {
  return attachments.get(INSTANCE_OF) as WasmInstance;
}

/** What the instantiation passes on, for calls and for the end. */
interface InstanceParts {
  readonly module: WasmModule;
  readonly wasi: WasiState | undefined;
  readonly isWasi: boolean;
  /** The instances that were made for its imports, which end with it. */
  readonly subInstances: readonly WasmInstance[];
  /** The instances that it imports from, which cannot end before it. */
  readonly dependencies: readonly Instance[];
  readonly sharesTableOfRuntime: boolean;
}

/** A live instance of a module, WAMR's `wasm_module_inst_t`: its exports, calls, memory and heap, until `deinstantiate()`. */
export class WasmInstance {
  /** The module that the instance was made of. */
  readonly module: WasmModule;
  /** @internal */
  readonly instance: Instance;
  /** A value that belongs to the embedder: WAMR's custom data. */
  customData: unknown = undefined;
  readonly #runtime: RuntimeState;
  readonly #parts: InstanceParts;
  #exports: Readonly<Record<string, WasmExtern>> | undefined;

  /** @internal Use Runtime.instantiate. */
  constructor(instance: Instance, runtime: RuntimeState, parts: InstanceParts) {
    this.instance = instance;
    this.module = parts.module;
    this.#runtime = runtime;
    this.#parts = parts;
    instance.attachments.set(INSTANCE_OF, this);
    runtime.instances.add(instance);
    this.module.instanceCount++;
    for (const dependency of parts.dependencies) dependency.dependents++;
  }

  /** @internal */
  [INSPECT](): string {
    return `[Instance '${quote(this.name)}', mode ${this.mode}${this.ended ? ', ended' : ''}]`;
  }
  /** Its label in errors and the log. */
  get name(): string {
    return this.instance.name;
  }
  /** The running mode that its functions run in. */
  get mode(): RunningMode {
    return this.instance.mode;
  }
  /** Why `auto` chose the mode, or that it was asked for. */
  get modeReason(): string {
    return this.instance.modeReason;
  }
  /** Its limits, the runtime's defaults included. */
  get limits(): LimitOptions {
    return this.instance.limits;
  }
  /** What it has used since its creation, start function included. */
  get usage(): Usage {
    return { ...currentUsage(this.instance) };
  }
  /** What the last outermost call used; undefined before the first. */
  get lastCallUsage(): Usage | undefined {
    return this.instance.lastCall?.usage;
  }
  /** Which limits refused the guest something in its last call, with the options that raise them; undefined where none did. */
  get refused(): string | undefined {
    return this.instance.refusals.text;
  }
  /** Whether it has ended, or its runtime has: then everything else here is a UsageError. */
  get ended(): boolean {
    return this.instance.withdrawn || this.instance.store.ended;
  }
  /** Its runtime's. @internal */
  get log(): Log {
    return this.#runtime.log;
  }
  /** Whether the program imports WASI. */
  get isWasiMode(): boolean {
    return this.#parts.isWasi;
  }
  /** The exit code that proc_exit was given or main returned in the last call that had one; 0 before. */
  get wasiExitCode(): number {
    return this.instance.exitCode;
  }

  // ---- exports and calls ----

  /** All exports, by name. */
  get exports(): Readonly<Record<string, WasmExtern>> {
    this.instance.checkAlive();
    if (this.#exports === undefined) {
      const found: Record<string, WasmExtern> = Object.create(null);
      for (const [name, { value }] of this.instance.exports) found[name] = externOf(this.instance, value, name);
      this.#exports = Object.freeze(found);
    }
    return this.#exports;
  }
  /** Returns an exported function; null where there is none of that name. */
  lookupFunction(name: string): WasmFunction | null {
    checkArgument(name, aString, 'lookupFunction');
    const found = this.exports[name];
    return found instanceof WasmFunction ? found : null;
  }
  /** Returns an exported memory; null where there is none of that name. */
  lookupMemory(name: string): WasmMemory | null {
    checkArgument(name, aString, 'lookupMemory');
    const found = this.exports[name];
    return found instanceof WasmMemory ? found : null;
  }
  /** Returns memory `index`, exported or not; null where there is none. */
  getMemory(index = 0): WasmMemory | null {
    checkArgument(index, aNumber, 'getMemory');
    this.instance.checkAlive();
    const memory = this.instance.memories[index];
    return memory ? (externOf(this.instance, memory, '') as WasmMemory) : null;
  }
  /** Returns WASI's `_start`; null where there is none. */
  lookupWasiStartFunction(): WasmFunction | null {
    return plainExport(this.instance, '_start') ? this.lookupFunction('_start') : null;
  }
  /** The exec env that calls use unless they are given another. */
  get execEnv(): ExecEnv {
    this.instance.checkAlive();
    return this.instance.execEnv;
  }
  /**
   * Makes an exec env, the first of a new cluster.
   * @param stackSize bytes of stack that calls on it may use within `limits.stackBytes`; default: the instance's; 0 means as much as that allows
   * @throws UsageError where the instance counts no stack: it was made without stackSize and limits.stackBytes
   */
  createExecEnv(stackSize = this.instance.stackSize): ExecEnv {
    checkArgument(stackSize, nonNegativeInteger, 'createExecEnv');
    return this.instance.createExecEnv(stackSize);
  }
  /**
   * Ends an exec env of createExecEnv.
   * @throws UsageError for one that has ended, while the instance runs, and for an exec env that is the instance's own or another instance's
   */
  destroyExecEnv(env: ExecEnv): void {
    this.instance.checkAlive();
    ExecEnv.check(env, this.instance.store);
    const { instance } = env.cluster;
    if (instance !== this.instance) {
      throw new UsageError(`this exec env is of instance '${instance.name}': destroy it there`);
    }
    if (this.instance.owns(env)) throw new UsageError("an instance's own exec env ends with it");
    if (this.instance.running > 0) throw new UsageError('an exec env cannot be destroyed while its instance runs');
    this.instance.destroyExecEnv(env);
  }
  /**
   * Runs the program: `_start`, or main. `argv` is what main gets, and replaces WASI's args where it is not empty.
   * @returns the exit code
   * @throws Trap, LimitError and so on; UsageError where there is no entry point
   */
  executeMain(argv: readonly string[] = [], options: CallOptions = {}): number {
    this.#takeArguments(argv);
    return (this.instance.exitCode = executeMain(this.instance, argv, options));
  }
  /** Runs the program in slices, as WasmFunction.callAsync does. @throws as executeMain; UsageError in a mode that cannot pause */
  async executeMainAsync(argv: readonly string[] = [], options: AsyncCallOptions = {}): Promise<number> {
    this.#takeArguments(argv);
    return (this.instance.exitCode = await executeMainAsync(this.instance, argv, options));
  }
  /**
   * Calls a function with arguments as text: `executeFunc('add', ['1', '0x2'])` gives `['0x3:i32']`.
   * @throws UsageError for a function that is not exported and for arguments that do not fit; what the call throws
   */
  executeFunc(name: string, argv: readonly string[] = [], options: CallOptions = {}): string[] {
    return executeFunction(this.instance, name, argv, options);
  }
  /** Calls the function in slices, as WasmFunction.callAsync does. */
  async executeFuncAsync(
    name: string,
    argv: readonly string[] = [],
    options: AsyncCallOptions = {},
  ): Promise<string[]> {
    return executeFunctionAsync(this.instance, name, argv, options);
  }
  /**
   * Whether executeFuncAsync, or executeMainAsync, can run; both refuse in a mode that cannot pause.
   * @param name the exported function; if absent, the program's entry point is meant
   */
  canPause(name?: string): boolean {
    return canPauseCalls(this.instance, name);
  }
  #takeArguments(argv: readonly string[]): void {
    this.instance.checkAlive();
    checkArgument(argv, stringArray, 'the arguments of main');
    if (argv.length > 0) this.#parts.wasi?.setArguments(argv);
  }
  /** Makes the calls that run or wait in the instance end with the trap "terminated by user"; inside a native, as soon as it returns. */
  terminate(): void {
    const { instance } = this;
    let waiting = 0;
    for (const call of instance.store.pendingCalls) {
      if (call.instance !== instance) continue;
      call.cancel();
      if (!call.runs) waiting++;
    }
    // If all of its own calls wait, the running call is another instance's.
    if (this.instance.running > waiting) instance.store.meter.terminate();
  }

  // ---- threads ----

  /** How the guest's threads run: `parallel`, each in a worker, `cooperative`, in turn on this JavaScript thread, or `none`: it can have none. */
  get threads(): Exclude<ThreadsChoice, 'auto'> {
    return this.instance.threads?.kind ?? 'none';
  }
  /**
   * Starts a thread of the guest: it calls a function in an instance of its own, which shares the memories, once a call of this instance, or
   * `join`, runs. What the function returns is what `join` gives.
   * @param target the name of an exported function, or one of this instance's
   * @param values its arguments
   * @throws ThreadsUnsupportedError where the guest can have none; LimitError where it has as many as it may; UsageError for what is no function of it
   */
  spawnThread(target: string | WasmFunction, values: readonly WasmValue[] = []): WasmThread {
    const { instance } = this;
    instance.checkAlive();
    if (!instance.threads) {
      throw new ThreadsUnsupportedError(
        `instance '${this.name}' can have no threads: instantiate it with threads: 'cooperative'`,
      );
    }
    const func = typeof target === 'string' ? this.lookupFunction(target) : target;
    const index = isA(func, WasmFunction) ? instance.functions.indexOf(func.func) : -1;
    if (index < 0 || !func!.func.begin) {
      throw new UsageError(`spawnThread: ${show(target)} is no function that instance '${this.name}' defines`);
    }
    const own = ownArguments(func!, values);
    const started = instance.threads.start(instance.execEnv, index, (slots) => {
      writeArguments(func!, func!.type.params, own, slots);
    });
    return new WasmThread(instance, started);
  }

  // ---- exceptions ----

  /** Returns why the last call failed, in WAMR's words: "Exception: unreachable"; null where it did not fail. */
  getException(): string | null {
    const { exception } = this.instance;
    return exception === null ? null : exceptionText(exception);
  }
  /** The error of the last call; null where it did not fail. */
  get exception(): unknown {
    return this.instance.exception;
  }
  /** Sets the exception; inside a native, the call that runs the native traps with this text. Null clears it. */
  setException(text: string | null): void {
    this.instance.checkAlive();
    if (text !== null) checkArgument(text, aString, 'setException');
    this.#raise(text === null ? null : new Trap('custom', [], text));
  }
  /** Forgets the exception: WAMR's `wasm_runtime_clear_exception`. */
  clearException(): void {
    this.setException(null);
  }

  // ---- the guest's heap and addresses ----

  /**
   * Allocates guest memory on the app heap, or with the guest's own malloc. Returns the address; 0 where there is no room, or no heap.
   * @param options the limits of the call of the guest's malloc
   */
  moduleMalloc(bytes: number, options?: CallOptions): number {
    checkArgument(bytes, nonNegativeInteger, 'moduleMalloc');
    const address = this.#onHeap((env) => this.instance.heap?.malloc(env, bytes) ?? 0, options);
    const room = address !== 0 && inMemory(this.#memory, address, bytes);
    if (!room) this.#runtime.log.warn(`warning: allocate ${bytes} bytes of module memory failed`);
    return room ? address : 0;
  }
  /** Resizes a block and returns its address; 0 where there is no room, or the heap is the guest's own: then the old block stays. */
  moduleRealloc(address: number, bytes: number): number {
    checkArgument(address, aNumber, 'moduleRealloc');
    checkArgument(bytes, nonNegativeInteger, 'moduleRealloc');
    return this.#onHeap((env) => this.instance.heap?.realloc(env, address, bytes) ?? 0);
  }
  /** Frees a block of moduleMalloc; 0 is ignored. On the app heap, an address of no block traps: "app heap corrupted". */
  moduleFree(address: number, options?: CallOptions): void {
    checkArgument(address, aNumber, 'moduleFree');
    this.#onHeap((env) => this.instance.heap?.free(env, address), options);
  }
  /** Copies bytes into newly allocated guest memory. Returns the address; 0 where there is no room. */
  moduleDupData(data: Uint8Array): number {
    checkArgument(data, bytes, 'moduleDupData');
    const address = this.moduleMalloc(data.length);
    if (address !== 0) this.#memory.views.u8.set(data, address);
    return address;
  }
  /** Whether [offset, offset + size) lies in memory 0; if not, it sets the exception, as WAMR does. */
  validateAppAddr(offset: number, size: number): boolean {
    this.#checkAddress(offset, size);
    const memory = this.instance.memories[0];
    return this.#valid(memory !== undefined && inMemory(memory, offset, size));
  }
  /** Whether a NUL-terminated string lies at `offset`; if not, it sets the exception. */
  validateAppStrAddr(offset: number): boolean {
    this.#checkAddress(offset);
    const u8 = this.instance.memories[0]?.views.u8;
    return this.#valid(u8 !== undefined && offset >= 0 && offset < u8.length && u8.indexOf(0, offset) >= 0);
  }
  /** Whether a view lies inside memory 0; if not, it sets the exception. */
  validateNativeAddr(view: Uint8Array): boolean {
    return this.#valid(this.addrNativeToApp(view) !== null);
  }
  /** Returns a view of `size` bytes from `offset` on, or up to the end; null where they are out of range. Address 0 is valid. */
  addrAppToNative(offset: number, size?: number): Uint8Array | null {
    this.#checkAddress(offset, size);
    const memory = this.instance.memories[0];
    if (!memory || !inMemory(memory, offset, size ?? 1)) return null;
    return memory.views.u8.subarray(offset, size === undefined ? memory.byteLength : offset + size);
  }
  /** Returns the address at which a view starts in memory 0; null where it does not lie there. */
  addrNativeToApp(view: Uint8Array): number | null {
    this.instance.checkAlive();
    checkArgument(view, bytes, 'a native address');
    const u8 = this.instance.memories[0]?.views.u8;
    if (u8 === undefined || view.buffer !== u8.buffer) return null;
    const offset = view.byteOffset - u8.byteOffset;
    return offset >= 0 && offset + view.length <= u8.length ? offset : null;
  }
  /** Returns the first address of memory 0 and the one after its last; null where `offset` is out of range. */
  getAppAddrRange(offset: number): { readonly start: number; readonly end: number } | null {
    this.#checkAddress(offset);
    const memory = this.instance.memories[0];
    return memory && inMemory(memory, offset, 1) ? { start: 0, end: memory.byteLength } : null;
  }
  /** Grows memory 0 by pages of its page size, 64 KiB as a rule. Returns whether it grew. @throws UsageError for what is no number of pages */
  enlargeMemory(pages: number): boolean {
    const memory = this.getMemory(0);
    return memory !== null && memory.grow(pages) >= 0;
  }

  // ---- contexts and externrefs ----

  /** Keeps a value under a key of Runtime.createContextKey. @throws UsageError after the key or the instance has ended */
  setContext<T>(key: ContextKey<T>, value: T): void {
    this.instance.checkAlive();
    checkKey(key);
    this.instance.attachments.set(key, value);
  }
  /** Returns the value that setContext kept; undefined where there is none. @throws UsageError after the key has ended */
  getContext<T>(key: ContextKey<T>): T | undefined {
    checkKey(key);
    return this.instance.attachments.get(key) as T | undefined;
  }
  /** Returns a number that stands for a JavaScript value where only numbers can pass; 0xffffffff for null, as in WAMR. */
  externrefObjToRef(value: unknown): number {
    this.instance.checkAlive();
    return this.#runtime.externrefs.objToRef(this.instance, value);
  }
  /** Forgets a value of externrefObjToRef and runs its cleanup. Returns whether it was known. Throws what the cleanup throws. */
  externrefObjDel(value: unknown): boolean {
    return this.#runtime.externrefs.delete(this.instance, value);
  }
  /** Sets a function that gets the value when it is forgotten. Returns whether the value is known. */
  externrefSetCleanup(value: unknown, cleanup: ((value: unknown) => void) | undefined): boolean {
    checkArgument(cleanup, optionalFunction, 'externrefSetCleanup');
    return this.#runtime.externrefs.setCleanup(this.instance, value, cleanup);
  }
  /** Forgets the values that are neither retained nor in a global or table of the instance. Every cleanup runs; the first error is thrown. */
  externrefReclaim(): void {
    this.#runtime.externrefs.reclaim(this.instance);
  }

  // ---- the end ----

  /**
   * Ends the instance: exec envs, contexts, memories, WASI descriptors, and the instances that were made for its imports.
   * Calls of its functions that others still hold, in tables or as references, throw a UsageError from then on.
   * @throws UsageError while it runs or may run, while another instance imports from it, or when it has ended
   */
  deinstantiate(): void {
    this.instance.checkAlive();
    if (this.instance.running > 0) throw new UsageError(`instance '${this.name}' cannot end while a call runs in it`);
    if (this.instance.dependents > 0) {
      throw new UsageError(`instance '${this.name}' is imported by ${this.instance.dependents} live instances`);
    }
    this.#refuseWhileCalled();
    this.end();
  }
  /** Throws where calls in progress may be in its functions: calls through a table or a reference are not counted in `running`. */
  #refuseWhileCalled(): void {
    const { instance } = this;
    const paused = [...instance.store.pendingCalls].some((call) => call.runsIn(instance));
    if (!paused && !(instance.isPublished && instance.store.activeCalls > 0)) return;
    throw new UsageError(
      `instance '${this.name}' cannot end while calls are on their way that may be in its functions, which others hold`,
    );
  }
  /** Ends the instance, unless it has ended, at the end of a block with `using`. */
  [Symbol.dispose](): void {
    if (!this.ended) this.deinstantiate();
  }

  /**
   * @internal Ends an instance whose instantiation has failed. Where others may already hold its functions, it and its sub-instances stay alive,
   * out of the embedder's reach, until the instances that it imports from have ended.
   */
  fail(): void {
    const { dependencies, sharesTableOfRuntime } = this.#parts;
    const isHeld = this.instance.isPublished && (dependencies.length > 0 || sharesTableOfRuntime);
    if (!isHeld) {
      this.end();
      return;
    }
    this.#retire();
    this.#runtime.failed.add(this.instance);
  }
  #retire(): void {
    this.instance.disposers.unshift(this.module.holdCode());
    this.#withdraw();
    for (const sub of this.#parts.subInstances) sub.#retire();
  }
  /** Ends the instance if all that it imports from have ended. */
  #endWithOthers(): void {
    const { dependencies } = this.#parts;
    if (dependencies.length > 0 && dependencies.every(({ ended }) => ended)) this.end();
  }
  /** Puts the instance out of the embedder's reach. */
  #withdraw(): void {
    const { instance } = this;
    if (instance.withdrawn) return;
    instance.withdrawn = true;
    this.#runtime.instances.delete(instance);
    for (const dependency of this.#parts.dependencies) dependency.dependents--;
    this.module.instanceCount--;
  }

  /** @internal Ends the instance without checks. The first error is thrown after everything is done. */
  end(): void {
    const { instance } = this;
    const { externrefs, failed } = this.#runtime;
    if (instance.ended) return;
    instance.ended = true;
    const failures: unknown[] = [];
    const attempt = (action: () => void): void => {
      try {
        action();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const call of instance.store.pendingCalls) if (call.instance === instance) call.cancel();
    attempt(() => instance.threads?.end());
    instance.endExecEnvs();
    for (const [key, value] of instance.attachments) {
      if (key instanceof ContextKey) attempt(() => key.destructor?.(value));
    }
    attempt(() => externrefs.endInstance(instance));
    while (instance.disposers.length > 0) attempt(() => instance.disposeFrom(instance.disposers.length - 1));
    instance.budget.end();
    this.#withdraw();
    failed.delete(instance);
    for (const one of [...failed]) attempt(() => wasmInstanceOf(one).#endWithOthers());
    for (const sub of [...this.#parts.subInstances].reverse()) attempt(() => sub.end());
    if (failures.length > 0) throw failures[0];
  }

  get #memory(): MemoryInstance {
    const memory = this.instance.memories[0];
    if (!memory) throw new UsageError(`instance '${this.name}' has no memory`);
    return memory;
  }
  #checkAddress(offset: number, size?: number): void {
    this.instance.checkAlive();
    checkArgument(offset, aNumber, 'an address');
    if (size !== undefined) checkArgument(size, aNumber, 'a size');
  }
  #raise(exception: Trap | null): void {
    const { instance } = this;
    instance.exception = instance.raised = exception;
  }
  #valid(valid: boolean): boolean {
    if (!valid) this.#raise(new Trap('memory-out-of-bounds'));
    return valid;
  }
  /** Runs an action on the heap. The guest's own malloc is a call into the guest; the app heap is not. */
  #onHeap<T>(action: (env: ExecEnv) => T, options?: CallOptions): T {
    this.instance.checkAlive();
    const env = this.instance.execEnv;
    if (this.instance.heap?.kind !== 'guest') return action(env);
    return runGuest(this.instance, options, () => {
      env.instance = this.instance;
      return action(env);
    });
  }
}

function checkKey(key: ContextKey<never>): void {
  if (!isA(key, ContextKey)) throw new UsageError('a key of Runtime.createContextKey is wanted');
  key.checkAlive();
}
