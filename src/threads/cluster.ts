// The threads of one guest that run in workers: those that are alive, their workers, and what each has to do. Refuses nothing: parallel-threads.ts says when.
import { encodeUtf8 } from '../base/utf8.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import type { FunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import { Slots } from '../runtime/slots.js';
import type { ThreadBegin, ThreadPlan } from '../runtime/thread-runner.js';
import { UsageError } from '../wasm/errors.js';
import { type ClusterSetup, IN_TEXT, type PlannedCall } from './cluster-setup.js';
import { ControlBlock } from './control-block.js';
import { slotsFor } from './guest-thread.js';
import { PARKED, RUNS, STARVES, WAITS } from './mailbox.js';
import { typeOf } from './plans.js';
import { WorkerPool } from './pool.js';
import { BoundWorker, type Job, RemoteThread } from './remote-thread.js';

/** How long a thread may run on: it looks whether it is to stop every few milliseconds. What runs for longer is ended with its worker. */
const STOP_MS = 50;
/** How long one may take that executes nothing of the guest, or the first, whose instance would be lost: it only needs a processor. */
const LONG_STOP_MS = 2_000;

export class Cluster {
  readonly control = new ControlBlock();
  /** Those that are alive, by number; 0 from the instantiation on. */
  readonly threads = new Map<number, RemoteThread>();
  /** What a worker is told. */
  setup: ClusterSetup | undefined;
  /** Called with a thread that is not alive any more. */
  onEnd: (thread: RemoteThread) => void = () => {};
  /** Called when a worker has posted something. */
  onMessage: () => void = () => {};
  readonly #main: Instance;
  readonly #pool: WorkerPool;
  /** The workers whose threads have ended. */
  readonly #idle: BoundWorker[] = [];

  constructor(main: Instance) {
    this.#main = main;
    this.#pool = WorkerPool.of(main.store);
    // What the host takes for that is not the guest's time.
    this.#pool.warm();
  }

  /** Those that have something to do. */
  running(withFirst = true): RemoteThread[] {
    return [...this.threads.values()].filter((thread) => thread.runs && (withFirst || thread.id !== 0));
  }
  /** Makes a thread, in a worker that has none. */
  add(id: number, env: ExecEnv, plan?: ThreadPlan): RemoteThread {
    const thread = new RemoteThread(id, env, this.#idle.pop() ?? this.#bind(), plan);
    this.threads.set(id, thread);
    this.#count();
    return thread;
  }
  #bind(): BoundWorker {
    const bound = new BoundWorker(this.#pool.take());
    bound.worker.onMessage = () => this.onMessage();
    bound.worker.thread.post({ ...this.setup, box: bound.box.memory });
    return bound;
  }
  /** Whether the event loop goes on as long as the workers do. */
  keepAlive(keep: boolean): void {
    for (const { bound } of this.threads.values()) bound.worker.thread.keepAlive(keep);
  }
  /** Lets a thread make a call: the arguments are in the slots, and the results will be, unless it is inside another. */
  give(thread: RemoteThread, { signature, index }: FunctionInstance, slots: Slots, env: ExecEnv): Job {
    const isInner = thread.jobs.length > 0;
    const own = isInner ? slotsFor(signature) : slots;
    thread.box.putValues(slots, signature.params.length);
    return this.#begin(
      thread,
      'call',
      { results: signature.results.length, slots: own, isInner },
      index,
      env.stackSize,
    );
  }
  /** Lets the first thread make the instance. */
  giveBegin(thread: RemoteThread): Job {
    return this.#begin(thread, 'begin', { results: 0, slots: new Slots(1), isInner: false });
  }
  /** Lets a thread of its own begin, or make another call after that one. */
  givePlanned(thread: RemoteThread, kind: 'thread' | 'next', { call, globals }: ThreadBegin): Job {
    const { target } = call;
    const { params, results } = typeOf(this.#main.module, target);
    const slots = slotsFor({ params, results });
    call.write(slots);
    thread.box.putValues(slots, params.length);
    const isKept = thread.plan?.next !== undefined;
    const fields = { results: results.length, slots, isInner: false };
    if ('func' in target && !isKept) return this.#begin(thread, kind, fields, target.func);
    thread.box.putText(encodeUtf8(JSON.stringify({ target, globals } satisfies PlannedCall)));
    return this.#begin(thread, kind, fields, IN_TEXT);
  }
  #begin(
    thread: RemoteThread,
    kind: 'begin' | 'call' | 'thread' | 'next',
    fields: Pick<Job, 'results' | 'slots' | 'isInner'>,
    first = 0,
    second = 0,
  ): Job {
    const job: Job = { ...fields, isDone: false, failure: undefined };
    thread.jobs.push(job);
    if (!job.isInner && kind !== 'next') thread.last = job;
    thread.box.state = RUNS;
    thread.box.reply(kind, first, second);
    return job;
  }

  // ---- ends ----

  /** It has ended: its worker waits for another. */
  forget(thread: RemoteThread): void {
    this.#remove(thread);
    thread.box.cancelled = false;
    this.#idle.push(thread.bound);
  }
  #kill(thread: RemoteThread): void {
    this.#pool.drop(thread.bound.worker);
    thread.jobs.length = 0;
    this.#remove(thread);
  }
  #remove(thread: RemoteThread): void {
    const { budget, tableBudget, name } = this.#main;
    thread.isEnded = true;
    const { last } = thread;
    if (last && !last.isDone) {
      last.failure ??= { error: new UsageError(`thread ${thread.id} of '${name}' has been ended`) };
    }
    budget.release(thread.taken[0]!);
    tableBudget.release(thread.taken[1]!);
    this.threads.delete(thread.id);
    this.onEnd(thread);
    if (thread.id !== 0) thread.env.end();
    thread.plan?.ended?.();
    this.#count();
  }
  #count(): void {
    this.control.alive = this.threads.size;
  }
  /**
   * Waits until threads have ended that are to, and ends the workers of those that do not.
   * @param ending those that have not @param serve takes what they have asked for last
   */
  awaitEnd(ending: () => readonly RemoteThread[], serve: (thread: RemoteThread) => void): void {
    const { platform } = this.#main.store;
    const began = platform.monotonicNow();
    this.control.fuelChanged();
    while (ending().length > 0) {
      const seen = this.control.rung;
      for (const thread of ending()) {
        serve(thread);
        if (thread.calls !== undefined) thread.answer('stop');
        this.#wake(thread);
      }
      this.control.wakeParked();
      const ms = platform.monotonicNow() - began;
      for (const thread of ending()) if (ms >= stopMsOf(thread) || thread.bound.worker.thread.died) this.#kill(thread);
      if (ending().length > 0) this.control.await(seen, 1);
    }
  }
  /** Lets a thread notice that it is cancelled. What a native does that runs has to end first. */
  nudge(thread: RemoteThread): void {
    if (thread.block !== undefined || thread.isPending) thread.answer('stop');
    this.#wake(thread);
  }
  #wake(thread: RemoteThread): void {
    const { waitsAt } = thread.box;
    if (waitsAt === undefined) return;
    const { i32 } = this.#main.memories[waitsAt.memory]!.views;
    this.control.countNotified(Atomics.notify(i32, waitsAt.address / 4));
  }
  /** Gives the workers back, with nothing of the guest in them; its threads have ended but for the first. */
  dispose(): void {
    const first = this.threads.get(0);
    if (first) this.forget(first);
    for (const { box, worker } of this.#idle.splice(0)) {
      box.reply('release');
      this.#pool.give(worker, this.#main.store.maxThreads + 1);
    }
  }
}

function stopMsOf({ id, box: { state } }: RemoteThread): number {
  return id !== 0 && state === RUNS ? STOP_MS : LONG_STOP_MS;
}

/** No guest code of it runs before it is told to go on. */
export function standsStill({ box, calls }: RemoteThread): boolean {
  const { state, pending } = box;
  return calls !== undefined || pending === 'call' || (pending === undefined && STILL.includes(state));
}
const STILL: readonly number[] = [WAITS, PARKED, STARVES];
