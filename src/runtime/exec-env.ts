// WAMR's exec env: one thread of execution of the guest, what a native function may ask for during a call, and the cluster of threads it belongs to.
// Refuses exec envs beyond a cluster's limit (LimitError threads).
import { INSPECT } from '../base/inspect.js';
import { quote } from '../base/quote.js';
import type { Platform } from '../platform/platform.js';
import { EnclasmError, LimitError, UsageError } from '../wasm/errors.js';
import type { Usage } from '../wasm/usage-table.js';
import type { Budget } from './budget.js';
import type { MemoryInstance } from './memory.js';
import type { Observation } from './observer.js';
import type { Store } from './store.js';

/** The instance whose code made the call, as functions and native functions see it. */
export interface CallingInstance {
  readonly name: string;
  /** Its instructions are counted. */
  readonly metered: boolean;
  readonly memories: readonly MemoryInstance[];
  /** The heap from which native functions and the embedder allocate guest memory, or null if there is none. */
  readonly heap: ModuleHeap | null;
  readonly limits: { readonly stackBytes?: number | undefined; readonly threads?: number | undefined };
  readonly budget: Budget;
  /** Clocks and randomness as the instance sees them. */
  readonly platform: Platform;
  /** The usage since the instance was created. */
  readonly usage: Usage;
  /** What import libraries keep with an instance, by key. */
  readonly attachments: Map<unknown, unknown>;
  /** What runs its threads; undefined: it has one. */
  readonly threads: ThreadStarter | undefined;
  /** What a native function that still runs has passed to setException, or null. */
  raised: unknown;
  /** What tells an embedder of its calls; undefined: nobody observes it. */
  readonly observation: Observation | undefined;
}

/** Starts threads of a guest. */
export interface ThreadStarter {
  /**
   * Starts a thread as wasi-threads says: `wasi_thread_start(id, argument)` in an instance of its own.
   * @returns its id, or -1: there is no such export, or no room for another thread
   */
  spawn(env: ExecEnv, argument: number): number;
}

/** A heap in guest memory. Addresses are byte offsets in memory 0. */
export interface ModuleHeap {
  readonly kind: 'app' | 'guest';
  /** Returns 0 if there is no room. */
  malloc(env: ExecEnv, bytes: number): number;
  /** Returns 0 if there is no room or the heap cannot resize; the old block is then still valid. */
  realloc(env: ExecEnv, address: number, bytes: number): number;
  /** Returns 0 if there is no room, or the heap cannot align so. @param alignment a power of two */
  alignedAlloc(env: ExecEnv, bytes: number, alignment: number): number;
  /** Frees a block; address 0 is ignored. */
  free(env: ExecEnv, address: number): void;
  dispose(): void;
}

/**
 * One thread of execution of a guest, WAMR's `wasm_exec_env_t`: the first argument of every native. `instanceOf(env)` is the instance that
 * called, with its memory.
 */
export class ExecEnv {
  /** Checking for the private field runs no code of the value's author. */
  readonly #brand = true;
  /** @internal */
  readonly store: Store;
  /** The instance whose code made the call; native functions find its memory here. @internal */
  instance: CallingInstance;
  /** @internal */
  readonly cluster: Cluster;
  /** A value that belongs to the embedder; the runtime does not use it. */
  userData: unknown = undefined;
  /** The attachment of the native function that runs: what its NativeSymbol gave. */
  attachment: unknown = undefined;
  /** The native function that is being called may return a promise, because its caller, callAsync, can wait. @internal */
  canAwait = false;
  /** The native function that is being called may return a Block instead of sleeping: its caller has other threads to run. @internal */
  canBlock = false;
  /** What the native function that is being called again has kept in its Block; undefined at its first call. @internal */
  resumption: unknown = undefined;
  /** The exec env has ended, and no call may use it. @internal */
  ended = false;

  /** The bytes of stack that calls on it may use; 0 means as much as `limits.stackBytes` allows. */
  readonly stackSize: number;

  /** @internal @param cluster default: one of its own */
  constructor(store: Store, instance: CallingInstance, stackSize = 0, cluster?: Cluster) {
    this.store = store;
    this.instance = instance;
    this.stackSize = stackSize;
    this.cluster = cluster ?? new Cluster(store, instance);
    this.cluster.execEnvs.add(this);
  }
  /** The bytes of stack that functions of the instance may use on it: the lesser of both limits, or Infinity without limits. @internal */
  stackFor({ limits }: Pick<CallingInstance, 'limits'>): number {
    if (limits.stackBytes === undefined && this.stackSize === 0) return Number.POSITIVE_INFINITY;
    return Math.min(limits.stackBytes ?? Number.POSITIVE_INFINITY, this.stackSize || Number.POSITIVE_INFINITY);
  }
  /** @internal @throws UsageError if the value is not an exec env, has ended, or belongs to another runtime */
  static check(value: unknown, store: Store): asserts value is ExecEnv {
    const isAlive = typeof value === 'object' && value !== null && #brand in value && !value.ended;
    if (!isAlive || value.store !== store) throw new UsageError('this exec env has been destroyed');
  }
  /** @internal Ends the exec env. If it is the first of its cluster, the whole cluster ends. */
  end(): void {
    const { execEnvs } = this.cluster;
    const [first] = execEnvs;
    for (const env of this === first ? [...execEnvs] : [this]) {
      env.ended = true;
      execEnvs.delete(env);
    }
  }
  /** @internal */
  [INSPECT](): string {
    return `[ExecEnv of '${quote(this.instance.name)}']`;
  }
}

/** The exec envs of one instance's threads. The first one belongs to the embedder. */
export class Cluster {
  readonly instance: CallingInstance;
  /** The most exec envs that may be alive beside the first: the lesser of the runtime's limit and the instance's. */
  readonly maxThreads: number;
  readonly execEnvs = new Set<ExecEnv>();

  constructor(store: Store, instance: CallingInstance) {
    this.instance = instance;
    this.maxThreads = Math.min(instance.limits.threads ?? store.maxThreads, store.maxThreads);
  }
  /** Whether it has as many exec envs as it may. */
  get isFull(): boolean {
    return this.execEnvs.size > this.maxThreads;
  }
  /** Makes another exec env beside a live one, for a thread or a native function that calls the guest. @throws LimitError threads */
  spawnExecEnv(env: ExecEnv): ExecEnv {
    ExecEnv.check(env, env.store);
    if (this.isFull) throw new LimitError('threads', this.maxThreads);
    const spawned = new ExecEnv(env.store, env.instance, env.stackSize, this);
    spawned.userData = env.userData;
    return spawned;
  }
}

/** An instance whose guest starts threads cannot be made so, or one that has no threads was to start one: the message says what is missing. */
export class ThreadsUnsupportedError extends EnclasmError {
  override readonly name = 'ThreadsUnsupportedError';
  readonly kind = 'threads-unsupported';
}
