// Translates what a failed call threw into this API's errors and WAMR's exception texts.
// Refuses to guess from texts, except for the stack overflow, which JavaScript engines mark by nothing else.
import { isStackOverflow } from '../../base/stack-overflow.js';
import { WasmException } from '../../runtime/exception.js';
import { ExitError, Trap } from '../../wasm/errors.js';
import { TRAPS, type TrapRow } from '../../wasm/traps.js';

/** WAMR's exception texts start with this. */
const PREFIX = 'Exception: ';

/** Turns the JavaScript engine's own stack overflow into the trap; returns every other error unchanged. */
export function translateError(error: unknown): unknown {
  return isStackOverflow(error) ? new Trap('stack-exhausted') : error;
}

/** Returns the text that wasm_runtime_get_exception gives. */
export function exceptionText(error: unknown): string {
  if (error instanceof Trap) return PREFIX + trapText(error);
  if (error instanceof ExitError) return `${PREFIX}wasi proc exit`;
  if (error instanceof WasmException) return `${PREFIX}uncaught wasm exception`;
  return PREFIX + foreignText(error);
}

/** Returns the text of what a native threw, which may be any value, even one without a text. */
function foreignText(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'a value without text';
  }
}

function trapText(trap: Trap): string {
  const { spec, wamr }: TrapRow = TRAPS[trap.id];
  return trap.message === spec ? (wamr ?? spec) : trap.message;
}
