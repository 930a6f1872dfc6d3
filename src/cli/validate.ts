// `enclasm validate FILE...`: whether files are valid modules. Exit code 0 when all are, 1 when one is not.
import { describe } from './describe.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';
import { readValidModule } from './valid-module.js';

export async function validateFiles(files: readonly string[], options: AllOptions, io: Io): Promise<number> {
  let exitCode = 0;
  for (const file of files) {
    try {
      const module = await readValidModule(file, options, io, options.json ? undefined : io.progress());
      const features = [...module.usedFeatures].sort();
      if (options.json) io.out(`${JSON.stringify({ file, valid: true, features })}\n`);
      else io.out(`${file}: valid${features.length > 0 ? `; uses ${features.join(', ')}` : ''}\n`);
    } catch (error) {
      const { text } = describe(error, 'load', file);
      if (options.json) io.out(`${JSON.stringify({ file, valid: false, error: text })}\n`);
      else io.err(`enclasm: ${text}\n`);
      if (options.trace) io.err(`${(error as Error).stack}\n`);
      exitCode = 1;
    }
  }
  return exitCode;
}
