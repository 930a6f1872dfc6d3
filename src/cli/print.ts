// `enclasm print FILE`: a module in the text format, on standard output. Invalid modules are refused.
import { print } from '../entry/binary.js';
import type { Work } from './files.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';
import { readValidModule, refusal } from './valid-module.js';

const PRINTING: Work = { name: 'printing', bytesPerSecond: 600_000 };

export async function printFile(file: string, options: AllOptions, io: Io): Promise<number> {
  let text: string;
  try {
    text = print(await readValidModule(file, options, io, io.progress(), PRINTING));
  } catch (error) {
    throw refusal(error, file);
  }
  io.out(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}
