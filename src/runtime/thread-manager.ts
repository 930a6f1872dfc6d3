// WAMR's thread manager: a cluster per exec env that an embedder makes, with the exec envs of its threads, and a limit on how many.
// Refuses exec envs beyond the limit (LimitError 'threads'), and to start threads (ThreadsUnsupportedError).
import { show } from '../base/show.js';
import { ExecEnv } from './exec-env.js';
import type { Instance } from './instance.js';
import type { Store } from './store.js';
import { LimitError, UsageError } from '../wasm/errors.js';
import { ThreadsUnsupportedError } from './threads-error.js';

/** WAMR's CLUSTER_MAX_THREAD_NUM. */
export const DEFAULT_MAX_THREADS = 4;

/** The exec envs that run in one instance and what it spawned; the first is the embedder's. */
export class Cluster {
  readonly execEnvs = new Set<ExecEnv>();
  readonly instance: Instance;
  readonly maxThreads: number;
  constructor(first: ExecEnv, maxThreads: number) {
    this.execEnvs.add(first);
    this.instance = first.instance;
    this.maxThreads = maxThreads;
  }
}

export class ThreadManager {
  readonly #clusters = new Set<Cluster>();
  readonly #clusterOf = new Map<ExecEnv, Cluster>();
  #maxThreads = DEFAULT_MAX_THREADS;

  /** Threads of one cluster, its first included. */
  get maxThreads(): number {
    return this.#maxThreads;
  }
  /** For clusters made from now on. 0 is ignored, as WAMR does. Throws a UsageError for what is no whole number. */
  setMaxThreads(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new UsageError(`thread limit ${show(count)}: a whole number is wanted`);
    if (count > 0) this.#maxThreads = count;
  }

  /** Clusters alive. */
  get clusters(): ReadonlySet<Cluster> {
    return this.#clusters;
  }
  /** Exec envs alive, over all clusters. */
  get execEnvCount(): number {
    return this.#clusterOf.size;
  }
  /** The cluster of a live exec env; undefined for a stale one. */
  clusterOf(env: ExecEnv): Cluster | undefined {
    return this.#clusterOf.get(env);
  }

  /**
   * A new exec env, first of its own cluster.
   * @param stackSize bytes of stack that its owner asks for @param maxThreads the instance's own limit, where it has one
   */
  createExecEnv(store: Store, instance: Instance, stackSize: number, maxThreads = this.#maxThreads): ExecEnv {
    const env = new ExecEnv(store, instance, stackSize);
    const cluster = new Cluster(env, Math.min(maxThreads, this.#maxThreads));
    this.#clusters.add(cluster);
    this.#clusterOf.set(env, cluster);
    return env;
  }

  /** Another exec env in the cluster of `env`, for a native that calls the guest. Throws a LimitError (threads). */
  spawnExecEnv(env: ExecEnv): ExecEnv {
    const cluster = this.#live(env);
    if (cluster.execEnvs.size >= cluster.maxThreads) throw new LimitError('threads', cluster.maxThreads);
    const spawned = new ExecEnv(env.store, env.instance, env.stackSize);
    spawned.userData = env.userData;
    cluster.execEnvs.add(spawned);
    this.#clusterOf.set(spawned, cluster);
    return spawned;
  }

  /** Starts a thread of the guest. Throws a LimitError (threads) when the cluster is full, a ThreadsUnsupportedError otherwise. */
  spawnThread(env: ExecEnv): never {
    const cluster = this.#live(env);
    if (cluster.execEnvs.size >= cluster.maxThreads) throw new LimitError('threads', cluster.maxThreads);
    throw new ThreadsUnsupportedError();
  }

  /** Ends an exec env; ending the first ends its cluster. Throws a UsageError for a stale one. */
  destroyExecEnv(env: ExecEnv): void {
    const cluster = this.#live(env);
    const [first] = cluster.execEnvs;
    if (env === first) this.#end(cluster);
    else {
      cluster.execEnvs.delete(env);
      this.#clusterOf.delete(env);
    }
  }

  /** Ends the clusters of an instance. */
  endInstance(instance: Instance): void {
    for (const cluster of [...this.#clusters]) if (cluster.instance === instance) this.#end(cluster);
  }

  /** Ends everything; returns how many exec envs were alive. */
  destroy(): number {
    const alive = this.#clusterOf.size;
    for (const cluster of [...this.#clusters]) this.#end(cluster);
    return alive;
  }

  #end(cluster: Cluster): void {
    for (const env of cluster.execEnvs) this.#clusterOf.delete(env);
    cluster.execEnvs.clear();
    this.#clusters.delete(cluster);
  }
  #live(env: ExecEnv): Cluster {
    const cluster = this.#clusterOf.get(env);
    if (cluster === undefined) throw new UsageError('this exec env has been destroyed');
    return cluster;
  }
}
