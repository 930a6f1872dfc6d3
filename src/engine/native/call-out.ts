// Calls out of guest code: moves the counters to the meter and back. Errors that functions of the runtime throw pass the guest's handlers.
import { WasmException } from '../../runtime/exception.js';
import { type FunctionInstance, NativeFunctionInstance } from '../../runtime/function.js';
import type { InstanceCounters } from './counters.js';
import type { NativeStore } from './native-store.js';

/**
 * Calls a function outside guest code, with its arguments in the slots of the call.
 * @param caller the guest; undefined: whichever instance runs @param again the function has waited and is called once more
 */
export function callOut(
  shared: NativeStore,
  callee: FunctionInstance,
  caller: InstanceCounters | undefined,
  again = false,
): void {
  const { call, counters, adopted, suspension } = shared;
  const guest = caller ?? counters.holder;
  const env = call.env!;
  const { slots, outward, suspendable } = call;
  const { instance } = env;
  if (counters.saveWithDepth()) adopted.copyOut();
  if (guest) env.instance = guest.instance;
  try {
    if (suspendable && callee instanceof NativeFunctionInstance && callee.mayWait) {
      suspendable.callNative(callee, guest, again);
    } else callee.invoke(env, outward);
  } catch (error) {
    throw intoGuest(shared, error);
  } finally {
    call.env = env;
    call.slots = slots;
    env.instance = instance;
    // A guest that waits gets its counts when it goes on.
    if (guest && !suspension?.isAnnounced) returnToGuest(shared, guest);
  }
}
/** Restores the counts that a native function has left. Guests cannot catch what is thrown here (the deadline has passed). */
export function returnToGuest({ call, counters, adopted }: NativeStore, guest: InstanceCounters): void {
  try {
    counters.load(guest);
    adopted.copyIn();
    counters.refillAfterCall(guest);
  } catch (error) {
    throw call.fail(error);
  }
}
/** Returns what to throw into guest code for an error of a native function: guests may catch wasm exceptions and nothing else. */
export function intoGuest({ call, exceptions }: NativeStore, error: unknown): unknown {
  if (!(error instanceof WasmException) || !exceptions.supported) return call.fail(error);
  try {
    return exceptions.toJs(error);
  } catch (problem) {
    return call.fail(problem);
  }
}
