// Takes objects of options from embedders: each key is read once, checked, and copied; nobody uses the caller's object afterwards.
// Refuses unknown keys and wrong types by name, wherever they stand (inherited, not enumerable, behind a getter or a Proxy), so that a
// misspelt limit is never no limit, and one that changes after it was looked at is still the one that was looked at.
import { quote } from '../base/quote.js';
import { isArray, show } from '../base/show.js';
import { UsageError } from '../wasm/errors.js';

/** Undefined when the value is fine, else what is wanted instead. */
export type Check = (value: unknown) => string | undefined;
export type Checks<T> = { readonly [Key in keyof T]-?: Check | Nested };
/** What an option must be that is an object of options itself. */
export interface Nested {
  readonly checks: { readonly [key: string]: Check | Nested };
  /** What a key of it is called; default: an option. */
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
 * The own enumerable entries of an object whose keys are the caller's to choose, each read once.
 * @throws UsageError where reading fails
 */
export function entriesOf<T>(given: Readonly<Record<string, T>> | undefined, what: string): [string, T][] {
  return given === undefined ? [] : reading(what, () => Object.entries(given));
}

/** All keys, of the object's own and of those it inherits from, but for what every object has. */
function refuseUnknown(given: object, checks: object, what: string, noun: string): void {
  for (let level: object | null = given; level !== null; level = Object.getPrototypeOf(level) as object | null) {
    for (const key of Reflect.ownKeys(level)) {
      if (typeof key === 'symbol' || Object.hasOwn(checks, key)) continue;
      if (level !== given && key in Object.prototype) continue;
      throw new UsageError(`${what}: unknown ${noun} '${quote(key)}'; known: ${Object.keys(checks).join(', ')}`);
    }
  }
}

/** A list is copied before it is looked at: what is checked is what is used. */
function taken(value: unknown, check: Check): unknown {
  return check !== aTable && check !== anyValue && isArray(value) ? Object.freeze(Array.from(value)) : value;
}

/** What getters and Proxies throw is no error of this API's, but its cause. */
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

/** instanceof, which throws for a Proxy that was revoked. */
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
/** A list that is known by its identity later, and therefore not copied. */
export const aTable: Check = (value) => (isArray(value) ? undefined : 'an array');
/** A list of texts. */
export const stringArray: Check = (value) =>
  isArray(value) && value.every((one) => typeof one === 'string') ? undefined : 'an array of strings';
/** A finite or infinite one. */
export const aNumber: Check = (value) => (typeof value === 'number' ? undefined : 'a number');
export const bytes: Check = (value) => (isA(value, Uint8Array) ? undefined : 'a Uint8Array');
/** A function, or nothing. */
export const optionalFunction: Check = (value) =>
  value === undefined || typeof value === 'function' ? undefined : 'a function';
export const anyValue: Check = () => undefined;
export const nonNegativeInteger: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a whole number, 0 or more,';
/** Whole or not; Infinity is fine. */
export const nonNegativeNumber: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'a number, 0 or more,';
export const aSignal: Check = (value) =>
  typeof value === 'object' && value !== null && typeof (value as { aborted?: unknown }).aborted === 'boolean'
    ? undefined
    : 'an AbortSignal';
export function oneOf(...values: readonly string[]): Check {
  return (value) => (values.includes(value as string) ? undefined : `one of ${values.join(', ')}`);
}
