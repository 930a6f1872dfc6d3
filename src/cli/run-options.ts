// Makes a request of the options of `enclasm run`. Refuses options that exclude each other.
import { parseEnv } from 'node:util';
import type { Feature } from '../entry/tables.js';
import { CliError } from './cli-error.js';
import { readBytes } from './files.js';
import { limitsOf } from './limit-options.js';
import type { AllOptions } from './parse.js';
import type { ObserveRequest, RunRequest } from './request.js';
import type { Variable } from './values.js';

/** @param environment this process's own, for --env=NAME and --inherit-env @throws CliError */
export function requestOf(
  options: AllOptions,
  operands: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RunRequest {
  const [file = '', ...args] = operands;
  if (options.repl && options.function !== undefined) {
    throw new CliError('enclasm run: --repl and --function exclude each other; give one of them');
  }
  if (options.enclave && options.feature) {
    throw new CliError(
      'enclasm run: --feature works without --enclave alone: an enclave takes modules with the features it has',
    );
  }
  if (options.deadline === 'hard' && options.enclave !== 'worker' && options.enclave !== 'process') {
    throw new CliError(
      'enclasm run: --deadline=hard ends the guest with its worker or process: give --enclave=worker or --enclave=process too',
    );
  }
  return {
    program: 'enclasm',
    file,
    argv0: options.argv0 ?? file,
    args,
    directories: [...(options.dir ?? []), ...(options['map-dir'] ?? [])],
    env: {
      ...(options['inherit-env'] ? inherited(environment) : {}),
      ...Object.assign({}, ...(options['env-file'] ?? []).map(readVariables)),
      ...variables(options.env ?? [], environment),
    },
    addressPool: (options['addr-pool'] ?? []).flat(),
    allowResolve: (options['allow-resolve'] ?? []).flat(),
    mode: options.mode ?? 'auto',
    enclave: options.enclave,
    pool: options.pool,
    heapSize: options['heap-size'],
    maxThreads: options['max-threads'],
    threads: options.threads ?? 'auto',
    limits: limitsOf(options),
    deadline: options.deadline ?? 'soft',
    func: options.function,
    repl: options.repl ?? false,
    usage: options.usage ?? false,
    json: options.json ?? false,
    deterministic: options.deterministic ?? false,
    seed: options.seed,
    strict: options.strict ?? false,
    features: featureChanges(options),
    modulePath: options['module-path'] ?? '.',
    nativeLibs: [],
    verbosity: options.verbose ?? 2,
    trace: options.trace ?? false,
    observe: observeRequest(options),
  };
}

/** @throws CliError for what cannot be seen through the boundary of an enclave, or goes with --profile alone */
function observeRequest(options: AllOptions): ObserveRequest {
  for (const name of ['profile', 'coverage', 'coredump'] as const) {
    if (options.enclave && options[name] !== undefined) {
      throw new CliError(
        `enclasm run: --${name} works without --enclave alone: what a guest does inside an enclave is not seen outside`,
      );
    }
  }
  for (const name of ['profile-by', 'profile-format'] as const) {
    if (options[name] !== undefined && options.profile === undefined) {
      throw new CliError(`enclasm run: --${name} needs --profile, which names the file`);
    }
  }
  const by = options['profile-by'] ?? 'fuel';
  return {
    calls: options['trace-calls'],
    profile: options.profile,
    profileBy: options.profile === undefined ? undefined : by === 'time' ? 'ms' : 'fuel',
    profileFormat: options['profile-format'],
    coverage: options.coverage,
    coreDump: options.coredump,
  };
}

function inherited(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return variables(
    Object.keys(environment).map((name) => ({ name, value: undefined })),
    environment,
  );
}

/** Reads a file in the format of `node --env-file`. @throws CliError */
function readVariables(path: string): Record<string, string> {
  return parseEnv(Buffer.from(readBytes(path)).toString()) as Record<string, string>;
}

/** Returns the variables; those that this process's environment lacks are left out. */
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

/** Returns the features that --feature switches on or off; for one that is named twice the last word counts. */
export function featureChanges({ feature = [] }: AllOptions): Partial<Record<Feature, boolean>> {
  return Object.fromEntries(feature.map(({ feature: name, on }) => [name, on]));
}
