// --repl: each line calls a function, "NAME ARG...". Errors are printed and the loop goes on. Refuses nothing.

import { CliError } from './cli-error.js';
import { describe } from './describe.js';
import type { Io } from './io.js';
import type { Guest, RunRequest } from './request.js';

const PROMPT = 'webassembly> ';
const LEAVE = '__exit__';

/** Runs until the input ends, or until __exit__. */
export async function repl(request: RunRequest, guest: Guest, io: Io): Promise<void> {
  // WAMR's iwasm writes the prompt even where its input is no terminal.
  const prompt = request.program === 'iwasm' || io.inIsTerminal ? PROMPT : '';
  io.out(prompt);
  for await (const line of io.lines()) {
    const [name, ...args] = words(line);
    if (name === LEAVE) {
      if (prompt !== '') io.out('exit repl mode\n');
      return;
    }
    if (name !== undefined) io.out(`${await answer(request, guest, name, args)}\n`);
    io.out(prompt);
  }
  if (prompt !== '') io.out('\n');
}

/** Splits a line at spaces; a backslash before a space keeps it. */
function words(line: string): string[] {
  return (line.match(/(?:\\ |[^ \t\r])+/g) ?? []).map((word) => word.replaceAll('\\ ', ' '));
}

async function answer(request: RunRequest, guest: Guest, name: string, args: readonly string[]): Promise<string> {
  try {
    return (await guest.call(name, args)).join(',');
  } catch (error) {
    if (error instanceof CliError) throw error;
    return (await guest.exception()) ?? describe(error, 'run', request.file).text;
  }
}
