// What EnclavePool.run and callPlugin take as a job, checked and read once. Refuses unknown names and wrong types, by name.
import { LIVE_CONVENTIONS } from '../enclave/protocol/structures.js';
import type { NativeDefinition } from '../enclave/untrusted/native-service.js';
import type { PluginJob, TakenPluginJob } from '../enclave/untrusted/plugin-jobs.js';
import { type JobPreopen, PoolProgram, type ProgramJob, type TakenJob } from '../enclave/untrusted/program-jobs.js';
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
import { MODE_CHOICES } from '../runtime/running-mode.js';
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
  const isWhole = typeof stdin === 'string' || isA(stdin, Uint8Array);
  return {
    ...takeEither(job),
    args,
    env: entriesOf(env, `${WHAT}.env`).map(([name, value]) => `${name}=${value}`),
    preopens: entriesOf(preopens, `${WHAT}.preopens`).map(([path, preopen]) => preopenOf(path, preopen)),
    input: typeof stdin === 'string' ? new TextEncoder().encode(stdin) : isWhole ? (stdin as Uint8Array) : undefined,
    streams: {
      ...(stdin !== undefined && !isWhole && { stdin: stdin as never }),
      ...(stdout !== undefined && { stdout }),
      ...(stderr !== undefined && { stderr }),
    },
    holdMs: holdOutputMs,
    natives: entriesOf(natives, `${WHAT}.natives`).map(([name, symbols]) => [name, symbolsOf(name, symbols)] as const),
  };
}
/** The limits of the call as a whole are apart from those of its instance. */
function takeEither({ module, limits = {}, mode, deterministic, used, ...job }: EitherJob) {
  if (module === undefined) throw new UsageError(`${WHAT}: it has no module`);
  const { fuel, timeoutMs, ...instanceLimits } = limits;
  return {
    program: isA(module, PoolProgram) ? module : programOf(module),
    options: { mode, deterministic, limits: instanceLimits, ...(fuel !== undefined && { metered: true }) },
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
