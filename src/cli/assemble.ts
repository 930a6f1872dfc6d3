// The text format, where the assembler is installed beside Enclasm or in the folder of the user's project: Enclasm itself reads the binary
// format alone. Refuses text where there is no assembler, and says how to get it.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliError, EXIT_CANNOT_LOAD } from './cli-error.js';
import type { Io } from './io.js';

const PACKAGE = '@bytecodealliance/jco-transpile';
const ASSEMBLER = `${PACKAGE}/wasm-tools`;

export interface Assembler {
  parse(text: string): Promise<Uint8Array> | Uint8Array;
}

/** @throws CliError where there is no assembler, or the text is wrong */
export async function assemble(path: string, text: Uint8Array, io: Io): Promise<Uint8Array> {
  const assembler = await loadAssembler(io);
  if (!assembler) throw assemblerMissing(path);
  try {
    return await assembler.parse(Buffer.from(text).toString());
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    throw new CliError(`${path}: the text cannot be assembled: ${reason}`, EXIT_CANNOT_LOAD, { cause: error });
  }
}

export function assemblerMissing(path: string): CliError {
  const text = `is in the text format, and the assembler is not installed: npm install ${PACKAGE}, or convert it with wasm-tools or wabt`;
  return new CliError(`${path}: ${text}`, EXIT_CANNOT_LOAD);
}

/** Beside Enclasm first, as a dependency of the same project; then as seen from the working directory, as of a global Enclasm. */
export async function loadAssembler(io: Io): Promise<Assembler | undefined> {
  try {
    return (await io.load(ASSEMBLER)) as Assembler;
  } catch {
    try {
      const path = createRequire(join(process.cwd(), 'package.json')).resolve(ASSEMBLER);
      return (await io.load(pathToFileURL(path).href)) as Assembler;
    } catch {
      return undefined;
    }
  }
}
