// An error that the user gets as one line: what, where, what to do. Other exceptions go through describe.ts. Refuses nothing.

/** Wrong use, and a guest that failed. */
export const EXIT_USAGE = 1;
/** What cannot be read, loaded, linked, instantiated. WAMR's iwasm has the same. */
export const EXIT_CANNOT_LOAD = 255;
/** As shells have it: 128 + the signal's number. */
export const EXIT_INTERRUPTED = 130;
export const EXIT_BROKEN_PIPE = 141;

export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  constructor(text: string, exitCode: number = EXIT_USAGE, options?: ErrorOptions) {
    super(text, options);
    this.exitCode = exitCode;
  }
}
