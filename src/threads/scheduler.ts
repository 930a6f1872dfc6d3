// Runs the threads of one instance, those of calls from outside included, in turns of fuel, on this JavaScript thread. A call from outside runs all of
// them until it has ended; those that are left then stand still until the next call. A trap, an exit or a limit in any of them ends all.
// Refuses a second call from outside while one is on its way.
import { Block } from '../runtime/block.js';
import type { CompiledModule } from '../runtime/engine.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import type { Execution, FunctionInstance, Turn, TurnEnd } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { MemoryInstance } from '../runtime/memory.js';
import { DEFAULT_CALL_DEPTH, DEPTH } from '../runtime/meter.js';
import type { Slots } from '../runtime/slots.js';
import { ThreadExit } from '../runtime/thread-exit.js';
import type { StartedThread, ThreadPlan, ThreadRunner } from '../runtime/thread-runner.js';
import { LimitError, noteThread, UsageError } from '../wasm/errors.js';
import { BlockedThreads } from './blocked-threads.js';
import { copySlots, GuestThread, slotsFor, Task } from './guest-thread.js';
import type { GuestTime } from './guest-time.js';
import { deadlockOf, Joining, type WaitingThread } from './join.js';
import { calledBy, callOf, setGlobals, wasiThread } from './plans.js';
import type { Schedule } from './schedule.js';
import { lowestFree, secondCall } from './thread-entry.js';
import { makeThreadInstance } from './thread-instance.js';

/** What a scheduler needs of those who made the instance. */
export interface SchedulerOptions {
  readonly compiled: CompiledModule;
  readonly schedule: Schedule;
  readonly time: GuestTime;
  /** Whether an instance that is none of this scheduler's holds the memory. */
  isHeldElsewhere(memory: MemoryInstance): boolean;
}

/** The longest sleep at once, so that a deadline and an aborted signal are noticed. */
const LONGEST_NAP_MS = 20;
/** Turns between two checks of the meter: a thread that always blocks never uses up a slice of fuel. */
const TURNS_PER_CHECK = 32;
/** Milliseconds after which an async call lets the event loop run. */
const MS_PER_SLICE = 4;

/** What unwinds the natives between the thread that ended the cluster and the outermost call, which knows why. */
class ClusterEnded extends Error {}

export class Scheduler implements ThreadRunner {
  readonly kind = 'cooperative';
  readonly #main: Instance;
  readonly #options: SchedulerOptions;
  /** Those that are alive, by id; 0 is there while a call from outside runs. */
  readonly #threads = new Map<number, GuestThread>();
  /** Those that can go on, in the order in which they became so. */
  readonly #ready: GuestThread[] = [];
  readonly #blocked: BlockedThreads;
  #pending = 0;
  /** The thread whose turn it is. */
  #current: GuestThread | undefined;
  /** The one whose turn fuel has interrupted: it goes on first. */
  #interrupted: GuestThread | undefined;
  #isActive = false;
  #turn: Turn = SYNC;
  /** Why all threads end. */
  #outcome: { readonly error: unknown } | undefined;
  /** What an async call waits for while no thread can go on. */
  #idle: Block | undefined;
  #turns = 0;

  constructor(main: Instance, options: SchedulerOptions) {
    this.#main = main;
    this.#options = options;
    this.#blocked = new BlockedThreads(options.time);
    main.usage.threads = 0;
    main.usage.peakThreads = 1;
    main.usage.schedule = options.schedule.hash;
  }

  get alive(): number {
    return this.#threads.size - (this.#threads.has(0) ? 1 : 0);
  }
  get now(): (() => number) | undefined {
    const { time } = this.#options;
    return time.skipTo && (() => time.now());
  }

  // ---- calls from outside, and from natives ----

  invoke(func: FunctionInstance, env: ExecEnv, slots: Slots): void {
    const outermost = this.#current === undefined;
    this.#runTo(this.#enter(func, env, slots, SYNC), slots, outermost);
  }
  begin(func: FunctionInstance, env: ExecEnv, slots: Slots): Execution {
    if (this.#current !== undefined) throw new UsageError(secondCall(this.#main));
    return this.#execution(this.#enter(func, env, slots, ASYNC), slots);
  }

  #runTo(task: Task, slots: Slots, outermost: boolean): void {
    try {
      while (this.#advance(task) !== 'done') this.#sleep();
      task.giveResults(slots);
    } catch (error) {
      throw this.#leave(outermost, { error });
    }
    this.#leave(outermost, undefined);
  }
  /** Runs all threads until one call has ended, in slices. */
  #execution(task: Task, slots: Slots): Execution {
    const scheduler = this;
    let isOver = false;
    const leave = (failure?: { readonly error: unknown }): unknown => {
      if (isOver) return failure?.error;
      isOver = true;
      return scheduler.#leave(true, failure);
    };
    return {
      pending: undefined,
      get block() {
        return scheduler.#idle;
      },
      get outOfFuel() {
        return scheduler.#outOfFuel();
      },
      run() {
        try {
          const end = scheduler.#advance(task);
          if (end === 'done') {
            task.giveResults(slots);
            leave();
          }
          return end;
        } catch (error) {
          throw leave({ error });
        }
      },
      frames: () => task.execution?.frames() ?? [],
      cancel: () => void leave({ error: undefined }),
      runsIn: (owner) =>
        [...scheduler.#threads.values()].some((one) => one.tasks.some((t) => t.execution?.runsIn(owner))),
    };
  }

  /** Puts a call on the thread that runs, or on the first one. */
  #enter(func: FunctionInstance, env: ExecEnv, slots: Slots, turn: Turn): Task {
    const { store } = this.#main;
    const depth = store.meter.registers[DEPTH]!;
    const current = this.#current;
    if (current !== undefined) {
      // Another thread's native may overwrite the shared ones before this call's results are read.
      const own = slotsFor(func.signature);
      copySlots(func.signature.params.length, slots, own);
      const task = new Task(func, own, 'same', depth);
      task.begin(env);
      current.tasks.push(task);
      this.#ready.push(current);
      return task;
    }
    this.#checkAlone();
    const task = new Task(func, slots, 'whole', depth);
    task.begin(env);
    const thread = new GuestThread(0, env, this.#main);
    thread.tasks.push(task);
    this.#threads.set(0, thread);
    this.#ready.push(thread);
    this.#open(turn);
    return task;
  }
  #checkAlone(): void {
    if (this.#isActive) throw new UsageError(secondCall(this.#main));
  }
  #open(turn: Turn): void {
    this.#isActive = true;
    this.#turn = turn;
  }

  /** @returns what the call throws, where it failed */
  #leave(outermost: boolean, failure: { readonly error: unknown } | undefined): unknown {
    if (!outermost) return failure?.error;
    const error = this.#outcome?.error ?? failure?.error;
    this.#main.usage.schedule = this.#options.schedule.hash;
    this.#isActive = false;
    this.#outcome = this.#interrupted = this.#idle = undefined;
    if (failure) this.end();
    return error;
  }

  end(): number {
    const ended = [...this.#threads.values()].filter(({ runs }) => !runs);
    for (const thread of ended) this.#endThread(thread);
    return ended.length;
  }

  // ---- turns ----

  /** Runs threads until a call has ended, none can go on, or an async call has run for long enough. */
  #advance(target: Task): TurnEnd {
    const { platform, meter } = this.#main.store;
    const end = this.#turn.awaits ? platform.monotonicNow() + MS_PER_SLICE : Number.POSITIVE_INFINITY;
    // Counted time does not pass while files are waited for: they are looked at whenever the wait ends.
    if (this.#idle && this.#options.time.skipTo) this.#blocked.lookAtFiles();
    this.#idle = undefined;
    for (;;) {
      if (target.failure) throw target.failure.error;
      if (target.isDone) return 'done';
      if (this.#outcome) throw new ClusterEnded();
      if (++this.#turns % TURNS_PER_CHECK === 0) meter.checkpoint();
      this.#blocked.wakeDue();
      const thread = this.#next();
      if (thread === undefined) {
        if (this.#blocked.skipTime()) continue;
        this.#checkDeadlock();
        if (this.#turn.awaits) this.#idle = new Block({ ms: this.#blocked.msToGo });
        return 'blocked';
      }
      if (this.#takeTurn(thread) === 'fuel') {
        this.#interrupted = thread;
        if (this.#turn.awaits && target.stack !== 'same') return 'fuel';
        this.#fail(thread, this.#outOfFuel());
      }
      if (end !== Number.POSITIVE_INFINITY && platform.monotonicNow() >= end) return 'slice';
    }
  }
  #next(): GuestThread | undefined {
    const thread = this.#interrupted;
    this.#interrupted = undefined;
    if (thread) return thread;
    return this.#ready.length === 0 ? undefined : this.#options.schedule.take(this.#ready);
  }

  #takeTurn(thread: GuestThread): TurnEnd | undefined {
    const { schedule } = this.#options;
    const { meter } = this.#main.store;
    const task = thread.task;
    if (task === undefined || (thread.cancelled && !thread.runs)) {
      this.#leaveCalls(thread);
      return undefined;
    }
    const { registers } = meter;
    const [outer, depth, runs] = [this.#current, registers[DEPTH]!, thread.runs];
    this.#current = thread;
    thread.runs = true;
    registers[DEPTH] = task.depth;
    meter.startSlice(schedule.quantum());
    const before = meter.used;
    let end: TurnEnd | undefined;
    try {
      end = task.begin(thread.env).run(this.#turn);
    } catch (error) {
      this.#failed(thread, task, error);
    } finally {
      this.#current = outer;
      thread.runs = runs;
      registers[DEPTH] = depth;
    }
    const units = meter.used - before;
    if (units > 0) schedule.note(thread, units);
    if (end !== undefined) this.#turnEnded(thread, task, end);
    return end;
  }

  #turnEnded(thread: GuestThread, task: Task, end: TurnEnd): void {
    if (thread.cancelled && !thread.runs && (end === 'blocked' || end === 'await')) {
      this.#leaveCalls(thread);
      return;
    }
    switch (end) {
      case 'slice':
        this.#ready.push(thread);
        return;
      case 'blocked':
        this.#block(thread, task.execution!.block!);
        return;
      case 'await':
        this.#awaitPromise(thread, task.execution!.pending!);
        return;
      case 'done':
        this.#finish(thread, task);
        return;
      case 'fuel':
    }
  }
  /** A call of the thread has ended. The native that made an inner one goes on in JavaScript. */
  #finish(thread: GuestThread, task: Task): void {
    task.isDone = true;
    thread.tasks.pop();
    if (thread.tasks.length > 0) return;
    if (thread.next.length > 0) this.#ready.push(thread);
    else this.#goOn(thread);
  }
  /** Takes a thread out of the calls that it is in. */
  #leaveCalls(thread: GuestThread): void {
    this.#leaveLists(thread);
    thread.leaveCalls();
    this.#goOn(thread);
  }
  /** A thread is in no call any more: it makes the next one, or ends. */
  #goOn(thread: GuestThread): void {
    thread.cancelled = false;
    try {
      const call = thread.plan?.next?.(thread.last?.isDone ? thread.last.slots : undefined);
      if (call === undefined) {
        this.#endThread(thread);
        return;
      }
      const task = this.#task(calledBy(thread.instance, call.target));
      call.write(task.slots);
      thread.next.push(task);
      this.#makeReady(thread);
    } catch (error) {
      this.#fail(thread, error);
    }
  }
  #failed(thread: GuestThread, task: Task, error: unknown): void {
    if (task.stack === 'same') {
      // That is for the native that made the call.
      task.failure = { error };
      thread.tasks.pop();
      return;
    }
    if (error instanceof ThreadExit && thread.id !== 0) this.#leaveCalls(thread);
    else this.#fail(thread, error);
  }
  #fail(thread: GuestThread, error: unknown): never {
    noteThread(error, thread.id);
    this.#outcome ??= { error };
    throw new ClusterEnded();
  }
  #outOfFuel(): LimitError | undefined {
    const thread = this.#interrupted;
    const error = thread?.tasks[thread.tasks.length - 1]?.execution?.outOfFuel;
    if (thread) noteThread(error, thread.id);
    return error;
  }
  #endThread(thread: GuestThread): void {
    this.#leaveLists(thread);
    thread.end();
    this.#threads.delete(thread.id);
    if (thread.id === 0) return;
    thread.env.end();
    this.#dispose(thread.instance);
    thread.plan?.ended?.();
  }
  #dispose(instance: Instance): void {
    // Others may hold functions of it, in a table that all share.
    if (instance.isPublished) this.#main.disposers.unshift(() => instance.disposeFrom(0));
    else instance.disposeFrom(0);
  }
  #leaveLists(thread: GuestThread): void {
    this.#blocked.delete(thread);
    const at = this.#ready.indexOf(thread);
    if (at >= 0) this.#ready.splice(at, 1);
    if (this.#interrupted === thread) this.#interrupted = undefined;
    if (thread.isPending) this.#pending--;
    thread.isPending = false;
  }

  // ---- waiting ----

  #block(thread: GuestThread, block: Block): void {
    if (block.ms <= 0 && block.memory === undefined) {
      block.expire();
      this.#ready.push(thread);
      return;
    }
    this.#blocked.add(thread, block, () => this.#makeReady(thread));
  }
  #awaitPromise(thread: GuestThread, pending: Promise<void>): void {
    thread.isPending = true;
    this.#pending++;
    void pending.then(() => {
      if (thread.isEnded || !thread.isPending) return;
      thread.isPending = false;
      this.#pending--;
      this.#makeReady(thread);
    });
  }
  #makeReady(thread: GuestThread): void {
    this.#ready.push(thread);
    this.#idle?.wake();
  }
  /** No thread can go on: a sync call waits for the first that will. */
  #sleep(): void {
    const { platform, meter } = this.#main.store;
    const files = this.#blocked.ofFiles;
    const nap = Math.max(0, Math.min(this.#blocked.msToGo, LONGEST_NAP_MS, meter.remainingMs));
    const file = files.length === 1 ? files[0]!.block!.file : undefined;
    if (file?.wait) file.wait(nap);
    else platform.sleep(nap);
    meter.check();
    if (file?.wait || this.#options.time.skipTo) this.#blocked.lookAtFiles();
  }
  #checkDeadlock(): void {
    if (!this.#blocked.waitForEver) return;
    const waiting = this.#blocked.all;
    if (this.#turn.awaits) {
      const mayBeWoken = waiting.some(({ block }) => block!.memory && this.#options.isHeldElsewhere(block!.memory));
      if (this.#pending > 0 || mayBeWoken) return;
    } else if (this.#pending > 0) {
      throw new UsageError('all threads wait for async natives: call the guest with callAsync');
    }
    this.#outcome = { error: deadlockOf(waiting.map(waitOf)) };
    throw new ClusterEnded();
  }

  // ---- spawning ----

  spawn(env: ExecEnv, argument: number): number {
    const plan = wasiThread(this.#main, argument);
    if (plan === undefined || env.cluster.isFull) return -1;
    try {
      return this.#start(env, plan).id;
    } catch (error) {
      if (error instanceof LimitError) return -1;
      throw error;
    }
  }
  start(env: ExecEnv, index: number, write: (slots: Slots) => void): StartedThread {
    return this.launch(env, callOf(index, write));
  }
  launch(env: ExecEnv, plan: ThreadPlan): StartedThread {
    const thread = this.#start(env, plan);
    return {
      id: thread.id,
      get isEnded() {
        return thread.isEnded;
      },
      join: new Joining(thread.last!.func, thread.id, {
        invoke: (slots) => {
          const outermost = this.#current === undefined;
          this.#runTo(this.#await(thread, SYNC), slots, outermost);
        },
        begin: (slots) => this.#execution(this.#await(thread, ASYNC), slots),
      }),
      cancel: () => {
        if (thread.isEnded) return;
        thread.cancelled = true;
        if (!thread.runs) this.#leaveCalls(thread);
      },
    };
  }
  /** The call to wait for until the thread has ended. */
  #await(thread: GuestThread, turn: Turn): Task {
    if (thread.runs) throw new UsageError(`thread ${thread.id} cannot wait for itself`);
    if (this.#current === undefined) {
      this.#checkAlone();
      this.#open(turn);
    } else if (turn.awaits) throw new UsageError(secondCall(this.#main));
    return thread.last!;
  }
  #start(env: ExecEnv, plan: ThreadPlan): GuestThread {
    const threadEnv = env.cluster.spawnExecEnv(env);
    try {
      const { instance, start } = makeThreadInstance(this.#main, this.#options.compiled);
      try {
        return this.#begin(threadEnv, instance, start, plan);
      } catch (error) {
        this.#dispose(instance);
        throw error;
      }
    } catch (error) {
      threadEnv.end();
      throw error;
    }
  }
  #begin(env: ExecEnv, instance: Instance, start: FunctionInstance | undefined, plan: ThreadPlan): GuestThread {
    const id = lowestFree(this.#threads);
    env.instance = instance;
    const thread = new GuestThread(id, env, instance, plan);
    if (start) thread.next.push(this.#task(start));
    const { call, globals } = plan.begin(env, instance, id);
    setGlobals(instance, globals);
    thread.last = this.#task(calledBy(instance, call.target));
    thread.next.push(thread.last);
    call.write(thread.last.slots);
    this.#threads.set(id, thread);
    const { usage } = this.#main;
    usage.threads!++;
    usage.peakThreads = Math.max(usage.peakThreads!, 1 + this.alive);
    this.#makeReady(thread);
    return thread;
  }
  #task(func: FunctionInstance): Task {
    return new Task(func, slotsFor(func.signature), 'small', this.#main.limits.callDepth ?? DEFAULT_CALL_DEPTH);
  }
}

const SYNC: Turn = { timed: false, awaits: false, blocks: true };
const ASYNC: Turn = { timed: false, awaits: true, blocks: true };

function waitOf({ id, block, tasks }: GuestThread): WaitingThread {
  const { memory, address, what } = block!;
  const frames = [...tasks].reverse().flatMap(({ execution }) => execution?.frames() ?? []);
  const place = memory ? ` at ${address}` : what ? ` for ${what()}` : '';
  return { wait: { thread: id, address: memory ? address : undefined, frames }, place };
}
