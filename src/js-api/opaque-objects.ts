// Structs and arrays of guests as JavaScript has them: objects without properties and without a prototype, which only guests can look into. The same
// struct always has the same object. Refuses to be changed in any way, with a TypeError.
import { GcArray, GcStruct } from '../runtime/gc.js';

type GcObject = GcStruct | GcArray;

function refuse(): never {
  throw new TypeError('an object of a WebAssembly guest cannot be changed from JavaScript');
}
/** What is not here an ordinary frozen object does right. */
const TRAPS: ProxyHandler<object> = {
  set: refuse,
  defineProperty: refuse,
  deleteProperty: refuse,
  setPrototypeOf: refuse,
  preventExtensions: refuse,
};

/** The opaque objects of one namespace. */
export class OpaqueObjects {
  readonly #opaque = new WeakMap<GcObject, object>();
  readonly #guests = new WeakMap<object, GcObject>();

  /** What JavaScript gets for a value of a guest's; what is no struct and no array stays as it is. */
  toJs(value: unknown): unknown {
    if (!isGcObject(value)) return value;
    let opaque = this.#opaque.get(value);
    if (opaque === undefined) {
      opaque = new Proxy(Object.freeze(Object.create(null) as object), TRAPS);
      this.#opaque.set(value, opaque);
      this.#guests.set(opaque, value);
    }
    return opaque;
  }
  /** The struct or array that an object stands for; any other value stays as it is. */
  fromJs(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? (this.#guests.get(value) ?? value) : value;
  }
}

function isGcObject(value: unknown): value is GcObject {
  return GcStruct.is(value) || GcArray.is(value);
}
