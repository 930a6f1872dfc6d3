// What Web IDL says of classes and arguments, as far as the standard's JavaScript interface needs it. Refuses values with a TypeError that names the
// argument.
import { show } from '../base/show.js';
import type { AddressType } from '../wasm/types.js';

type Constructor = abstract new (...args: never[]) => object;

/** Makes the members of a class enumerable, and gives it its name, whatever a bundler called it, and its objects their class string. */
export function defineInterface<C extends Constructor>(Class: C, name: string): C {
  const prototype = Class.prototype as object;
  for (const holder of [prototype, Class]) {
    for (const key of Object.getOwnPropertyNames(holder)) {
      const { value, get, configurable } = Object.getOwnPropertyDescriptor(holder, key)!;
      const isAccessorOrMethod = get !== undefined || (typeof value === 'function' && key !== 'constructor');
      // A class that was lowered to a function may have the language's own accessors, which cannot be configured.
      const isMember = isAccessorOrMethod && configurable;
      if (isMember) Object.defineProperty(holder, key, { enumerable: true });
    }
  }
  Object.defineProperty(Class, 'name', { value: name, configurable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `WebAssembly.${name}`, configurable: true });
  return Class;
}

/** The objects of one class, each with what it stands for. An object of another namespace, or one with a forged prototype, is none of them. */
export class Brand<T extends object> {
  readonly name: string;
  readonly #states = new WeakMap<object, T>();
  readonly #objects = new WeakMap<T, object>();
  #prototype: object = {};

  constructor(name: string) {
    this.name = name;
  }
  /** Makes the class known, whose objects `objectFor` makes. */
  define<C extends Constructor>(Class: C): C {
    this.#prototype = Class.prototype as object;
    return defineInterface(Class, this.name);
  }
  mark(object: object, state: T): void {
    this.#states.set(object, state);
    this.#objects.set(state, object);
  }
  /** The one object that stands for it. */
  objectFor(state: T): object {
    let object = this.#objects.get(state);
    if (object === undefined) {
      object = Object.create(this.#prototype) as object;
      this.mark(object, state);
    }
    return object;
  }
  find(value: unknown): T | undefined {
    return typeof value === 'object' && value !== null ? this.#states.get(value) : undefined;
  }
  /** @param what the member that was called on the value, or took it @throws TypeError */
  of(value: unknown, what: string): T {
    const state = this.find(value);
    if (state === undefined) throw new TypeError(`${what}: a WebAssembly.${this.name} is wanted, not ${shown(value)}`);
    return state;
  }
}

/** A value in an error. An empty object may be what JavaScript has cloned of an object of a namespace, which it knows nothing of. */
export function shown(value: unknown): string {
  try {
    const isEmpty =
      isObject(value) && Object.getPrototypeOf(value) === Object.prototype && Reflect.ownKeys(value).length === 0;
    return isEmpty
      ? 'an empty object: is it a clone? Modules and memories of this namespace cannot be posted to workers'
      : show(value);
  } catch {
    return show(value);
  }
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A dictionary: members that are absent, or undefined, were not given. @throws TypeError */
export function dictionary(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${what}: an object is wanted, not ${show(value)}`);
  return value as Readonly<Record<string, unknown>>;
}

/** A member of a dictionary that must be there. @throws TypeError */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(`${what} is missing`);
  return value;
}

/** [EnforceRange] unsigned long. @throws TypeError */
export function unsignedLong(value: unknown, what: string): number {
  const number = Math.trunc(+(value as number));
  if (number >= 0 && number <= 0xffff_ffff) return number + 0;
  throw new TypeError(`${what}: a whole number from 0 to 4294967295 is wanted, not ${show(value)}`);
}

/** An address: of the type i32 a number, of i64 a bigint. @throws TypeError */
export function addressValue(value: unknown, address: AddressType, what: string): bigint {
  if (address === 'i32') return BigInt(unsignedLong(value, what));
  const big = toBigInt(value, what);
  if (big >= 0n && big <= 0xffff_ffff_ffff_ffffn) return big;
  throw new TypeError(`${what}: a bigint from 0n to 18446744073709551615n is wanted, not ${big}n`);
}
/** A size or an index as JavaScript gets it. */
export function addressToJs(value: number, address: AddressType): number | bigint {
  return address === 'i32' ? value : BigInt(value);
}

/** ToBigInt, which JavaScript offers only together with a width. @throws TypeError, SyntaxError for a text that is no bigint */
function toBigInt(value: unknown, what: string): bigint {
  const primitive = isObject(value) ? toPrimitive(value) : value;
  if (typeof primitive === 'bigint') return primitive;
  if (typeof primitive === 'boolean' || typeof primitive === 'string') return BigInt(primitive);
  throw new TypeError(`${what}: a bigint is wanted, not ${show(primitive)}`);
}
/** ToPrimitive with the hint "number". */
function toPrimitive(value: object): unknown {
  const members = value as { [Symbol.toPrimitive]?: unknown; valueOf?: unknown; toString?: unknown };
  const exotic = members[Symbol.toPrimitive];
  if (exotic !== undefined && exotic !== null)
    return primitiveOf(Reflect.apply(exotic as () => unknown, value, ['number']));
  for (const name of ['valueOf', 'toString'] as const) {
    const method = members[name];
    if (typeof method !== 'function') continue;
    const result: unknown = Reflect.apply(method, value, []);
    if (!isObject(result)) return result;
  }
  return primitiveOf(value);
}
function primitiveOf(value: unknown): unknown {
  if (isObject(value)) throw new TypeError('this object has no primitive value');
  return value;
}

/** A sequence of any values, as an array. @throws TypeError for what is no iterable, and what its iterator throws */
export function sequence(value: unknown, what: string): unknown[] {
  if (!isObject(value)) throw new TypeError(`${what}: a sequence is wanted, not ${show(value)}`);
  const method = (value as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (method === undefined || method === null)
    throw new TypeError(`${what}: a sequence is wanted, not an object without an iterator`);
  return [
    ...({ [Symbol.iterator]: () => Reflect.apply(method as () => Iterator<unknown>, value, []) } as Iterable<unknown>),
  ];
}

/** The bytes of a buffer source, copied; none of one whose buffer was transferred. @throws TypeError for anything else */
export function bytesOf(value: unknown, what: string): Uint8Array {
  if (ArrayBuffer.isView(value)) return copyOf(value.buffer, value.byteOffset, value.byteLength);
  if (isArrayBuffer(value)) return copyOf(value, 0, undefined);
  throw new TypeError(`${what}: the bytes of a module are an ArrayBuffer or a view of one, not ${shown(value)}`);
}
function copyOf(buffer: ArrayBufferLike, offset: number, length: number | undefined): Uint8Array {
  try {
    return new Uint8Array(buffer, offset, length).slice();
  } catch {
    return new Uint8Array(0);
  }
}
const BYTE_LENGTH = /* @__PURE__ */ Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!;
/** Whether it really is one: its prototype, and what looks like one, is none. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    BYTE_LENGTH.call(value as ArrayBuffer);
    return true;
  } catch {
    return false;
  }
}
