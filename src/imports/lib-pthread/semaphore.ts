// One semaphore: a count, and the threads that wait for it to be more than zero, in the order in which they came. Refuses to count beyond 2^31 - 1.
import type { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { Pthread } from './pthread.js';
import { WaitQueue } from './wait-queue.js';

const LARGEST_VALUE = 0x7fff_ffff;

export class Semaphore {
  readonly name: string;
  handle = 0;
  /** How often it was opened and not closed. */
  opens = 0;
  value: number;
  readonly #queue = new WaitQueue();

  constructor(name: string, value: number) {
    this.name = name;
    this.value = value;
  }
  tryWait(): boolean {
    if (this.value === 0) return false;
    this.value--;
    return true;
  }
  /** Counts it down, or waits until that is done. @param state what the native finds then */
  wait(env: ExecEnv, thread: Pthread, state: unknown): Block | undefined {
    if (this.tryWait()) return undefined;
    return this.#queue.add(env, thread, { what: () => `semaphore '${this.name}'`, state });
  }
  /** Counts it up, or lets the thread go on that came first. */
  post(): boolean {
    if (this.#queue.wakeFirst(() => this.post())) return true;
    if (this.value === LARGEST_VALUE) return false;
    this.value++;
    return true;
  }
}
