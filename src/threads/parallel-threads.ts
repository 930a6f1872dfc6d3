// Runs the threads of one instance in workers, its first included, and serves them on this thread: natives and WASI, growth, budgets, starts and ends. A
// call from outside runs all of them until it has ended; those that are left then stand still until the next call. A trap, an exit or a limit in any of
// them ends all. Refuses a second call from outside while one is on its way.
import { Block } from '../runtime/block.js';
import type { CompiledModule, ThreadSupport } from '../runtime/engine.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import type { Execution, FunctionInstance, TurnEnd } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { MemoryInstance } from '../runtime/memory.js';
import type { LentFuel } from '../runtime/meter.js';
import { Slots } from '../runtime/slots.js';
import { ThreadExit } from '../runtime/thread-exit.js';
import type { LaunchedThread, StartedThread, ThreadPlan, ThreadRunner } from '../runtime/thread-runner.js';
import { InternalError, LimitError, noteThread, UsageError } from '../wasm/errors.js';
import { Cluster, standsStill } from './cluster.js';
import { setupOf } from './cluster-setup.js';
import { type ControlBlock, DEADLOCKED, STOPPED_BY_SERVER } from './control-block.js';
import { DeadlockWatch, type ThreadAt, trapOf } from './deadlock-watch.js';
import { decodeError } from './error-text.js';
import { copySlots } from './guest-thread.js';
import { Joining } from './join.js';
import { NativeCalls } from './native-calls.js';
import { callOf, wasiThread } from './plans.js';
import { fillRemoteInstance } from './remote-instance.js';
import type { Job, RemoteThread } from './remote-thread.js';
import { BUDGETS, SharedFuel } from './shared-budget.js';
import { lowestFree, secondCall } from './thread-entry.js';

export interface ParallelOptions {
  readonly compiled: CompiledModule;
  /** Of the engine that runs the instance. */
  readonly support: ThreadSupport;
  /** Whether another instance has the memory. */
  isHeldElsewhere(memory: MemoryInstance): boolean;
}

/** The longest sleep at once, so that an aborted signal, a dead worker and a deadlock are noticed. */
const LONGEST_NAP_MS = 20;

/** So often it is noticed all the same where threads let the server never sleep. */
const RINGS_PER_CHECK = 1_000;

/** How long a spawn waits for a thread that is about to end, where there are as many as there may be. */
const ROOM_MS = 20;

/** What unwinds the natives between the thread that ended the cluster and the outermost call, which knows why. */
class ClusterEnded extends Error {}

export class ParallelThreads implements ThreadRunner {
  readonly kind = 'parallel';
  readonly now = undefined;
  readonly #main: Instance;
  readonly #options: ParallelOptions;
  readonly #cluster: Cluster;
  readonly #control: ControlBlock;
  readonly #threads: Map<number, RemoteThread>;
  readonly #fuel: SharedFuel;
  readonly #calls: NativeCalls;
  #isActive = false;
  /** A thread has ended since a spawn waited for that in vain. */
  #endsFollow = true;
  #lent: LentFuel | undefined;
  /** Why all threads end. */
  #outcome: { readonly error: unknown } | undefined;
  readonly #watch: DeadlockWatch;
  /** Where all threads waited for ever. */
  #deadlock: readonly ThreadAt[] | undefined;
  /** What an async call waits for. */
  #idle: Block | undefined;
  #awaits = false;
  #seen = 0;
  #rings = 0;

  constructor(main: Instance, options: ParallelOptions) {
    this.#main = main;
    this.#options = options;
    this.#cluster = new Cluster(main);
    this.#control = this.#cluster.control;
    this.#threads = this.#cluster.threads;
    this.#watch = new DeadlockWatch(main, this.#control);
    this.#fuel = new SharedFuel(this.#control, (seen) => this.#awaitFuel(seen));
    this.#calls = new NativeCalls(main, this.#fuel, {
      failed: (thread, error) => this.#fail(error, thread.id),
      ready: () => this.#idle?.wake(),
    });
    this.#cluster.onEnd = (thread) => {
      this.#endsFollow = true;
      this.#calls.remove(thread);
    };
    this.#cluster.onMessage = () => this.#idle?.wake();
    main.usage.threads = 0;
    main.usage.peakThreads = 1;
    this.#control.freeze();
    main.disposers.push(() => {
      this.end();
      this.#cluster.dispose();
    });
  }

  /** What takes the place of the engine's code in this thread. */
  readonly compiled: CompiledModule = {
    instantiate: (instance) => {
      fillRemoteInstance(instance, this.#options.support.makeMemory(instance.store));
      this.#cluster.setup = setupOf(instance, this.#options.compiled, this.#options.support, this.#control);
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
    if (serving !== undefined) return this.#cluster.give(serving, func, slots, env);
    this.#checkAlone();
    this.#open(awaits);
    const first = this.#threads.get(0) ?? this.#begunAgain();
    first.env = env;
    return this.#cluster.give(first, func, slots, env);
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
    this.#cluster.keepAlive(awaits);
  }
  /** The first thread, whose instance is made in its worker. */
  #first(): Job {
    this.#checkAlone();
    this.#open(false);
    return this.#cluster.giveBegin(this.#cluster.add(0, this.#main.execEnv));
  }
  /** After its worker had to be ended: in a new one, with a new instance, as each thread has one. */
  #begunAgain(): RemoteThread {
    const thread = this.#cluster.add(0, this.#main.execEnv);
    const job = this.#cluster.giveBegin(thread);
    while (this.#advance(job) !== 'done') this.#sleep();
    return thread;
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
    const error = this.#deadlock ? trapOf(this.#deadlock) : ended?.error;
    this.#control.freeze();
    if (this.#lent) this.#main.store.meter.settleFuel(this.#lent, this.#fuel.left);
    this.#lent = undefined;
    this.#cluster.keepAlive(false);
    this.#isActive = false;
    this.#outcome = this.#deadlock = this.#idle = undefined;
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
      for (const thread of [...this.#threads.values()]) {
        this.#serve(thread);
        if (thread.box.cancelled && thread.runs) this.#cluster.nudge(thread);
      }
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
    // The worker of one that has ended may have another thread already.
    if (kind === undefined || thread.isEnded) return;
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
  #ended(thread: RemoteThread, how: 'done' | 'failed' | 'stopped' | 'left'): void {
    const job = thread.jobs.pop()!;
    if (how === 'done') {
      thread.box.getValues(job.slots, job.results);
      job.isDone = true;
    } else if (how === 'failed') {
      const error = decodeError(thread.box.getText(), this.#main.tags, this.#lent?.limit ?? 0);
      if (job.isInner) job.failure = { error };
      else {
        noteThread(error, thread.id);
        this.#outcome ??= { error };
      }
    } else if (job.isInner) {
      // The native that made the call is left as well.
      if (!this.#outcome) job.failure = { error: new ThreadExit() };
    } else if (this.#deadlock) {
      thread.frames = (decodeError(thread.box.getText(), this.#main.tags, 0) as LimitError).frames;
    }
    if (thread.jobs.length === 0 && thread.id !== 0) this.#goOn(thread);
  }
  /** A thread is in no call any more: it makes the next one of its plan, or ends. */
  #goOn(thread: RemoteThread): void {
    const { plan, last } = thread;
    try {
      const call = this.#outcome ? undefined : plan?.next?.(last?.isDone ? last.slots : undefined);
      if (call) {
        thread.box.cancelled = false;
        this.#cluster.givePlanned(thread, 'next', { call, globals: [] });
        return;
      }
    } catch (error) {
      this.#fail(error, thread.id);
    }
    this.#cluster.forget(thread);
  }
  /** Sleeps until a thread wants something or a wait of one is over. */
  #sleep(): void {
    const { meter } = this.#main.store;
    // To ask the host for its workers takes as long as a short native.
    if (!this.#control.rings(this.#seen)) {
      this.#control.sleep(this.#seen, Math.max(0, Math.min(this.#calls.msToGo, LONGEST_NAP_MS, meter.remainingMs)));
      this.#checkWorkers();
    } else if (++this.#rings % RINGS_PER_CHECK === 0) this.#checkWorkers();
    meter.check();
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
    const { isHeldElsewhere } = this.#options;
    this.#deadlock = this.#watch.find(
      this.#cluster.running(),
      (memory) => this.#awaits && isHeldElsewhere(this.#main.memories[memory]!),
    );
    if (this.#deadlock) {
      this.#control.stop(DEADLOCKED);
      this.#fail(undefined, undefined);
    }
    return this.#deadlock !== undefined;
  }

  // ---- standing still and ending ----

  /** Lets no guest code run after the call; what comes of it meanwhile is served, but for the calls of natives. */
  #freeze(): void {
    if (this.#cluster.running().length === 0) return;
    this.#control.freeze();
    while (!this.#outcome) {
      const seen = this.#control.rung;
      for (const thread of this.#cluster.running()) if (thread.box.pending !== 'call') this.#serve(thread);
      if (this.#cluster.running().every(standsStill)) return;
      this.#control.await(seen, LONGEST_NAP_MS);
      this.#checkWorkers();
    }
  }
  /** Ends all threads, or all but the first. */
  #stop(withFirst: boolean): void {
    this.#outcome ??= { error: undefined };
    this.#control.stop(STOPPED_BY_SERVER);
    this.#control.thaw();
    this.#cluster.awaitEnd(
      () => this.#cluster.running(withFirst),
      (thread) => this.#serve(thread),
    );
    this.#calls.clear();
    this.#control.clear();
  }
  end(): number {
    const ended = this.#cluster.running(false).length;
    if (ended > 0) {
      this.#stop(false);
      this.#outcome = undefined;
      this.#control.freeze();
    }
    return ended;
  }

  // ---- starting ----

  get alive(): number {
    return this.#threads.size - (this.#threads.has(0) ? 1 : 0);
  }
  spawn(env: ExecEnv, argument: number): number {
    const plan = wasiThread(this.#main, argument);
    if (plan === undefined || !this.#hasRoom(env)) return -1;
    try {
      return this.#start(env, plan).id;
    } catch (error) {
      if (error instanceof LimitError) return -1;
      throw error;
    }
  }
  /** Whether there may be another thread. Who has joined one in the guest knows of its end before this thread does, and may be waited for. */
  #hasRoom({ cluster }: ExecEnv): boolean {
    if (!cluster.isFull) return true;
    const { platform } = this.#main.store;
    const end = platform.monotonicNow() + ROOM_MS;
    while (this.#endsFollow && platform.monotonicNow() < end) {
      const seen = this.#control.rung;
      for (const thread of [...this.#threads.values()]) if (thread.box.pending === 'done') this.#serve(thread);
      if (!cluster.isFull) return true;
      this.#control.await(seen, 1);
    }
    this.#endsFollow = false;
    return false;
  }
  start(env: ExecEnv, index: number, write: (slots: Slots) => void): StartedThread {
    const thread = this.#start(env, callOf(index, write));
    return {
      id: thread.id,
      get isEnded() {
        return thread.isEnded;
      },
      join: new Joining(this.#main.functions[index]!, thread.id, {
        invoke: (slots) => {
          const outermost = this.#calls.serving === undefined;
          this.#runTo(() => this.#awaited(thread, false), slots, outermost);
        },
        begin: (slots) => this.#execution(() => this.#awaited(thread, true), slots),
      }),
      cancel: () => {
        thread.box.cancelled = true;
        // The native that it is in has to return first.
        if (thread === this.#calls.serving) return;
        this.#cluster.awaitEnd(
          () => (thread.isEnded ? [] : [thread]),
          (one) => this.#serve(one),
        );
      },
    };
  }
  launch(env: ExecEnv, plan: ThreadPlan): LaunchedThread {
    const thread = this.#start(env, plan);
    return {
      id: thread.id,
      cancel: () => {
        if (thread.isEnded) return;
        thread.box.cancelled = true;
        this.#cluster.nudge(thread);
        this.#control.fuelChanged();
        this.#control.wakeParked();
      },
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
  #start(env: ExecEnv, plan: ThreadPlan): RemoteThread {
    const threadEnv = env.cluster.spawnExecEnv(env);
    try {
      threadEnv.instance = this.#main;
      const id = lowestFree(this.#threads);
      const begin = plan.begin(threadEnv, this.#main, id);
      const thread = this.#cluster.add(id, threadEnv, plan);
      thread.bound.worker.thread.keepAlive(this.#awaits && this.#isActive);
      this.#cluster.givePlanned(thread, 'thread', begin);
      const { usage } = this.#main;
      usage.threads!++;
      usage.peakThreads = Math.max(usage.peakThreads!, this.#threads.size);
      return thread;
    } catch (error) {
      threadEnv.end();
      throw error;
    }
  }
}

function giveResults({ results, slots: from }: Job, slots: Slots): void {
  if (from !== slots) copySlots(results, from, slots);
}
