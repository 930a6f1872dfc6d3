// What one guest has of POSIX threads: its handles, keys, named semaphores and C stacks, and which of its threads a call comes from. It lives and ends
// with the instance. Refuses nothing.
import type { ExecEnv } from '../../runtime/exec-env.js';
import { AuxStacks } from './aux-stacks.js';
import { Handles } from './handles.js';
import { type Key, Pthread } from './pthread.js';
import type { Semaphore } from './semaphore.js';

/** Under which an instance keeps it. */
const ATTACHMENT = Symbol('lib-pthread');

/** WAMR's number of keys. */
export const MOST_KEYS = 32;

export class GuestThreads {
  readonly handles: Handles;
  readonly keys: (Key | undefined)[] = new Array(MOST_KEYS).fill(undefined);
  /** Those that have a name. */
  readonly semaphores = new Map<string, Semaphore>();
  readonly stacks: AuxStacks;
  readonly #first = new Pthread(0);
  readonly #byEnv = new WeakMap<ExecEnv, Pthread>();

  private constructor({ instance, cluster }: ExecEnv) {
    this.handles = new Handles(instance.budget);
    this.stacks = new AuxStacks(cluster.maxThreads + 1);
  }
  static of(env: ExecEnv): GuestThreads {
    const { attachments } = env.instance;
    let found = attachments.get(ATTACHMENT) as GuestThreads | undefined;
    if (found === undefined) {
      found = new GuestThreads(env);
      attachments.set(ATTACHMENT, found);
    }
    return found;
  }
  /** The thread that a call comes from. */
  threadOf(env: ExecEnv): Pthread {
    const known = this.#byEnv.get(env);
    if (known) return known;
    const [first] = env.cluster.execEnvs;
    if (env === first) return this.#first;
    // Started by the embedder, or by wasi-threads.
    const other = new Pthread(this.handles.unused());
    this.#byEnv.set(env, other);
    return other;
  }
  isFirst(thread: Pthread): boolean {
    return thread === this.#first;
  }
  /** A thread of pthread_create begins on an exec env. */
  begins(env: ExecEnv, thread: Pthread): void {
    this.#byEnv.set(env, thread);
  }
}
