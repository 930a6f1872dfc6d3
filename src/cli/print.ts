// `enclasm print FILE`: a module in the text format, on standard output. Invalid modules are refused.
import { decode, print, validate } from '../entry/binary.js';
import { CliError } from './cli-error.js';
import { describe } from './describe.js';
import { readModule, type Work } from './files.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';

const PRINTING: Work = { name: 'printing', bytesPerSecond: 600_000 };

export async function printFile(file: string, _options: AllOptions, io: Io): Promise<number> {
  let text: string;
  try {
    text = print(validate(decode(await readModule(file, io, io.progress(), PRINTING))));
  } catch (error) {
    const { text: reason, exitCode } = describe(error, 'load', file);
    throw new CliError(`enclasm: ${reason}`, exitCode, { cause: error });
  }
  io.out(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}
