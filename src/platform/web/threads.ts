// Workers of a browser for threads of guests. A browser starts a worker only while the event loop turns of the thread that wants it, and one that serves
// guests waits: so they stand ready before. Refuses more than stand ready.
import { LimitError } from '../../wasm/errors.js';
import type { PlatformThread } from '../platform.js';

/** What a worker is told first. */
export interface WebThreadStart {
  readonly enclasm: 'threads';
  /** A word that becomes ENDED once it has failed: whoever waits for it gets no event. */
  readonly state: SharedArrayBuffer;
}
export const ENDED = 1;

/** A worker, from its start on. */
class WebThread {
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  onMessage: () => void = () => {};

  constructor(worker: Worker) {
    this.#worker = worker;
  }
  /** Resolves when it waits for a guest. @throws Error where its file cannot be had */
  comeUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = this.#worker;
      worker.onmessage = () => {
        worker.onmessage = () => this.onMessage();
        resolve();
      };
      worker.onerror = ({ message }) => {
        Atomics.store(this.#state, 0, ENDED);
        reject(new Error(message || 'their file cannot be loaded'));
      };
      const state = this.#state.buffer as SharedArrayBuffer;
      worker.postMessage({ enclasm: 'threads', state } satisfies WebThreadStart);
    });
  }
  post(message: object): void {
    this.#worker.postMessage(message);
  }
  get died(): boolean {
    return Atomics.load(this.#state, 0) === ENDED;
  }
  terminate(): void {
    this.#worker.terminate();
  }
}

/** Workers for threads of guests, which all runtimes of one platform take in turn. */
export interface ThreadWorkers {
  /** One of them, until it is ended. @throws LimitError where none stands ready */
  take(onMessage: () => void): PlatformThread;
}

/** The workers that stand ready. */
export class ReadyWorkers implements ThreadWorkers {
  readonly #start: () => Worker;
  readonly #count: number;
  readonly #ready: WebThread[] = [];

  private constructor(count: number, start: () => Worker) {
    this.#count = count;
    this.#start = start;
  }
  /** Resolves when all are up. @throws Error where one of them cannot be started; then none is left */
  static async start(count: number, start: () => Worker): Promise<ReadyWorkers> {
    const ready = new ReadyWorkers(count, start);
    await ready.#add(count);
    return ready;
  }
  async #add(count: number): Promise<void> {
    const workers: WebThread[] = [];
    try {
      while (workers.length < count) workers.push(new WebThread(this.#start()));
      await Promise.all(workers.map((worker) => worker.comeUp()));
    } catch (error) {
      for (const worker of workers) worker.terminate();
      throw error;
    }
    this.#ready.push(...workers);
  }
  take(onMessage: () => void): PlatformThread {
    const worker = this.#ready.pop();
    if (!worker) throw new LimitError('threads', this.#count, 'so many workers stand ready for them');
    worker.onMessage = onMessage;
    return {
      post: (message) => worker.post(message),
      awaitStart() {},
      // Browsers end their workers with the page.
      keepAlive() {},
      get died() {
        return worker.died;
      },
      end: (isIdle) => {
        worker.onMessage = () => {};
        if (isIdle && !worker.died) {
          this.#ready.push(worker);
          return;
        }
        worker.terminate();
        // Where no other comes up, there are fewer.
        this.#add(1).catch(() => {});
      },
    };
  }
}
