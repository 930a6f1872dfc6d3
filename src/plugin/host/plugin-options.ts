// What createPlugin takes, checked. Refuses unknown names and wrong types, by name, and what the plugin's convention has no use for.

import type { Preopen } from '../../imports/wasi/index.js';
import { LOG_LEVELS, type LogLevel } from '../../platform/platform.js';
import {
  aBoolean,
  aFunction,
  anObject,
  anyValue,
  aString,
  type Checks,
  checkOptions,
  entriesOf,
  nonNegativeInteger,
  oneOf,
  stringArray,
} from '../../runtime/check-options.js';
import { INSTANCE_LIMITS } from '../../runtime/option-tables.js';
import { DEADLINE_CHOICES, type DeadlineChoice, MODE_CHOICES, type ModeChoice } from '../../runtime/running-mode.js';
import { UsageError } from '../../wasm/errors.js';
import type { LimitOptions } from '../../wasm/limit-table.js';
import { PLUGIN_CONVENTIONS, type PluginConvention } from '../guest/convention.js';

/** What a plugin sees through WASI: nothing unless given. */
export interface PluginWasi {
  /** Its arguments, the program's name first. */
  readonly args?: readonly string[] | undefined;
  /** Its environment variables. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Which directories it sees, by the path that it sees: `{ '/data': { path: '/srv/data', readOnly: true } }`. */
  readonly preopens?: Readonly<Record<string, Preopen>> | undefined;
  /** Gets what it writes to its standard output; that of a `wasi-command` is its output. Unless given, it is dropped. */
  readonly stdout?: ((bytes: Uint8Array) => unknown) | undefined;
  /** Gets what it writes to its standard error. Unless given, it is dropped; a `wasi-command` that fails has the end of it in its error. */
  readonly stderr?: ((bytes: Uint8Array) => unknown) | undefined;
}

/** A function that a plugin imports: with WAMR's signature where it takes texts (`$`) or buffers (`*~`), values alone without one. */
export type PluginNative =
  | ((...args: never[]) => unknown)
  | {
      /** WAMR's notation, as `($)i`. */
      readonly signature?: string | undefined;
      /** What runs on this side. */
      readonly func: (...args: never[]) => unknown;
      /** It returns a promise. */
      readonly async?: boolean | undefined;
    };

/** A request of an Extism plugin. */
export interface PluginRequest {
  /** Where it goes: look at it before it does. */
  readonly url: string;
  /** `GET` unless the plugin says otherwise. */
  readonly method: string;
  /** By name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where it has none. */
  readonly body: Uint8Array;
}
/** The answer to it. */
export interface PluginResponse {
  /** The HTTP status. */
  readonly status: number;
  /** By name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A text is sent as UTF-8. */
  readonly body?: Uint8Array | string | undefined;
}
/** What an Extism plugin may ask for: nothing unless given. */
export interface ExtismPluginOptions {
  /** Settings, by name. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  /**
   * Makes the plugin's requests, and decides which of them are made. May be async where the call can wait: in an enclave that is a worker or a
   * process, and on this thread in a mode that can pause.
   */
  readonly http?: ((request: PluginRequest) => PluginResponse | Promise<PluginResponse>) | undefined;
  /** Functions that it imports, by module name and name: each takes and gives blocks of its memory, as bytes. Async as `http`. */
  readonly functions?:
    | Readonly<Record<string, Readonly<Record<string, (...inputs: Uint8Array[]) => PluginFunctionResult>>>>
    | undefined;
}
/** What a function for an Extism plugin gives: bytes, a text, or nothing; or a promise of it. */
export type PluginFunctionResult = Uint8Array | string | undefined | Promise<Uint8Array | string | undefined>;

/** What a plugin may use, wherever it runs. */
export interface PluginSettings {
  /** Which convention it was compiled for. Default: the first that its exports and imports fit. */
  readonly convention?: PluginConvention | undefined;
  /** A label for errors and the log. */
  readonly name?: string | undefined;
  /** Of each call: `fuel` and `timeoutMs`, for all that it does; of the instance: the others. */
  readonly limits?: LimitOptions | undefined;
  /**
   * How `limits.timeoutMs` is kept: `soft`, by the plugin itself, and its enclave goes on; `hard`, by ending the enclave, which costs the plugin nothing
   * while it runs. Needs an enclave in a worker or a process: one of its own is started again for the next call. Default: `soft`.
   */
  readonly deadline?: DeadlineChoice | undefined;
  /** The running mode. Default 'auto'. */
  readonly mode?: ModeChoice | undefined;
  /** The same input gives the same output: NaNs are canonical, clocks and randomness fixed. */
  readonly deterministic?: boolean | undefined;
  /** Bytes of one call's output. Default 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** What it sees through WASI. */
  readonly wasi?: PluginWasi | undefined;
  /** Functions that it imports, by module name and name. */
  readonly natives?: Readonly<Record<string, Readonly<Record<string, PluginNative>>>> | undefined;
  /** Of convention `extism`. */
  readonly extism?: ExtismPluginOptions | undefined;
  /** Gets each line of the log. Default: standard error. */
  readonly log?: ((level: string, text: string) => void) | undefined;
  /** Which lines there are. Default 'warning'. */
  readonly logLevel?: LogLevel | undefined;
}

/** The same with where it runs, which the entry that makes the backend knows. */
export interface PlacedSettings<Enclave> extends PluginSettings {
  readonly enclave?: Enclave | undefined;
}

const OPTIONS: Checks<PlacedSettings<unknown>> = {
  convention: oneOf(...PLUGIN_CONVENTIONS),
  name: aString,
  limits: INSTANCE_LIMITS,
  deadline: oneOf(...DEADLINE_CHOICES),
  mode: oneOf(...MODE_CHOICES),
  deterministic: aBoolean,
  maxOutputBytes: nonNegativeInteger,
  wasi: {
    checks: { args: stringArray, env: anObject, preopens: anObject, stdout: aFunction, stderr: aFunction },
  },
  natives: anObject,
  extism: { checks: { config: anObject, http: aFunction, functions: anObject } },
  log: aFunction,
  logLevel: oneOf(...LOG_LEVELS),
  enclave: anyValue,
};
type Declared = Exclude<PluginNative, (...args: never[]) => unknown>;
function declared(func: Declared['func']): Partial<Declared> {
  return { func };
}
const NATIVE: Checks<Declared> = {
  signature: aString,
  func: aFunction,
  async: aBoolean,
};

/** A function of the embedder's, and the names that the guest imports it by. */
export interface NamedNative {
  readonly module: string;
  readonly name: string;
  readonly signature: string | undefined;
  readonly func: (...args: unknown[]) => unknown;
  readonly async: boolean;
}

/** A frozen copy, everything in it checked. @throws UsageError */
export function checkPluginOptions<T extends PlacedSettings<unknown>>(given: T): T {
  return checkOptions<T>(given, OPTIONS as Checks<T>, 'createPlugin options');
}

/** @throws UsageError */
export function namedNatives({ natives }: PluginSettings): NamedNative[] {
  const what = 'createPlugin options.natives';
  return entriesOf(natives, what).flatMap(([module, table]) =>
    entriesOf(table, `${what}['${module}']`).map(([name, native]) => {
      const where = `${what}['${module}'].${name}`;
      const {
        signature,
        func,
        async = false,
      } = typeof native === 'function' ? declared(native) : checkOptions<Partial<Declared>>(native, NATIVE, where);
      if (func === undefined) throw new UsageError(`${where}: a function is wanted`);
      return { module, name, signature, func: func as NamedNative['func'], async };
    }),
  );
}

/** @throws UsageError for options that the convention has no use for */
export function checkFits(convention: PluginConvention, { extism, wasi }: PluginSettings): void {
  if (extism !== undefined && convention !== 'extism') {
    throw new UsageError(`createPlugin options.extism: the plugin's convention is '${convention}'`);
  }
  if (wasi?.stdout !== undefined && convention === 'wasi-command') {
    throw new UsageError("createPlugin options.wasi.stdout: the standard output of a 'wasi-command' is its output");
  }
}
