// What a node does with calls that come by the broker, from clients, other nodes and the work queue. Types only.
import type { Call, CallReport } from './caller.js';

/** What a node does with calls that come by the broker. A tenant is its name, which the subject says. */
export interface CallHandler {
  /** Calls that would begin at once. */
  places(): number;
  /** @throws Problem where the tenant may not call the function */
  check(tenant: string, name: string): void;
  /** @throws Problem */
  call(tenant: string, call: Omit<Call, 'tenant'>, report: CallReport): Promise<void>;
}
