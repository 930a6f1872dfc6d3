// What a guest may not be handed, whoever hands it on: an embedder's argument, a native's result, an import.
// Refuses functions that would run outside the guest's limits: of another runtime, not counted, or not to be interrupted.
import { UsageError } from '../wasm/errors.js';
import { type DefiningInstance, FunctionInstance } from './function.js';

/** Who would get the function. */
export interface Receiver {
  readonly metered: boolean;
}

/** @throws UsageError where an instance gets a function that cannot be ended in its calls. @param what is handed on, for the error */
export function refuseUninterruptible({ interruptible }: Pick<DefiningInstance, 'interruptible'>, what: string): void {
  if (interruptible) return;
  throw new UsageError(
    `${what}: nothing can interrupt the instance that it belongs to, so no other may call it: instantiate that one without \`interruptible: false\``,
  );
}

/**
 * Looks at a value on its way to an instance; all but guests' functions may pass. Not at what is in it: who hands objects on answers for them.
 * @throws UsageError
 */
export function checkForeignFunction(receiver: Receiver, store: object, value: unknown, what: string): void {
  if (!FunctionInstance.is(value)) return;
  const { definingInstance: giver } = value;
  if (giver === undefined || giver === receiver) return;
  if (giver.store !== store) throw new UsageError(`${what}: the function given belongs to another runtime`);
  refuseUninterruptible(giver, what);
  if (!receiver.metered || giver.metered) return;
  throw new UsageError(
    `${what}: the instance of the function given counts no fuel, but this one does: instantiate it with metered: true`,
  );
}
