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

/** A worker that has come up. */
class UpWorker {
  readonly #worker: Worker;
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  onMessage: () => void = () => {};

  private constructor(worker: Worker) {
    this.#worker = worker;
  }
  /** Resolves when it waits for a guest. @throws Error where its file cannot be had */
  static start(start: () => Worker): Promise<UpWorker> {
    return new Promise((resolve, reject) => {
      const worker = start();
      const up = new UpWorker(worker);
      worker.onmessage = () => {
        worker.onmessage = () => up.onMessage();
        resolve(up);
      };
      worker.onerror = ({ message }) => {
        Atomics.store(up.#state, 0, ENDED);
        reject(new Error(message || 'the file of workers for threads cannot be loaded'));
      };
      worker.postMessage({ enclasm: 'threads', state: up.#state.buffer as SharedArrayBuffer } satisfies WebThreadStart);
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
  readonly #ready: UpWorker[] = [];

  private constructor(count: number, start: () => Worker) {
    this.#count = count;
    this.#start = start;
  }
  /** Resolves when all are up. @throws Error where a worker cannot be started */
  static async start(count: number, start: () => Worker): Promise<ReadyWorkers> {
    const workers = new ReadyWorkers(count, start);
    await Promise.all(Array.from({ length: count }, () => workers.#add()));
    return workers;
  }
  async #add(): Promise<void> {
    this.#ready.push(await UpWorker.start(this.#start));
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
        this.#add().catch(() => {});
      },
    };
  }
}
