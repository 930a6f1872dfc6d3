// A call of a guest's function that can wait: for async natives, and for the event loop to turn. It runs in parts. What the store's one running call
// has (the meter's counts, slots, the stack's bytes) is put in place at the very moment when a part begins, and taken away when it ends, since other
// calls run in between. Refuses nothing: what ends the call is thrown into the guest, which cannot catch it, or unwinds it.
import type { ExecEnv } from '../../runtime/exec-env.js';
import {
  CALL_AGAIN,
  endedFunctionError,
  type NativeFunctionInstance,
  type PartSteps,
  type SuspendingExecution,
} from '../../runtime/function.js';
import { DEPTH } from '../../runtime/meter.js';
import type { Slots } from '../../runtime/slots.js';
import { intoGuest, returnToGuest } from './call-out.js';
import type { InstanceCounters, StackCounter, StackState } from './counters.js';
import type { Suspendable } from './current-call.js';
import type { NativeInstance } from './native-instance.js';
import type { NativeStore } from './native-store.js';
import { leaveGuest } from './native-traps.js';
import { beginTraces, endTraces } from './stack-traces.js';
import type { JsValue } from './webassembly.js';

/** How the function is called, and its result taken once there is one. */
export interface PromisingRun {
  start(slots: Slots): Promise<JsValue>;
  take(slots: Slots, value: JsValue): void;
}

/** The milliseconds after which the event loop has a turn. */
const MS_PER_SLICE = 4;

type StackStates = readonly (readonly [counter: StackCounter, state: StackState])[];

export class SuspendingCall implements Suspendable, SuspendingExecution {
  pending: Promise<void> | undefined;
  readonly #shared: NativeStore;
  readonly #owner: NativeInstance;
  readonly #run: PromisingRun;
  readonly #env: ExecEnv;
  readonly #slots: Slots;
  #steps: PartSteps | undefined;
  #stopped: { resolve(how: 'done' | 'slice' | 'await'): void; reject(error: unknown): void } | undefined;
  /** Lets the JavaScript engine go on; undefined while it runs, and when it has ended. */
  #goOn: (() => void) | undefined;
  #hasEntered = false;
  #isAbandoned = false;
  /** Puts back what was in place before this part. */
  #restore: () => void = () => {};
  #depth = 0;
  #sliceEnd = 0;
  /** What its frames have of the bytes of stack, while they are set aside. */
  #stacks: StackStates = [];
  /** The guest that goes on, and its count where the meter does not have it. */
  #guest: InstanceCounters | undefined;
  #left = 0;
  #arguments: { readonly words: Int32Array; readonly refs: unknown[] } | undefined;
  #isCalledAgain = false;
  #failure: { readonly error: unknown } | undefined;
  /** As they were when the last part ended: which instance held the counts, and what had been thrown through it. */
  #holder: InstanceCounters | undefined;
  #thrown: { readonly error: unknown } | undefined;

  constructor(shared: NativeStore, owner: NativeInstance, run: PromisingRun, env: ExecEnv, slots: Slots) {
    this.#shared = shared;
    this.#owner = owner;
    this.#run = run;
    this.#env = env;
    this.#slots = slots;
  }

  run(steps: PartSteps): Promise<'done' | 'slice' | 'await'> {
    this.#steps = steps;
    return new Promise((resolve, reject) => {
      this.#stopped = { resolve, reject };
      if (this.#goOn === undefined) this.#begin();
      else this.#continue(() => this.#endPart());
    });
  }
  cancel(): void {
    if (this.#goOn === undefined) return;
    this.#isAbandoned = true;
    this.#continue(() => {
      this.#shared.call.pending = undefined;
    });
  }
  runsIn(instance: object): boolean {
    const { instances } = this.#shared;
    // Frames of other instances may lie between: of those that can be called directly.
    return [...instances].some(
      (one) =>
        one.instance === instance && (one === this.#owner || one.counters === this.#guest || one.counters.exposed),
    );
  }

  #begin(): void {
    const owner = this.#owner;
    const { counters, adopted } = this.#shared;
    if (owner.ended) throw endedFunctionError(owner.instance);
    const steps = this.#steps!;
    try {
      steps.enter(true);
    } catch (error) {
      steps.leave();
      throw error;
    }
    const { registers } = counters.meter;
    this.#depth = registers[DEPTH]!;
    this.#beginPart();
    try {
      // The code does not count calls itself.
      if (!owner.countsCalls && --registers[DEPTH]! < 0) throw counters.meter.depthExhausted();
      owner.stack?.enter(this.#env);
      counters.load(owner.counters);
      adopted.copyIn();
      this.#run.start(this.#slots).then(
        (value) => this.#returned(value),
        (error) => this.#failed(error),
      );
    } catch (error) {
      throw leaveGuest(this.#shared, error);
    } finally {
      this.#endPart();
    }
  }
  /** Lets the engine go on, and calls `ended` when it has stopped. */
  async #continue(ended: () => void): Promise<void> {
    const goOn = this.#goOn!;
    this.#goOn = undefined;
    this.#hasEntered = false;
    goOn();
    // The engine goes on in the job that has just been queued: what is awaited here comes directly after it.
    do await undefined;
    while (!this.#hasEntered);
    ended();
  }

  #beginPart(): void {
    const { call, stacks, store } = this.#shared;
    const { env, slots, outward, suspendable, pending } = call;
    const before = stacks.isEmpty ? [] : statesOf(stacks);
    const limit = beginTraces();
    const { runsGuest } = store;
    store.runsGuest = true;
    this.#restore = () => {
      endTraces(limit);
      store.runsGuest = runsGuest;
      Object.assign(call, { env, slots, outward, suspendable, pending });
      for (const [counter, state] of before) counter.leave(state);
    };
    Object.assign(call, {
      env: this.#env,
      slots: this.#slots,
      outward: this.#slots,
      suspendable: this,
      pending: undefined,
    });
    this.#sliceEnd = store.platform.monotonicNow() + MS_PER_SLICE;
  }
  #endPart(): void {
    const { call, counters, adopted, stacks } = this.#shared;
    const waits = this.#goOn !== undefined;
    if (waits) this.#stacks = stacks.isEmpty ? [] : statesOf(stacks);
    else {
      this.#holder = counters.holder;
      if (counters.save()) adopted.copyOut();
      counters.meter.registers[DEPTH] = this.#depth;
    }
    this.#thrown = call.pending;
    this.#restore();
    this.#steps!.leave();
    if (waits) this.#stopped!.resolve(this.pending ? 'await' : 'slice');
  }
  #returned(value: JsValue): void {
    try {
      this.#run.take(this.#slots, value);
      this.#stopped!.resolve('done');
    } catch (error) {
      this.#stopped!.reject(error);
    }
  }
  /** The engine tells later than the part has ended why it did: what the trap's place says of the fuel is counted now. */
  #failed(error: unknown): void {
    if (this.#isAbandoned) return;
    const { call, counters } = this.#shared;
    const steps = this.#steps!;
    const { pending } = call;
    steps.enter(false);
    call.pending = this.#thrown;
    if (this.#holder) counters.load(this.#holder);
    const failure = leaveGuest(this.#shared, error);
    counters.save();
    counters.meter.registers[DEPTH] = this.#depth;
    call.pending = pending;
    steps.leave();
    this.#stopped!.reject(failure);
  }

  // ---- what the code that runs does ----

  callNative(callee: NativeFunctionInstance, guest: InstanceCounters | undefined, again: boolean): void {
    const env = this.#env;
    const { i32, refs } = this.#slots;
    const { length } = callee.signature.params;
    if (!again) this.#arguments = { words: i32.slice(0, length * 4), refs: refs.slice(0, length) };
    env.canAwait = true;
    env.canBlock = false;
    const pending = callee.call(env, this.#slots, again) as Promise<unknown> | undefined;
    if (pending === undefined) return;
    this.#guest = guest;
    this.pending = pending.then(
      (answer) => {
        this.#isCalledAgain = answer === CALL_AGAIN;
      },
      (error: unknown) => {
        this.#failure = { error };
      },
    );
    this.#shared.suspension!.announce();
  }
  mustCallAgain(): boolean {
    if (!this.#isCalledAgain) return false;
    this.#isCalledAgain = false;
    const { words, refs } = this.#arguments!;
    this.#slots.i32.set(words);
    for (const [k, value] of refs.entries()) this.#slots.refs[k] = value;
    return true;
  }
  pause(guest: InstanceCounters, left: number): void {
    const { store, counters, adopted, suspension } = this.#shared;
    if (!this.#steps!.timed || store.platform.monotonicNow() < this.#sliceEnd) return;
    this.#guest = guest;
    this.#left = left;
    if (guest.metered) guest.setLeft(left);
    if (counters.saveWithDepth()) adopted.copyOut();
    suspension!.announce();
  }
  pauseEnded(): number {
    const guest = this.#guest!;
    return guest.metered ? guest.getLeft() : this.#left;
  }
  setAside(goOn: () => void): void {
    this.#goOn = goOn;
  }
  enter(): void {
    const { call } = this.#shared;
    this.#hasEntered = true;
    if (this.#isAbandoned) throw call.fail(new Error('abandoned'));
    let over: { readonly error: unknown } | undefined;
    try {
      this.#steps!.enter(true);
    } catch (error) {
      over = { error };
    }
    this.#beginPart();
    for (const [counter, state] of this.#stacks) counter.leave(state);
    this.pending = undefined;
    if (this.#guest) returnToGuest(this.#shared, this.#guest);
    if (over) throw call.fail(over.error);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw intoGuest(this.#shared, failure.error);
  }
}

function statesOf(stacks: Iterable<StackCounter>): StackStates {
  return [...stacks].map((counter) => [counter, counter.state] as const);
}
