// The options by which an embedder grants a WASI guest access, and their defaults, which grant nothing. Refuses options it does not know, by name.
import { show } from '../../base/show.js';
import type { FileSystem } from '../../platform/files.js';
import { isStreamInput, isStreamOutput } from '../../platform/streams.js';
import type { Budget } from '../../runtime/budget.js';
import {
  aBoolean,
  anArray,
  anObject,
  aString,
  type Check,
  type Checks,
  checkOptions,
  entriesOf,
  nonNegativeInteger,
  nonNegativeNumber,
} from '../../runtime/check-options.js';
import { checksOf, NETWORK_OPTIONS } from '../../runtime/option-tables.js';
import { UsageError } from '../../wasm/errors.js';
import type { LimitOptions } from '../../wasm/limit-table.js';
import type { NetworkOptions } from './network-grants.js';
import type { RandomFill } from './random.js';
import { type InputOption, type OutputOption, OutputSink } from './stdio.js';
import type { FixedClockOptions, WasiClock } from './wasi-clock.js';

/** A directory of the operating system by its path, or any file system. */
export type Preopen =
  | string
  | { readonly path: string; readonly readOnly?: boolean }
  | { readonly fileSystem: FileSystem; readonly readOnly?: boolean }
  | FileSystem;

/** What a WASI guest is granted: nothing unless given. */
export interface WasiOptions extends NetworkOptions {
  /** argv, the program's name first; none unless given. */
  readonly args?: readonly string[];
  /** Environment variables; undefined values are left out; none unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the guest finds at which path: `{ '/data': '/srv/data' }`; nothing unless given. */
  readonly preopens?: Readonly<Record<string, Preopen>>;
  /** 'ignore' unless given: reads end at once, writes vanish. */
  readonly stdin?: InputOption;
  /** Where its standard output goes; 'ignore' unless given. */
  readonly stdout?: OutputOption;
  /** Where its standard error goes; 'ignore' unless given. */
  readonly stderr?: OutputOption;
  /** 'host' unless given, or fixed where the instance is deterministic. */
  readonly clock?: 'host' | FixedClockOptions | WasiClock;
  /** The resolution of the platform's clock as the guest sees it, in nanoseconds: 1,000,000 unless given, 1 for the full resolution. */
  readonly clockResolution?: number | bigint;
  /** 'host' unless given, or a seed of 0 where the instance is deterministic. */
  readonly random?: 'host' | number | bigint | RandomFill;
  /** Descriptors at once, the standard streams and preopens included. Default: the instance's limit, or 512. Beyond it: EMFILE. */
  readonly maxOpenFiles?: number;
  /** Bytes that may be written to files and streams. Default: the instance's limit, or none. Beyond it: LimitError. */
  readonly maxOutputBytes?: number;
  /** For users of node:wasi: only true is possible, this runtime never ends the process. */
  readonly returnOnExit?: true;
}

/** The instance's values, for options that are not given. */
export interface WasiDefaults {
  readonly deterministic?: boolean;
  readonly limits?: LimitOptions | undefined;
  /** Milliseconds of the guest's own time, by which its waits and clocks count; the platform's unless given. */
  readonly now?: (() => number) | undefined;
  /** Of the random bytes of a deterministic guest; 0 unless given. */
  readonly seed?: number | undefined;
  /** The account that pays for what the guest adds to memory file systems. */
  readonly budget?: Budget | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const has = (value: unknown, method: string): boolean => isObject(value) && typeof value[method] === 'function';
/** Other objects with such a method, as streams have it, would return values that a guest takes for counts of bytes. */
const isFile = (value: unknown, method: string): boolean =>
  has(value, method) && isObject(value) && 'seekable' in value;

const anInput: Check = (value) =>
  value === 'ignore' ||
  value === 'inherit' ||
  value instanceof Uint8Array ||
  typeof value === 'function' ||
  isFile(value, 'read') ||
  isStreamInput(value) ||
  (isObject(value) && typeof value['text'] === 'string')
    ? undefined
    : "'ignore', 'inherit', bytes, { text }, a function, a readable stream, an async iterable or an OpenFile";
const anOutput: Check = (value) =>
  value === 'ignore' ||
  value === 'inherit' ||
  typeof value === 'function' ||
  value instanceof OutputSink ||
  isFile(value, 'write') ||
  isStreamOutput(value)
    ? undefined
    : "'ignore', 'inherit', a function, a writable stream, an OutputSink or an OpenFile";
const aClock: Check = (value) =>
  value === 'host' || isObject(value) ? undefined : "'host', { start, tick } or a WasiClock";
const aResolution: Check = (value) =>
  (typeof value === 'bigint' || Number.isInteger(value)) && (value as number) >= 0 ? undefined : 'a whole number';
const aSource: Check = (value) =>
  value === 'host' || typeof value === 'function' || typeof value === 'bigint' || Number.isInteger(value)
    ? undefined
    : "'host', a whole number or a function";
const aFileSystem: Check = (value) => (has(value, 'open') ? undefined : 'a file system');

const WHAT = 'WASI options';
const CHECKS: Checks<WasiOptions> = {
  args: anArray,
  env: anObject,
  preopens: anObject,
  stdin: anInput,
  stdout: anOutput,
  stderr: anOutput,
  clock: aClock,
  clockResolution: aResolution,
  random: aSource,
  maxOpenFiles: nonNegativeInteger,
  maxOutputBytes: nonNegativeNumber,
  returnOnExit: aBoolean,
  ...checksOf(NETWORK_OPTIONS),
};
const FIXED_CLOCK: Checks<FixedClockOptions> = {
  start: (value) => (typeof value === 'bigint' || value instanceof Date ? undefined : 'a bigint or a Date'),
  tick: (value) => (typeof value === 'bigint' ? undefined : 'a bigint'),
};
const HOST_FOLDER: Checks<{ readonly path: string; readonly readOnly?: boolean }> = {
  path: aString,
  readOnly: aBoolean,
};
const MOUNT: Checks<{ readonly fileSystem: FileSystem; readonly readOnly?: boolean }> = {
  fileSystem: aFileSystem,
  readOnly: aBoolean,
};

/** A misspelt `readOnly` would leave the directory writable. */
function checkPreopen(guestPath: string, preopen: unknown): Preopen {
  if (guestPath === '') throw new UsageError("preopens: '' is no guest path; use '.' or '/'");
  refuseNul('preopens', guestPath);
  const what = `${WHAT}.preopens['${guestPath}']`;
  if (typeof preopen === 'string' || has(preopen, 'open')) return preopen as Preopen;
  if (isObject(preopen) && 'path' in preopen) return checkOptions(preopen, HOST_FOLDER, what);
  if (isObject(preopen) && 'fileSystem' in preopen) return checkOptions(preopen, MOUNT, what);
  throw new UsageError(`${what}: a path, { path, readOnly }, { fileSystem, readOnly } or a file system is wanted`);
}

/**
 * A frozen copy, everything in it checked.
 * @throws UsageError that names the first option that is unknown or wrong.
 */
export function checkWasiOptions(given: WasiOptions): WasiOptions {
  const options = checkOptions<WasiOptions>(given, CHECKS, WHAT);
  const { clock } = options;
  const isFixed = typeof clock === 'object' && !has(clock, 'realtime');
  const fixed = isFixed ? { clock: checkOptions<FixedClockOptions>(clock, FIXED_CLOCK, `${WHAT}.clock`) } : {};
  if ((options.returnOnExit as unknown) === false) {
    throw new UsageError('returnOnExit: false would end the process when the guest exits; this runtime never does');
  }
  for (const argument of options.args ?? []) refuseNul('args', argument);
  const env = entriesOf(options.env, `${WHAT}.env`);
  for (const [name, value] of env) {
    if (name === '' || name.includes('=')) throw new UsageError(`env: '${name}' cannot be a variable's name`);
    refuseNul('env', name);
    if (value !== undefined) refuseNul('env', value);
  }
  const preopens = entriesOf(options.preopens, `${WHAT}.preopens`);
  return Object.freeze({
    ...options,
    ...fixed,
    env: record(env),
    preopens: record(preopens.map(([guestPath, preopen]) => [guestPath, checkPreopen(guestPath, preopen)])),
  });
}

/** A name may be any text, even `__proto__`. */
function record<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  const made: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) made[name] = value;
  return Object.freeze(made);
}

export function refuseNul(option: string, text: unknown): void {
  if (typeof text !== 'string') throw new UsageError(`${option}: ${show(text)} is not a string`);
  if (text.includes('\0')) throw new UsageError(`${option}: a string with a NUL cannot be passed to a guest`);
}
