// What an action throws, and what it throws only because the machine is busy.
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

/**
 * Makes something whose making keeps to the deadline that its calls are to have, as often as it takes: on a busy machine it may be over before.
 * Where it never is in time, that is thrown.
 */
export function inTime<T>(make: () => T): T {
  for (let left = 100; ; left--) {
    try {
      return make();
    } catch (error) {
      if (left === 0 || !(error instanceof LimitError && error.limit === 'timeoutMs')) throw error;
    }
  }
}
