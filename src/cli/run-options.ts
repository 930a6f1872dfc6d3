// The options of `enclasm run` as a request. Refuses what options mean only together.
import { CliError } from './cli-error.js';
import { limitsOf } from './limit-options.js';
import type { AllOptions } from './parse.js';
import type { RunRequest } from './request.js';
import type { Variable } from './values.js';

/** @param environment ours, for --env NAME @throws CliError */
export function requestOf(
  options: AllOptions,
  operands: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RunRequest {
  const [file = '', ...args] = operands;
  if (options.repl && options.function !== undefined) {
    throw new CliError('enclasm run: --repl and --function exclude each other; give one of them');
  }
  return {
    program: 'enclasm',
    file,
    args,
    directories: [...(options.dir ?? []), ...(options['map-dir'] ?? [])],
    env: variables(options.env ?? [], environment),
    addressPool: (options['addr-pool'] ?? []).flat(),
    allowResolve: (options['allow-resolve'] ?? []).flat(),
    mode: options.mode ?? 'auto',
    enclave: options.enclave,
    pool: options.pool,
    heapSize: options['heap-size'],
    maxThreads: options['max-threads'],
    threads: options.threads ?? 'auto',
    limits: limitsOf(options),
    func: options.function,
    repl: options.repl ?? false,
    usage: options.usage ?? false,
    json: options.json ?? false,
    deterministic: options.deterministic ?? false,
    seed: options.seed,
    strict: options.strict ?? false,
    modulePath: options['module-path'] ?? '.',
    nativeLibs: [],
    verbosity: options.verbose ?? 2,
    trace: options.trace ?? false,
  };
}

/** Variables that this process's environment lacks are left out. */
export function variables(
  given: readonly Variable[],
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, value } of given) {
    const known = value ?? environment[name];
    if (known !== undefined) found[name] = known;
  }
  return found;
}
