// Decides which limits hold where several are given. wasm/limit-table.ts says what each means. Refuses nothing.
import { type LimitOptions, limitsOf, type RuntimeLimitOptions } from '../../wasm/limit-table.js';

const NAMES = limitsOf('call', 'instance');

/** Returns the limits of an instance; its own take precedence over the runtime's defaults. */
export function resolveLimits(own: LimitOptions, defaults: RuntimeLimitOptions): LimitOptions {
  const resolved: Record<string, number | undefined> = {};
  // The runtime has a budget of memoryBytes over all instances besides, but an instance must know whether it has a limit.
  for (const name of NAMES) resolved[name] = own[name] ?? defaults[name];
  return Object.freeze(resolved);
}
