// The text format, where a development dependency can assemble it: Enclasm itself reads the binary format alone.
import { CliError, EXIT_CANNOT_LOAD } from './cli-error.js';
import type { Io } from './io.js';

const ASSEMBLER = '@bytecodealliance/jco-transpile/wasm-tools';

/** @throws CliError where there is no assembler, or the text is wrong */
export async function assemble(path: string, text: Uint8Array, io: Io): Promise<Uint8Array> {
  let parse: (text: string) => Promise<Uint8Array> | Uint8Array;
  try {
    ({ parse } = (await io.load(ASSEMBLER)) as { parse: typeof parse });
  } catch {
    throw new CliError(
      `${path}: is in the text format; convert it first, as with \`wasm-tools parse ${path} -o out.wasm\``,
      EXIT_CANNOT_LOAD,
    );
  }
  try {
    return await parse(Buffer.from(text).toString());
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    throw new CliError(`${path}: the text cannot be assembled: ${reason}`, EXIT_CANNOT_LOAD, { cause: error });
  }
}
