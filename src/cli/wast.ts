// `enclasm wast FILE...`: scripts of the official test suite, each assertion checked. Exit code 0 when all hold, 1 when one does not.
// Refuses scripts whose modules are text where the assembler is not installed.

import { defaultEngines } from '../entry/index.js';
import { nodePlatform } from '../entry/lean.js';
import { featureSet } from '../entry/tables.js';
import {
  AssembleError,
  createEngineTarget,
  runScript,
  ScriptError,
  type ScriptReport,
  textsOf,
} from '../entry/wast.js';
import { type Assembler, assemblerMissing, loadAssembler } from './assemble.js';
import { CliError, EXIT_CANNOT_LOAD } from './cli-error.js';
import { readBytes } from './files.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';
import { featureChanges } from './run-options.js';

export async function runWast(files: readonly string[], options: AllOptions, io: Io): Promise<number> {
  const mode = options.mode === undefined || options.mode === 'auto' ? 'interp' : options.mode;
  const engine = defaultEngines().find((one) => one.mode === mode);
  const lack = engine ? engine.unavailable() : 'it needs compiled files';
  if (!engine || lack) throw new CliError(`enclasm wast: mode ${mode} does not run scripts here: ${lack}`);
  const assembler = await loadAssembler(io);
  const features = featureSet(featureChanges(options));
  let failed = false;
  for (const file of files) {
    const text = Buffer.from(readBytes(file)).toString();
    const target = createEngineTarget(engine, { platform: nodePlatform((line) => io.err(line)) });
    let report: ScriptReport;
    try {
      const assemble = await assembled(textsOf(text, target, features), file, assembler);
      report = runScript(text, target, { assemble, features });
    } catch (error) {
      if (error instanceof ScriptError)
        throw new CliError(`${file}: ${error.message}`, EXIT_CANNOT_LOAD, { cause: error });
      throw error;
    }
    failed ||= report.failures.length > 0;
    io.out(options.json ? `${JSON.stringify({ file, mode, ...report })}\n` : textOf(file, report));
  }
  return failed ? 1 : 0;
}

/** The texts of a script's modules, assembled before it runs: it runs in one go, and the assembler may not. */
async function assembled(
  texts: readonly string[],
  file: string,
  assembler: Assembler | undefined,
): Promise<(text: string) => Uint8Array> {
  if (!assembler) throw assemblerMissing(file);
  const known = new Map<string, Uint8Array | AssembleError>();
  for (const text of texts) {
    try {
      known.set(text, await assembler.parse(text));
    } catch (error) {
      known.set(text, new AssembleError(error instanceof Error ? error.message : String(error)));
    }
  }
  return (text) => {
    const bytes = known.get(text)!;
    if (bytes instanceof AssembleError) throw bytes;
    return bytes;
  };
}

function textOf(file: string, { passed, failures, skipped }: ScriptReport): string {
  const lines = failures
    .filter(({ follows }) => !follows)
    .map(
      ({ line, expected, got }) => `${file}:${line}: ${expected === '' ? '' : `expected ${expected}, `}got ${got}\n`,
    );
  return `${lines.join('')}${file}: ${passed} passed, ${failures.length} failed, ${skipped.length} skipped\n`;
}
