// What `enclasm run` and `iwasm` make of their options: what is to be run, and how. Refuses nothing: types only.
import type { Frame } from '../entry/embed.js';
import type { DeadlineChoice, Feature, LimitOptions, ModeChoice, ThreadsChoice, Usage } from '../entry/tables.js';
import type { Mapping } from './values.js';

export interface RunRequest {
  /** The word that starts each error line. */
  readonly program: 'enclasm' | 'iwasm';
  readonly file: string;
  /** The guest's first argument. */
  readonly argv0: string;
  /** The words after the file. */
  readonly args: readonly string[];
  readonly directories: readonly Mapping[];
  readonly env: Readonly<Record<string, string>>;
  /** The addresses that the guest may reach; allowResolve has the names that it may look up. */
  readonly addressPool: readonly string[];
  readonly allowResolve: readonly string[];
  readonly mode: ModeChoice;
  readonly enclave: 'same-thread' | 'worker' | 'process' | undefined;
  /** Bytes of the pool; undefined for the system's memory. */
  readonly pool: number | undefined;
  /** Bytes of the app heap; undefined for 16 KiB where the program needs one, else 0. */
  readonly heapSize: number | undefined;
  readonly maxThreads: number | undefined;
  readonly threads: ThreadsChoice;
  readonly limits: LimitOptions;
  /** How the limit of time is kept. */
  readonly deadline: DeadlineChoice;
  /** The export that is called instead of main. */
  readonly func: string | undefined;
  readonly repl: boolean;
  readonly usage: boolean;
  readonly json: boolean;
  readonly deterministic: boolean;
  /** Of the order in which threads run, and of random bytes. */
  readonly seed: number | undefined;
  readonly strict: boolean;
  /** Features of WebAssembly that are switched on or off. */
  readonly features: Partial<Record<Feature, boolean>>;
  readonly modulePath: string;
  /** JavaScript modules with natives. */
  readonly nativeLibs: readonly string[];
  /** The level of -v, from 0 to 5. */
  readonly verbosity: number;
  /** Whether errors show where in Enclasm they come from. */
  readonly trace: boolean;
  /** What is shown or kept of what the guest does. */
  readonly observe: ObserveRequest;
}

/** What is seen of a guest, and the files that are made of it. */
export interface ObserveRequest {
  /** Its calls of natives and WASI go to standard error. */
  readonly calls?: boolean | undefined;
  /** The file of the profile, what it counts, and its format; undefined: as the file's name says. */
  readonly profile?: string | undefined;
  readonly profileBy?: 'fuel' | 'ms' | undefined;
  readonly profileFormat?: 'speedscope' | 'firefox' | undefined;
  /** The lcov file. */
  readonly coverage?: string | undefined;
  /** The file of the core dump, if the guest traps. */
  readonly coreDump?: string | undefined;
}

/** The outcome of a run, for --json. */
export interface Outcome {
  exitCode: number;
  results?: readonly string[];
  error?: { readonly kind: string; readonly text: string };
}

type MaybePromise<T> = T | Promise<T>;

/** An instantiated guest, in this thread or in an enclave. */
export interface Guest {
  readonly mode: string;
  readonly modeReason: string;
  /** Runs the program; returns the exit code. */
  main(argv: readonly string[]): MaybePromise<number>;
  /** Which limits refused the program something, when it has ended; undefined where none did. */
  readonly refused?: string | undefined;
  /** Calls a function; returns the results as text. */
  call(name: string, argv: readonly string[]): MaybePromise<string[]>;
  /** Returns why the last call failed, in WAMR's words; null where it did not fail. */
  exception(): MaybePromise<string | null>;
  /** Returns what it has used since its creation; undefined where it was ended with its enclave. */
  usage(): MaybePromise<Usage | undefined>;
  /** Returns a core dump of a guest that trapped. */
  coreDump?(frames: readonly Frame[]): Promise<Uint8Array>;
  /** Ends the guest and its runtime. */
  end(): MaybePromise<void>;
}

/** The imports and exports of a module that decide whether it needs an app heap. */
export interface ModuleExternals {
  readonly imports: readonly { readonly module: string; readonly name: string }[];
  /** The types of exported functions as text, by name: "(i32 i32) -> (i32)". */
  readonly functions: ReadonlyMap<string, string>;
}

const DEFAULT_HEAP_BYTES = 16_384;
/** The natives of "env" that allocate on the app heap. */
const ALLOCATING: readonly string[] = [
  'malloc',
  'calloc',
  'realloc',
  'strdup',
  'posix_memalign',
  '_malloc',
  '_calloc',
  '_realloc',
  '_strdup',
  '__cxa_allocate_exception',
];

/**
 * Returns the bytes of the app heap. By default only programs that need a heap get one, because it is more memory than the module declares: those
 * whose main takes arguments, and those that allocate by natives. WASI programs, and modules that export an allocator, need none.
 */
export function heapSizeFor({ heapSize, func, repl }: RunRequest, { imports, functions }: ModuleExternals): number {
  if (heapSize !== undefined) return heapSize;
  const has = (...names: string[]): boolean => names.every((name) => functions.has(name));
  const isWasi = imports.some(({ module }) => module === 'wasi_snapshot_preview1' || module === 'wasi_unstable');
  if (isWasi || has('malloc', 'free') || has('__new', '__unpin') || has('__new', '__release')) return 0;
  const allocates = imports.some(({ module, name }) => module === 'env' && ALLOCATING.includes(name));
  const main = ['_start', 'main', '__main_argc_argv', '_main'].find((name) => functions.has(name));
  const takesArguments = func === undefined && !repl && functions.get(main ?? '') === '(i32 i32) -> (i32)';
  return allocates || takesArguments ? DEFAULT_HEAP_BYTES : 0;
}

export const LOG_LEVELS = ['fatal', 'error', 'warning', 'debug', 'verbose', 'verbose'] as const;
