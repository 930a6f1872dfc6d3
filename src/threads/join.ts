// What becomes of threads that wait for each other: one that waits for another's end, and all of them for ever. Refuses nothing itself.
import type { ExecEnv } from '../runtime/exec-env.js';
import { type Execution, FunctionInstance } from '../runtime/function.js';
import type { Slots } from '../runtime/slots.js';
import { type ThreadWait, Trap } from '../wasm/errors.js';
import type { FuncType } from '../wasm/types.js';

/** How the scheduler waits. */
interface Waiting {
  invoke(slots: Slots): void;
  begin(slots: Slots): Execution;
}

/** A function that returns when a thread has ended, so that waiting for it is a call like any other. */
export class Joining extends FunctionInstance {
  readonly index = -1;
  readonly #func: FunctionInstance;
  readonly #waiting: Waiting;

  /** @param func what the thread runs */
  constructor(func: FunctionInstance, thread: number, waiting: Waiting) {
    super(func.type, `join of thread ${thread}`);
    this.#func = func;
    this.#waiting = waiting;
  }
  override get signature(): FuncType {
    return { ...this.#func.signature, params: [] };
  }
  override invoke(_env: ExecEnv, slots: Slots): void {
    this.#waiting.invoke(slots);
  }
  override begin(_env: ExecEnv, slots: Slots): Execution {
    return this.#waiting.begin(slots);
  }
}

/** A thread that waits, and in words for what: empty, or after a space. */
export interface WaitingThread {
  readonly wait: ThreadWait;
  readonly place: string;
}

/** The trap of threads that all wait. It names each and where it waits; its own frames are those of the first. */
export function deadlockOf(waiting: readonly WaitingThread[]): Trap {
  const inOrder = [...waiting].sort((a, b) => a.wait.thread - b.wait.thread);
  const waits = inOrder.map(({ wait }) => wait);
  const where = inOrder.map(({ wait, place }) => `thread ${wait.thread}${place}`);
  const trap = new Trap('deadlock', waits[0]?.frames ?? [], `all threads wait: ${where.join(', ')}`);
  trap.waits = waits;
  return trap;
}
