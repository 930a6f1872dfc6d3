// What an action throws.
import { LimitError } from '#src/wasm/errors.js';

/** Undefined where it throws nothing. */
export function failure(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
/** The limit that it meets; anything else is thrown on. */
export function limitError(action: () => unknown): LimitError {
  try {
    action();
  } catch (error) {
    if (error instanceof LimitError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
