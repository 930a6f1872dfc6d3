// An enclave as a pool lends it: the same commands, with the tenant's budget put into every call and what it used counted.
// Refuses commands after the work it was lent to has ended; the limits are kept on the trusted side.
import { type Args, COMMAND_NAMES, type CommandName, type Result } from '../protocol/commands.js';
import { LimitError, UsageError } from '../protocol/errors.js';
import { type AsyncCommands, type CallOptions, type Enclave, WITH_LIMITS } from './client.js';
import type { Tenant } from './tenants.js';

/** What work gets: the commands, natives and references of an enclave; it cannot close or restart it. */
export type Lease = AsyncCommands & Pick<Enclave, 'natives' | 'reference' | 'objectOf'>;

/** Commands that leave nothing behind. */
const CLEAN: ReadonlySet<CommandName> = new Set(['ping', 'echo', 'getVersion', 'getMemAllocInfo', 'countHandles']);

/** One piece of work with an enclave, as its pool sees it. */
export interface Lent {
  /** Something may have been left in the enclave. */
  dirty: boolean;
  /** Commands that have no answer yet. */
  running: number;
  /** Set by the pool. */
  ended: boolean;
}

export function leaseOf(enclave: Enclave, tenant: Tenant, lent: Lent): Lease {
  const lease: Record<string, unknown> = {
    natives: enclave.natives.bind(enclave),
    reference: enclave.reference.bind(enclave),
    objectOf: enclave.objectOf.bind(enclave),
  };
  for (const name of COMMAND_NAMES) {
    const run = (args: Args<typeof name>, options: CallOptions | undefined) =>
      WITH_LIMITS.has(name) || name === 'instantiateModule'
        ? counted(enclave, tenant, name, limited(name, args, tenant), options)
        : enclave.call(name, args, options);
    lease[name] = async (args: object = {}, options?: CallOptions) => {
      if (lent.ended) throw new UsageError(`${name}: the work that this enclave was lent to has ended`);
      if (!CLEAN.has(name)) lent.dirty = true;
      lent.running++;
      try {
        return await run(args as Args<typeof name>, options);
      } finally {
        lent.running--;
      }
    };
  }
  return lease as Lease;
}

async function counted<K extends CommandName>(
  enclave: Enclave,
  tenant: Tenant,
  name: K,
  args: Args<K>,
  options: CallOptions | undefined,
): Promise<Result<K>> {
  try {
    const result = await enclave.call(name, args, options);
    tenant.fuel += Number((result as Result<'callWasm'>).usage?.fuel ?? 0n);
    return result;
  } catch (error) {
    if (error instanceof LimitError) tenant.fuel += Number(error.usage?.fuel ?? 0n);
    throw error;
  }
}

/** The call's own limits, or what is left of the tenant's budget where that is less. */
function limited<K extends CommandName>(name: K, args: Args<K>, tenant: Tenant): Args<K> {
  const { fuel, timeMs, memoryBytes } = tenant.budget;
  tenant.check();
  if (name === 'instantiateModule') {
    const { options = {}, ...rest } = args as Args<'instantiateModule'>;
    const limits = { ...options.limits, ...least('memoryBytes', options.limits?.memoryBytes, memoryBytes) };
    const metered = fuel === undefined ? {} : { metered: true };
    return { ...rest, options: { ...options, ...metered, limits } } as unknown as Args<K>;
  }
  const { limits: own } = args as Args<'callWasm'>;
  const limits = {
    ...own,
    ...least('fuel', own?.fuel, fuel === undefined ? undefined : fuel - tenant.fuel),
    ...least('timeoutMs', own?.timeoutMs, timeMs === undefined ? undefined : timeMs - tenant.timeMs),
  };
  return { ...args, limits };
}

function least<N extends string>(name: N, a: number | undefined, b: number | undefined): { [K in N]?: number } {
  const value = Math.min(a ?? Number.POSITIVE_INFINITY, b ?? Number.POSITIVE_INFINITY);
  return (value === Number.POSITIVE_INFINITY ? {} : { [name]: value }) as { [K in N]?: number };
}
