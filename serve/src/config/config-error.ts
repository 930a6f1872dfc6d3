// What is wrong with a configuration: every fault, each by its path. Refuses nothing itself.
import type { z } from 'zod';

/** One thing that is wrong. */
export interface Fault {
  /** As `functions.sort.limits.fuel`; '' is the whole. */
  readonly path: string;
  readonly message: string;
}

/** A configuration that is refused. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];
  /** @param what the file or the request that it came from */
  constructor(what: string, faults: readonly Fault[]) {
    super([`${what} is refused:`, ...faults.map(({ path, message }) => `  ${path || '(all)'}: ${message}`)].join('\n'));
    this.faults = faults;
  }
}

/** Checks a value. @throws ConfigError with all that is wrong with it */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return result.data;
  throw new ConfigError(
    what,
    result.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  );
}
