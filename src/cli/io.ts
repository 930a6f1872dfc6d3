// The parts of its process that the command line uses, so that tests can run it without one. Refuses nothing: types only.
import type { CodeStore } from '../entry/lean.js';
import type { InputOption, OutputOption } from '../entry/libraries.js';
import type { Progress } from './progress.js';

export interface Io {
  /** Writes to standard output. Throws a CliError when it is closed or full. */
  out(text: string): void;
  /** Writes a help text to standard output, in colours where it is a terminal. */
  help(text: string): void;
  /** Writes to standard error, or nowhere when it is closed. */
  err(text: string): void;
  /** Returns the progress line, which is erased before anything else is written; undefined where standard error is no terminal. */
  progress(): Progress | undefined;
  readonly inIsTerminal: boolean;
  /** Reads standard input by lines. */
  lines(): AsyncIterable<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The standard streams of the guest. */
  readonly stdin: InputOption;
  readonly stdout: OutputOption;
  readonly stderr: OutputOption;
  /** Standard input for a guest in an enclave: returns at most `length` bytes, none at the end. */
  readInput(length: number): Uint8Array;
  /** Reads like readInput, without blocking this thread. */
  readInputLater(length: number): Promise<Uint8Array>;
  /** Writes output of a guest in an enclave. Returns how many bytes were written, which may be 0. */
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): number;
  /** Why the guest's output is incomplete; undefined if it is complete. */
  readonly lostOutput: string | undefined;
  /** A store of code for later runs; undefined if none is kept. */
  readonly codeStore: CodeStore | undefined;
  /** The folder of that code, beside which the code of this program itself lies; undefined if none is kept. */
  readonly codeFolder: string | undefined;
  /** Imports a JavaScript module from outside this program. */
  load(specifier: string): Promise<unknown>;
  /** Calls back when the user wants to stop; returns a function that ends this. */
  onInterrupt(callback: () => void): () => void;
}
