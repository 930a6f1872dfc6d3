// A call that runs in slices and lets the event loop run in between. Each has its own meter state, exec env and slots.
// Refuses modes that cannot pause. The call ends when the runtime or the instance does.

import { show } from '../../base/show.js';
import { LONGEST_TIMER_MS, TIMER_SLACK_MS } from '../../platform/long-timer.js';
import type { Block } from '../../runtime/block.js';
import { aFunction, type Checks, checkOptions, nonNegativeInteger } from '../../runtime/check-options.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import {
  type Execution,
  type FunctionInstance,
  NativeFunctionInstance,
  type PartSteps,
  type SuspendingExecution,
  type TurnEnd,
} from '../../runtime/function.js';
import type { AbortSignalLike, Instance } from '../../runtime/instance.js';
import type { MeterState } from '../../runtime/meter.js';
import { Slots } from '../../runtime/slots.js';
import type { PendingCall, Store } from '../../runtime/store.js';
import { Trap, UsageError } from '../../wasm/errors.js';
import { leftOut } from '../../wasm/left-out.js';
import {
  CALL_CHECKS,
  CallAccount,
  type CallOptions,
  eitherSignal,
  failed,
  meterSettings,
  type Thrown,
} from './call.js';

/** More fuel, one unit for each instruction; undefined or 0 gives none. */
export type MoreFuel = number | undefined;

/** Limits of one call that runs in slices, and what happens when its fuel is used up. */
export interface AsyncCallOptions extends CallOptions {
  /**
   * Called when the fuel is used up; returns how many units more the guest gets. 0 or undefined ends the call with a LimitError, any other
   * value that is no whole number with a UsageError. Default: the call ends. Guests that a native calls cannot pause, so it is not called for them.
   */
  readonly onFuel?: ((usedUp: number) => MoreFuel | Promise<MoreFuel>) | undefined;
}

const CHECKS: Checks<AsyncCallOptions> = { ...CALL_CHECKS, onFuel: aFunction };

/** @throws UsageError */
export function checkAsyncOptions(options: AsyncCallOptions): AsyncCallOptions {
  return checkOptions<AsyncCallOptions>(options, CHECKS, 'call options');
}

/** What the caller does before and after the call. */
export interface CallSteps<T> {
  prepare(slots: Slots): void;
  finish(slots: Slots): T;
}

/** Whether a call of the function can run in slices. Calls of natives can, because their promises are awaited. */
export function canPause(func: FunctionInstance): boolean {
  return func.begin !== undefined || func.suspends || func instanceof NativeFunctionInstance;
}

/** Calls a function of the guest, in the call that is on its way. */
export type CallInside = <T>(func: FunctionInstance, ends: CallSteps<T>) => Promise<T>;

export async function runAsync<T>(
  instance: Instance,
  func: FunctionInstance,
  options: AsyncCallOptions,
  ends: CallSteps<T>,
): Promise<T> {
  instance.checkAlive();
  const checked = checkAsyncOptions(options);
  checkCanPause(instance, func, checked);
  return begin(instance, checked).run((call) => call(func, ends));
}

/** Runs what `body` calls one after the other as one call: its limits hold, and its usage counts, for all of it. */
export async function runAllAsync<T>(
  instance: Instance,
  options: AsyncCallOptions,
  body: (call: CallInside) => Promise<T>,
): Promise<T> {
  instance.checkAlive();
  return begin(instance, checkAsyncOptions(options)).run(body);
}

/** @throws UsageError in builds without such calls */
function begin(instance: Instance, options: AsyncCallOptions): AsyncCall {
  return typeof ENCLASM_WITHOUT_ASYNC_CALLS === 'undefined'
    ? new AsyncCall(instance, options)
    : leftOut('a call in slices', 'ENCLASM_WITHOUT_ASYNC_CALLS');
}

function checkCanPause(instance: Instance, func: FunctionInstance, { onFuel }: AsyncCallOptions): void {
  const { mode } = instance;
  if (!canPause(func)) {
    throw new UsageError(
      `mode '${mode}' cannot pause a call: callAsync needs mode 'host' where the JavaScript engine has promise integration (JSPI), or mode 'interp'; in an enclave that is a worker or a process calls of every mode run beside this thread`,
    );
  }
  if (onFuel && func.suspends) {
    throw new UsageError(`onFuel: a call in mode '${mode}' gets no more fuel than it began with: use mode 'interp'`);
  }
}

class AsyncCall implements PendingCall {
  readonly #instance: Instance;
  readonly #options: AsyncCallOptions;
  readonly #signal: AbortSignalLike | undefined;
  readonly #slots = new Slots();
  readonly #account: CallAccount;
  readonly #env: ExecEnv;
  #state: MeterState | undefined;
  #execution: Execution | SuspendingExecution | undefined;
  /** What was in place before the part that runs; undefined while none does. */
  #outer: { readonly state: MeterState; readonly limited: Store['limited']; readonly runs: boolean } | undefined;
  #cancelled = false;
  /** Whether a slice of this call is on the stack. */
  runs = false;
  /** The function that ends the present wait. */
  #wake: (() => void) | undefined;

  constructor(instance: Instance, options: AsyncCallOptions) {
    if (options.onFuel && instance.threads?.kind === 'parallel') {
      throw new UsageError(
        'onFuel: threads that run in workers cannot pause there: instantiate with threads: cooperative',
      );
    }
    this.#instance = instance;
    this.#options = options;
    this.#signal = eitherSignal(options.signal, instance.signal);
    this.#account = new CallAccount(instance, true);
    this.#account.begin(true);
    // Threads outlive the call that starts them.
    this.#env = instance.threads ? instance.execEnv : instance.createExecEnv(instance.stackSize);
  }
  get instance(): Instance {
    return this.#instance;
  }
  runsIn(instance: Instance): boolean {
    return this.#execution?.runsIn(instance) ?? false;
  }
  /** Makes the next slice end the call. A wait for a native ends at once. */
  cancel(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  async run<T>(body: (call: CallInside) => Promise<T>): Promise<T> {
    const instance = this.#instance;
    instance.store.pendingCalls.add(this);
    instance.running++;
    instance.exception = null;
    instance.observation?.observer.callBegan?.(instance.name);
    try {
      const result = await body(async (func, ends) => {
        checkCanPause(instance, func, this.#options);
        ends.prepare(this.#slots);
        await this.#finishCall(func);
        return ends.finish(this.#slots);
      });
      this.#close();
      return result;
    } catch (error) {
      this.#abandon();
      this.#close({ error });
      throw failed(instance, this.#account, error);
    } finally {
      this.#execution?.cancel();
      instance.running--;
      instance.store.pendingCalls.delete(this);
      if (!this.#env.ended && !instance.owns(this.#env)) instance.destroyExecEnv(this.#env);
    }
  }

  async #finishCall(func: FunctionInstance): Promise<void> {
    if (!func.begin && !func.suspends) {
      // It cannot block: that is only for threads.
      const pending = this.#metered(() =>
        (func as NativeFunctionInstance).call(this.#env, this.#slots),
      ) as Promise<unknown>;
      if (pending) await this.#wait(pending.then(() => {}));
      return;
    }
    const turn = func.begin ? this.#beginTurns(func) : this.#beginParts(func);
    for (;;) {
      const answer = turn();
      const ended = typeof answer === 'string' ? answer : await answer;
      if (ended === 'done') break;
      if (ended === 'fuel') await this.#refuel();
      else if (ended === 'await') await this.#wait(this.#execution!.pending!);
      else if (ended === 'blocked') await this.#waitFor((this.#execution as Execution).block!);
      else await this.#instance.store.platform.yieldToEventLoop();
    }
    this.#execution = undefined;
  }
  #beginTurns(func: FunctionInstance): () => TurnEnd {
    const execution = this.#metered(() => func.begin!(this.#env, this.#slots));
    this.#execution = execution;
    return () => this.#metered(() => execution.run());
  }
  #beginParts(func: FunctionInstance): () => Promise<TurnEnd> {
    const execution = func.beginSuspending!(this.#env, this.#slots);
    this.#execution = execution;
    return () => execution.run(this.#steps);
  }

  /** Runs one step with this call's meter state, and restores the state of the outer call afterwards. */
  #metered<R>(step: () => R): R {
    try {
      this.#steps.enter(true);
      return step();
    } finally {
      this.#steps.leave();
    }
  }
  readonly #steps: PartSteps = {
    timed: true,
    enter: (check) => {
      const { store } = this.#instance;
      const { meter, limited } = store;
      store.checkMayCall();
      const settings = this.#state ? undefined : meterSettings(this.#instance, this.#options);
      this.#outer = { state: meter.save(), limited, runs: this.runs };
      store.limited = this.#instance;
      if (this.#state) meter.restore(this.#state);
      else meter.begin(settings!);
      store.activeCalls++;
      this.runs = true;
      if (!this.#execution) this.#env.instance = this.#instance;
      if (!check) return;
      if (this.#cancelled) throw new Trap('terminated-by-user');
      meter.check();
    },
    leave: () => {
      const outer = this.#outer;
      if (outer === undefined) return;
      const { store } = this.#instance;
      this.#outer = undefined;
      store.activeCalls--;
      this.runs = outer.runs;
      this.#state = store.meter.save();
      store.meter.restore(outer.state);
      store.limited = outer.limited;
    },
  };

  async #refuel(): Promise<void> {
    const { onFuel } = this.#options;
    let more: MoreFuel;
    if (onFuel) {
      await this.#wait(
        (async () => {
          more = await onFuel(this.#used());
        })(),
      );
    }
    const wanted = more === undefined ? undefined : nonNegativeInteger(more);
    if (wanted !== undefined) throw new UsageError(`the result of onFuel: ${wanted} is wanted, not ${show(more)}`);
    if (!more) throw (this.#execution as Execution).outOfFuel;
    const units = more;
    this.#metered(() => this.#instance.store.meter.addFuel(units));
  }

  #used(): number {
    return this.#state?.used ?? 0;
  }

  /** Waits until a block is over, which others may end before its time. */
  async #waitFor(block: Block): Promise<void> {
    const { platform } = this.#instance.store;
    const ms = Math.min(block.ms, block.retryMs ?? Number.POSITIVE_INFINITY);
    const end = platform.monotonicNow() + ms;
    let cancelTimer: (() => void) | undefined;
    const over = new Promise<void>((resolve) => {
      block.onEnd = resolve;
      if (ms < LONGEST_TIMER_MS) cancelTimer = platform.startTimer?.(ms, () => block.expire());
    });
    try {
      if (cancelTimer || ms === Number.POSITIVE_INFINITY) return await this.#wait(over);
      // Without a timer, the clock is looked at again and again.
      while (block.waits) {
        await platform.yieldToEventLoop();
        this.#metered(() => {});
        if (platform.monotonicNow() >= end) block.expire();
      }
    } finally {
      cancelTimer?.();
    }
  }

  /** Waits for a promise of a native or the embedder, but not beyond the deadline, the signal or the end of the instance. */
  async #wait(pending: Promise<void>): Promise<void> {
    let settled = false;
    let failure: { readonly error: unknown } | undefined;
    const watched = pending.then(
      () => {
        settled = true;
      },
      (error) => {
        settled = true;
        failure = { error };
      },
    );
    await this.#settledOrOver(watched, () => settled);
    if (failure) throw (failure as { readonly error: unknown }).error;
  }

  async #settledOrOver(watched: Promise<void>, settled: () => boolean): Promise<void> {
    const { platform } = this.#instance.store;
    const deadline = this.#state?.deadline ?? Number.POSITIVE_INFINITY;
    let wake = (): void => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const cancelTimer =
      deadline < Infinity
        ? platform.startTimer?.(deadline - platform.monotonicNow() + TIMER_SLACK_MS, wake)
        : undefined;
    this.#signal?.addEventListener?.('abort', wake);
    this.#wake = wake;
    const canSleep = (deadline === Infinity || cancelTimer) && (!this.#signal || this.#signal.addEventListener);
    try {
      while (!settled()) {
        await Promise.race(canSleep ? [watched, woken] : [watched, platform.yieldToEventLoop()]);
        // This throws when the deadline has passed or the signal is aborted.
        if (!settled()) this.#metered(() => {});
      }
    } finally {
      this.#wake = undefined;
      cancelTimer?.();
      this.#signal?.removeEventListener?.('abort', wake);
    }
  }

  /** Ends what still runs, so that the bill is right. */
  #abandon(): void {
    const { meter } = this.#instance.store;
    const execution = this.#execution;
    this.#execution = undefined;
    if (execution === undefined || this.#state === undefined) return;
    const outer = meter.save();
    meter.restore(this.#state);
    execution.cancel();
    this.#state = meter.save();
    meter.restore(outer);
  }
  #close(thrown?: Thrown): void {
    this.#account.closeWith(this.#state?.call, this.#used(), this.#state?.hostCalls ?? 0, thrown);
  }
}
