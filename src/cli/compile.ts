// `enclasm compile FILE`: a module to JavaScript that mode aot runs. Refuses to write over the module itself.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AotAbility, compileToModule, functionsLeftOut } from '../entry/aot.js';
import { CliError } from './cli-error.js';
import type { Work } from './files.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';
import { readValidModule, refusal } from './valid-module.js';

const COMPILING: Work = { name: 'compiling', bytesPerSecond: 400_000 };

export async function compileFile(file: string, options: AllOptions, io: Io): Promise<number> {
  const { target = 'node', metered = false, deterministic = false } = options;
  if (file === '-' && options.out === undefined) {
    throw new CliError('enclasm compile: what comes from standard input has no name; -o says which file to write');
  }
  const out = options.out ?? `${file.replace(/\.(wasm|wat)$/, '')}${target === 'hermes' ? '.cjs' : '.mjs'}`;
  if (resolve(out) === resolve(file))
    throw new CliError(`enclasm: ${out}: is the module itself; -o names another file`);
  const abilities: AotAbility[] = [
    ...(['plain', 'deadline'] as const),
    ...(metered ? (['fuel'] as const) : []),
    ...(options.observed ? (['observed'] as const) : []),
  ];
  let text: string;
  let left: ReadonlyMap<number, string>;
  try {
    const module = await readValidModule(file, options, io, io.progress(), COMPILING);
    text = compileToModule(module, { target, abilities, deterministic, withoutWasm: options['without-wasm'] ?? false });
    left = functionsLeftOut(module);
  } catch (error) {
    throw refusal(error, file);
  }
  try {
    writeFileSync(out, text);
  } catch (error) {
    throw new CliError(`enclasm: ${out}: cannot be written: ${(error as Error).message}`, undefined, { cause: error });
  }
  for (const [index, reason] of left) {
    io.err(`${out}: left to the interpreter, and a trap where there is none: function ${index}, which has ${reason}\n`);
  }
  io.err(`${out}: ${Math.ceil(Buffer.byteLength(text) / 1024)} KiB for ${target}\n`);
  return 0;
}
