// Any value as an error names it, on one short line.
// Refuses to run code of the value: no toString, no getter.
import { quote } from './quote.js';

export function show(value: unknown): string {
  if (typeof value === 'string') return `'${quote(value)}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return isArray(value) ? 'an array' : 'an object';
  return quote(String(value));
}

/** Array.isArray throws for a Proxy that was revoked; this function does not. */
export function isArray(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}
