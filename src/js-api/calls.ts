// Calls across the border: functions of guests as functions of JavaScript, and functions of JavaScript as imports of guests. Arguments and results are
// all converted before any is written, because converting may run code that calls a guest. Refuses types that have no counterpart, when called.
import type { ExecEnv } from '../runtime/exec-env.js';
import { type FunctionInstance, NativeFunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { Slots } from '../runtime/slots.js';
import type { WasmValue } from '../runtime/value.js';
import type { DefinedType } from '../wasm/subtyping.js';
import type { FuncType, ValType } from '../wasm/types.js';
import type { Account } from './account.js';
import type { FunctionCache, JsFunction } from './function-cache.js';
import type { Thrown } from './thrown.js';
import { readValue, type Values, writeValue } from './values.js';
import { sequence } from './web-idl.js';

/** A function of JavaScript that an instance imports. */
export class ImportedFunction extends NativeFunctionInstance {
  /** Its place in the index space of that instance. */
  override readonly index: number;
  readonly importer: Instance;

  constructor(type: DefinedType, index: number, importer: Instance, code: (env: ExecEnv, slots: Slots) => void) {
    super(type, String(index), code);
    this.index = index;
    this.importer = importer;
  }
}

/** The calls of one namespace. */
export class Calls {
  readonly #account: Account;
  readonly #functions: FunctionCache;
  readonly #values: Values;
  readonly #thrown: Thrown;

  constructor(account: Account, functions: FunctionCache, values: Values, thrown: Thrown) {
    this.#account = account;
    this.#functions = functions;
    this.#values = values;
    this.#thrown = thrown;
  }

  /** The JavaScript function of a function; always the same one. */
  exported(func: FunctionInstance): JsFunction {
    return this.#functions.exported(func, (one) => this.#makeExported(one));
  }
  #makeExported(func: FunctionInstance): JsFunction {
    // An arrow function: it has no prototype and is no constructor.
    const exported = (...args: unknown[]): unknown => this.#call(func, args);
    Object.defineProperty(exported, 'length', { value: func.signature.params.length });
    Object.defineProperty(exported, 'name', { value: String(func.index) });
    return exported;
  }

  /** Calls a function that the embedder may not reach by its JavaScript function: the start function. */
  run(func: FunctionInstance): void {
    this.#call(func, []);
  }
  #call(func: FunctionInstance, args: readonly unknown[]): unknown {
    const { params, results } = func.signature;
    this.#checkCrossing(func.signature);
    const given: WasmValue[] = [];
    for (let k = 0; k < params.length; k++) given.push(this.#values.toWebAssembly(args[k], params[k]!));
    const instance = instanceOf(func);
    const { slots } = instance.store;
    this.#account.enter();
    try {
      const env = instance.execEnv;
      for (let k = 0; k < params.length; k++) writeValue(slots, k, params[k]!, given[k]);
      env.instance = instance;
      func.invoke(env, slots);
      return this.#results(results, slots);
    } catch (error) {
      throw this.#thrown.toJs(error);
    } finally {
      this.#account.leave();
    }
  }
  #results(types: readonly ValType[], slots: Slots): unknown {
    if (types.length === 0) return undefined;
    if (types.length === 1) return this.#values.toJs(readValue(slots, 0, types[0]!), types[0]!);
    return this.#list(types, slots);
  }
  #list(types: readonly ValType[], slots: Slots): unknown[] {
    return types.map((type, k) => this.#values.toJs(readValue(slots, k, type), type));
  }

  /** A function of JavaScript as an import. */
  imported(callable: JsFunction, type: DefinedType, index: number, importer: Instance): ImportedFunction {
    const signature = type.composite as FuncType;
    const { params, results } = signature;
    return new ImportedFunction(type, index, importer, (_, slots) => {
      let given: WasmValue[];
      try {
        this.#checkCrossing(signature);
        given = this.#given(Reflect.apply(callable, undefined, this.#list(params, slots)), results);
      } catch (error) {
        throw this.#thrown.toGuest(error);
      }
      this.#account.check();
      for (let k = 0; k < results.length; k++) writeValue(slots, k, results[k]!, given[k]);
    });
  }
  #given(result: unknown, types: readonly ValType[]): WasmValue[] {
    if (types.length === 0) return [];
    if (types.length === 1) return [this.#values.toWebAssembly(result, types[0]!)];
    const list = sequence(result, 'the results of an imported function');
    if (list.length !== types.length) {
      throw new TypeError(`an imported function returned ${list.length} results, not ${types.length}`);
    }
    return list.map((value, k) => this.#values.toWebAssembly(value, types[k]!));
  }

  /** @throws TypeError before anything is converted */
  #checkCrossing({ params, results }: FuncType): void {
    for (const type of params) if (!this.#values.crosses(type)) throw noCrossing();
    for (const type of results) if (!this.#values.crosses(type)) throw noCrossing();
  }
}

function noCrossing(): TypeError {
  return new TypeError('a function that takes or returns a v128 or an exnref cannot be called from or by JavaScript');
}

/** The instance on whose exec env a call from outside runs. */
function instanceOf(func: FunctionInstance): Instance {
  return func instanceof ImportedFunction ? func.importer : (func.definingInstance as Instance);
}
