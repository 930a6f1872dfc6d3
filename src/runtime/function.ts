// A function that can be called, whoever runs it: an engine's or a native. Callers know this interface and nothing more.
import { quote } from '../base/quote.js';
import { type LimitError, UsageError } from '../wasm/errors.js';
import type { DefinedType } from '../wasm/subtyping.js';
import type { FuncType } from '../wasm/types.js';
import type { ExecEnv } from './exec-env.js';
import type { Slots } from './slots.js';

/** An instance, as much of it as matters to those who get its functions. */
export interface DefiningInstance {
  readonly store: object;
  readonly metered: boolean;
  readonly interruptible: boolean;
}

export abstract class FunctionInstance {
  /** Looking for it runs no code of whoever made the value, as `instanceof` may: a Proxy can call the guest. */
  readonly #brand = true;
  /** Canonical within the store: equal types are the same object. */
  readonly type: DefinedType;
  readonly name: string;

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
   * Calls it: arguments in slots 0.., results in slots 0.. afterwards.
   * Throws Trap, WasmException, ExitError, LimitError, or whatever a native throws.
   */
  abstract invoke(env: ExecEnv, slots: Slots): void;

  /** Whose code it runs; undefined: a native. */
  get definingInstance(): DefiningInstance | undefined {
    return undefined;
  }
  /** Somebody gets it who may keep it for longer than its instance lives. */
  publish(): void {}

  /** Where the engine can stop half-way: a call that runs in slices. */
  begin?(env: ExecEnv, slots: Slots): Execution;
}

/** A call on its way: the interpreter's, for callAsync, pause and resume. */
export interface Execution {
  /**
   * Runs until the call ends ('done': results are in the slots given to begin), the slice ends ('slice'), fuel is used up ('fuel': add
   * some and run again, or throw outOfFuel), or an async native must be awaited ('await': then run again). Throws what invoke throws.
   */
  run(): 'done' | 'slice' | 'fuel' | 'await';
  /** The promise to await after 'await'. */
  readonly pending: Promise<void> | undefined;
  /** After 'fuel': what the call ends with where nobody adds any. */
  readonly outOfFuel: LimitError | undefined;
  /** Gives up: frees the frames. */
  cancel(): void;
  /** Whether functions of the instance are among those that wait. */
  runsIn(instance: object): boolean;
}

/** What the promise of a host function resolves to where the function wants to be called once more, with the same arguments. */
export const CALL_AGAIN = Symbol('call again');

/**
 * Runs in the host: reads its arguments from the slots, leaves results there. A promise needs a caller that can wait: callAsync. Only a
 * call that is still wanted is made again, so that nothing touches the guest after it was given up.
 */
export type HostFunctionBody = (
  env: ExecEnv,
  slots: Slots,
) => void | Promise<void> | Promise<typeof CALL_AGAIN | undefined>;

/** A native function. */
export class HostFunction extends FunctionInstance {
  readonly code: HostFunctionBody;
  /** WAMR's attachment: `env.attachment` during the call. */
  readonly attachment: unknown;
  /** It may return a promise. Known beforehand, so that a call that cannot wait is refused before it has done anything. */
  readonly isAsync: boolean;

  constructor(type: DefinedType, name: string, code: HostFunctionBody, attachment?: unknown, isAsync = false) {
    super(type, name);
    this.code = code;
    this.attachment = attachment;
    this.isAsync = isAsync;
  }
  override invoke(env: ExecEnv, slots: Slots): void {
    if (this.isAsync) throw asyncNativeError(this.name);
    env.canAwait = false;
    const pending = this.call(env, slots);
    if (pending === undefined) return;
    pending.catch(() => {});
    throw asyncNativeError(this.name);
  }
  /** Like invoke, but hands an async native's promise to a caller that can wait. */
  call(env: ExecEnv, slots: Slots): Promise<unknown> | undefined {
    const { meter } = env.store;
    meter.countHostCall();
    const outer = env.attachment;
    env.attachment = this.attachment;
    let pending: Promise<unknown> | undefined;
    try {
      pending = this.code(env, slots) as Promise<unknown> | undefined;
    } finally {
      env.attachment = outer;
    }
    if (meter.terminated) {
      // Guests look at the meter when they like, each mode at other places: here is the same place in all.
      pending?.catch(() => {});
      meter.check();
    }
    return pending;
  }
}

/** For whoever calls a function of an instance that has ended, through a table or a reference that outlived it. The same in every mode. */
export function endedFunctionError({ name }: { readonly name: string }): UsageError {
  return new UsageError(`a function of the instance '${name}', which has ended, was called`);
}

function asyncNativeError(name: string): UsageError {
  return new UsageError(
    `native '${quote(name)}' is async: call the guest with callAsync in a mode that can wait (interp)`,
  );
}
