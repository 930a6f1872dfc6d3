// Classifies the runtime's errors as scripts tell them apart. It refuses nothing: an error that is not the runtime's is `unknown`.
import { WasmException } from '../runtime/exception.js';
import { InvalidError, LimitError, LinkError, MalformedError, Trap } from '../wasm/errors.js';
import { TRAPS } from '../wasm/traps.js';
import type { ClassifiedError } from './script-target.js';

function kindOf(error: unknown): ClassifiedError['kind'] {
  if (error instanceof MalformedError) return 'malformed';
  if (error instanceof InvalidError) return 'invalid';
  if (error instanceof LinkError) return 'unlinkable';
  if (error instanceof WasmException) return 'exception';
  if (error instanceof LimitError) return 'limit';
  if (error instanceof Trap) return error.id === 'stack-exhausted' ? 'exhaustion' : 'trap';
  return 'unknown';
}

/** Returns the kind of an error of the runtime, with its own text and the specification's. */
export function classify(error: unknown): ClassifiedError {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const kind = kindOf(error);
  // Anything else is a fault of the runtime: its stack says where.
  if (kind === 'unknown') return { kind, text: error instanceof Error ? (error.stack ?? text) : text, specTexts: [] };
  if (error instanceof Trap) return { kind, text, specTexts: [TRAPS[error.id].spec] };
  return { kind, text, specTexts: [(error as Error).message] };
}
