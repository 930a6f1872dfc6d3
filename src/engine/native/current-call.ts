// The guest call that is running in a store. There is at most one: nested calls restore what they change.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { NativeFunctionInstance } from '../../runtime/function.js';
import type { Slots } from '../../runtime/slots.js';
import type { InstanceCounters } from './counters.js';

/** A call that can wait, as the code that it runs reaches it. */
export interface Suspendable {
  /**
   * Calls a native for a guest, and announces the wait where it gives a promise.
   * @param guest goes on afterwards @param again the native is called once more with the same arguments
   */
  callNative(callee: NativeFunctionInstance, guest: InstanceCounters | undefined, again: boolean): void;
  /** Whether the native for which it has waited must be called once more; its arguments are back in the slots then. */
  mustCallAgain(): boolean;
  /** Announces a wait for the event loop, where it is time for one. @param left the guest's count, which pauseEnded() returns */
  pause(guest: InstanceCounters, left: number): void;
  pauseEnded(): number;
  /** Its frames are being set aside. @param goOn lets the JavaScript engine go on with them */
  setAside(goOn: () => void): void;
  /** Its frames go on. Throws what ends the call, or the native has thrown. */
  enter(): void;
}

/** What is set aside while another call runs. */
type CallState = Pick<CurrentCall, 'env' | 'slots' | 'outward' | 'suspendable'>;

export class CurrentCall {
  readonly #storeSlots: Slots;
  env: ExecEnv | undefined = undefined;
  /** Where the adapters find arguments and store results. */
  slots: Slots;
  /** The same for what the guest calls. */
  outward: Slots;
  /** The call to which all frames of JavaScript's stack belong, so that they can be set aside; undefined: there are others among them. */
  suspendable: Suspendable | undefined = undefined;
  /** What a native function or a hook threw while guest code ran. Guests cannot catch it, whatever error the JavaScript engine reports. */
  pending: { readonly error: unknown } | undefined = undefined;

  /** @param storeSlots the store's: an outermost call finds them here, and so do the functions that it calls */
  constructor(storeSlots: Slots) {
    this.#storeSlots = storeSlots;
    this.slots = storeSlots;
    this.outward = storeSlots;
  }
  /** A call begins. @param slots undefined: it needs none @returns what end() needs */
  begin(env: ExecEnv, slots: Slots | undefined): CallState | undefined {
    const outer = this.env === undefined && slots === undefined ? undefined : this.#setAside(slots);
    this.env = env;
    return outer;
  }
  #setAside(own: Slots | undefined): CallState {
    const { env, slots, outward, suspendable } = this;
    this.slots = own ?? this.#storeSlots;
    this.outward = this.#storeSlots;
    this.suspendable = undefined;
    return { env, slots, outward, suspendable };
  }
  /** The call has ended: the one around it goes on, if there is one. */
  end(outer: CallState | undefined): void {
    this.env = outer?.env;
    if (outer === undefined) return;
    this.slots = outer.slots;
    this.outward = outer.outward;
    this.suspendable = outer.suspendable;
  }
  /** Keeps the error until it has left the guest, and returns it. */
  fail(error: unknown): unknown {
    this.pending = { error };
    return error;
  }
}
