// Runs the threads of one instance, those of calls from outside included, in turns of fuel, on this JavaScript thread. A call from outside runs all of
// them until it has ended; those that are left then stand still until the next call. A trap, an exit or a limit in any of them ends all.
// Refuses a second call from outside while one is on its way.
import { Block } from '../runtime/block.js';
import type { CompiledModule } from '../runtime/engine.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import { type Execution, FunctionInstance, type Turn, type TurnEnd } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { MemoryInstance } from '../runtime/memory.js';
import { DEFAULT_CALL_DEPTH, DEPTH } from '../runtime/meter.js';
import type { Slots } from '../runtime/slots.js';
import type { StartedThread, ThreadRunner } from '../runtime/thread-runner.js';
import { LimitError, noteThread, type ThreadWait, UsageError } from '../wasm/errors.js';
import { copySlots, GuestThread, slotsFor, Task } from './guest-thread.js';
import type { GuestTime } from './guest-time.js';
import { deadlockOf, Joining } from './join.js';
import type { Schedule } from './schedule.js';
import { isEntry, lowestFree, secondCall, WASI_THREAD_START } from './thread-entry.js';
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
  readonly #blocked = new Set<GuestThread>();
  /** When the first of the blocked ones goes on by itself. */
  #nextWake = Number.POSITIVE_INFINITY;
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
    main.usage.threads = 0;
    main.usage.peakThreads = 1;
    main.usage.schedule = options.schedule.hash;
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
    if (this.#idle && this.#options.time.skipTo) this.#expire(({ block }) => block!.retryMs !== undefined);
    this.#idle = undefined;
    for (;;) {
      if (target.failure) throw target.failure.error;
      if (target.isDone) return 'done';
      if (this.#outcome) throw new ClusterEnded();
      if (++this.#turns % TURNS_PER_CHECK === 0) meter.checkpoint();
      this.#wakeDue();
      const thread = this.#next();
      if (thread === undefined) {
        if (this.#skipTime()) continue;
        this.#checkDeadlock();
        if (this.#turn.awaits) this.#idle = new Block({ ms: this.#msToGo() });
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
      this.#endThread(thread);
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
    else this.#endThread(thread);
  }
  #failed(thread: GuestThread, task: Task, error: unknown): void {
    if (task.stack === 'same') {
      // That is for the native that made the call.
      task.failure = { error };
      thread.tasks.pop();
      return;
    }
    this.#fail(thread, error);
  }
  #fail(thread: GuestThread, error: unknown): never {
    noteThread(error, thread.id);
    this.#outcome ??= { error };
    throw new ClusterEnded();
  }
  #outOfFuel(): LimitError | undefined {
    const thread = this.#interrupted;
    const error = thread?.tasks.at(-1)?.execution?.outOfFuel;
    if (thread) noteThread(error, thread.id);
    return error;
  }
  #endThread(thread: GuestThread): void {
    this.#leaveLists(thread);
    thread.abandon();
    this.#threads.delete(thread.id);
    if (thread.id === 0) return;
    thread.env.end();
    const { instance } = thread;
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
    const { time } = this.#options;
    // Counted time does not pass while a file is waited for.
    const ms = time.skipTo ? block.ms : Math.min(block.ms, block.retryMs ?? Number.POSITIVE_INFINITY);
    thread.block = block;
    thread.wakeAt = time.now() + ms;
    this.#nextWake = Math.min(this.#nextWake, thread.wakeAt);
    this.#blocked.add(thread);
    block.onEnd = () => {
      thread.block = undefined;
      this.#blocked.delete(thread);
      this.#makeReady(thread);
    };
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
  #wakeDue(): void {
    if (this.#nextWake === Number.POSITIVE_INFINITY) return;
    const now = this.#options.time.now();
    if (now >= this.#nextWake) this.#expire((thread) => thread.wakeAt <= now);
  }
  #expire(isOver: (thread: GuestThread) => boolean): void {
    const over = [...this.#blocked].filter(isOver);
    for (const { block } of over) block!.expire();
    this.#nextWake = [...this.#blocked].reduce(
      (first, { wakeAt }) => Math.min(first, wakeAt),
      Number.POSITIVE_INFINITY,
    );
  }
  /** Where time is counted and everybody sleeps, it is at once when the first one wakes. Files are looked at on this occasion. */
  #skipTime(): boolean {
    const { time } = this.#options;
    if (!time.skipTo || this.#nextWake === Number.POSITIVE_INFINITY) return false;
    const to = this.#nextWake;
    time.skipTo(to);
    this.#expire(({ wakeAt, block }) => wakeAt <= to || block!.retryMs !== undefined);
    return true;
  }
  /** No thread can go on: a sync call waits for the first that will. */
  #sleep(): void {
    const { platform, meter } = this.#main.store;
    const files = [...this.#blocked].filter(({ block }) => block!.retryMs !== undefined);
    const nap = Math.max(0, Math.min(this.#msToGo(), LONGEST_NAP_MS, meter.remainingMs));
    const file = files.length === 1 ? files[0]!.block!.file : undefined;
    if (file?.wait) file.wait(nap);
    else platform.sleep(nap);
    meter.check();
    if (file?.wait || this.#options.time.skipTo) this.#expire(({ block }) => block!.retryMs !== undefined);
  }

  /** Milliseconds of the platform's time until a thread can go on without a notification. */
  #msToGo(): number {
    const { time } = this.#options;
    if (!time.skipTo) return this.#nextWake - time.now();
    return [...this.#blocked].reduce(
      (least, { block }) => Math.min(least, block!.retryMs ?? least),
      Number.POSITIVE_INFINITY,
    );
  }

  #checkDeadlock(): void {
    const waiting = [...this.#blocked];
    if (this.#nextWake !== Number.POSITIVE_INFINITY || waiting.some(({ block }) => block!.retryMs !== undefined))
      return;
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
    const entry = this.#main.exports.get(WASI_THREAD_START)?.value;
    if (!(entry instanceof FunctionInstance) || !isEntry(entry) || env.cluster.isFull) return -1;
    try {
      return this.#start(env, this.#main.functions.indexOf(entry), ({ i32 }, id) => {
        i32[0] = id;
        i32[4] = argument;
      }).id;
    } catch (error) {
      if (error instanceof LimitError) return -1;
      throw error;
    }
  }
  start(env: ExecEnv, index: number, write: (slots: Slots) => void): StartedThread {
    const thread = this.#start(env, index, write);
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
        thread.cancelled = true;
        if (!thread.runs) this.#endThread(thread);
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
  #start(env: ExecEnv, index: number, write: (slots: Slots, id: number) => void): GuestThread {
    const threadEnv = env.cluster.spawnExecEnv(env);
    try {
      const id = lowestFree(this.#threads);
      const { instance, start } = makeThreadInstance(this.#main, this.#options.compiled);
      threadEnv.instance = instance;
      const thread = new GuestThread(id, threadEnv, instance);
      if (start) thread.next.push(this.#task(start));
      thread.last = this.#task(instance.functions[index]!);
      thread.next.push(thread.last);
      write(thread.last.slots, id);
      this.#threads.set(id, thread);
      const { usage } = this.#main;
      usage.threads!++;
      usage.peakThreads = Math.max(usage.peakThreads!, this.#threads.size + (this.#threads.has(0) ? 0 : 1));
      this.#makeReady(thread);
      return thread;
    } catch (error) {
      threadEnv.end();
      throw error;
    }
  }
  #task(func: FunctionInstance): Task {
    return new Task(func, slotsFor(func.signature), 'small', this.#main.limits.callDepth ?? DEFAULT_CALL_DEPTH);
  }
}

const SYNC: Turn = { timed: false, awaits: false, blocks: true };
const ASYNC: Turn = { timed: false, awaits: true, blocks: true };

function waitOf({ id, block, tasks }: GuestThread): ThreadWait {
  return {
    thread: id,
    address: block!.memory ? block!.address : undefined,
    frames: [...tasks].reverse().flatMap(({ execution }) => execution?.frames() ?? []),
  };
}
