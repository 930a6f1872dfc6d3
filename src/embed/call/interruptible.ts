// The rules for instances that nothing can interrupt. Refuses limits that need checks in their code, and calls of their functions from calls that
// have such limits, which would not hold; and hard deadlines where nothing outside keeps them.
import type { Instance } from '../../runtime/instance.js';
import type { Meter } from '../../runtime/meter.js';
import { UsageError } from '../../wasm/errors.js';
import { type LimitOptions, limitInCode } from '../../wasm/limit-table.js';

/** The options besides limits that need checks in the guest's code. */
export interface Interruptions {
  readonly metered?: true | undefined;
  readonly stackSize?: number | undefined;
  readonly signal?: unknown;
}

/** Returns the name of an option that is given and needs checks in the guest's code; undefined if there is none. */
export function needsChecks(limits: LimitOptions, others: Interruptions): string | undefined {
  return (
    limitInCode(limits) ?? (Object.keys(others) as (keyof Interruptions)[]).find((one) => others[one] !== undefined)
  );
}

/** @throws UsageError where an instance made with `interruptible: false` would have to be interrupted */
export function refuseInterruptions(limits: LimitOptions, others: Interruptions): void {
  const name = needsChecks(limits, others);
  if (name === undefined) return;
  throw new UsageError(
    `instantiate options: interruptible: false excludes ${name}, which needs checks in the guest's code`,
  );
}

/** @throws UsageError where nothing outside could end the guest */
export function refuseHardDeadline({ isEndedFromOutside }: { readonly isEndedFromOutside: boolean }): void {
  if (isEndedFromOutside) return;
  throw new UsageError(
    "deadline: 'hard' ends a guest with its enclave, and a runtime without one has nothing to end: run it in an enclave with transport 'worker' or 'process', or use deadline: 'soft'",
  );
}

/** @throws UsageError where a native calls an instance that nothing can interrupt, inside a call that has a limit */
export function refuseInside(instance: Instance, outer: Meter): void {
  if (instance.interruptible) return;
  const limit = outer.limitInCode;
  if (limit === undefined) return;
  throw new UsageError(
    `a call that has a limit (${limit}) cannot call an instance that nothing can interrupt: instantiate that one with \`interruptible: true\``,
  );
}
