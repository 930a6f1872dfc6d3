// A call of a guest that gives a promise: the guest is paused while it waits for what its imports promised, and JavaScript goes on meanwhile. One call, however
// often it is resumed: its limits hold for all of it, time in which it waits included. Ends with the trap "terminated by user" when the namespace does.

import type { WeakList } from '../base/weak-list.js';
import { LONGEST_TIMER_MS, TIMER_SLACK_MS } from '../platform/long-timer.js';
import type { Block } from '../runtime/block.js';
import { ExecEnv } from '../runtime/exec-env.js';
import {
  type FunctionInstance,
  NativeFunctionInstance,
  type PartSteps,
  type SuspendingExecution,
  type Turn,
} from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import { Slots } from '../runtime/slots.js';
import { LimitError, Trap } from '../wasm/errors.js';
import type { Account, CallRest } from './account.js';
import type { Thrown } from './thrown.js';

/** Nothing but a promise, or a wait of the guest's own, ends a turn. */
const TURN: Turn = { timed: false, awaits: true, blocks: false };

/** What is called, and with what. */
export interface Callee {
  readonly func: FunctionInstance;
  readonly instance: Instance;
  /** Writes the arguments. */
  write(slots: Slots): void;
  /** Reads the results. */
  read(slots: Slots): unknown;
}

/** Runs until the call has ended or waits. @returns what it waits for */
type Step = () => Promise<unknown> | undefined;

export class PromisingCall {
  readonly #callee: Callee;
  readonly #account: Account;
  readonly #thrown: Thrown;
  readonly #rest: CallRest;
  readonly #waiting: WeakList<PromisingCall>;
  /** Its own: other calls run while it waits. */
  readonly #slots = new Slots();
  readonly #env: ExecEnv;
  /** Runs the guest until it ends or waits. */
  #goOn = (): void => {};
  #cancelGuest = (): void => {};
  #settle: ((end: 'resolve' | 'reject', value: unknown) => void) | undefined;
  /** The number of the wait: what ends an earlier one comes too late. */
  #wait = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param waiting where it is noted until it ends @throws UsageError */
  constructor(callee: Callee, account: Account, thrown: Thrown, waiting: WeakList<PromisingCall>) {
    const { instance } = callee;
    this.#callee = callee;
    this.#waiting = waiting;
    this.#account = account;
    this.#thrown = thrown;
    this.#rest = account.newRest();
    this.#env = new ExecEnv(instance.store, instance, instance.stackSize);
  }
  /** Ends the call, which waits or has just ended. */
  cancel(): void {
    this.#fail(terminated());
  }

  /** Calls the guest at once, and gives the promise of what it returns or throws. */
  run(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#settle = (end, value) => (end === 'resolve' ? resolve : reject)(value);
      this.#callee.write(this.#slots);
      this.#waiting.add(this);
      if (this.#callee.func.suspends) this.#beginParts();
      else this.#beginTurns();
      this.#goOn();
    });
  }

  /** The runtime sets the guest's frames aside. */
  #beginTurns(): void {
    let step: Step | undefined;
    this.#goOn = () => {
      const turn = this.#underLimits(() => (step ??= this.#firstStep())());
      if (turn === undefined) return;
      if (turn.value === undefined) this.#finish();
      else this.#waitFor(turn.value);
    };
  }
  /** Returns what the body gives; undefined where it threw, with which the call has ended. */
  #underLimits<T>(body: () => T): { readonly value: T } | undefined {
    let ended: { readonly value: T } | { readonly error: unknown };
    try {
      this.#account.enterTurn(this.#rest, true);
      ended = { value: body() };
    } catch (error) {
      ended = { error };
    } finally {
      this.#account.leaveTurn(this.#rest);
    }
    if ('value' in ended) return ended;
    this.#fail(ended.error);
    return undefined;
  }
  #firstStep(): Step {
    const { func } = this.#callee;
    if (func instanceof NativeFunctionInstance) return nativeStep(func, this.#env, this.#slots);
    const execution = func.begin!(this.#env, this.#slots);
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

  /** The JavaScript engine sets the guest's frames aside, and tells later how a part has ended. */
  #beginParts(): void {
    const execution = this.#callee.func.beginSuspending!(this.#env, this.#slots);
    this.#cancelGuest = () => execution.cancel();
    this.#goOn = () => this.#runPart(execution);
  }
  #runPart(execution: SuspendingExecution): void {
    void execution.run(this.#steps).then(
      (end) => {
        if (end === 'await') this.#waitFor(execution.pending!);
        else this.#finish();
      },
      (error: unknown) => this.#fail(error),
    );
  }
  readonly #steps: PartSteps = {
    timed: false,
    enter: (check) => {
      this.#account.enterTurn(this.#rest, check);
      if (check && this.#settle === undefined) throw terminated();
    },
    leave: () => this.#account.leaveTurn(this.#rest),
  };

  #waitFor(pending: Promise<unknown>): void {
    if (this.#settle === undefined) return;
    const { platform } = this.#callee.instance.store;
    const wait = ++this.#wait;
    const unlessOver = (next: () => void) => (): void => {
      if (wait !== this.#wait || this.#settle === undefined) return;
      this.#wait++;
      this.#cancelTimer?.();
      next();
    };
    void pending.then(unlessOver(() => this.#goOn()));
    const ms = this.#rest.deadline - platform.monotonicNow() + TIMER_SLACK_MS;
    if (ms > LONGEST_TIMER_MS) return;
    // Where the deadline has not quite passed, the wait goes on.
    this.#cancelTimer = platform.startTimer?.(
      ms,
      unlessOver(() => {
        if (this.#underLimits(() => {}) !== undefined) this.#waitFor(pending);
      }),
    );
  }

  #finish(): void {
    try {
      this.#end('resolve', this.#callee.read(this.#slots));
    } catch (error) {
      this.#fail(error);
    }
  }
  #fail(error: unknown): void {
    const isLimit = error instanceof LimitError;
    this.#end('reject', isLimit ? this.#account.note(error, this.#rest.bounds) : this.#thrown.toJs(error));
  }
  #end(end: 'resolve' | 'reject', value: unknown): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    this.#cancelTimer?.();
    this.#cancelGuest();
    this.#waiting.delete(this);
    this.#env.end();
    settle(end, value);
  }
}

function terminated(): Trap {
  return new Trap('terminated-by-user');
}

/** An import that is exported again has no frames: it is called once more when its promise is settled. */
function nativeStep(func: NativeFunctionInstance, env: ExecEnv, slots: Slots): Step {
  let again = false;
  return () => {
    env.canAwait = true;
    const pending = func.call(env, slots, again) as Promise<unknown> | undefined;
    again = true;
    return pending;
  };
}
