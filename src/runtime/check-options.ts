// Checks objects of options from embedders: unknown keys and wrong types are refused by name, so that a misspelt limit is never no limit.
import { UsageError } from '../wasm/errors.js';

/** Undefined when the value is fine, else what is wanted instead. */
export type Check = (value: unknown) => string | undefined;
export type Checks<T> = { readonly [Key in keyof T]-?: Check };

/**
 * Checks every key of `given`. A key whose value is undefined counts as absent.
 * @param what names the object in errors
 * @throws UsageError
 */
export function checkOptions<T extends object>(given: unknown, checks: Checks<T>, what: string): T {
  if (given === undefined) return {} as T;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new UsageError(`${what} is no object`);
  for (const key of Object.keys(given)) {
    const value: unknown = given[key as never];
    if (!Object.hasOwn(checks, key)) {
      throw new UsageError(`${what}: unknown option '${key}'; known: ${Object.keys(checks).join(', ')}`);
    }
    const wanted = value === undefined ? undefined : (checks as Record<string, Check>)[key]!(value);
    if (wanted !== undefined) throw new UsageError(`${what}.${key}: ${wanted} is wanted, not ${show(value)}`);
  }
  return given as T;
}

export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}

export const aString: Check = (value) => (typeof value === 'string' ? undefined : 'a string');
export const aBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
export const aFunction: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
export const anObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object';
export const anArray: Check = (value) => (Array.isArray(value) ? undefined : 'an array');
/** A list of texts. */
export const texts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? undefined : 'an array of strings';
export const anything: Check = () => undefined;
export const aCount: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number, 0 or more,';
/** Whole or not; Infinity is fine. */
export const anAmount: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'a number, 0 or more,';
export const aSignal: Check = (value) =>
  typeof value === 'object' && value !== null && typeof (value as { aborted?: unknown }).aborted === 'boolean'
    ? undefined
    : 'an AbortSignal';
export function oneOf(...values: readonly string[]): Check {
  return (value) => (values.includes(value as string) ? undefined : `one of ${values.join(', ')}`);
}
