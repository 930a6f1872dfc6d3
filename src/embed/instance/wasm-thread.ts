// A thread that the embedder started in a guest. Refuses to be waited for twice, or once it has been left to itself.
import { INSPECT } from '../../base/inspect.js';
import type { Instance } from '../../runtime/instance.js';
import type { Slots } from '../../runtime/slots.js';
import type { StartedThread } from '../../runtime/thread-runner.js';
import type { WasmValue } from '../../runtime/value.js';
import { UsageError } from '../../wasm/errors.js';
import { type CallOptions, runGuest } from '../call/call.js';
import { type AsyncCallOptions, runAsync } from '../call/call-async.js';
import { readResults } from '../call/wasm-function.js';

/**
 * A thread of a guest, as `WasmInstance.spawnThread` gives it. It runs while calls of its instance do, those of `join` included; between them it
 * stands still.
 */
export class WasmThread {
  readonly #instance: Instance;
  readonly #thread: StartedThread;
  #isGone = false;

  /** @internal Use WasmInstance.spawnThread. */
  constructor(instance: Instance, thread: StartedThread) {
    this.#instance = instance;
    this.#thread = thread;
  }
  /** @internal */
  [INSPECT](): string {
    return `[Thread ${this.id} of '${this.#instance.name}'${this.ended ? ', ended' : ''}]`;
  }
  /** Its number, from 1 on; no other thread of the instance has it as long as this one is alive. */
  get id(): number {
    return this.#thread.id;
  }
  /** Whether it has returned, or was ended. */
  get ended(): boolean {
    return this.#thread.isEnded;
  }
  /**
   * Runs the threads until this one has ended, as a call of the instance.
   * @returns what its function returned
   * @throws UsageError where it was cancelled, detached, joined before, or ended with all others; what any thread throws
   */
  join(options: CallOptions = {}): WasmValue[] {
    const instance = this.#instance;
    this.#leave('joined');
    return runGuest(instance, options, () => {
      const { slots } = instance.store;
      this.#thread.join.invoke(instance.execEnv, slots);
      return this.#results(slots);
    });
  }
  /** The same in slices, as WasmFunction.callAsync. */
  async joinAsync(options: AsyncCallOptions = {}): Promise<WasmValue[]> {
    this.#leave('joined');
    const ends = { prepare: () => {}, finish: (slots: Slots) => this.#results(slots) };
    return runAsync(this.#instance, this.#thread.join, options, ends);
  }
  /** Ends it; inside a native as soon as that returns. Nothing happens where it has ended. */
  cancel(): void {
    if (!this.ended) this.#thread.cancel();
  }
  /** Leaves it to itself: it cannot be joined. @throws UsageError as join */
  detach(): void {
    this.#leave('detached');
  }
  #results(slots: Slots): WasmValue[] {
    return readResults(this.#instance, this.#thread.join.signature.results, slots);
  }
  #leave(how: string): void {
    this.#instance.checkAlive();
    if (this.#isGone) throw new UsageError(`thread ${this.id} cannot be ${how}: it was joined or detached before`);
    this.#isGone = true;
  }
}
