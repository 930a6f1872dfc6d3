// What is to be run, and how: what `enclasm run` and `iwasm` make of their options. Refuses nothing: types only.
import type { Usage } from '../entry/common.js';
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
  readonly mode: 'auto' | 'interp' | 'jit' | 'aot' | 'host';
  readonly enclave: 'same-thread' | 'worker' | 'process' | undefined;
  /** Bytes; undefined: the system's memory. */
  readonly pool: number | undefined;
  /** Bytes; undefined: 0 for WASI programs, 16 KiB for others. */
  readonly heapSize: number | undefined;
  readonly maxThreads: number | undefined;
  readonly limits: {
    readonly fuel?: number | undefined;
    readonly timeoutMs?: number | undefined;
    readonly memoryBytes?: number | undefined;
    readonly stackBytes?: number | undefined;
    readonly openFiles?: number | undefined;
    readonly outputBytes?: number | undefined;
  };
  /** Call this export instead of main. */
  readonly func: string | undefined;
  readonly repl: boolean;
  readonly usage: boolean;
  readonly json: boolean;
  readonly deterministic: boolean;
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
  /** Since birth. */
  usage(): MaybePromise<Usage>;
  /** Ends it and its runtime. */
  end(): MaybePromise<void>;
}

/** Bytes of the app heap where nothing else was asked for: programs of WASI bring an allocator along. */
export function heapSizeFor(request: RunRequest, importedModules: readonly string[]): number {
  const isWasi = importedModules.some((name) => name === 'wasi_snapshot_preview1' || name === 'wasi_unstable');
  return request.heapSize ?? (isWasi ? 0 : 16_384);
}

export const LOG_LEVELS = ['fatal', 'error', 'warning', 'debug', 'verbose', 'verbose'] as const;
