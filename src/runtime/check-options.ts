// Accepts objects of options from embedders. Each key is read once, checked and copied, and the caller's object is not used afterwards. Refuses
// unknown keys and wrong types by name, even if they are inherited, not enumerable, or behind a getter or a Proxy. So a misspelt limit is never
// silently ignored, and an option cannot change between its check and its use.
import { quote } from '../base/quote.js';
import { isArray, show } from '../base/show.js';
import { UsageError } from '../wasm/errors.js';

/** Returns undefined if the value is valid, or else a description of what is expected. */
export type Check = (value: unknown) => string | undefined;
export type Checks<T> = { readonly [Key in keyof T]-?: Check | Nested };
/** Describes an option that is itself an object of options. */
export interface Nested {
  readonly checks: { readonly [key: string]: Check | Nested };
  /** How errors call one of its keys; default: an option. */
  readonly noun?: string;
}

/**
 * Reads every known key of `given` once and checks it. A key whose value is undefined counts as absent.
 * @param what names the object in errors @param noun what a key of it is called
 * @returns a frozen copy with the keys that are there, and with copies of lists
 * @throws UsageError, also where reading fails: then with the `cause`
 */
export function checkOptions<T extends object>(given: unknown, checks: Checks<T>, what: string, noun = 'option'): T {
  const copy: Record<string, unknown> = {};
  if (given === undefined) return Object.freeze(copy) as T;
  if (typeof given !== 'object' || given === null || isArray(given)) throw new UsageError(`${what} is no object`);
  reading(what, () => refuseUnknown(given, checks, what, noun));
  for (const key of Object.keys(checks)) {
    const wanted = (checks as Readonly<Record<string, Check | Nested>>)[key]!;
    const name = `${what}.${key}`;
    const nested = typeof wanted === 'object';
    const check = nested ? anObject : wanted;
    const value = reading(name, () => taken(given[key as never], check));
    if (value === undefined) continue;
    checkArgument(value, check, name);
    copy[key] = nested ? checkOptions(value, wanted.checks, name, wanted.noun) : value;
  }
  return Object.freeze(copy) as T;
}

/**
 * Returns the own enumerable entries of an object whose keys the caller chooses, each read once.
 * @throws UsageError if reading fails
 */
export function entriesOf<T>(given: Readonly<Record<string, T>> | undefined, what: string): [string, T][] {
  return given === undefined ? [] : reading(what, () => Object.entries(given));
}

/** Checks the object's own keys and those that it inherits, except those that every object has. */
function refuseUnknown(given: object, checks: object, what: string, noun: string): void {
  for (let level: object | null = given; level !== null; level = Object.getPrototypeOf(level) as object | null) {
    for (const key of Reflect.ownKeys(level)) {
      if (typeof key === 'symbol' || Object.hasOwn(checks, key)) continue;
      if (level !== given && key in Object.prototype) continue;
      throw new UsageError(`${what}: unknown ${noun} '${quote(key)}'; known: ${Object.keys(checks).join(', ')}`);
    }
  }
}

/** Copies a list before it is checked, so that the checked list is the one that is used. */
function taken(value: unknown, check: Check): unknown {
  return check !== aTable && check !== anyValue && isArray(value) ? Object.freeze(Array.from(value)) : value;
}

/** Errors thrown by getters and Proxies become the cause of a UsageError. */
function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${what}: cannot be read`, { cause });
  }
}

/**
 * Checks one argument of a method.
 * @param what names it in the error
 * @throws UsageError
 */
export function checkArgument(value: unknown, check: Check, what: string): void {
  const wanted = check(value);
  if (wanted !== undefined) throw new UsageError(`${what}: ${wanted} is wanted, not ${show(value)}`);
}

/** Like instanceof, which throws for a revoked Proxy. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

export const aString: Check = (value) => (typeof value === 'string' ? undefined : 'a string');
export const aBoolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
export const aFunction: Check = (value) => (typeof value === 'function' ? undefined : 'a function');
export const anObject: Check = (value) =>
  typeof value === 'object' && value !== null && !isArray(value) ? undefined : 'an object';
export const anArray: Check = (value) => (isArray(value) ? undefined : 'an array');
/** An array that is later recognised by its identity and therefore not copied. */
export const aTable: Check = (value) => (isArray(value) ? undefined : 'an array');
/** An array of strings. */
export const stringArray: Check = (value) =>
  isArray(value) && value.every((one) => typeof one === 'string') ? undefined : 'an array of strings';
/** A number other than NaN. */
export const aNumber: Check = (value) => (typeof value === 'number' ? undefined : 'a number');
export const bytes: Check = (value) => (isA(value, Uint8Array) ? undefined : 'a Uint8Array');
/** A function, or undefined. */
export const optionalFunction: Check = (value) =>
  value === undefined || typeof value === 'function' ? undefined : 'a function';
export const anyValue: Check = () => undefined;
export const nonNegativeInteger: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number, 0 or more,';
/** A number that need not be an integer; Infinity is valid. */
export const nonNegativeNumber: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'a number, 0 or more,';
export const aSignal: Check = (value) =>
  typeof value === 'object' && value !== null && typeof (value as { aborted?: unknown }).aborted === 'boolean'
    ? undefined
    : 'an AbortSignal';
export function oneOf(...values: readonly string[]): Check {
  return (value) => (values.includes(value as string) ? undefined : `one of ${values.join(', ')}`);
}
