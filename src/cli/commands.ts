// Both commands on the process's own streams, for the launchers in dist/bin. Everything they write is written when they return.
import type { Io } from './io.js';
import { processIo } from './process-io.js';

/** @param codeFolder see processIo @returns the exit code */
export async function enclasm(words: readonly string[], load: Io['load'], codeFolder?: string): Promise<number> {
  const io = processIo(load, codeFolder);
  const code = await (await import('./main.js')).main(words, io);
  io.progress()?.end();
  return code;
}
export async function iwasm(words: readonly string[], load: Io['load'], codeFolder?: string): Promise<number> {
  return (await import('./iwasm-main.js')).iwasmMain(words, processIo(load, codeFolder));
}
