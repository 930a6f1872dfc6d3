// One call of a plugin as a job: an instance of its own, which ends with the call; the compiled module stays in the enclave. Refuses nothing itself:
// entry/job-options.ts has checked a job.
import type { Args } from '../protocol/commands.js';
import { addUsage, LimitError } from '../protocol/enclave-errors.js';
import type { DeadlineChoice, LimitOptions, ModeChoice, Usage } from '../protocol/structures.js';
import type { AbortSignalLike } from '../protocol/transport.js';
import type { Enclave } from './client.js';
import type { Account } from './lease.js';
import type { KeptModules, PoolProgram, UsageListener } from './program-jobs.js';

/** A call of a function of a plugin, in an instance of its own: nothing of one call is left for the next. */
export interface PluginJob {
  /** The module: its bytes, or what `pool.program` made of them. */
  readonly module: Uint8Array | PoolProgram;
  /** Which convention it was compiled for; a program is run by `run`. */
  readonly convention: 'extism' | 'assemblyscript' | 'pointer-length';
  /** The exported function. */
  readonly name: string;
  /** Its input; a text goes as one where the convention has texts. Default: no bytes. */
  readonly input?: Uint8Array | string | undefined;
  /** Settings of an Extism plugin, by name. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  /** Of the call as a whole, its instantiation included: `fuel` and `timeoutMs`; of its instance: the others. */
  readonly limits?: LimitOptions | undefined;
  /**
   * How `limits.timeoutMs` is kept: `soft`, by the plugin itself, and its enclave goes on; `hard`, by ending the enclave, which costs the plugin
   * nothing while it runs; the pool starts another. Default: `soft`.
   */
  readonly deadline?: DeadlineChoice | undefined;
  /** The running mode. Default: the runtime's. */
  readonly mode?: ModeChoice | undefined;
  /** Whether the same input gives the same output. */
  readonly deterministic?: boolean | undefined;
  /** The most bytes of output. Default 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Is told what the call used, however it ends, unless it was ended with its enclave. */
  readonly used?: UsageListener | undefined;
}

/** What a plugin's function gave. */
export interface PluginJobOutput {
  /** Its output. */
  readonly output: Uint8Array;
  /** What the call used, its instantiation included. */
  readonly usage: Usage;
}

/** A call that was checked and read. */
export interface TakenPluginJob {
  readonly program: PoolProgram;
  readonly convention: PluginJob['convention'];
  readonly name: string;
  readonly input: Uint8Array;
  readonly isText: boolean;
  /** `NAME=value`. */
  readonly config: readonly string[];
  readonly options: NonNullable<Args<'instantiatePlugin'>['options']>;
  readonly limits: LimitOptions;
  readonly maxOutputBytes: number;
  readonly used: UsageListener | undefined;
}

/** @param signal ends it */
export async function runPluginJob(
  enclave: Enclave,
  account: Account,
  modules: KeptModules,
  job: TakenPluginJob,
  signal: AbortSignalLike,
): Promise<PluginJobOutput> {
  const { convention, options, limits, maxOutputBytes, name, input, isText } = job;
  const module = await modules.load(enclave, job.program);
  let total: Usage | undefined;
  const count = (usage: Usage): void => {
    if (total === undefined) total = { ...usage };
    else addUsage(total, usage);
  };
  try {
    const extism = convention === 'extism' && { extism: { config: job.config, functions: [] } };
    const { instance } = await account.call(
      'instantiatePlugin',
      { module, convention, options, ...extism, limits },
      { signal },
      count,
    );
    try {
      const call = { instance, name, input, isText, maxOutputBytes, limits: left(limits, total) } as const;
      const { output } = await account.call('callPlugin', call, { signal }, count);
      return { output: output.slice(), usage: total! };
    } finally {
      if (enclave.failure === undefined) await enclave.deinstantiateModule({ instance });
    }
  } finally {
    if (total) job.used?.(total);
  }
}

/** What the instantiation has left of the limits of both. */
function left({ fuel, timeoutMs }: LimitOptions, used: Usage | undefined): { fuel?: number; timeoutMs?: number } {
  const rest = (limit: 'fuel' | 'timeoutMs', most: number, spent: number): number => {
    if (spent >= most) throw new LimitError(limit, most);
    return most - spent;
  };
  return {
    ...(fuel !== undefined && { fuel: rest('fuel', fuel, used?.fuel ?? 0) }),
    ...(timeoutMs !== undefined && { timeoutMs: rest('timeoutMs', timeoutMs, used?.wallMs ?? 0) }),
  };
}
