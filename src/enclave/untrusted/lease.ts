// An enclave as a pool lends it: the same commands, but each call that may run a guest reserves a part of the tenant's budget, and its usage is
// counted even if it fails. Refuses every use after the task that it was lent to has ended.
import { type Args, COMMAND_NAMES, type CommandName, type Result, runsGuest } from '../protocol/commands.js';
import { UsageError } from '../protocol/enclave-errors.js';
import type { Usage } from '../protocol/structures.js';
import type { Timers } from '../protocol/transport.js';
import type { AsyncCommands, CallOptions, Enclave } from './client.js';
import type { Reservation, Tenant, Work } from './tenants.js';

/** What a task gets of an enclave: the commands, natives and references. It cannot close or restart the enclave. */
export type Lease = AsyncCommands & Pick<Enclave, 'natives' | 'reference' | 'objectOf'>;

/** The commands that leave nothing in the enclave. */
const CLEAN: ReadonlySet<CommandName> = new Set(['ping', 'echo', 'getVersion', 'getMemAllocInfo', 'countHandles']);
/** The commands that make an instance, which the tenant's budget limits. */
const INSTANTIATING: ReadonlySet<CommandName> = new Set(['instantiateModule', 'instantiatePlugin', 'runProgram']);
/** Milliseconds beyond its share of the time budget after which a call that has not stopped is ended with its enclave. */
const HARD_STOP_MS = 1_000;

/** One task with an enclave, as its pool sees it. */
export interface Lent extends Work {
  /** Whether the task may have left something in the enclave. */
  dirty: boolean;
  /** The number of commands that have no answer yet. */
  running: number;
  /** Whether the task has ended; the pool sets it. */
  ended: boolean;
}

export function leaseOf(enclave: Enclave, account: Account, lent: Lent): Lease {
  const alive = (what: string): void => {
    if (lent.ended) throw new UsageError(`${what}: the work that this enclave was lent to has ended`);
  };
  const lease: Record<string, unknown> = {};
  for (const name of ['natives', 'reference', 'objectOf'] as const) {
    lease[name] = (...args: unknown[]) => {
      alive(name);
      lent.dirty = true;
      return (enclave[name] as (...given: unknown[]) => unknown).apply(enclave, args);
    };
  }
  for (const name of COMMAND_NAMES) {
    lease[name] = async (args: object = {}, options?: CallOptions) => {
      alive(name);
      if (!CLEAN.has(name)) lent.dirty = true;
      lent.running++;
      try {
        if (runsGuest(name)) return await account.call(name, args as Args<typeof name>, options);
        return await enclave.call(name, args as Args<typeof name>, options);
      } finally {
        lent.running--;
      }
    };
  }
  return lease as Lease;
}

/** The calls of one task, against the tenant's budget. */
export class Account {
  readonly #enclave: Enclave;
  readonly #tenant: Tenant;
  readonly #lent: Lent;
  readonly #timers: Timers;

  constructor(enclave: Enclave, tenant: Tenant, lent: Lent, timers: Timers) {
    this.#enclave = enclave;
    this.#tenant = tenant;
    this.#lent = lent;
    this.#timers = timers;
  }

  /** @param told is told what the call used, where that is known */
  async call<K extends CommandName>(
    name: K,
    args: Args<K>,
    options: CallOptions = {},
    told?: (usage: Usage) => void,
  ): Promise<Result<K>> {
    const enclave = this.#enclave;
    const own = (args as Args<'callWasm'>).limits ?? {};
    const reserved = await this.#reserve(own);
    const { fuel, timeMs } = reserved;
    let used: number | undefined;
    const watch = {
      used(usage: Usage) {
        used = usage.fuel ?? 0;
        told?.(usage);
      },
    };
    try {
      const hard = timeMs === undefined ? undefined : least(options.timeoutMs, timeMs + HARD_STOP_MS);
      const limits = {
        ...own,
        ...(fuel !== undefined && { fuel }),
        ...(timeMs !== undefined && { timeoutMs: timeMs }),
      };
      const limited = INSTANTIATING.has(name) ? this.#instantiation(args as Args<'instantiateModule'>) : args;
      const given = { ...limited, limits } as unknown as Args<K>;
      return await enclave.call(name, given, hard === undefined ? options : { ...options, timeoutMs: hard }, watch);
    } catch (error) {
      // The call was stopped from outside, so its usage is not known.
      if (used === undefined && enclave.failure !== undefined) used = fuel;
      throw error;
    } finally {
      this.#tenant.endReservation(reserved, used ?? 0);
    }
  }

  /** Reserves what the call may use. Waits while other calls have reserved the whole rest, unless one of them waits for this call. */
  async #reserve(own: Args<'callWasm'>['limits'] & object): Promise<Reservation> {
    const tenant = this.#tenant;
    const enclave = this.#enclave;
    for (;;) {
      const inside = enclave.runningFunctions > 0;
      // The call runs on the reservation of the call that waits for the embedder's function.
      if (inside && enclave.transport.nests) return tenant.nested(own);
      const reserved = tenant.reserve(this.#lent, own, this.#timers.now());
      if (reserved) return reserved;
      if (inside) throw tenant.allReserved();
      await Promise.race([tenant.nextEnd(), enclave.nextFunctionCall()]);
    }
  }
  #instantiation({ options = {}, ...rest }: Args<'instantiateModule'>): Args<'instantiateModule'> {
    const { fuel, memoryBytes } = this.#tenant.budget;
    const most = least(options.limits?.memoryBytes, memoryBytes);
    const limits = { ...options.limits, ...(most !== undefined && { memoryBytes: most }) };
    return { ...rest, options: { ...options, ...(fuel !== undefined && { metered: true }), limits } };
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}
