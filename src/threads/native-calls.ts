// The calls that threads in workers make of natives, WASI's among them: they run on this thread, one after the other. One that would sleep waits beside
// the others, and so does one whose promise has to be awaited. Refuses promises where the call from outside cannot wait for them.
import { Block } from '../runtime/block.js';
import { asyncNativeError, CALL_AGAIN, type FunctionInstance, NativeFunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { FuelSource } from '../runtime/meter.js';
import { ThreadExit } from '../runtime/thread-exit.js';
import type { RemoteThread } from './remote-thread.js';

/** What is told of calls. */
interface Listener {
  failed(thread: RemoteThread, error: unknown): void;
  /** A call that waited can go on. */
  ready(): void;
}

/** Milliseconds after which a file is looked at again, where the thread that serves cannot wait for the file alone. */
const LOOK_AGAIN_MS = 2;

export class NativeCalls {
  /** The thread whose native runs. */
  serving: RemoteThread | undefined;
  /** Whether the call from outside lets the event loop run. */
  awaits = false;
  readonly #main: Instance;
  readonly #fuel: FuelSource;
  readonly #listener: Listener;
  readonly #blocked = new Map<RemoteThread, Block>();
  /** Those whose wait is over. */
  readonly #woken: RemoteThread[] = [];
  readonly #settled: (() => void)[] = [];

  /** @param fuel of guests that natives call */
  constructor(main: Instance, fuel: FuelSource, listener: Listener) {
    this.#main = main;
    this.#fuel = fuel;
    this.#listener = listener;
  }

  /** Makes the call that a thread has asked for; its arguments are in its mailbox. */
  call(thread: RemoteThread, func: FunctionInstance): void {
    thread.box.getValues(thread.slots, func.signature.params.length);
    thread.env.resumption = undefined;
    thread.calls = func;
    this.#make(thread, func, false);
  }
  #make(thread: RemoteThread, func: FunctionInstance, again: boolean): void {
    const { meter } = this.#main.store;
    const { env, slots } = thread;
    const outer = this.serving;
    this.serving = thread;
    env.instance = this.#main;
    meter.shareFuel(this.#fuel);
    let pending: Promise<unknown> | Block | undefined;
    try {
      pending = this.#invoke(thread, func, again);
    } catch (error) {
      this.#failed(thread, error);
      return;
    } finally {
      meter.shareFuel(undefined);
      this.serving = outer;
    }
    if (pending === undefined) {
      thread.box.putValues(slots, func.signature.results.length);
      thread.answer('values');
    } else if (pending instanceof Block) this.#block(thread, pending);
    else this.#await(thread, func, pending);
  }
  #invoke({ env, slots }: RemoteThread, func: FunctionInstance, again: boolean): Promise<unknown> | Block | undefined {
    if (!(func instanceof NativeFunctionInstance)) {
      func.invoke(env, slots);
      return undefined;
    }
    if (func.isAsync && !this.awaits) throw asyncNativeError(func.name);
    env.canAwait = this.awaits;
    env.canBlock = true;
    const pending = func.call(env, slots, again);
    if (pending === undefined || pending instanceof Block || this.awaits) return pending;
    pending.catch(() => {});
    throw asyncNativeError(func.name);
  }
  #failed(thread: RemoteThread, error: unknown): void {
    if (error instanceof ThreadExit && thread.id !== 0) {
      thread.answer('leave');
      return;
    }
    this.#listener.failed(thread, error);
    thread.answer('stop');
  }
  #block(thread: RemoteThread, block: Block): void {
    const ms = Math.min(block.ms, block.file?.wait ? LOOK_AGAIN_MS : (block.retryMs ?? Number.POSITIVE_INFINITY));
    thread.block = block;
    thread.wakeAt = this.#main.store.platform.monotonicNow() + ms;
    this.#blocked.set(thread, block);
    block.onEnd = () => {
      this.#blocked.delete(thread);
      this.#woken.push(thread);
      this.#listener.ready();
    };
    if (!block.waits) block.onEnd();
  }
  #await(thread: RemoteThread, func: FunctionInstance, pending: Promise<unknown>): void {
    thread.isPending = true;
    const settled = (action: () => void) => (): void => {
      this.#settled.push(() => {
        if (thread.isPending && !thread.isEnded) action();
      });
      this.#listener.ready();
    };
    pending.then(
      (value) =>
        settled(() => {
          thread.isPending = false;
          if (value === CALL_AGAIN) this.#make(thread, func, true);
          else {
            thread.box.putValues(thread.slots, func.signature.results.length);
            thread.answer('values');
          }
        })(),
      (error: unknown) => settled(() => this.#failed(thread, error))(),
    );
  }

  /** Goes on with those whose wait is over. */
  resume(): void {
    for (const action of this.#settled.splice(0)) action();
    if (this.#blocked.size > 0) {
      const now = this.#main.store.platform.monotonicNow();
      for (const [thread, block] of [...this.#blocked]) if (thread.wakeAt <= now) block.expire();
    }
    for (const thread of this.#woken.splice(0)) {
      const { block, calls } = thread;
      if (block === undefined || block.waits || calls === undefined || thread.isEnded) continue;
      thread.env.resumption = block.state;
      thread.block = undefined;
      this.#make(thread, calls, true);
    }
  }
  /** Milliseconds until one can go on by itself. */
  get msToGo(): number {
    if (this.#settled.length > 0 || this.#woken.length > 0) return 0;
    let first = Number.POSITIVE_INFINITY;
    for (const { wakeAt } of this.#blocked.keys()) first = Math.min(first, wakeAt);
    return first === Number.POSITIVE_INFINITY ? first : first - this.#main.store.platform.monotonicNow();
  }
  remove(thread: RemoteThread): void {
    this.#blocked.delete(thread);
  }
  clear(): void {
    this.#blocked.clear();
    this.#woken.length = this.#settled.length = 0;
  }
}
