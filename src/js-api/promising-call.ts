// A call of a guest that gives a promise: the guest is paused while it waits for what its imports promised, and JavaScript goes on meanwhile. One call, however
// often it is resumed: its limits hold for all of it, time in which it waits included. Ends with the trap "terminated by user" when the namespace does.

import type { WeakList } from '../base/weak-list.js';
import { LONGEST_TIMER_MS, TIMER_SLACK_MS } from '../platform/long-timer.js';
import type { Block } from '../runtime/block.js';
import { ExecEnv } from '../runtime/exec-env.js';
import { type FunctionInstance, NativeFunctionInstance, type Turn } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import { Trap } from '../wasm/errors.js';
import type { Account, CallRest } from './account.js';
import type { Thrown } from './thrown.js';

/** Nothing but a promise, or a wait of the guest's own, ends a turn. */
const TURN: Turn = { timed: false, awaits: true, blocks: false };

/** What is called, and with what. */
export interface Callee {
  readonly func: FunctionInstance;
  readonly instance: Instance;
  /** Writes the arguments to the slots. */
  write(): void;
  /** Reads the results from the slots. */
  read(): unknown;
}

/** Runs until the call has ended or waits. @returns what it waits for */
type Step = () => Promise<unknown> | undefined;
interface TurnResult {
  readonly pending: Promise<unknown> | undefined;
  /** Where nothing is pending. */
  readonly result?: unknown;
}

export class PromisingCall {
  readonly #callee: Callee;
  readonly #account: Account;
  readonly #thrown: Thrown;
  readonly #rest: CallRest;
  readonly #waiting: WeakList<PromisingCall>;
  #env: ExecEnv | undefined;
  #step: Step | undefined;
  #cancelGuest = (): void => {};
  #settle: ((end: 'resolve' | 'reject', value: unknown) => void) | undefined;
  /** The number of the wait: what ends an earlier one comes too late. */
  #wait = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param waiting where it is noted while it waits */
  constructor(callee: Callee, account: Account, thrown: Thrown, waiting: WeakList<PromisingCall>) {
    this.#callee = callee;
    this.#waiting = waiting;
    this.#account = account;
    this.#thrown = thrown;
    this.#rest = account.newRest();
  }
  /** Ends the call, which waits. */
  cancel(): void {
    this.#end('reject', this.#thrown.toJs(new Trap('terminated-by-user')));
  }

  /** Calls the guest at once, and gives the promise of what it returns or throws. */
  run(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#settle = (end, value) => (end === 'resolve' ? resolve : reject)(value);
      this.#turn(() => (this.#step = this.#begin())());
    });
  }
  /** Runs the guest until it ends or waits. */
  #turn(step: Step): void {
    let turn: TurnResult;
    try {
      turn = this.#underLimits(step);
    } catch (error) {
      this.#end('reject', error);
      return;
    }
    if (turn.pending === undefined) this.#end('resolve', turn.result);
    else this.#waitFor(turn.pending);
  }
  #underLimits(step: Step): TurnResult {
    this.#account.enterTurn(this.#rest);
    try {
      const pending = step();
      return pending === undefined ? { pending, result: this.#callee.read() } : { pending };
    } catch (error) {
      throw this.#thrown.toJs(error);
    } finally {
      this.#account.leaveTurn(this.#rest);
    }
  }
  #waitFor(pending: Promise<unknown>): void {
    const { platform } = this.#callee.instance.store;
    this.#waiting.add(this);
    const wait = ++this.#wait;
    const next = (step: Step) => (): void => {
      if (wait === this.#wait && this.#settle !== undefined) this.#goOn(step);
    };
    void pending.then(next(this.#step!));
    const ms = this.#rest.deadline - platform.monotonicNow() + TIMER_SLACK_MS;
    if (ms > LONGEST_TIMER_MS) return;
    // The meter finds that the deadline has passed; if it has not quite, the wait goes on.
    this.#cancelTimer = platform.startTimer?.(
      ms,
      next(() => pending),
    );
  }
  #goOn(step: Step): void {
    this.#wait++;
    this.#cancelTimer?.();
    this.#turn(() => {
      this.#callee.instance.store.meter.check();
      return step();
    });
  }

  #begin(): Step {
    const { func, instance, write } = this.#callee;
    const { slots } = instance.store;
    const env = (this.#env = new ExecEnv(instance.store, instance, instance.stackSize));
    if (func instanceof NativeFunctionInstance) return nativeStep(func, env, write);
    write();
    const execution = func.begin!(env, slots);
    this.#cancelGuest = () => execution.cancel();
    return () => {
      for (;;) {
        switch (execution.run(TURN)) {
          case 'done':
            return undefined;
          case 'fuel':
            throw execution.outOfFuel;
          case 'await':
            return execution.pending;
          case 'blocked':
            return this.#blocked(execution.block!);
        }
      }
    };
  }
  /** Waits for a notification in memory, or its time. */
  #blocked(block: Block): Promise<void> {
    const { platform } = this.#callee.instance.store;
    return new Promise((resolve) => {
      block.onEnd = resolve;
      if (block.ms <= LONGEST_TIMER_MS) platform.startTimer?.(block.ms, () => block.expire());
    });
  }
  #end(end: 'resolve' | 'reject', value: unknown): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    this.#cancelTimer?.();
    this.#cancelGuest();
    this.#waiting.delete(this);
    this.#env?.end();
    settle(end, value);
  }
}

/** An import that is exported again has no frames: it is called once more when its promise is settled. */
function nativeStep(func: NativeFunctionInstance, env: ExecEnv, write: () => void): Step {
  let again = false;
  return () => {
    write();
    env.canAwait = true;
    const pending = func.call(env, env.store.slots, again) as Promise<unknown> | undefined;
    again = true;
    return pending;
  };
}
