// The call of guest code that runs in a store at the moment, of which there is one at most: calls inside it restore what they change.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { Slots } from '../../runtime/slots.js';

export class CurrentCall {
  env: ExecEnv | undefined = undefined;
  /** Where the adapters find arguments and put results. */
  slots: Slots;
  /** What a native or a hook threw while guest code runs: guests cannot catch it, whatever the JavaScript engine thinks. */
  pending: { readonly error: unknown } | undefined = undefined;

  constructor(slots: Slots) {
    this.slots = slots;
  }
  /** Keeps the error until it leaves the guest, and returns it. */
  fail(error: unknown): unknown {
    this.pending = { error };
    return error;
  }
}
