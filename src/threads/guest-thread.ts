// One thread of a guest: the calls that it is in, what it does next, and what it waits for. Refuses nothing: the scheduler decides.
import type { Block } from '../runtime/block.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import type { Execution, FunctionInstance, ThreadStack } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import { Slots } from '../runtime/slots.js';
import type { ThreadPlan } from '../runtime/thread-runner.js';
import { UsageError } from '../wasm/errors.js';
import type { FuncType } from '../wasm/types.js';

/** One call that a thread is in, or will make. */
export class Task {
  readonly func: FunctionInstance;
  /** Arguments, then results. */
  readonly slots: Slots;
  readonly stack: ThreadStack;
  /** The calls that may still nest when it begins. */
  readonly depth: number;
  execution: Execution | undefined;
  isDone = false;
  failure: { readonly error: unknown } | undefined;

  constructor(func: FunctionInstance, slots: Slots, stack: ThreadStack, depth: number) {
    this.func = func;
    this.slots = slots;
    this.stack = stack;
    this.depth = depth;
  }
  /** Copies the results to where a caller reads them. */
  giveResults(slots: Slots): void {
    if (slots !== this.slots) copySlots(this.func.signature.results.length, this.slots, slots);
  }
  begin(env: ExecEnv): Execution {
    return (this.execution ??= this.func.beginThread!(env, this.slots, this.stack));
  }
}

export class GuestThread {
  /** 0 is the one that a call from outside runs on. */
  readonly id: number;
  readonly env: ExecEnv;
  readonly instance: Instance;
  /** The calls that it is in; natives make the inner ones. */
  readonly tasks: Task[] = [];
  /** Those that it makes after them, one after the other. */
  readonly next: Task[] = [];
  /** Whether a turn of it is on the JavaScript stack, or the native that made its innermost call is. */
  runs = false;
  /** What it waits for, and until when: in milliseconds of the guest's time. */
  block: Block | undefined = undefined;
  wakeAt = Number.POSITIVE_INFINITY;
  /** It waits for the promise of an async native. */
  isPending = false;
  /** It ends at its next turn. */
  cancelled = false;
  isEnded = false;
  /** The call whose results are those of the thread. */
  last: Task | undefined = undefined;
  /** What its library has it do; undefined for the first one. */
  readonly plan: ThreadPlan | undefined;

  constructor(id: number, env: ExecEnv, instance: Instance, plan?: ThreadPlan) {
    this.id = id;
    this.env = env;
    this.instance = instance;
    this.plan = plan;
  }
  /** The call that it is in, or makes now. */
  get task(): Task | undefined {
    if (this.tasks.length === 0 && this.next.length > 0) this.tasks.push(this.next.shift()!);
    return this.tasks[this.tasks.length - 1];
  }
  /** It is no more. */
  end(): void {
    this.isEnded = true;
    if (this.last && !this.last.isDone) {
      this.last.failure ??= { error: new UsageError(`thread ${this.id} of '${this.instance.name}' has been ended`) };
    }
    this.leaveCalls();
  }
  /** Frees its frames. */
  leaveCalls(): void {
    this.block?.cancel();
    this.block = undefined;
    for (const { execution } of this.tasks.splice(0).reverse()) execution?.cancel();
    this.next.length = 0;
  }
}

/** Slots of its own for a call of the type. */
export function slotsFor({ params, results }: Pick<FuncType, 'params' | 'results'>): Slots {
  return new Slots(Math.max(1, params.length, results.length));
}
/** Copies the first values from one to the other. */
export function copySlots(count: number, from: Slots, to: Slots): void {
  to.u8.set(from.u8.subarray(0, 16 * count));
  for (let k = 0; k < count; k++) to.refs[k] = from.refs[k];
}
