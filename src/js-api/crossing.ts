// Values of whole signatures on their way across the border. What is given is converted before any of it is written, because converting may run code that
// calls a guest. Refuses signatures with a type that has no counterpart, before anything is converted.
import type { Slots } from '../runtime/slots.js';
import type { WasmValue } from '../runtime/value.js';
import type { FuncType, ValType } from '../wasm/types.js';
import { readValue, type Values, writeValue } from './values.js';
import { sequence } from './web-idl.js';

export class Crossing {
  readonly #values: Values;

  constructor(values: Values) {
    this.#values = values;
  }
  /** @throws TypeError */
  check({ params, results }: FuncType): void {
    for (const type of params) if (!this.#values.crosses(type)) throw noCrossing();
    for (const type of results) if (!this.#values.crosses(type)) throw noCrossing();
  }
  /** Arguments that JavaScript gives; those that are missing are undefined. @throws TypeError, and what conversions throw */
  argumentsOf(given: readonly unknown[], params: readonly ValType[]): WasmValue[] {
    const converted: WasmValue[] = [];
    for (let k = 0; k < params.length; k++) converted.push(this.#values.toWebAssembly(given[k], params[k]!));
    return converted;
  }
  /** What a function of JavaScript returned. @throws TypeError, and what conversions throw */
  returnedOf(returned: unknown, types: readonly ValType[]): WasmValue[] {
    if (types.length === 0) return [];
    if (types.length === 1) return [this.#values.toWebAssembly(returned, types[0]!)];
    const list = sequence(returned, 'the results of an imported function');
    if (list.length !== types.length) {
      throw new TypeError(`an imported function returned ${list.length} results, not ${types.length}`);
    }
    return list.map((value, k) => this.#values.toWebAssembly(value, types[k]!));
  }
  write(slots: Slots, types: readonly ValType[], converted: readonly WasmValue[]): void {
    for (let k = 0; k < types.length; k++) writeValue(slots, k, types[k]!, converted[k]);
  }

  /** The arguments of a function of JavaScript. */
  list(types: readonly ValType[], slots: Slots): unknown[] {
    return types.map((type, k) => this.#values.toJs(readValue(slots, k, type), type));
  }
  /** What a function of a guest gives: undefined, a value, or several. */
  results(types: readonly ValType[], slots: Slots): unknown {
    if (types.length === 0) return undefined;
    if (types.length === 1) return this.#values.toJs(readValue(slots, 0, types[0]!), types[0]!);
    return this.list(types, slots);
  }
}

function noCrossing(): TypeError {
  return new TypeError('a function that takes or returns a v128 or an exnref cannot be called from or by JavaScript');
}
