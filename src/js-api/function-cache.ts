// Which JavaScript function stands for which function of the runtime, one to one: the standard's Exported Function cache. Refuses nothing.
import type { FunctionInstance } from '../runtime/function.js';

/** A function of JavaScript. */
export type JsFunction = (...args: unknown[]) => unknown;

/** The exported functions of one namespace. */
export class FunctionCache {
  readonly #exported = new WeakMap<FunctionInstance, JsFunction>();
  readonly #functions = new WeakMap<object, FunctionInstance>();

  /** @param make makes the JavaScript function where there is none yet */
  exported(func: FunctionInstance, make: (func: FunctionInstance) => JsFunction): JsFunction {
    let exported = this.#exported.get(func);
    if (exported === undefined) {
      exported = make(func);
      this.#exported.set(func, exported);
      this.#functions.set(exported, func);
    }
    return exported;
  }
  /** The function that a value stands for; undefined for all but exported functions of this namespace. */
  find(value: unknown): FunctionInstance | undefined {
    return typeof value === 'function' ? this.#functions.get(value) : undefined;
  }
}
