// Checks the functions that an instance gets as an embedder's argument, a native's result or an import. Refuses functions that would run outside the
// instance's limits, because they belong to another runtime, are not counted, or cannot be interrupted.
import { UsageError } from '../wasm/errors.js';
import { type DefiningInstance, FunctionInstance } from './function.js';

/** The instance that would get the function. */
export interface Receiver {
  readonly metered: boolean;
}

/** @throws UsageError if calls of the instance's functions cannot be interrupted. @param what names the function in the error */
export function refuseUninterruptible({ interruptible }: Pick<DefiningInstance, 'interruptible'>, what: string): void {
  if (interruptible) return;
  throw new UsageError(
    `${what}: nothing can interrupt the instance that it belongs to, so no other may call it: instantiate that one with \`interruptible: true\``,
  );
}

/**
 * Checks a value that an instance gets. Only functions of guests may be refused. The contents of objects are not checked: the caller is responsible
 * for them.
 * @throws UsageError
 */
export function checkForeignFunction(receiver: Receiver, store: object, value: unknown, what: string): void {
  if (!FunctionInstance.is(value)) return;
  const { definingInstance: definer } = value;
  if (definer === undefined || definer === receiver) return;
  if (definer.store !== store) throw new UsageError(`${what}: the function given belongs to another runtime`);
  refuseUninterruptible(definer, what);
  if (!receiver.metered || definer.metered) return;
  throw new UsageError(
    `${what}: the instance of the function given counts no fuel, but this one does: instantiate it with metered: true`,
  );
}
