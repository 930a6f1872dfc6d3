// What the command line touches of its process, so that tests can run it without one. Refuses nothing: types only.
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
  /** A line for what takes long, erased before anything else is written. Undefined where nobody sees standard error. */
  progress(): Progress | undefined;
  readonly inIsTerminal: boolean;
  /** Standard input by lines. */
  lines(): AsyncIterable<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The guest's streams. */
  readonly stdin: InputOption;
  readonly stdout: OutputOption;
  readonly stderr: OutputOption;
  /** The same for enclaves, where bytes cross by copies. `readInput` gives at most `length` bytes, none at the end. */
  readInput(length: number): Uint8Array;
  /** Like readInput, without keeping this thread from doing other things. */
  readInputLater(length: number): Promise<Uint8Array>;
  /** Returns how many bytes went now, perhaps none. */
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): number;
  /** Why the guest's output is incomplete, if it is; undefined: it is complete. */
  readonly lostOutput: string | undefined;
  /** Keeps code for later runs; undefined: they make it again. */
  readonly codeStore: CodeStore | undefined;
  /** The folder it is kept in: beside it lies the code of this program itself. Undefined: nothing is kept. */
  readonly codeFolder: string | undefined;
  /** Imports a JavaScript module from outside this program. */
  load(specifier: string): Promise<unknown>;
  /** Calls back when the user wants to stop; returns what takes it back. */
  onInterrupt(callback: () => void): () => void;
}
