// What is to be run, and how: what `enclasm run` and `iwasm` make of their options. Refuses nothing: types only.
import type { LimitOptions, ModeChoice, Usage } from '../entry/tables.js';
import type { Mapping } from './values.js';

export interface RunRequest {
  /** Starts each error line. */
  readonly program: 'enclasm' | 'iwasm';
  readonly file: string;
  /** What follows the file. */
  readonly args: readonly string[];
  readonly directories: readonly Mapping[];
  readonly env: Readonly<Record<string, string>>;
  /** Addresses the guest may reach, and names it may look up. */
  readonly addressPool: readonly string[];
  readonly allowResolve: readonly string[];
  readonly mode: ModeChoice;
  readonly enclave: 'same-thread' | 'worker' | 'process' | undefined;
  /** Bytes; undefined: the system's memory. */
  readonly pool: number | undefined;
  /** Bytes; undefined: 16 KiB where the program needs an app heap, else 0. */
  readonly heapSize: number | undefined;
  readonly maxThreads: number | undefined;
  readonly threads: 'auto' | 'cooperative' | 'none';
  readonly limits: LimitOptions;
  /** Call this export instead of main. */
  readonly func: string | undefined;
  readonly repl: boolean;
  readonly usage: boolean;
  readonly json: boolean;
  readonly deterministic: boolean;
  /** Of the order in which threads run, and of random bytes. */
  readonly seed: number | undefined;
  readonly strict: boolean;
  readonly modulePath: string;
  /** Scripts that bring native functions along. */
  readonly nativeLibs: readonly string[];
  /** 0 to 5, as -v. */
  readonly verbosity: number;
  /** Errors show where in Enclasm they come from. */
  readonly trace: boolean;
}

/** What came of a run, for --json. */
export interface Outcome {
  exitCode: number;
  results?: readonly string[];
  error?: { readonly kind: string; readonly text: string };
}

type MaybePromise<T> = T | Promise<T>;

/** A guest that stands ready, in this thread or behind a boundary. */
export interface Guest {
  readonly mode: string;
  readonly modeReason: string;
  /** The exit code. */
  main(argv: readonly string[]): MaybePromise<number>;
  /** Results as text. */
  call(name: string, argv: readonly string[]): MaybePromise<string[]>;
  /** What the last call failed with, as WAMR says it; null: nothing. */
  exception(): MaybePromise<string | null>;
  /** Since its creation. */
  usage(): MaybePromise<Usage>;
  /** Ends it and its runtime. */
  end(): MaybePromise<void>;
}

/** What a module imports and exports, as far as it says whether it needs an app heap. */
export interface ModuleFaces {
  readonly imports: readonly { readonly module: string; readonly name: string }[];
  /** Exported functions by name; their types as text: "(i32 i32) -> (i32)". */
  readonly functions: ReadonlyMap<string, string>;
}

const DEFAULT_HEAP_BYTES = 16_384;
/** Natives of "env" that allocate on the app heap. */
const ALLOCATING: readonly string[] = [
  'malloc',
  'calloc',
  'realloc',
  'strdup',
  '_malloc',
  '_calloc',
  '_realloc',
  '_strdup',
  '__cxa_allocate_exception',
];

/**
 * Bytes of the app heap. Where nothing else was asked for a heap is given to those alone that need one, for it is more memory than the
 * module declares: to a main that takes arguments, and to what allocates by natives. WASI programs and exported allocators need none.
 */
export function heapSizeFor({ heapSize, func, repl }: RunRequest, { imports, functions }: ModuleFaces): number {
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
