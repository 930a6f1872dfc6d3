// Checks options of limits, and decides which holds where several are given. wasm/limit-table.ts says what each means.
// Refuses unknown names, and values that are no amounts.
import { type Check, type Nested, nonNegativeInteger, nonNegativeNumber } from '../../runtime/check-options.js';
import {
  isWhole,
  type LimitOptions,
  type LimitScope,
  type LimitsOf,
  limitsOf,
  type RuntimeLimitOptions,
} from '../../wasm/limit-table.js';

/** Returns the checks of the limits that may be given in these places. */
export function limitChecks<Scope extends LimitScope>(...scopes: Scope[]): Readonly<Record<LimitsOf<Scope>, Check>> {
  const checks = limitsOf(...scopes).map((name) => [name, isWhole(name) ? nonNegativeInteger : nonNegativeNumber]);
  return Object.fromEntries(checks) as Record<LimitsOf<Scope>, Check>;
}

export const INSTANCE_LIMITS: Nested = { checks: limitChecks('call', 'instance') };
export const RUNTIME_LIMITS: Nested = { checks: limitChecks('call', 'instance', 'runtime') };

const NAMES = limitsOf('call', 'instance');

/** Returns the limits of an instance; its own take precedence over the runtime's defaults. */
export function resolveLimits(own: LimitOptions, defaults: RuntimeLimitOptions): LimitOptions {
  const resolved: Record<string, number | undefined> = {};
  // The runtime has a budget of memoryBytes over all instances besides, but an instance must know whether it has a limit.
  for (const name of NAMES) resolved[name] = own[name] ?? defaults[name];
  return Object.freeze(resolved);
}
