// Reads a file as a validated module, for the commands that inspect modules without running them. Refuses what the validator refuses.
import { decode, type ValidatedModule, validate } from '../entry/binary.js';
import { featureSet } from '../entry/tables.js';
import { CliError } from './cli-error.js';
import { describe } from './describe.js';
import { readModule, type Work } from './files.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';
import type { Progress } from './progress.js';
import { featureChanges } from './run-options.js';

/** @throws what readModule, decode and validate throw */
export async function readValidModule(
  file: string,
  options: AllOptions,
  io: Io,
  progress: Progress | undefined,
  work?: Work,
): Promise<ValidatedModule> {
  const features = featureSet(featureChanges(options));
  return validate(decode(await readModule(file, io, progress, work), { features }), { features });
}

/** An error with a file as one line, for the command's end. */
export function refusal(error: unknown, file: string): CliError {
  const { text, exitCode } = describe(error, 'load', file);
  return new CliError(`enclasm: ${text}`, exitCode, { cause: error });
}
