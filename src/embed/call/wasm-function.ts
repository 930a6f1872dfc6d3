// A guest's function as embedders call it: with typed values, synchronously or in slices.
// Refuses wrong numbers and types of arguments by name, and calls into ended instances.
import { INSPECT } from '../../base/inspect.js';
import { quote } from '../../base/quote.js';
import { isArray, show } from '../../base/show.js';
import { ExecEnv } from '../../runtime/exec-env.js';
import { checkForeignFunction } from '../../runtime/foreign-functions.js';
import { FunctionInstance } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { takesNumbers } from '../../runtime/numbers.js';
import { plainValue } from '../../runtime/refs.js';
import type { Slots } from '../../runtime/slots.js';
import { readSlot, type WasmValue, writeSlot } from '../../runtime/value.js';
import { EnclasmError, UsageError } from '../../wasm/errors.js';
import { typeName } from '../../wasm/type-names.js';
import type { FuncType, ValType } from '../../wasm/types.js';
import { type CallOptions, runGuest } from './call.js';
import { type AsyncCallOptions, type CallSteps, canPause, runAsync } from './call-async.js';
import { areNumbers, callWithNumbers } from './call-with-numbers.js';

/** Called as functions of JavaScript are. */
export interface WasmFunction {
  /**
   * The same as `call`: one result comes as itself, several as an array, none as undefined.
   * @throws what call throws
   */
  // biome-ignore lint/style/useShorthandFunctionType: it adds to the class below.
  (...args: WasmValue[]): WasmValue | WasmValue[];
}
/** An exported function: WAMR's `wasm_function_inst_t`. Calls check the arguments by its type. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: its constructor makes a function.
export class WasmFunction {
  /** @internal */
  declare readonly instance: Instance;
  /** @internal */
  declare readonly func: FunctionInstance;
  /** The name that it was looked up by, or its own. */
  declare readonly name: string;
  /** @internal Its parameters are a few numbers, and its result is one if it has any. */
  declare readonly isNumeric: boolean;

  /** @internal Use functionOf. */
  constructor(instance: Instance, func: FunctionInstance, name: string) {
    // A function of the language, so that `exports.add(2, 3)` is a call, with this class in place of the language's own.
    const { params } = func.signature;
    const isNumeric = takesNumbers(func.signature);
    const callable = (...args: WasmValue[]): WasmValue | WasmValue[] =>
      isNumeric && areNumbers(args, params.length)
        ? callWithNumbers(instance, func, args[0]!, args[1]!, args[2]!, args[3]!)
        : invoke(made, instance.execEnv, args, undefined, readPlainResult);
    const made = Object.setPrototypeOf(callable, new.target.prototype) as WasmFunction;
    const fixed = { instance, func, name, isNumeric, length: params.length };
    for (const [key, value] of Object.entries(fixed)) Object.defineProperty(made, key, { value });
    // biome-ignore lint/correctness/noConstructorReturn: the object of this class is the function.
    return made;
  }

  /** @internal */
  [INSPECT](): string {
    return `[Function ${quote(this.name)} ${signatureText(this.type)}]`;
  }
  /** The types of its parameters and results; reference types hold ids of the runtime's types. */
  get type(): FuncType {
    return this.func.signature;
  }

  /** Whether callAsync can run it, because its mode can pause a call or it is a native. */
  get canPause(): boolean {
    return canPause(this.func);
  }

  /**
   * Calls it on the instance's own exec env.
   * @param args numbers for i32, f32, f64; bigints for i64; 16 bytes for v128; null or values for references
   * @returns one value per result
   * @throws UsageError for wrong arguments; Trap, WasmException, LimitError, ExitError; what a native throws
   */
  call(...args: WasmValue[]): WasmValue[] {
    const { instance, func } = this;
    if (!this.isNumeric || !areNumbers(args, func.signature.params.length)) {
      return invoke(this, instance.execEnv, args, undefined, readResults);
    }
    const result = callWithNumbers(instance, func, args[0]!, args[1]!, args[2]!, args[3]!);
    return result === undefined ? [] : [result];
  }

  /**
   * Calls it on an exec env of the embedder's, with limits for this call.
   * @throws what call throws; UsageError for an exec env that has ended, unknown options, and fuel where it is not counted
   */
  callOn(env: ExecEnv, args: readonly WasmValue[], options?: CallOptions): WasmValue[] {
    return invoke(this, env, ownArguments(this, args), options, readResults);
  }

  /**
   * Calls it in slices: other tasks of the event loop run between them, an AbortSignal and the deadline end the call at once, and async natives
   * are awaited. Several such calls may run at the same time.
   * @throws what call throws; UsageError in a mode that cannot pause
   */
  async callAsync(args: readonly WasmValue[] = [], options: AsyncCallOptions = {}): Promise<WasmValue[]> {
    return runAsync(this.instance, this.func, options, asyncSteps(this, args));
  }
}

/** What a call in slices does before and after: arguments in, results out. */
export function asyncSteps(func: WasmFunction, args: readonly WasmValue[]): CallSteps<WasmValue[]> {
  const { params, results } = func.type;
  const own = ownArguments(func, args);
  return {
    prepare: (slots) => writeArguments(func, params, own, slots),
    finish: (slots) => readResults(func.instance, results, slots),
  };
}

/** Copies a list of arguments, each read once: it may be a Proxy. @throws UsageError if it is no list */
export function ownArguments({ name }: WasmFunction, args: readonly WasmValue[]): WasmValue[] {
  if (!isArray(args)) throw new UsageError(`${quote(name)}: an array of arguments is wanted, not ${show(args)}`);
  const own: WasmValue[] = [];
  for (let k = 0; k < args.length; k++) own.push(args[k]);
  return own;
}

/** A call from outside. @throws what call throws */
function invoke<R>(
  func: WasmFunction,
  env: ExecEnv,
  args: readonly WasmValue[],
  options: CallOptions | undefined,
  read: (instance: Instance, types: readonly ValType[], slots: Slots) => R,
): R {
  const { instance } = func;
  return runGuest(instance, options, () => {
    ExecEnv.check(env, instance.store);
    const { slots } = env.store;
    const { params, results } = func.func.signature;
    writeArguments(func, params, args, slots);
    env.instance = instance;
    func.func.invoke(env, slots);
    return read(instance, results, slots);
  });
}

function signatureText({ params, results }: FuncType): string {
  const names = (types: readonly ValType[]): string => `(${types.map((type) => typeName(type)).join(' ')})`;
  return results.length === 1
    ? `${names(params)} -> ${typeName(results[0]!)}`
    : `${names(params)} -> ${names(results)}`;
}

/** Returns the embedder's object for a function, one per instance that exports or passes it. */
export function functionOf(instance: Instance, func: FunctionInstance, name?: string): WasmFunction {
  let wrapper = instance.wrappers.get(func) as WasmFunction | undefined;
  if (wrapper === undefined) {
    wrapper = new WasmFunction(instance, func, name ?? func.name);
    instance.wrappers.set(func, wrapper);
  }
  return wrapper;
}

/** @param args a list that nobody else has: reading it runs no code @throws UsageError for values that do not fit */
export function writeArguments(
  { name, instance }: WasmFunction,
  params: readonly ValType[],
  args: readonly WasmValue[],
  slots: Slots,
): void {
  const { length } = args;
  if (length !== params.length) {
    throw new UsageError(
      `${quote(name)}: ${params.length} argument${params.length === 1 ? '' : 's'} wanted, ${length} given`,
    );
  }
  // All arguments are converted before any is written: converting one may run the embedder's code, whose calls use the same slots.
  const plain: WasmValue[] = [];
  for (let k = 0; k < length; k++) plain.push(takeValue(instance, params[k]!, args[k], name, k));
  for (let k = 0; k < length; k++) writeSlot(slots, k, params[k]!, plain[k]);
}

/** Checks and copies a value of the embedder's. Throws a UsageError that starts with `what` and says which argument it is. */
export function takeValue(
  instance: Instance,
  type: ValType,
  value: WasmValue,
  what: string,
  argument?: number,
): WasmValue {
  try {
    const given = value instanceof WasmFunction ? value.func : value;
    if (FunctionInstance.is(given)) checkForeignFunction(instance, instance.store, given, quote(what));
    return plainValue(given, type, instance.store.types);
  } catch (error) {
    if (error instanceof EnclasmError) throw error;
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    throw new UsageError(`${quote(what)}: ${argument === undefined ? '' : `argument ${argument}: `}${reason}`, {
      cause: error,
    });
  }
}

export function readResults(instance: Instance, types: readonly ValType[], slots: Slots): WasmValue[] {
  const values: WasmValue[] = [];
  for (let k = 0; k < types.length; k++) values.push(readResult(instance, types, slots, k));
  return values;
}
/** As functions of JavaScript return: one result as itself, several as an array, none as undefined. */
function readPlainResult(instance: Instance, types: readonly ValType[], slots: Slots): WasmValue | WasmValue[] {
  if (types.length > 1) return readResults(instance, types, slots);
  return types.length === 0 ? undefined : readResult(instance, types, slots, 0);
}
function readResult(instance: Instance, types: readonly ValType[], slots: Slots, k: number): WasmValue {
  return fromGuest(instance, readSlot(slots, k, types[k]!));
}

/** Converts a value of the guest's for the embedder: functions become callable. */
export function fromGuest(instance: Instance, value: WasmValue): WasmValue {
  return value instanceof FunctionInstance ? functionOf(instance, value) : value;
}
