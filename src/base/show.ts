// Any value as an error names it: shortly, on one line, whatever it is.
// Refuses to run code of the value's: no toString, no getter.
import { quote } from './quote.js';

export function show(value: unknown): string {
  if (typeof value === 'string') return `'${quote(value)}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return isArray(value) ? 'an array' : 'an object';
  return quote(String(value));
}

/** Array.isArray, which throws for a Proxy that was revoked. */
export function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}
