// WAMR's exec env: one thread of execution of the guest. Carries what a native may ask for during a call.
import { INSPECT } from '../base/inspect.js';
import { quote } from '../base/quote.js';
import type { Instance } from './instance.js';
import type { Store } from './store.js';

export class ExecEnv {
  readonly store: Store;
  /** The instance whose code called: natives find its memory here. */
  instance: Instance;
  /** The embedder's, kept by nobody else. */
  userData: unknown = undefined;
  /** Of the native that runs, see HostFunction. */
  attachment: unknown = undefined;
  /** The native that is being called may return a promise: its caller, callAsync, can wait. */
  canAwait = false;

  /** Bytes of stack that calls on it may use; 0: as much as `limits.stackBytes` allows. */
  readonly stackSize: number;

  constructor(store: Store, instance: Instance, stackSize = 0) {
    this.store = store;
    this.instance = instance;
    this.stackSize = stackSize;
  }
  /** Bytes of stack that functions of the instance may use on it: the lesser of both limits, Infinity without. */
  stackFor({ limits }: Instance): number {
    return Math.min(limits.stackBytes ?? Number.POSITIVE_INFINITY, this.stackSize || Number.POSITIVE_INFINITY);
  }
  [INSPECT](): string {
    return `[ExecEnv of '${quote(this.instance.name)}']`;
  }
}
