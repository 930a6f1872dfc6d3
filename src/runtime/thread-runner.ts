// What an engine knows of the threads of an instance: a runner runs all of them whenever a call comes in. Types only.
import type { ExecEnv, ThreadStarter } from './exec-env.js';
import type { Execution, FunctionInstance } from './function.js';
import type { Slots } from './slots.js';

/** A thread, for who started it. */
export interface StartedThread {
  readonly id: number;
  readonly isEnded: boolean;
  /** A function without parameters that returns when the thread has ended, with its results. The threads run meanwhile. */
  readonly join: FunctionInstance;
  /** Ends it, at once or when the native that it is in has returned. */
  cancel(): void;
}

/** Runs the threads of one instance, the calls from outside included. */
export interface ThreadRunner extends ThreadStarter {
  /** Whether threads run in turn on this JavaScript thread, or each in a worker. */
  readonly kind: 'cooperative' | 'parallel';
  /**
   * Starts a thread that calls a function of the instance, by its index, in an instance of its own.
   * @param write puts the arguments into the slots
   * @throws LimitError where there is no room for it
   */
  start(env: ExecEnv, index: number, write: (slots: Slots) => void): StartedThread;
  /** As FunctionInstance.invoke: the other threads run meanwhile. */
  invoke(func: FunctionInstance, env: ExecEnv, slots: Slots): void;
  /** As FunctionInstance.begin: the other threads run meanwhile. */
  begin(func: FunctionInstance, env: ExecEnv, slots: Slots): Execution;
  /** Milliseconds of the guest's own time, where it is counted; undefined: the platform's clock is its clock. */
  readonly now: (() => number) | undefined;
  /** Ends all threads but those of calls that run. @returns how many there were */
  end(): number;
}
