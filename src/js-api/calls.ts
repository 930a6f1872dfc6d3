// Calls across the border: functions of guests as functions of JavaScript, and functions of JavaScript as imports of guests. Arguments and results are
// all converted before any is written, because converting may run code that calls a guest. Refuses types that have no counterpart, when called.
import { WeakList } from '../base/weak-list.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import type { FunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { Slots } from '../runtime/slots.js';
import { isNumericSignature, type WasmValue } from '../runtime/value.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { F64, type FuncType, I32, type ValType } from '../wasm/types.js';
import type { Account } from './account.js';
import type { Crossing } from './crossing.js';
import type { FunctionCache, JsFunction } from './function-cache.js';
import { ImportedFunction } from './imported-function.js';
import { PromisingCall } from './promising-call.js';
import { suspendedImport } from './suspended-import.js';
import type { Thrown } from './thrown.js';
import type { Values } from './values.js';

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
  readonly #crossing: Crossing;
  readonly #thrown: Thrown;
  /** Calls that have begun and may wait. One whose promises nobody can settle any more goes with them. */
  readonly waiting = new WeakList<PromisingCall>();

  constructor(account: Account, functions: FunctionCache, values: Values, crossing: Crossing, thrown: Thrown) {
    this.#account = account;
    this.#functions = functions;
    this.#values = values;
    this.#crossing = crossing;
    this.#thrown = thrown;
  }

  /** The JavaScript function of a function; always the same one. */
  exported(func: FunctionInstance): JsFunction {
    return this.#functions.exported(func, (one) => this.#makeExported(one));
  }
  // What both kinds give is an arrow function: it has no prototype and is no constructor.
  #makeExported(func: FunctionInstance): JsFunction {
    const exported = isNumericSignature(func.signature)
      ? this.#exportNumeric(func)
      : (...args: unknown[]): unknown => this.#call(func, args);
    Object.defineProperty(exported, 'length', { value: func.signature.params.length });
    Object.defineProperty(exported, 'name', { value: String(func.index) });
    return exported;
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
    const crossing = this.#crossing;
    crossing.check(func.signature);
    const given = crossing.argumentsOf(args, params);
    const instance = instanceOf(func);
    const { slots } = instance.store;
    this.#account.enter();
    try {
      const env = instance.execEnv;
      crossing.write(slots, params, given);
      env.instance = instance;
      func.invoke(env, slots);
      return crossing.results(results, slots);
    } catch (error) {
      throw this.#thrown.toJs(error);
    } finally {
      this.#account.leave();
    }
  }

  /** A function of JavaScript that calls the function and gives a promise of its results: the call may be paused. */
  promising(func: FunctionInstance): JsFunction {
    const { signature } = func;
    const crossing = this.#crossing;
    const instance = instanceOf(func);
    return async (...args) => {
      crossing.check(signature);
      const given = crossing.argumentsOf(args, signature.params);
      const callee = {
        func,
        instance,
        write: (slots: Slots) => crossing.write(slots, signature.params, given),
        read: (slots: Slots) => crossing.results(signature.results, slots),
      };
      return new PromisingCall(callee, this.#account, this.#thrown, this.waiting).run();
    };
  }
  /** A function of JavaScript as an import for which the guest waits. */
  suspended(callable: JsFunction, type: DefinedType, index: number, importer: Instance): ImportedFunction {
    const border = { account: this.#account, crossing: this.#crossing, thrown: this.#thrown };
    return suspendedImport(border, callable, type, index, importer);
  }

  /** A function of JavaScript as an import. */
  imported(callable: JsFunction, type: DefinedType, index: number, importer: Instance): ImportedFunction {
    const signature = type.composite as FuncType;
    const { params, results } = signature;
    if (params.length <= MOST_DIRECT && isNumericSignature(signature)) {
      return new ImportedFunction(type, index, importer, this.#importNumeric(callable, signature));
    }
    const crossing = this.#crossing;
    return new ImportedFunction(type, index, importer, (_, slots) => {
      let given: WasmValue[];
      try {
        crossing.check(signature);
        given = crossing.returnedOf(Reflect.apply(callable, undefined, crossing.list(params, slots)), results);
      } catch (error) {
        throw this.#thrown.toGuest(error);
      }
      this.#account.check();
      crossing.write(slots, results, given);
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
}

/** The instance on whose exec env a call from outside runs. */
function instanceOf(func: FunctionInstance): Instance {
  return func instanceof ImportedFunction ? func.importer : (func.definingInstance as Instance);
}
