// Modules that every enclave of a pool has before jobs need them: loaded, and compiled by an instance that nothing of is run. Refuses nothing: what cannot
// be had says so at the first job.
import type { Enclave } from './client.js';
import type { PluginJob } from './plugin-jobs.js';
import type { KeptModules, TakenJob } from './program-jobs.js';

/** A module that is wanted everywhere, with the options of its jobs. */
export interface Preload {
  readonly job: Pick<TakenJob, 'program' | 'options'>;
  readonly convention: PluginJob['convention'] | undefined;
}

/** A start function gets no further. */
const NO_FUEL = { fuel: 1 };

export class Preloads {
  readonly #wanted = new Set<Preload>();

  add(preload: Preload): void {
    this.#wanted.add(preload);
  }
  delete(preload: Preload): void {
    this.#wanted.delete(preload);
  }
  /** Those that an enclave has not been given. @param given the ones that it has, or had: it may forget one for another */
  missing(given: WeakSet<Preload>): readonly Preload[] {
    return [...this.#wanted].filter((one) => !given.has(one));
  }
}

export async function preload(enclave: Enclave, modules: KeptModules, { job, convention }: Preload): Promise<void> {
  const { program, options } = job;
  try {
    const module = await modules.load(enclave, program);
    const args = { module, options, limits: NO_FUEL };
    const { instance } = await (convention === undefined
      ? enclave.instantiateModule(args)
      : enclave.instantiatePlugin({
          ...args,
          convention,
          ...(convention === 'extism' && { extism: { config: [], functions: [] } }),
        }));
    await enclave.deinstantiateModule({ instance });
  } catch {
    // The first job says why.
  }
}
