// Decides which valid functions are left to another engine, because their translation would be too much for a JavaScript parser.
import type { ModuleInfo } from './module-info.js';

const MAX_NESTING = 700;
const MAX_LOCALS = 4000;
const MAX_BODY_BYTES = 1_000_000;
const MAX_STACK = 2000;
/** The most operands that blocks carry, each a variable of its own: this many, plus one for each eight bytes of code. */
const MAX_CARRIED = 10_000;
const BYTES_PER_CARRIED = 8;

/**
 * Returns why a function is not compiled although it is valid (its text would be too much for a JavaScript parser), or undefined if it is compiled.
 */
export function refusal(info: ModuleInfo, index: number): string | undefined {
  const position = index - info.spaces.importedFunctions;
  const { code, locals } = info.module.functions[position]!;
  const { maxLabels, maxStack, carried } = info.module.functionInfo(position);
  const bytes = code.end - code.start;
  if (maxLabels > MAX_NESTING) return `${maxLabels} nested blocks`;
  if (maxStack > MAX_STACK) return `${maxStack} operands at once`;
  if (carried > MAX_CARRIED + bytes / BYTES_PER_CARRIED) return `${carried} operands at blocks, branches and calls`;
  let count = info.spaces.functions[index]!.params.length;
  for (const run of locals) count += run.count;
  if (count > MAX_LOCALS) return `${count} locals`;
  return bytes > MAX_BODY_BYTES ? `${bytes} bytes of code` : undefined;
}
