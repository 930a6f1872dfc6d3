// The options that an embedder gives here and that also cross the boundary of an enclave, one row each. Their types, their checks and the fields of
// the boundary come from here; the comment of a row is what editors show. Refuses nothing itself: check-options.ts does.
import { LOG_LEVELS, type LogLevel } from '../platform/platform.js';
import {
  isWhole,
  type LimitOptions,
  type LimitScope,
  type LimitsOf,
  limitsOf,
  type RuntimeLimitOptions,
} from '../wasm/limit-table.js';
import {
  aBoolean,
  aString,
  type Check,
  type Nested,
  nonNegativeInteger,
  nonNegativeNumber,
  oneOf,
  stringArray,
} from './check-options.js';
import {
  DEADLINE_CHOICES,
  type DeadlineChoice,
  MODE_CHOICES,
  type ModeChoice,
  THREADS_CHOICES,
  type ThreadsChoice,
} from './running-mode.js';

/** What an option can be, by the name of its kind. A kind needs a check below, and a field in enclave/protocol/structures.ts. */
export interface OptionKinds {
  text: string;
  texts: readonly string[];
  /** A whole number from 0. */
  count: number;
  flag: boolean;
  mode: ModeChoice;
  logLevel: LogLevel;
  threads: ThreadsChoice;
  deadline: DeadlineChoice;
  instanceLimits: LimitOptions;
  runtimeLimits: RuntimeLimitOptions;
}
export type OptionTable = { readonly [name: string]: keyof OptionKinds };

/** The options of a table, with the comments of its rows. */
export type OptionsOf<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: OptionKinds[Table[Name]] | undefined;
};

/** Returns the checks of the limits that may be given in these places. */
export function limitChecks<Scope extends LimitScope>(...scopes: Scope[]): Readonly<Record<LimitsOf<Scope>, Check>> {
  const checks = limitsOf(...scopes).map((name) => [name, isWhole(name) ? nonNegativeInteger : nonNegativeNumber]);
  return Object.fromEntries(checks) as Record<LimitsOf<Scope>, Check>;
}

/** The check of an instance's limits. */
export const INSTANCE_LIMITS: Nested = { checks: limitChecks('call', 'instance') };

const CHECKS: { readonly [Kind in keyof OptionKinds]: Check | Nested } = {
  text: aString,
  texts: stringArray,
  count: nonNegativeInteger,
  flag: aBoolean,
  mode: oneOf(...MODE_CHOICES),
  logLevel: oneOf(...LOG_LEVELS),
  threads: oneOf(...THREADS_CHOICES),
  deadline: oneOf(...DEADLINE_CHOICES),
  instanceLimits: INSTANCE_LIMITS,
  runtimeLimits: { checks: limitChecks('call', 'instance', 'runtime') },
};

/** The bytes of output that are collected of a program or of a plugin's call, unless `maxOutputBytes` says otherwise. */
export const DEFAULT_MAX_OUTPUT_BYTES = 16_777_216;

/** Returns the checks of a table's options, for checkOptions(). */
export function checksOf<Table extends OptionTable>(table: Table): Readonly<Record<keyof Table, Check | Nested>> {
  const checks = Object.entries(table).map(([name, kind]) => [name, CHECKS[kind]]);
  return Object.fromEntries(checks) as Record<keyof Table, Check | Nested>;
}

// In the order in which they cross the boundary.

export const INIT_ARGS = {
  /** The most threads of one cluster; 0 leaves the default. */
  maxThreadNum: 'count',
  /** The mode of instances that ask for none. */
  runningMode: 'mode',
  /** Limits of the runtime, and defaults for its instances. */
  limits: 'runtimeLimits',
  /** The least grave level that is logged; default 'warning'. */
  logLevel: 'logLevel',
} as const satisfies OptionTable;

export const INSTANTIATE_OPTIONS = {
  /** A label for errors and logs; default: the module's name. */
  name: 'text',
  /** Bytes of stack that calls may use on exec envs that specify no size; 0 means as much as `limits.stackBytes` allows. */
  stackSize: 'count',
  /** Bytes of the app heap in memory 0; dropped where the module exports malloc and free. Default: 0. */
  heapSize: 'count',
  /** The largest size of memory 0 in pages, kept between the module's initial size and its maximum. */
  maxMemoryPages: 'count',
  /** The running mode. Default: the runtime's runningMode. */
  mode: 'mode',
  /** The limits of the instance; for absent ones the runtime's defaults hold. */
  limits: 'instanceLimits',
  /** Whether the same input gives the same output: NaNs are canonical, clocks and randomness fixed. */
  deterministic: 'flag',
  /** Count instructions even where no fuel limit asks for it. */
  metered: 'flag',
  /**
   * Whether a call can be ended by a deadline, an AbortSignal, or a limit of nesting calls. `false` is for guests that nothing limits: in mode
   * host their code is left unchanged and runs at the speed of native WebAssembly, only the end of the thread stops it, other instances cannot
   * get its functions, and a native cannot call it inside a call that has such a limit. Refused together with limits that need it. Default: true;
   * with `deadline: 'hard'` only where another limit needs it.
   */
  interruptible: 'flag',
  /** Whether an unknown function import is a LinkError at once, rather than a trap when it is called. */
  strictLinking: 'flag',
  /**
   * Whether the guest can have threads, and how they run: `parallel`, each in a worker, or `cooperative`, in turn on this JavaScript thread, which
   * needs mode `interp`. `auto`: where it imports `wasi.thread-spawn`, or `pthread_create` from `env`, as the mode and the host allow. `none`:
   * `thread-spawn` gives it -1, `pthread_create` EAGAIN. Default: `auto`.
   */
  threads: 'threads',
  /**
   * Makes it deterministic, with this as the source of its random bytes and of the order in which its threads run: another seed is another of
   * the things that can happen. Default, for a deterministic guest: 0.
   */
  seed: 'count',
  /**
   * How its `timeoutMs` is kept. `soft`: by checks in the guest's code, and all else goes on. `hard`: from outside, by ending the enclave with all that
   * is in it; the guest has no checks for it and runs at the speed that it has without a deadline. Needs an enclave in a worker or a process.
   * Default: `soft`.
   */
  deadline: 'deadline',
} as const satisfies OptionTable;

export const NETWORK_OPTIONS = {
  /** Addresses that a guest may bind, connect and send to: `['127.0.0.1/32', '::1/128']`; nothing unless given. */
  addressPool: 'texts',
  /** Names that it may look up: exact, or `*` and an ending (`*.example.com`); nothing unless given. */
  allowResolve: 'texts',
} as const satisfies OptionTable;
