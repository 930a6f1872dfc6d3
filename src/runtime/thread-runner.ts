// What engines and libraries know of the threads of an instance: a runner runs all of them whenever a call comes in. Refuses nothing.

import type { ValidatedModule } from '../wasm/module.js';
import type { CallingInstance, ExecEnv, ThreadStarter } from './exec-env.js';
import type { Execution, FunctionInstance } from './function.js';
import type { GlobalInstance } from './global.js';
import type { Slots } from './slots.js';
import type { TableInstance } from './table.js';

/** What of a thread's own instance its library may see and change before the thread runs. */
export interface ThreadSpace extends CallingInstance {
  readonly module: ValidatedModule;
  readonly functions: readonly FunctionInstance[];
  readonly tables: readonly TableInstance[];
  readonly globals: readonly GlobalInstance[];
  readonly exports: ReadonlyMap<string, { readonly value: unknown }>;
}

/** A call that a thread makes. */
export interface ThreadCall {
  readonly func: FunctionInstance;
  /** Puts the arguments into the slots. */
  write(slots: Slots): void;
}

/** What a thread does, as the library says that starts it. */
export interface ThreadPlan {
  /**
   * Its first call, of a function of its own instance. Nothing has run there yet; a start function runs before that call.
   * @throws what starting the thread throws; nothing of it is left then
   */
  begin(env: ExecEnv, space: ThreadSpace, id: number): ThreadCall;
  /**
   * The next call, where the one before has returned, or was left by cancellation or ThreadExit. Undefined: none, and the thread ends.
   * @param results those of the first call; undefined where it did not return
   */
  next?(results: Slots | undefined): ThreadCall | undefined;
  /** It is no more, whatever ended it. */
  ended?(): void;
}

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
  /** The threads that have not ended, those of calls from outside not counted. */
  readonly alive: number;
  /** Whether threads run in turn on this JavaScript thread, or each in a worker. */
  readonly kind: 'cooperative' | 'parallel';
  /**
   * Starts a thread that calls a function of the instance, by its index, in an instance of its own.
   * @param write puts the arguments into the slots
   * @throws LimitError where there is no room for it
   */
  start(env: ExecEnv, index: number, write: (slots: Slots) => void): StartedThread;
  /**
   * Starts a thread that does what a library says; absent where threads do not run in turn.
   * @throws LimitError where there is no room for it, and what the plan throws
   */
  launch?(env: ExecEnv, plan: ThreadPlan): StartedThread;
  /** As FunctionInstance.invoke: the other threads run meanwhile. */
  invoke(func: FunctionInstance, env: ExecEnv, slots: Slots): void;
  /** As FunctionInstance.begin: the other threads run meanwhile. */
  begin(func: FunctionInstance, env: ExecEnv, slots: Slots): Execution;
  /** Milliseconds of the guest's own time, where it is counted; undefined: the platform's clock is its clock. */
  readonly now: (() => number) | undefined;
  /** Ends all threads but those of calls that run. @returns how many there were */
  end(): number;
}

/** What runs the threads of the guest that calls; undefined: it has one. */
export function runnerOf({ instance }: ExecEnv): ThreadRunner | undefined {
  // Nothing but a runner is ever an instance's.
  return instance.threads as ThreadRunner | undefined;
}
