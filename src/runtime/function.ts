// A function that can be called, whether an engine or a native function implements it. Callers know only this interface.
import { quote } from '../base/quote.js';
import { type Frame, type LimitError, UsageError } from '../wasm/errors.js';
import type { DefinedType } from '../wasm/subtyping.js';
import type { FuncType } from '../wasm/types.js';
import { Block } from './block.js';
import type { ExecEnv } from './exec-env.js';
import type { Slots } from './slots.js';

/** The properties of an instance that decide who may get its functions. */
export interface DefiningInstance {
  readonly store: object;
  readonly metered: boolean;
  readonly interruptible: boolean;
}

export abstract class FunctionInstance {
  /** Checking for the private field runs no code of the value's author; `instanceof` may, since a Proxy can call the guest. */
  readonly #brand = true;
  /** The type, canonical within the store: equal types are the same object. */
  readonly type: DefinedType;
  readonly name: string;
  /** Its place in the index space of the instance whose code it runs; -1 for a native. */
  abstract readonly index: number;

  constructor(type: DefinedType, name: string) {
    this.type = type;
    this.name = name;
  }
  static is(value: unknown): value is FunctionInstance {
    return typeof value === 'object' && value !== null && #brand in value;
  }
  get signature(): FuncType {
    return this.type.composite as FuncType;
  }
  /**
   * Calls the function. Arguments are in slots 0 and up, and so are the results afterwards.
   * Throws Trap, WasmException, ExitError, LimitError, or whatever a native function throws.
   */
  abstract invoke(env: ExecEnv, slots: Slots): void;
  /**
   * The same without slots, for a function of at most four numbers (i32, f32, f64) that returns one or none. Only engines have it whose functions take
   * numbers.
   * @param a and others: what the function has no parameter for is not looked at
   */
  invokeNumbers?(env: ExecEnv, a: number, b: number, c: number, d: number): number | undefined;

  /** The instance whose code it runs; undefined for a native. */
  get definingInstance(): DefiningInstance | undefined {
    return undefined;
  }
  /** Announces that the function is handed to a holder that may keep it for longer than its instance lives. */
  publish(): void {}

  /** Starts a call that runs in slices; only engines that can stop half-way implement it. */
  begin?(env: ExecEnv, slots: Slots): Execution;
  /** Whether beginSuspending() may be called: the JavaScript engine can set frames of this function aside. */
  get suspends(): boolean {
    return false;
  }
  /** Starts a call whose frames the JavaScript engine sets aside while it waits. */
  beginSuspending?(env: ExecEnv, slots: Slots): SuspendingExecution;
  /** The same for one thread of a guest that has several: the scheduler calls this; begin() runs all of them. */
  beginThread?(env: ExecEnv, slots: Slots, stack: ThreadStack): Execution;
}

/** Where the frames of a call go: on a whole stack, on the smaller one of a spawned thread, or above the call whose native makes this one. */
export type ThreadStack = 'whole' | 'small' | 'same';

/** What a turn of an execution may leave to the caller or the scheduler that runs it. */
export interface Turn {
  /** The slice ends by the clock, too. */
  readonly timed: boolean;
  /** Promises of async natives are awaited. */
  readonly awaits: boolean;
  /** Natives that would sleep give a Block instead. */
  readonly blocks: boolean;
}

/**
 * How a turn of an execution ends: the call has ended ('done': results are in the slots given to begin), the slice has ('slice'), fuel is used up
 * ('fuel': add some and run again, or throw outOfFuel), an async native must be awaited ('await'), or it waits for something else ('blocked').
 */
export type TurnEnd = 'done' | 'slice' | 'fuel' | 'await' | 'blocked';

/** A call in progress that can be suspended: the interpreter's, for callAsync and for threads. */
export interface Execution {
  /** Runs one turn. Throws what invoke throws. @param turn default: timed, awaiting */
  run(turn?: Turn): TurnEnd;
  /** What it waits for after 'blocked'; running it again before that is over blocks again. */
  readonly block: Block | undefined;
  /** The promise to await after 'await'. */
  readonly pending: Promise<void> | undefined;
  /** After 'fuel': the error with which the call ends if no fuel is added. */
  readonly outOfFuel: LimitError | undefined;
  /** Where it is, innermost first. */
  frames(): readonly Frame[];
  /** Abandons the call and frees its frames. */
  cancel(): void;
  /** Whether functions of the instance are among the suspended ones. */
  runsIn(instance: object): boolean;
}

/** What must be done around each part of a call that runs without a pause, at the very moment when it begins and ends. */
export interface PartSteps {
  /** The part ends by the clock, too. */
  readonly timed: boolean;
  /** @param check whether the guest goes on: then it throws where a limit of the call is used up @throws LimitError, Trap */
  enter(check: boolean): void;
  leave(): void;
}

/**
 * A call in progress whose frames the JavaScript engine sets aside while it waits: mode host's, for callAsync. Only that engine can let it go on, when
 * the event loop turns; other calls may run before.
 */
export interface SuspendingExecution {
  /** Runs the next part. Rejects with what invoke throws. */
  run(steps: PartSteps): Promise<'done' | 'slice' | 'await'>;
  /** The promise to await after 'await'. */
  readonly pending: Promise<void> | undefined;
  /** Abandons the call: the engine unwinds its frames, and nothing of the guest runs. */
  cancel(): void;
  /** Whether functions of the instance may be among the suspended ones. */
  runsIn(instance: object): boolean;
}

/** The value to which the promise of a native function resolves if the function must be called once more with the same arguments. */
export const CALL_AGAIN = Symbol('call again');

/**
 * The body of a host function: reads its arguments from the slots and leaves its results there. A promise needs a caller that can wait: callAsync. A
 * call is repeated only if it was not cancelled, so that nothing accesses the guest after a cancellation. A Block, which only `env.canBlock` allows,
 * says that nothing has changed yet and that the function must be called once more.
 */
export type NativeFunctionBody = (
  env: ExecEnv,
  slots: Slots,
) => void | Block | Promise<void> | Promise<typeof CALL_AGAIN | undefined>;

/** What is known of a native function; the properties of NativeFunctionInstance have the same names. */
export interface NativeTraits {
  readonly attachment?: unknown;
  readonly isAsync?: boolean;
  readonly mayWait?: boolean;
}

/** A native function. */
export class NativeFunctionInstance extends FunctionInstance {
  readonly index: number = -1;
  readonly code: NativeFunctionBody;
  /** WAMR's attachment: `env.attachment` has this value during the call. */
  readonly attachment: unknown;
  /** The function may return a promise. This is declared in advance, so that a call that cannot wait is refused before it has any effect. */
  readonly isAsync: boolean;
  /** Nobody knows that the function never returns a promise: modes that prepare for that do. */
  readonly mayWait: boolean;

  constructor(
    type: DefinedType,
    name: string,
    code: NativeFunctionBody,
    { attachment, isAsync = false, mayWait = isAsync }: NativeTraits = {},
  ) {
    super(type, name);
    this.code = code;
    this.attachment = attachment;
    this.isAsync = isAsync;
    this.mayWait = mayWait;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    if (this.isAsync) throw asyncNativeError(this.name);
    env.canAwait = env.canBlock = false;
    const pending = this.call(env, slots);
    if (pending === undefined) return;
    if (!(pending instanceof Block)) pending.catch(() => {});
    throw asyncNativeError(this.name);
  }
  /**
   * Like invoke, but passes what the native waits for to a caller that can wait.
   * @param again it was called before, and blocked: that is one call
   */
  call(env: ExecEnv, slots: Slots, again = false): Promise<unknown> | Block | undefined {
    const { store } = env;
    const { meter } = store;
    if (again) meter.check();
    else meter.countHostCall();
    const outer = env.attachment;
    env.attachment = this.attachment;
    let pending: Promise<unknown> | Block | undefined;
    const { runsGuest } = store;
    store.runsGuest = false;
    try {
      pending = this.code(env, slots) as Promise<unknown> | Block | undefined;
    } finally {
      store.runsGuest = runsGuest;
      env.attachment = outer;
    }
    if (meter.terminated) {
      // Each mode checks the meter at other places of the guest's code; this check is at the same place in all modes.
      if (!(pending instanceof Block)) pending?.catch(() => {});
      meter.check();
    }
    return pending;
  }
}

/** The error for calling a function of an instance that has ended, through a table or a reference that outlived it. It is the same in every mode. */
export function endedFunctionError({ name }: { readonly name: string }): UsageError {
  return new UsageError(`a function of the instance '${name}', which has ended, was called`);
}

/** The error for a native that returns a promise, in a call that cannot wait for it. */
export function asyncNativeError(name: string): UsageError {
  return new UsageError(
    `native '${quote(name)}' is async: call the guest with callAsync in mode 'host' where the JavaScript engine has promise integration (JSPI), or in mode 'interp', or in an enclave that is a worker or a process, where every mode waits`,
  );
}
