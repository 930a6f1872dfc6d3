// Calls across the border: functions of guests as functions of JavaScript, and functions of JavaScript as imports of guests. Arguments and results are
// all converted before any is written, because converting may run code that calls a guest. Refuses types that have no counterpart, when called.
import type { ExecEnv } from '../runtime/exec-env.js';
import { type FunctionInstance, NativeFunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { Slots } from '../runtime/slots.js';
import type { WasmValue } from '../runtime/value.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { F32, F64, type FuncType, I32, type ValType } from '../wasm/types.js';
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

/** Functions of JavaScript with more parameters than this are called with a list. */
const MOST_DIRECT = 3;

/** Writes a number to slot k, as ToWebAssemblyValue converts it. */
function writeNumber(slots: Slots, k: number, type: ValType, value: number): void {
  if (type === I32) slots.i32[k * 4] = value;
  else if (type === F64) slots.f64[k * 2] = value;
  else slots.f32[k * 4] = value;
}
function readNumber(slots: Slots, type: ValType, k = 0): number {
  if (type === I32) return slots.i32[k * 4]!;
  return type === F64 ? slots.f64[k * 2]! : slots.f32[k * 4]!;
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
  // What both kinds give is an arrow function: it has no prototype and is no constructor.
  #makeExported(func: FunctionInstance): JsFunction {
    const exported = this.#isNumeric(func.signature)
      ? this.#exportNumeric(func)
      : (...args: unknown[]): unknown => this.#call(func, args);
    Object.defineProperty(exported, 'length', { value: func.signature.params.length });
    Object.defineProperty(exported, 'name', { value: String(func.index) });
    return exported;
  }

  /** Whether numbers cross as they are: no conversion of one runs code. */
  #isNumeric({ params, results }: FuncType): boolean {
    return results.length <= 1 && [...params, ...results].every((type) => type === I32 || type === F32 || type === F64);
  }
  /** The same as #call for such a signature, without lists and conversions where the arguments are numbers. */
  #exportNumeric(func: FunctionInstance): JsFunction {
    const { params, results } = func.signature;
    const account = this.#account;
    const count = params.length;
    const [result] = results;
    const instance = instanceOf(func);
    const { slots } = instance.store;
    return (...args) => {
      for (let k = 0; k < count; k++) {
        const value = args[k];
        if (typeof value !== 'number') return this.#call(func, args);
        writeNumber(slots, k, params[k]!, value);
      }
      account.enter();
      try {
        const env = instance.execEnv;
        env.instance = instance;
        func.invoke(env, slots);
        return result === undefined ? undefined : readNumber(slots, result);
      } catch (error) {
        throw this.#thrown.toJs(error);
      } finally {
        account.leave();
      }
    };
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
    if (params.length <= MOST_DIRECT && this.#isNumeric(signature)) {
      return new ImportedFunction(type, index, importer, this.#importNumeric(callable, signature));
    }
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
  /** The body of a function of such a signature. */
  #importNumeric(callable: JsFunction, { params, results }: FuncType): (env: ExecEnv, slots: Slots) => void {
    const account = this.#account;
    const [a, b, c] = params as (ValType | undefined)[];
    const [type] = results;
    const call = (slots: Slots): unknown => {
      if (a === undefined) return callable();
      if (b === undefined) return callable(readNumber(slots, a));
      if (c === undefined) return callable(readNumber(slots, a), readNumber(slots, b, 1));
      return callable(readNumber(slots, a), readNumber(slots, b, 1), readNumber(slots, c, 2));
    };
    return (_, slots) => {
      let given: WasmValue;
      try {
        given = call(slots);
        if (type !== undefined && typeof given !== 'number') given = this.#values.toWebAssembly(given, type);
      } catch (error) {
        throw this.#thrown.toGuest(error);
      }
      account.check();
      if (type !== undefined) writeNumber(slots, 0, type, given as number);
    };
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
