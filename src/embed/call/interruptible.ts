// Instances that nothing can interrupt: what they cannot be asked for. Refuses limits that need checks in their code, and others who would
// call their functions: those others' deadlines would not hold.
import type { Instance } from '../../runtime/instance.js';
import { UsageError } from '../../wasm/errors.js';

/** What needs checks in the guest's code. */
const NEED_CHECKS = ['fuel', 'timeoutMs', 'callDepth', 'stackBytes', 'metered', 'stackSize', 'signal'] as const;

/** @throws UsageError where an instance made with `interruptible: false` would have to be interrupted */
export function refuseInterruptions(asked: { readonly [Name in (typeof NEED_CHECKS)[number]]?: unknown }): void {
  const name = NEED_CHECKS.find((one) => asked[one] !== undefined);
  if (name === undefined) return;
  throw new UsageError(
    `instantiate options: interruptible: false excludes ${name}, which needs checks in the guest's code`,
  );
}

/** @throws UsageError where somebody else would get functions of an instance that nothing can interrupt */
export function refuseUninterruptible({ interruptible }: Instance, what: string): void {
  if (interruptible) return;
  throw new UsageError(
    `${what}: nothing can interrupt the instance that it belongs to, so no other may call it: instantiate that one without \`interruptible: false\``,
  );
}
