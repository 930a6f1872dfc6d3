// The calls that wait for one object, in the order in which they came, and what becomes of what they were given. Refuses, with the trap of a deadlock,
// to wait where no other thread can run meanwhile.
import { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { Trap } from '../../wasm/errors.js';
import type { Pthread } from './pthread.js';

/** What a call waits for. */
interface Wait {
  /** For people: what a deadlock says of the thread. */
  what(): string;
  /** What the native finds when it is called again. */
  readonly state: unknown;
  /** Milliseconds after which it goes on by itself; absent: it does not. */
  readonly ms?: number;
}

/** @throws Trap deadlock */
export function blockOf(env: ExecEnv, thread: Pthread, { what, state, ms = Number.POSITIVE_INFINITY }: Wait): Block {
  if (!env.canBlock) throw new Trap('deadlock', [], `all threads wait: ${thread.name} for ${what()}`);
  return new Block({ ms, state, what });
}

export class WaitQueue {
  readonly #waiting = new Map<Block, Pthread>();

  get isEmpty(): boolean {
    this.#forgetEnded();
    return this.#waiting.size === 0;
  }
  /** @throws Trap deadlock */
  add(env: ExecEnv, thread: Pthread, wait: Wait): Block {
    const block = blockOf(env, thread, wait);
    this.#forgetEnded();
    this.#waiting.set(block, thread);
    return block;
  }
  /**
   * Wakes the call that came first. @param pass gives what it was woken for to others, where its thread ends before it goes on
   * @returns its thread; undefined where none waits
   */
  wakeFirst(pass?: () => void): Pthread | undefined {
    this.#forgetEnded();
    for (const [block, thread] of this.#waiting) {
      this.#waiting.delete(block);
      thread.pass = pass;
      block.wake();
      return thread;
    }
    return undefined;
  }
  /** Waits whose time has passed, or whose threads have ended. */
  #forgetEnded(): void {
    for (const block of this.#waiting.keys()) if (!block.waits) this.#waiting.delete(block);
  }
}
