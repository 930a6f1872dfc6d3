// What options of limits must be, and which hold where several give them. What each means stands in wasm/limit-table.ts.
// Refuses unknown names and values that are no amounts.
import { type Check, type Nested, nonNegativeInteger, nonNegativeNumber } from '../../runtime/check-options.js';
import {
  isWhole,
  type LimitOptions,
  type LimitScope,
  type LimitsOf,
  limitsOf,
  type RuntimeLimitOptions,
} from '../../wasm/limit-table.js';

/** For the limits that may be given in these places. */
export function limitChecks<Scope extends LimitScope>(...scopes: Scope[]): Readonly<Record<LimitsOf<Scope>, Check>> {
  const checks = limitsOf(...scopes).map((name) => [name, isWhole(name) ? nonNegativeInteger : nonNegativeNumber]);
  return Object.fromEntries(checks) as Record<LimitsOf<Scope>, Check>;
}

export const INSTANCE_LIMITS: Nested = { checks: limitChecks('call', 'instance') };
export const RUNTIME_LIMITS: Nested = { checks: limitChecks('call', 'instance', 'runtime') };

const NAMES = limitsOf('call', 'instance');

/** The limits of one instance: its own before the runtime's defaults. */
export function resolveLimits(own: LimitOptions, defaults: RuntimeLimitOptions): LimitOptions {
  const resolved: Record<string, number | undefined> = {};
  // Of memoryBytes the runtime keeps a budget over all instances besides: an instance must know that it is limited at all.
  for (const name of NAMES) resolved[name] = own[name] ?? defaults[name];
  return Object.freeze(resolved);
}
