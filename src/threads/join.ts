// What becomes of threads that wait for each other: one that waits for another's end, and all of them for ever. Refuses nothing itself.
import type { Block } from '../runtime/block.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import { type Execution, FunctionInstance } from '../runtime/function.js';
import type { Slots } from '../runtime/slots.js';
import { type ThreadWait, Trap } from '../wasm/errors.js';
import type { FuncType } from '../wasm/types.js';
import type { GuestThread } from './guest-thread.js';

/** How the scheduler waits. */
interface Waiting {
  invoke(slots: Slots): void;
  begin(slots: Slots): Execution;
}

/** A function that returns when a thread has ended, so that waiting for it is a call like any other. */
export class Joining extends FunctionInstance {
  readonly index = -1;
  readonly #thread: GuestThread;
  readonly #waiting: Waiting;

  constructor(thread: GuestThread, waiting: Waiting) {
    super(thread.last!.func.type, `join of thread ${thread.id}`);
    this.#thread = thread;
    this.#waiting = waiting;
  }
  override get signature(): FuncType {
    return { ...this.#thread.last!.func.signature, params: [] };
  }
  override invoke(_env: ExecEnv, slots: Slots): void {
    this.#waiting.invoke(slots);
  }
  override begin(_env: ExecEnv, slots: Slots): Execution {
    return this.#waiting.begin(slots);
  }
}

/** The trap of threads that all wait. It names each and where it waits; its own frames are those of the first. */
export function deadlockOf(waiting: readonly GuestThread[]): Trap {
  const inOrder = [...waiting].sort((a, b) => a.id - b.id);
  const waits = inOrder.map(({ id, block, tasks }): ThreadWait => {
    return {
      thread: id,
      address: block!.memory ? block!.address : undefined,
      frames: [...tasks].reverse().flatMap(({ execution }) => execution?.frames() ?? []),
    };
  });
  const where = inOrder.map(({ id, block }) => `thread ${id}${placeOf(block!)}`);
  const trap = new Trap('deadlock', waits[0]?.frames ?? [], `all threads wait: ${where.join(', ')}`);
  trap.waits = waits;
  return trap;
}

function placeOf({ memory, address, what }: Block): string {
  if (memory) return ` at ${address}`;
  return what ? ` for ${what()}` : '';
}
