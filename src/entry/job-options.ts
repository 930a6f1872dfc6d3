// What EnclavePool.run and callPlugin take as a job, checked and read once. Refuses unknown names and wrong types, by name.
import { LIVE_CONVENTIONS } from '../enclave/protocol/structures.js';
import type { NativeDefinition } from '../enclave/untrusted/native-service.js';
import type { PluginJob, TakenPluginJob } from '../enclave/untrusted/plugin-jobs.js';
import {
  type JobPreopen,
  PoolProgram,
  type ProgramInput,
  type ProgramJob,
  type TakenJob,
} from '../enclave/untrusted/program-jobs.js';
import {
  aBoolean,
  aFunction,
  anArray,
  anObject,
  aString,
  type Check,
  type Checks,
  checkOptions,
  entriesOf,
  isA,
  nonNegativeInteger,
  nonNegativeNumber,
  oneOf,
  stringArray,
} from '../runtime/check-options.js';
import { DEFAULT_MAX_OUTPUT_BYTES, INSTANCE_LIMITS } from '../runtime/option-tables.js';
import { DEADLINE_CHOICES, MODE_CHOICES } from '../runtime/running-mode.js';
import { UsageError } from '../wasm/errors.js';
import { anInput, anOutput } from './enclave-options.js';
import { contentKey, directory } from './environment.js';

const WHAT = 'a job';

const aModule: Check = (value) =>
  isA(value, Uint8Array) || isA(value, PoolProgram) ? undefined : 'a Uint8Array, or what pool.program gave,';
const aStandardInput: Check = (value) =>
  isA(value, Uint8Array) || typeof value === 'string' ? undefined : anInput(value) && 'bytes, a text or a stream';

/** What both kinds of jobs have. */
const EITHER_JOB = {
  module: aModule,
  limits: INSTANCE_LIMITS,
  deadline: oneOf(...DEADLINE_CHOICES),
  mode: oneOf(...MODE_CHOICES),
  deterministic: aBoolean,
  maxOutputBytes: nonNegativeInteger,
  used: aFunction,
};
type EitherJob = Partial<Pick<ProgramJob, keyof typeof EITHER_JOB>>;

const JOB: Checks<ProgramJob> = {
  ...EITHER_JOB,
  args: stringArray,
  env: anObject,
  preopens: anObject,
  stdin: aStandardInput,
  stdout: anOutput,
  stderr: anOutput,
  holdOutputMs: nonNegativeNumber,
  natives: anObject,
};

const PLUGIN_JOB: Checks<PluginJob> = {
  ...EITHER_JOB,
  convention: oneOf(...LIVE_CONVENTIONS),
  name: aString,
  input: (value) => (isA(value, Uint8Array) || typeof value === 'string' ? undefined : 'bytes or a text'),
  config: anObject,
};

/** A module and the key of its content: a copy, so that nothing changes it afterwards. */
export function programOf(bytes: Uint8Array): PoolProgram {
  if (!isA(bytes, Uint8Array)) throw new UsageError('pool.program: the bytes of a module are wanted');
  return new PoolProgram(bytes.slice(), contentKey(bytes));
}

/** @throws UsageError */
export function takeJob(given: ProgramJob): TakenJob {
  const job = checkOptions<Partial<ProgramJob>>(given, JOB as Checks<Partial<ProgramJob>>, WHAT);
  const { args = [], env, preopens, stdin, stdout, stderr, holdOutputMs, natives } = job;
  return {
    ...takeEither(job),
    args,
    env: variables(env),
    preopens: entriesOf(preopens, `${WHAT}.preopens`).map(([path, preopen]) => preopenOf(path, preopen)),
    input: inputOf(stdin),
    streams: {
      ...(isStream(stdin) && { stdin: stdin as never }),
      ...(stdout !== undefined && { stdout }),
      ...(stderr !== undefined && { stderr }),
    },
    holdMs: holdOutputMs,
    natives: entriesOf(natives, `${WHAT}.natives`).map(([name, symbols]) => [name, symbolsOf(name, symbols)] as const),
  };
}
type Stdin = ProgramJob['stdin'];
const isStream = (stdin: Stdin): boolean => stdin !== undefined && typeof stdin !== 'string' && !isA(stdin, Uint8Array);
const inputOf = (stdin: Stdin): Uint8Array | undefined =>
  typeof stdin === 'string' ? new TextEncoder().encode(stdin) : isA(stdin, Uint8Array) ? stdin : undefined;
const variables = (env: ProgramJob['env']): string[] =>
  entriesOf(env, `${WHAT}.env`).map(([name, value]) => `${name}=${value}`);

const INPUT: Checks<ProgramInput> = {
  env: anObject,
  stdin: aStandardInput,
  stdout: anOutput,
  stderr: anOutput,
  used: aFunction,
  fuel: nonNegativeInteger,
};
/** Runs that give nothing of a kind are frequent: only what is there is looked at. @throws UsageError */
export function takeInput(job: TakenJob, given: ProgramInput): TakenJob {
  const { env, stdin, stdout, stderr, used, fuel } = checkGiven(given);
  return {
    program: job.program,
    args: job.args,
    env: env === undefined ? job.env : variables(env),
    preopens: job.preopens,
    input: stdin === undefined ? job.input : inputOf(stdin),
    streams: {
      stdin: stdin === undefined ? job.streams.stdin : isStream(stdin) ? (stdin as never) : undefined,
      stdout: stdout ?? job.streams.stdout,
      stderr: stderr ?? job.streams.stderr,
    },
    holdMs: job.holdMs,
    natives: job.natives,
    options: fuel === undefined || job.options.metered ? job.options : { ...job.options, metered: true },
    limits: fuel === undefined ? job.limits : { fuel, timeoutMs: job.limits.timeoutMs },
    maxOutputBytes: job.maxOutputBytes,
    used: used ?? job.used,
  };
}
function checkGiven(given: ProgramInput): ProgramInput {
  const copy: Record<string, unknown> = {};
  for (const key in given) {
    const value = given[key as keyof ProgramInput];
    const check = Object.hasOwn(INPUT, key) ? (INPUT[key as keyof ProgramInput] as Check) : undefined;
    const wrong = check === undefined ? 'no such member' : value === undefined ? undefined : check(value);
    if (wrong !== undefined) throw new UsageError(`${WHAT}.${key}: ${wrong}${check ? ' is wanted' : ''}`);
    copy[key] = value;
  }
  return copy as ProgramInput;
}

/** The limits of the call as a whole are apart from those of its instance. */
function takeEither({ module, limits = {}, deadline, mode, deterministic, used, ...job }: EitherJob) {
  if (module === undefined) throw new UsageError(`${WHAT}: it has no module`);
  const { fuel, timeoutMs, ...instanceLimits } = limits;
  return {
    program: isA(module, PoolProgram) ? module : programOf(module),
    options: { mode, deterministic, deadline, limits: instanceLimits, ...(fuel !== undefined && { metered: true }) },
    limits: { fuel, timeoutMs },
    maxOutputBytes: job.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES,
    used,
  };
}

/** @throws UsageError */
export function takePluginJob(given: PluginJob): TakenPluginJob {
  const job = checkOptions<Partial<PluginJob>>(given, PLUGIN_JOB as Checks<Partial<PluginJob>>, WHAT);
  const { convention, name, input = '', config } = job;
  for (const [what, value] of Object.entries({ convention, name })) {
    if (value === undefined) throw new UsageError(`${WHAT}: it has no ${what}`);
  }
  return {
    ...takeEither(job),
    convention: convention!,
    name: name!,
    input: typeof input === 'string' ? new TextEncoder().encode(input) : input,
    isText: typeof input === 'string',
    config: entriesOf(config, `${WHAT}.config`).map(([key, value]) => `${key}=${value}`),
  };
}

function symbolsOf(name: string, symbols: unknown): readonly NativeDefinition[] {
  const wrong = anArray(symbols);
  if (wrong) throw new UsageError(`${WHAT}.natives['${name}']: ${wrong} is wanted`);
  return symbols as readonly NativeDefinition[];
}

const PREOPEN: Checks<{ path: string; fileSystem: object; readOnly: boolean }> = {
  path: (value) => (typeof value === 'string' ? undefined : 'a path'),
  fileSystem: (value) => (isFileSystem(value) ? undefined : 'a file system'),
  readOnly: aBoolean,
};
const isFileSystem = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { open?: unknown }).open === 'function';

function preopenOf(guestPath: string, preopen: JobPreopen): TakenJob['preopens'][number] {
  const what = `${WHAT}.preopens['${guestPath}']`;
  if (isFileSystem(preopen)) return { guestPath, readOnly: false, system: preopen as never };
  const given = typeof preopen === 'string' ? { path: preopen } : preopen;
  const {
    path,
    fileSystem,
    readOnly = false,
  } = checkOptions<{ path?: string; fileSystem?: object; readOnly?: boolean }>(given, PREOPEN as never, what);
  if (fileSystem !== undefined) return { guestPath, readOnly, system: fileSystem as never };
  if (path !== undefined) return { guestPath, readOnly, system: directory(path) };
  throw new UsageError(`${what}: a path, { path, readOnly }, { fileSystem, readOnly } or a file system is wanted`);
}
