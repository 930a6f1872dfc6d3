// The two functions that compilers import as `env.abort`: C's takes a code, AssemblyScript's a message, a file name, a line and a column, where a
// text is UTF-16 with its length in bytes before it. Refuses to return; texts outside the memory are left out.
import { printable, shortened } from '../../base/quote.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { inMemory } from '../../runtime/guest-memory.js';
import { Trap } from '../../wasm/errors.js';

/** The number of characters of a text that an error shows. */
const LONGEST_TEXT = 1_000;

export function abort(env: ExecEnv, ...args: unknown[]): never {
  throw new Trap('custom', [], args.length === 4 ? described(env, args) : `env.abort(${args.join(', ')})`);
}

function described(env: ExecEnv, [message, fileName, line, column]: readonly unknown[]): string {
  const [what, where] = [textAt(env, message), textAt(env, fileName)];
  const place = `${where ?? ''}:${Number(line) >>> 0}:${Number(column) >>> 0}`;
  return `abort: ${what ? `${what} ` : ''}at ${place}`;
}

/** Returns the text, printable and cut to a bound; undefined for null and for bytes that are no text inside the memory. */
function textAt(env: ExecEnv, pointer: unknown): string | undefined {
  const address = Number(pointer) >>> 0;
  const memory = env.instance.memories[0];
  if (memory === undefined || address === 0 || !inMemory(memory, address - 4, 4)) return undefined;
  const { data } = memory.views;
  const bytes = data.getUint32(address - 4, true);
  if (!inMemory(memory, address, bytes)) return undefined;
  let text = '';
  // One unit more than is shown is read, so that a cut text is recognised.
  for (let at = 0; at + 2 <= bytes && at <= LONGEST_TEXT * 2; at += 2) {
    text += String.fromCharCode(data.getUint16(address + at, true));
  }
  return printable(shortened(text, LONGEST_TEXT));
}
