// The workers of one runtime, in which threads of guests run. A worker that a cluster gives back has nothing of a guest and is taken again. Refuses
// where the platform starts none.
import type { Platform, PlatformThread } from '../platform/platform.js';
import type { Store } from '../runtime/store.js';

/** What a worker is told when a cluster takes it, and what it posts to wake an event loop. */
export class PooledWorker {
  readonly thread: PlatformThread;
  /** Called when it has posted something. */
  onMessage: () => void = () => {};

  constructor(start: NonNullable<Platform['startThread']>) {
    this.thread = start(() => this.onMessage());
  }
}

export class WorkerPool {
  readonly #start: NonNullable<Platform['startThread']>;
  readonly #idle: PooledWorker[] = [];
  readonly #all = new Set<PooledWorker>();
  #ended = false;

  constructor(start: NonNullable<Platform['startThread']>) {
    this.#start = start;
  }
  /** That of a store, which ends with it. */
  static of(store: Store): WorkerPool {
    const known = store.threadWorkers;
    if (known instanceof WorkerPool) return known;
    const pool = new WorkerPool(store.platform.startThread!);
    store.threadWorkers = pool;
    store.disposers.push(() => pool.end());
    return pool;
  }
  /** Those that run or wait to. */
  get size(): number {
    return this.#all.size;
  }
  take(): PooledWorker {
    const idle = this.#idle.pop();
    if (idle) return idle;
    const worker = new PooledWorker(this.#start);
    this.#all.add(worker);
    return worker;
  }
  /** Sees to it that one is there, and up. */
  warm(): void {
    const worker = this.take();
    worker.thread.awaitStart();
    this.#idle.push(worker);
  }
  /** @param most idle ones that are kept */
  give(worker: PooledWorker, most: number): void {
    worker.onMessage = () => {};
    worker.thread.keepAlive(false);
    if (this.#ended || this.#idle.length >= most) this.#remove(worker, true);
    else this.#idle.push(worker);
  }
  /** Ends one, whatever it does. */
  drop(worker: PooledWorker): void {
    this.#remove(worker, false);
  }
  end(): void {
    this.#ended = true;
    for (const worker of this.#idle.splice(0)) this.#remove(worker, true);
    for (const worker of [...this.#all]) this.drop(worker);
  }
  #remove(worker: PooledWorker, isIdle: boolean): void {
    this.#all.delete(worker);
    worker.onMessage = () => {};
    worker.thread.end(isIdle);
  }
}
