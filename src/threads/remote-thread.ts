// One thread of a guest that runs in a worker, as the thread that serves it sees it: the calls that it makes for others, and the native that it waits
// for. Refuses nothing.
import type { Block } from '../runtime/block.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import type { FunctionInstance } from '../runtime/function.js';
import { Slots } from '../runtime/slots.js';
import type { ThreadPlan } from '../runtime/thread-runner.js';
import type { Frame } from '../wasm/errors.js';
import { Mailbox } from './mailbox.js';
import type { PooledWorker } from './pool.js';
import { BUDGETS } from './shared-budget.js';

/** A worker that belongs to a cluster. */
export class BoundWorker {
  readonly worker: PooledWorker;
  readonly box = new Mailbox();
  constructor(worker: PooledWorker) {
    this.worker = worker;
  }
}

/** A call that a thread makes for the server; those of natives are inside others. */
export interface Job {
  /** How many results it has. */
  readonly results: number;
  /** Where its results go. */
  readonly slots: Slots;
  readonly isInner: boolean;
  isDone: boolean;
  failure: { readonly error: unknown } | undefined;
}

export class RemoteThread {
  /** 0 is the one that calls from outside run on. */
  readonly id: number;
  env: ExecEnv;
  readonly bound: BoundWorker;
  /** Arguments and results of the natives that it calls. */
  readonly slots = new Slots();
  readonly jobs: Job[] = [];
  /** Its outermost call, whose results are those of the thread. */
  last: Job | undefined;
  /** It has called this and got no answer. */
  calls: FunctionInstance | undefined;
  /** Why not: what it waits for, and until when. */
  block: Block | undefined;
  wakeAt = Number.POSITIVE_INFINITY;
  /** A promise that it waits for. */
  isPending = false;
  /** What it took of each budget. */
  readonly taken = BUDGETS.map(() => 0);
  isEnded = false;
  /** Where it was when all were ended. */
  frames: readonly Frame[] = [];

  /** What its library has it do; undefined for the first one. */
  readonly plan: ThreadPlan | undefined;

  constructor(id: number, env: ExecEnv, bound: BoundWorker, plan: ThreadPlan | undefined) {
    this.id = id;
    this.env = env;
    this.bound = bound;
    this.plan = plan;
  }
  get box(): Mailbox {
    return this.bound.box;
  }
  get runs(): boolean {
    return this.jobs.length > 0;
  }
  get waitsForEver(): boolean {
    return this.box.waitsForEver;
  }
  /** It waits in a native until another thread wakes it, and for nothing else. */
  get waitsForWake(): boolean {
    return this.block?.waits === true && this.wakeAt === Number.POSITIVE_INFINITY;
  }
  answer(kind: 'values' | 'stop' | 'leave', first = 0): void {
    this.block?.cancel();
    this.calls = this.block = undefined;
    this.isPending = false;
    this.box.reply(kind, first);
  }
}
