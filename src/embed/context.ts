// One live instance as the files of this folder see it: its exec env, the limits of its calls, whether it has ended.
// Refuses use after its end.
import type { ExecEnv } from '../runtime/exec-env.js';
import type { Instance } from '../runtime/instance.js';
import type { MeterSettings } from '../runtime/meter.js';
import { type Usage, UsageError } from '../wasm/errors.js';
import type { RuntimeCore } from './core.js';

/** An AbortSignal, or anything like it. */
export interface AbortSignalLike {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Has the listener called when it is aborted. */
  addEventListener?(type: 'abort', listener: () => void): void;
  /** Takes a listener back. */
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/** Either of them ends a call: a call's own signal must not undo the instance's. */
export function eitherSignal(
  a: AbortSignalLike | undefined,
  b: AbortSignalLike | undefined,
): AbortSignalLike | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  const both = [a, b];
  const listens = both.every(({ addEventListener }) => addEventListener !== undefined);
  return {
    get aborted(): boolean {
      return a.aborted || b.aborted;
    },
    ...(listens && {
      addEventListener(type: 'abort', listener: () => void): void {
        for (const signal of both) signal.addEventListener!(type, listener);
      },
      removeEventListener(type: 'abort', listener: () => void): void {
        for (const signal of both) signal.removeEventListener?.(type, listener);
      },
    }),
  };
}

export class InstanceContext {
  readonly core: RuntimeCore;
  readonly instance: Instance;
  readonly stackSize: number;
  readonly signal: AbortSignalLike | undefined;
  /** The last outermost call that ended: what it used. */
  lastCall: { readonly usage: Usage } | undefined;
  /** Of calls that ask for nothing of their own. */
  defaultSettings: MeterSettings | undefined;
  /** What the last nested call in it failed with, while an outermost call of it runs. */
  nestedFailure: unknown;
  /** What proc_exit was given last, or main returned. */
  exitCode = 0;
  /** Calls on their way in it, sync and async. */
  running = 0;
  /** Live instances that import from it. */
  dependents = 0;
  ended = false;
  /** The embedder cannot use it any more: it has ended, or failed. */
  left = false;
  /** The embedder's objects for what the instance exports, so that the same thing is the same object. */
  readonly wrappers = new WeakMap<object, object>();
  #execEnv: ExecEnv | undefined;

  constructor(core: RuntimeCore, instance: Instance, stackSize: number, signal: AbortSignalLike | undefined) {
    this.core = core;
    this.instance = instance;
    this.stackSize = stackSize;
    this.signal = signal;
  }
  get name(): string {
    return this.instance.name;
  }
  /** WAMR's singleton exec env: made when first asked for, gone with the instance. */
  get execEnv(): ExecEnv {
    this.#execEnv ??= this.createExecEnv(this.stackSize);
    return this.#execEnv;
  }
  /** Whether the singleton is there: it is the runtime's, not left over by the embedder. */
  get hasExecEnv(): boolean {
    return this.#execEnv !== undefined;
  }
  /** Whether an exec env is that singleton. */
  owns(env: ExecEnv): boolean {
    return env === this.#execEnv;
  }
  createExecEnv(stackSize: number): ExecEnv {
    this.checkAlive();
    const { store, parts } = this.core;
    if (stackSize > 0 && !this.instance.countsStack) {
      throw new UsageError(
        `createExecEnv(${stackSize}): instance '${this.name}' does not count its stack: instantiate it with stackSize or limits.stackBytes`,
      );
    }
    return parts.threads.createExecEnv(store, this.instance, stackSize, this.instance.limits.threads);
  }
  /** @throws UsageError after deinstantiate or destroy */
  checkAlive(): void {
    this.core.checkAlive();
    if (this.left) throw new UsageError(`instance '${this.name}' has been deinstantiated`);
  }
}
