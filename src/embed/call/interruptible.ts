// The refusals for instances that cannot be interrupted. Refuses limits that need checks in their code, and other instances that would call their
// functions: the deadlines of those would not hold.
import type { Instance } from '../../runtime/instance.js';
import { UsageError } from '../../wasm/errors.js';
import { type LimitOptions, limitInCode } from '../../wasm/limit-table.js';

/** What needs checks in the guest's code besides limits. */
export interface Interruptions {
  readonly metered?: true | undefined;
  readonly stackSize?: number | undefined;
  readonly signal?: unknown;
}

/** @throws UsageError where an instance made with `interruptible: false` would have to be interrupted */
export function refuseInterruptions(limits: LimitOptions, others: Interruptions): void {
  const name =
    limitInCode(limits) ?? (Object.keys(others) as (keyof Interruptions)[]).find((one) => others[one] !== undefined);
  if (name === undefined) return;
  throw new UsageError(
    `instantiate options: interruptible: false excludes ${name}, which needs checks in the guest's code`,
  );
}

/** @throws UsageError where another instance would get functions of an instance that cannot be interrupted */
export function refuseUninterruptible({ interruptible }: Instance, what: string): void {
  if (interruptible) return;
  throw new UsageError(
    `${what}: nothing can interrupt the instance that it belongs to, so no other may call it: instantiate that one without \`interruptible: false\``,
  );
}
