// What a call that failed threw, as this API's errors and as WAMR's exception text.
// Refuses to guess from texts, but for the one error that JavaScript hosts tell apart by nothing else.
import { isStackOverflow } from '../../base/stack-overflow.js';
import { WasmException } from '../../runtime/exception.js';
import { ExitError, Trap } from '../../wasm/errors.js';
import { TRAPS } from '../../wasm/traps.js';

/** WAMR's exception texts start with this. */
const PREFIX = 'Exception: ';

/** The host's own stack overflow becomes the trap; everything else comes through unchanged. */
export function translateError(error: unknown): unknown {
  return isStackOverflow(error) ? new Trap('stack-exhausted') : error;
}

/** What wasm_runtime_get_exception gives. */
export function exceptionText(error: unknown): string {
  if (error instanceof Trap) return PREFIX + trapText(error);
  if (error instanceof ExitError) return `${PREFIX}wasi proc exit`;
  if (error instanceof WasmException) return `${PREFIX}uncaught wasm exception`;
  return PREFIX + foreignText(error);
}

/** Natives throw anything: what has no text, or throws when asked for it, gets one. */
function foreignText(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'a value without text';
  }
}

function trapText(trap: Trap): string {
  const { spec, wamr } = TRAPS[trap.id];
  return trap.message === spec ? wamr : trap.message;
}
