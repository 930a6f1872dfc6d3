// The guest call that is running in a store. There is at most one: nested calls restore what they change.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { Slots } from '../../runtime/slots.js';

export class CurrentCall {
  env: ExecEnv | undefined = undefined;
  /** Where the adapters find arguments and store results. */
  slots: Slots;
  /** What a native function or a hook threw while guest code ran. Guests cannot catch it, whatever error the JavaScript engine reports. */
  pending: { readonly error: unknown } | undefined = undefined;

  constructor(slots: Slots) {
    this.slots = slots;
  }
  /** Keeps the error until it has left the guest, and returns it. */
  fail(error: unknown): unknown {
    this.pending = { error };
    return error;
  }
}
