// One call of one guest: its module, what it is granted, its limits; and the pool of enclaves that it runs in. Types, and how a pool is made.
import { availableParallelism } from 'node:os';
import { createEnclavePool, type EnclavePool, type PoolProgram } from 'enclasm/enclave';
import type { Leaving } from '../admission/leaving.js';
import { type Config, type Convention, type Definition, isProgram, type Limits } from '../config/schema.js';
import type { AnswerSink, CallRequest, CallUsage } from './exchange.js';

/** A function as its guests are made of it. */
export interface GuestFunction {
  readonly name: string;
  readonly convention: Convention;
  readonly definition: Definition;
  readonly program: PoolProgram;
}
/** A call of a guest. */
export interface GuestCall {
  readonly function: GuestFunction;
  /** Whose turn it is. */
  readonly tenant: string;
  readonly request: CallRequest;
  readonly answer: AnswerSink;
  readonly limits: Limits;
  /** Instructions, which its tenant's budget may make fewer than its limits say. */
  readonly fuel: number;
  readonly signal: Leaving;
  /** Is told what the guest has used, however it ends. */
  used(usage: CallUsage): void;
  /** Is told the end of what it wrote to its standard error. */
  said(text: string): void;
}

/** Calls that run at once. */
export function slotsOf({ size = availableParallelism() }: Config['enclaves']): number {
  return size;
}

/** Milliseconds beyond the guest's own limit after which its call is ended from outside. */
export const HARD_STOP_MS = 1_000;

export function createPool(enclaves: Config['enclaves'], log: (level: string, text: string) => void): EnclavePool {
  const { transport, spares, recycleAfter, bubblewrap, heapMiB } = enclaves;
  const size = slotsOf(enclaves);
  const heap = heapMiB !== undefined && { heapMiB };
  return createEnclavePool({
    size,
    spares,
    recycleAfter,
    // Calls wait in front of the pool, where tenants have weights and bounds; beside them only modules are looked at.
    queueLimit: 2 * size + MOST_INSPECTIONS,
    enclave: {
      transport,
      log,
      ...(transport === 'worker' ? { worker: { ...heap } } : { process: { ...heap, bubblewrap } }),
    },
  });
}
/** Loads and compiles a function in all enclaves. @returns what ends that for those that are started later */
export function preloadFunction(
  pool: EnclavePool,
  { program, convention, definition }: GuestFunction,
  { bodyBytes: _, outputBytes: __, ...limits }: Limits,
): Promise<() => void> {
  const { mode, deterministic } = definition;
  const job = { module: program, limits, mode, deterministic };
  return isProgram(convention) ? pool.preload(job) : pool.preload(job, convention as PluginConvention);
}
type PluginConvention = Exclude<Convention, 'stdio' | 'cgi'>;
const MOST_INSPECTIONS = 1_000;
