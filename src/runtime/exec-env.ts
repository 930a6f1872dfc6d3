// WAMR's exec env: one thread of execution of the guest. Carries what a native may ask for during a call.
import { INSPECT } from '../base/inspect.js';
import { quote } from '../base/quote.js';
import type { Instance } from './instance.js';
import type { Store } from './store.js';

/**
 * One thread of execution of a guest, WAMR's `wasm_exec_env_t`: the first argument of every native. `instanceOf(env)` is the instance that
 * called, with its memory.
 */
export class ExecEnv {
  /** @internal */
  readonly store: Store;
  /** The instance whose code called. @internal */
  instance: Instance;
  /** The embedder's own, WAMR's user data: nobody else looks at it. */
  userData: unknown = undefined;
  /** The `attachment` of the native that runs. */
  attachment: unknown = undefined;
  /** The native that is being called may return a promise: its caller, callAsync, can wait. @internal */
  canAwait = false;

  /** Bytes of stack that calls on it may use; 0: as much as `limits.stackBytes` allows. */
  readonly stackSize: number;

  /** @internal Use WasmInstance.createExecEnv. */
  constructor(store: Store, instance: Instance, stackSize = 0) {
    this.store = store;
    this.instance = instance;
    this.stackSize = stackSize;
  }
  /** Bytes of stack that functions of the instance may use on it: the lesser of both limits, Infinity without. @internal */
  stackFor({ limits }: Instance): number {
    return Math.min(limits.stackBytes ?? Number.POSITIVE_INFINITY, this.stackSize || Number.POSITIVE_INFINITY);
  }
  /** @internal */
  [INSPECT](): string {
    return `[ExecEnv of '${quote(this.instance.name)}']`;
  }
}
