// What engines and libraries know of the threads of an instance: a runner runs all of them whenever a call comes in. Refuses nothing.

import type { ValidatedModule } from '../wasm/module.js';
import type { ValType } from '../wasm/types.js';
import type { ExecEnv, ThreadStarter } from './exec-env.js';
import type { Execution, FunctionInstance } from './function.js';
import type { GlobalInstance } from './global.js';
import type { Slots } from './slots.js';

/** What of the guest its library may look at before a thread begins. */
export interface ThreadSpace {
  readonly module: ValidatedModule;
  readonly functions: readonly FunctionInstance[];
  /** Those that are imported come first; the others may lie where the thread will run. */
  readonly globals: readonly GlobalInstance[];
}

/** Which function of its own instance a thread calls, as data: by its index, or as an element of table 0 that must have a type. */
export type CallTarget =
  | { readonly func: number }
  | { readonly element: number; readonly params: readonly ValType[]; readonly results: readonly ValType[] };

/** A call that a thread makes. */
export interface ThreadCall {
  readonly target: CallTarget;
  /** Puts the arguments into the slots. */
  write(slots: Slots): void;
}

/** How a thread begins: a start function of the module runs before the call. */
export interface ThreadBegin {
  readonly call: ThreadCall;
  /** Globals of type i32 of its own instance, by index, and the values that they have before anything runs there. */
  readonly globals: readonly (readonly [index: number, value: number])[];
}

/** What a thread does, as the library says that starts it. */
export interface ThreadPlan {
  /** @throws what starting the thread throws; nothing of it is left then */
  begin(env: ExecEnv, space: ThreadSpace, id: number): ThreadBegin;
  /**
   * The next call, where the one before has returned, or was left by cancellation or ThreadExit. Undefined: none, and the thread ends.
   * @param results those of the first call; undefined where it did not return
   */
  next?(results: Slots | undefined): ThreadCall | undefined;
  /** It is no more, whatever ended it. */
  ended?(): void;
}

/** A thread, for the library that started it. */
export interface LaunchedThread {
  readonly id: number;
  /** Takes it out of the calls that it is in, at its next check or when the native that it is in has returned; it goes on with its plan's next call. */
  cancel(): void;
}
/** A thread, for the embedder that started it. */
export interface StartedThread extends LaunchedThread {
  readonly isEnded: boolean;
  /** A function without parameters that returns when the thread has ended, with its results. The threads run meanwhile. */
  readonly join: FunctionInstance;
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
   * Starts a thread that does what a library says.
   * @throws LimitError where there is no room for it, and what the plan throws
   */
  launch(env: ExecEnv, plan: ThreadPlan): LaunchedThread;
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
