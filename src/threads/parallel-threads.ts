// Runs the threads of one instance in workers, its first included, and serves them on this thread: natives and WASI, growth, budgets, starts and ends. A
// call from outside runs all of them until it has ended; those that are left then stand still until the next call. A trap, an exit or a limit in any of
// them ends all. Refuses a second call from outside while one is on its way.
import { Block } from '../runtime/block.js';
import type { CompiledModule, ThreadSupport } from '../runtime/engine.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import { type Execution, FunctionInstance, type TurnEnd } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { MemoryInstance } from '../runtime/memory.js';
import type { LentFuel } from '../runtime/meter.js';
import { Slots } from '../runtime/slots.js';
import type { StartedThread, ThreadRunner } from '../runtime/thread-runner.js';
import { InternalError, LimitError, noteThread, UsageError } from '../wasm/errors.js';
import { ControlBlock, STOPPED_BY_SERVER } from './control-block.js';
import { decodeError } from './error-text.js';
import { copySlots, slotsFor } from './guest-thread.js';
import { deadlockOf, Joining } from './join.js';
import { PARKED, RUNS, STARVES, WAITS } from './mailbox.js';
import { NativeCalls } from './native-calls.js';
import { WorkerPool } from './pool.js';
import { fillRemoteInstance } from './remote-instance.js';
import { BoundWorker, type Job, RemoteThread } from './remote-thread.js';
import { BUDGETS, SharedFuel } from './shared-budget.js';
import { isEntry, lowestFree, secondCall, WASI_THREAD_START } from './thread-entry.js';
import { type ClusterSetup, setupOf } from './cluster-setup.js';

export interface ParallelOptions {
  readonly compiled: CompiledModule;
  /** Of the engine that runs the instance. */
  readonly support: ThreadSupport;
  /** Whether another instance has the memory. */
  isHeldElsewhere(memory: MemoryInstance): boolean;
}

/** The longest sleep at once, so that an aborted signal, a dead worker and a deadlock are noticed. */
const LONGEST_NAP_MS = 20;
/** How long a thread may take to stop: it looks whether it is to every few milliseconds. What takes longer is ended with its worker. */
const STOP_MS = 50;

/** What unwinds the natives between the thread that ended the cluster and the outermost call, which knows why. */
class ClusterEnded extends Error {}

export class ParallelThreads implements ThreadRunner {
  readonly kind = 'parallel';
  readonly now = undefined;
  readonly #main: Instance;
  readonly #options: ParallelOptions;
  readonly #control = new ControlBlock();
  readonly #fuel: SharedFuel;
  readonly #pool: WorkerPool;
  /** Those that are alive, by number; 0 from the instantiation on. */
  readonly #threads = new Map<number, RemoteThread>();
  /** The workers of the cluster whose threads have ended. */
  readonly #idleWorkers: BoundWorker[] = [];
  readonly #calls: NativeCalls;
  #setup: ClusterSetup | undefined;
  #isActive = false;
  #lent: LentFuel | undefined;
  /** Why all threads end. */
  #outcome: { readonly error: unknown } | undefined;
  #deadlocked = false;
  /** What an async call waits for. */
  #idle: Block | undefined;
  #awaits = false;
  #seen = 0;

  constructor(main: Instance, options: ParallelOptions) {
    this.#main = main;
    this.#options = options;
    this.#pool = WorkerPool.of(main.store);
    // What the host takes for that is not the guest's time.
    this.#pool.warm();
    this.#fuel = new SharedFuel(this.#control, (seen) => this.#awaitFuel(seen));
    this.#calls = new NativeCalls(main, this.#fuel, {
      failed: (thread, error) => this.#fail(error, thread.id),
      ready: () => this.#idle?.wake(),
    });
    main.usage.threads = 0;
    main.usage.peakThreads = 1;
    this.#control.freeze();
    main.disposers.push(() => this.#dispose());
  }

  /** What takes the place of the engine's code in this thread. */
  readonly compiled: CompiledModule = {
    instantiate: (instance) => {
      fillRemoteInstance(instance, this.#options.support.makeMemory(instance.store));
      this.#setup = setupOf(instance, this.#options.compiled, this.#options.support, this.#control);
      this.#runTo(() => this.#first(), new Slots(1), true);
    },
    dispose: () => {},
  };

  // ---- calls from outside, and from natives ----

  invoke(func: FunctionInstance, env: ExecEnv, slots: Slots): void {
    const outermost = this.#calls.serving === undefined;
    this.#runTo(() => this.#enter(func, env, slots, false), slots, outermost);
  }
  begin(func: FunctionInstance, env: ExecEnv, slots: Slots): Execution {
    if (this.#calls.serving !== undefined) throw new UsageError(secondCall(this.#main));
    return this.#execution(() => this.#enter(func, env, slots, true), slots);
  }
  #runTo(start: () => Job, slots: Slots, outermost: boolean): void {
    try {
      const job = start();
      while (this.#advance(job) !== 'done') this.#sleep();
      giveResults(job, slots);
    } catch (error) {
      throw this.#leave(outermost, { error });
    }
    const failure = this.#leave(outermost, undefined);
    if (failure !== undefined) throw failure;
  }
  /** Serves until one call has ended, whenever there is something to do. */
  #execution(start: () => Job, slots: Slots): Execution {
    let isOver = false;
    const leave = (failure?: { readonly error: unknown }): unknown => {
      if (isOver) return failure?.error;
      isOver = true;
      return this.#leave(true, failure);
    };
    const job = start();
    const threads = this;
    return {
      pending: undefined,
      outOfFuel: undefined,
      get block() {
        return threads.#idle;
      },
      run: (): TurnEnd => {
        let failure: unknown;
        try {
          this.#control.backFromEventLoop();
          if (this.#advance(job) !== 'done') return this.#goIdle();
          giveResults(job, slots);
          failure = leave();
        } catch (error) {
          throw leave({ error });
        }
        if (failure !== undefined) throw failure;
        return 'done';
      },
      frames: () => [],
      cancel: () => void leave({ error: undefined }),
      runsIn: () => false,
    };
  }
  #goIdle(): TurnEnd {
    if (!this.#control.leaveToEventLoop(this.#seen)) return 'slice';
    this.#idle = new Block({ ms: Math.min(LONGEST_NAP_MS, this.#calls.msToGo) });
    return 'blocked';
  }

  /** Puts a call on the thread that a native was called by, or on the first one. */
  #enter(func: FunctionInstance, env: ExecEnv, slots: Slots, awaits: boolean): Job {
    const { serving } = this.#calls;
    if (serving !== undefined) return this.#give(serving, 'call', func, slots, env);
    this.#checkAlone();
    this.#open(awaits);
    const first = this.#threads.get(0) ?? this.#begunAgain();
    first.env = env;
    return this.#give(first, 'call', func, slots, env);
  }
  #checkAlone(): void {
    if (this.#isActive) throw new UsageError(secondCall(this.#main));
  }
  #open(awaits: boolean): void {
    this.#isActive = true;
    this.#awaits = this.#calls.awaits = awaits;
    const { meter } = this.#main.store;
    this.#lent = meter.lendFuel();
    this.#fuel.fill(this.#lent.units);
    this.#control.thaw();
    for (const { bound } of this.#threads.values()) this.#hold(bound);
  }
  #hold({ worker }: BoundWorker): void {
    worker.thread.keepAlive(this.#awaits);
    worker.onMessage = () => this.#idle?.wake();
  }
  /** The first thread, whose instance is made in its worker. */
  #first(): Job {
    this.#checkAlone();
    this.#open(false);
    const thread = new RemoteThread(0, this.#main.execEnv, this.#bind());
    this.#threads.set(0, thread);
    this.#countAlive();
    return this.#give(thread, 'begin', undefined, new Slots(1), thread.env);
  }
  /** After its worker had to be ended: in a new one, with a new instance, as each thread has one. */
  #begunAgain(): RemoteThread {
    const thread = new RemoteThread(0, this.#main.execEnv, this.#bind());
    this.#threads.set(0, thread);
    this.#countAlive();
    const job = this.#give(thread, 'begin', undefined, new Slots(1), thread.env);
    while (this.#advance(job) !== 'done') this.#sleep();
    return thread;
  }
  #give(
    thread: RemoteThread,
    kind: 'begin' | 'call' | 'thread',
    func: FunctionInstance | undefined,
    slots: Slots,
    env: ExecEnv,
  ): Job {
    const isInner = thread.jobs.length > 0;
    const job: Job = { func, slots: isInner ? slotsFor(func!.signature) : slots, isInner, isDone: false, failure: undefined };
    thread.jobs.push(job);
    if (!isInner) thread.last = job;
    const { box } = thread;
    if (func) box.putValues(slots, func.signature.params.length);
    box.state = RUNS;
    box.reply(kind, kind === 'thread' ? thread.id : (func?.index ?? 0), kind === 'thread' ? func!.index : env.stackSize);
    return job;
  }

  /** @returns what the call throws, where it failed or the others did */
  #leave(outermost: boolean, failure: { readonly error: unknown } | undefined): unknown {
    if (!outermost) {
      // It is not over for the native that made the call, unless all have ended.
      return failure?.error;
    }
    if (failure && !(failure.error instanceof ClusterEnded)) this.#fail(failure.error, undefined);
    if (!this.#outcome) this.#freeze();
    const ended = this.#outcome as { readonly error: unknown } | undefined;
    if (ended) this.#stop(true);
    const error = this.#deadlocked ? this.#deadlockTrap() : ended?.error;
    this.#control.freeze();
    if (this.#lent) this.#main.store.meter.settleFuel(this.#lent, this.#fuel.left);
    this.#lent = undefined;
    for (const { bound } of this.#threads.values()) bound.worker.thread.keepAlive(false);
    this.#isActive = this.#deadlocked = false;
    this.#outcome = this.#idle = undefined;
    return error;
  }
  /** Where a failure comes from a thread, that one knows; its word was the first. */
  #fail(error: unknown, thread: number | undefined): void {
    if (this.#outcome) return;
    if (thread !== undefined) noteThread(error, thread);
    this.#outcome = { error };
    this.#control.stop(STOPPED_BY_SERVER);
  }

  // ---- serving ----

  /** Serves what there is to serve. */
  #advance(job: Job): 'done' | 'blocked' {
    for (;;) {
      this.#seen = this.#control.rung;
      for (const thread of [...this.#threads.values()]) this.#serve(thread);
      this.#calls.resume();
      if (job.failure) throw job.failure.error;
      if (job.isDone) return 'done';
      if (this.#outcome) throw new ClusterEnded();
      if (this.#checkDeadlock()) throw new ClusterEnded();
      if (this.#control.rung === this.#seen) return 'blocked';
    }
  }
  #serve(thread: RemoteThread): void {
    const { box } = thread;
    const kind = box.pending;
    if (kind === undefined) return;
    box.takeRequest();
    switch (kind) {
      case 'call':
        if (this.#outcome) thread.answer('stop');
        else this.#calls.call(thread, this.#main.functions[box.requestArgument(0)]!);
        return;
      case 'grow':
        box.number = this.#main.memories[box.requestArgument(0)]!.grow(box.number);
        thread.answer('values');
        return;
      case 'take':
        this.#take(thread, box.requestArgument(0), box.number);
        return;
      default:
        this.#ended(thread, kind);
    }
  }
  #take(thread: RemoteThread, kind: number, amount: number): void {
    const budget = BUDGETS[kind] === 'memoryBytes' ? this.#main.budget : this.#main.tableBudget;
    const taken = budget.take(amount);
    if (taken) thread.taken[kind]! += amount;
    else thread.box.number = budget.refusedBy!;
    thread.answer('values', taken ? 1 : 0);
  }
  /** A call that it made for this thread has ended. */
  #ended(thread: RemoteThread, how: 'done' | 'failed' | 'stopped'): void {
    const job = thread.jobs.pop()!;
    if (how === 'done') {
      if (job.func) thread.box.getValues(job.slots, job.func.signature.results.length);
      job.isDone = true;
    } else if (how === 'failed') {
      const error = decodeError(thread.box.getText(), this.#main.tags, this.#lent?.limit ?? 0);
      if (job.isInner) job.failure = { error };
      else {
        noteThread(error, thread.id);
        this.#outcome ??= { error };
      }
    } else if (this.#deadlocked && !job.isInner) {
      thread.frames = (decodeError(thread.box.getText(), this.#main.tags, 0) as LimitError).frames;
    }
    if (thread.jobs.length === 0 && thread.id !== 0) this.#forget(thread);
  }
  /** Sleeps until a thread wants something or a wait of one is over. */
  #sleep(): void {
    const { meter } = this.#main.store;
    const nap = Math.max(0, Math.min(this.#calls.msToGo, LONGEST_NAP_MS, meter.remainingMs));
    this.#control.await(this.#seen, nap);
    meter.check();
    this.#checkWorkers();
  }
  #checkWorkers(): void {
    for (const { bound, id } of this.#threads.values()) {
      if (!bound.worker.thread.died) continue;
      this.#fail(new InternalError(`the worker of thread ${id} has ended by itself: out of memory, or a crash`), id);
    }
  }
  /** The server wants fuel for a guest that a native calls: those that have some may be waiting for the server. */
  #awaitFuel(seen: number): void {
    for (const thread of this.#threads.values()) {
      const { pending } = thread.box;
      if (pending === 'grow' || pending === 'take') this.#serve(thread);
    }
    this.#control.awaitFuel(seen, 1);
    this.#main.store.meter.check();
  }

  #checkDeadlock(): boolean {
    const running = [...this.#threads.values()].filter((thread) => thread.runs);
    if (running.length === 0 || running.some(({ calls }) => calls !== undefined) || !this.#control.allWait(running)) return false;
    const { isHeldElsewhere } = this.#options;
    if (this.#awaits && running.some((thread) => isHeldElsewhere(this.#memoryOf(thread)))) return false;
    this.#deadlocked = true;
    this.#waits = running.map((thread) => ({ thread, address: thread.box.waitsAt!.address }));
    this.#fail(undefined, undefined);
    return true;
  }
  #waits: readonly { readonly thread: RemoteThread; readonly address: number }[] = [];
  #memoryOf({ box }: RemoteThread): MemoryInstance {
    return this.#main.memories[box.waitsAt!.memory]!;
  }
  #deadlockTrap(): unknown {
    return deadlockOf(this.#waits.map(({ thread: { id, frames }, address }) => ({ thread: id, address, frames })));
  }

  // ---- standing still and ending ----

  /** Lets no guest code run after the call; what comes of it meanwhile is served, but for the calls of natives. */
  #freeze(): void {
    const others = (): RemoteThread[] => [...this.#threads.values()].filter((thread) => thread.runs);
    if (others().length === 0) return;
    this.#control.freeze();
    while (!this.#outcome) {
      const seen = this.#control.rung;
      for (const thread of others()) if (thread.box.pending !== 'call') this.#serve(thread);
      if (others().every(standsStill)) return;
      this.#control.await(seen, LONGEST_NAP_MS);
      this.#checkWorkers();
    }
  }
  /** Ends all threads, or all but the first. */
  #stop(first: boolean): void {
    const { platform } = this.#main.store;
    const running = (): RemoteThread[] =>
      [...this.#threads.values()].filter((thread) => thread.runs && (first || thread.id !== 0));
    this.#outcome ??= { error: undefined };
    this.#control.stop(STOPPED_BY_SERVER);
    this.#control.thaw();
    this.#control.fuelChanged();
    const end = platform.monotonicNow() + STOP_MS;
    while (running().length > 0) {
      const seen = this.#control.rung;
      for (const thread of running()) this.#urge(thread);
      if (running().length === 0) break;
      if (platform.monotonicNow() >= end) {
        for (const thread of running()) this.#kill(thread);
        break;
      }
      this.#control.await(seen, 1);
    }
    this.#calls.clear();
    this.#control.clear();
  }
  /** Lets a thread notice that it is to end, wherever it is. */
  #urge(thread: RemoteThread): void {
    this.#serve(thread);
    if (thread.calls !== undefined) thread.answer('stop');
    const { waitsAt } = thread.box;
    if (waitsAt === undefined) return;
    const { i32 } = this.#main.memories[waitsAt.memory]!.views;
    this.#control.countNotified(Atomics.notify(i32, waitsAt.address / 4));
  }
  #kill(thread: RemoteThread): void {
    this.#pool.drop(thread.bound.worker);
    thread.jobs.length = 0;
    this.#remove(thread);
  }
  #forget(thread: RemoteThread): void {
    this.#remove(thread);
    thread.box.cancelled = false;
    this.#idleWorkers.push(thread.bound);
  }
  #remove(thread: RemoteThread): void {
    const { budget, tableBudget } = this.#main;
    thread.isEnded = true;
    const { last } = thread;
    if (last && !last.isDone) {
      last.failure ??= { error: new UsageError(`thread ${thread.id} of '${this.#main.name}' has been ended`) };
    }
    budget.release(thread.taken[0]!);
    tableBudget.release(thread.taken[1]!);
    this.#threads.delete(thread.id);
    this.#calls.remove(thread);
    if (thread.id !== 0) thread.env.end();
    this.#countAlive();
  }
  #countAlive(): void {
    this.#control.alive = this.#threads.size;
  }

  end(): number {
    const ended = [...this.#threads.values()].filter((thread) => thread.id !== 0);
    if (ended.length > 0) {
      this.#stop(false);
      this.#outcome = undefined;
      this.#control.freeze();
    }
    return ended.length;
  }
  #dispose(): void {
    const first = this.#threads.get(0);
    this.end();
    if (first) {
      this.#remove(first);
      this.#idleWorkers.push(first.bound);
    }
    const most = this.#main.store.maxThreads + 1;
    for (const { box, worker } of this.#idleWorkers.splice(0)) {
      box.reply('release');
      this.#pool.give(worker, most);
    }
  }

  // ---- starting ----

  spawn(env: ExecEnv, argument: number): number {
    const entry = this.#main.exports.get(WASI_THREAD_START)?.value;
    if (!(entry instanceof FunctionInstance) || !isEntry(entry) || env.cluster.isFull) return -1;
    try {
      return this.#start(env, entry, ({ i32 }, id) => {
        i32[0] = id;
        i32[4] = argument;
      }).id;
    } catch (error) {
      if (error instanceof LimitError) return -1;
      throw error;
    }
  }
  start(env: ExecEnv, index: number, write: (slots: Slots) => void): StartedThread {
    const thread = this.#start(env, this.#main.functions[index]!, write);
    const last = thread.last!;
    return {
      id: thread.id,
      get isEnded() {
        return thread.isEnded;
      },
      join: new Joining(last.func!, thread.id, {
        invoke: (slots) => {
          const outermost = this.#calls.serving === undefined;
          this.#runTo(() => this.#awaited(thread, false), slots, outermost);
        },
        begin: (slots) => this.#execution(() => this.#awaited(thread, true), slots),
      }),
      cancel: () => this.#cancel(thread),
    };
  }
  /** The call to wait for until the thread has ended. */
  #awaited(thread: RemoteThread, awaits: boolean): Job {
    const { serving } = this.#calls;
    if (serving === thread) throw new UsageError(`thread ${thread.id} cannot wait for itself`);
    if (serving === undefined) {
      this.#checkAlone();
      this.#open(awaits);
    } else if (awaits) throw new UsageError(secondCall(this.#main));
    return thread.last!;
  }
  #start(env: ExecEnv, func: FunctionInstance, write: (slots: Slots, id: number) => void): RemoteThread {
    const threadEnv = env.cluster.spawnExecEnv(env);
    try {
      threadEnv.instance = this.#main;
      const slots = slotsFor(func.signature);
      const id = lowestFree(this.#threads);
      write(slots, id);
      const thread = new RemoteThread(id, threadEnv, this.#idleWorkers.pop() ?? this.#bind());
      this.#threads.set(id, thread);
      this.#countAlive();
      this.#hold(thread.bound);
      this.#give(thread, 'thread', func, slots, threadEnv);
      const { usage } = this.#main;
      usage.threads!++;
      usage.peakThreads = Math.max(usage.peakThreads!, this.#threads.size);
      return thread;
    } catch (error) {
      threadEnv.end();
      throw error;
    }
  }
  /** A worker that knows the cluster. */
  #bind(): BoundWorker {
    const bound = new BoundWorker(this.#pool.take());
    bound.worker.thread.post({ ...this.#setup, box: bound.box.memory });
    return bound;
  }
  /** Ends one at its next check. Between calls it stands still, and is looked after at once. */
  #cancel(thread: RemoteThread): void {
    if (thread.isEnded) return;
    thread.box.cancelled = true;
    const { platform } = this.#main.store;
    const end = platform.monotonicNow() + STOP_MS;
    this.#control.wakeParked();
    while (!thread.isEnded && thread !== this.#calls.serving) {
      const seen = this.#control.rung;
      this.#urge(thread);
      if (thread.isEnded) return;
      if (platform.monotonicNow() >= end) return this.#kill(thread);
      this.#control.wakeParked();
      this.#control.await(seen, 1);
    }
  }
}

/** No guest code of it runs before it is told to go on. */
function standsStill({ box, calls }: RemoteThread): boolean {
  const { state, pending } = box;
  return calls !== undefined || pending === 'call' || (pending === undefined && STILL.includes(state));
}
const STILL: readonly number[] = [WAITS, PARKED, STARVES];

function giveResults({ func, slots: from }: Job, slots: Slots): void {
  if (func && from !== slots) copySlots(func.signature.results.length, from, slots);
}
