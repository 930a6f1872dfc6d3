// Runs a program's main, as `iwasm FILE` does, or a function with arguments as text, as `iwasm -f NAME` does.
// Refuses programs without an entry point and arguments that are no values, with WAMR's texts.
import { quote } from '../../base/quote.js';
import { encodeUtf8 } from '../../base/utf8.js';
import { aString, checkArgument, stringArray } from '../../runtime/check-options.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { FunctionInstance } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import type { Slots } from '../../runtime/slots.js';
import { ExitError, Trap, UsageError } from '../../wasm/errors.js';
import { leftOut } from '../../wasm/left-out.js';
import { type FuncType, I32, I64, type ValType } from '../../wasm/types.js';
import { type CallOptions, runGuest } from './call.js';
import { type AsyncCallOptions, canPause, checkAsyncOptions, runAsync } from './call-async.js';
import { formatValue, parseValue } from './text-values.js';

const NO_ENTRY = 'lookup the entry point symbol (like _start, main, _main, __main_argc_argv) failed';

function exportedFunction({ exports }: Instance, name: string): FunctionInstance | undefined {
  const value = exports.get(name)?.value;
  return value instanceof FunctionInstance ? value : undefined;
}

export function hasType({ params, results }: FuncType, wanted: readonly ValType[], given: readonly ValType[]): boolean {
  const same = (a: readonly ValType[], b: readonly ValType[]): boolean =>
    a.length === b.length && a.every((type, i) => type === b[i]);
  return same(params, wanted) && same(results, given);
}

/** Returns an exported function without parameters and results; undefined where there is none of that name and type. */
export function plainExport(instance: Instance, name: string): FunctionInstance | undefined {
  const func = exportedFunction(instance, name);
  return func && hasType(func.signature, [], []) ? func : undefined;
}

/** Calls a function without parameters and results as an outermost call. */
export function runPlain(instance: Instance, func: FunctionInstance, options?: CallOptions): void {
  runGuest(instance, options, () => invoke(instance.execEnv, instance, func));
}

function invoke(env: ExecEnv, instance: Instance, func: FunctionInstance): void {
  env.instance = instance;
  func.invoke(env, env.store.slots);
}

/** Keeps the text as the instance's exception and throws it. */
function fail(instance: Instance, text: string): never {
  const error = new UsageError(text);
  instance.exception = error;
  throw error;
}

/** The function that executeMain runs. */
interface EntryPoint {
  readonly func: FunctionInstance;
  readonly takesArguments: boolean;
  /** The bytes of a pointer. */
  readonly pointerBytes: 4 | 8;
}

/** Whether calls of an exported function can run in slices; without a name, calls of the program's entry point. True where there is none. */
export function canPauseCalls(instance: Instance, name: string | undefined): boolean {
  instance.checkAlive();
  if (name !== undefined) checkArgument(name, aString, 'canPause: the name');
  const func =
    name === undefined ? (plainExport(instance, '_start') ?? mainOf(instance)) : exportedFunction(instance, name);
  return func === undefined || canPause(func);
}

function mainOf(instance: Instance): FunctionInstance | undefined {
  return ['main', '__main_argc_argv', '_main'].map((name) => exportedFunction(instance, name)).find((one) => one);
}

function entryPoint(instance: Instance): EntryPoint {
  instance.checkAlive();
  const start = plainExport(instance, '_start');
  const is64 = instance.memories[0]?.type.address === 'i64';
  const pointerBytes = is64 ? 8 : 4;
  if (start) return { func: start, takesArguments: false, pointerBytes };
  const main = mainOf(instance);
  if (!main) return fail(instance, NO_ENTRY);
  const takesArguments = hasType(main.signature, [I32, is64 ? I64 : I32], [I32]);
  if (!takesArguments && !hasType(main.signature, [], [I32]) && !hasType(main.signature, [], [])) {
    return fail(instance, 'invalid function type of main function');
  }
  return { func: main, takesArguments, pointerBytes };
}

/** Returns the exit code of proc_exit, by which programs end; every other error is thrown again. */
function exitCodeOf(instance: Instance, error: unknown): number {
  if (!(error instanceof ExitError)) throw error;
  instance.exception = null;
  return error.code;
}

/** Runs `_start`, or C's main with the arguments. Returns the exit code: what proc_exit was given, main's result, or 0. */
export function executeMain(instance: Instance, argv: readonly string[], options: CallOptions): number {
  const { func, takesArguments, pointerBytes } = entryPoint(instance);
  try {
    return runGuest(instance, options, () => {
      const { execEnv } = instance;
      const { slots } = execEnv.store;
      const address = takesArguments ? copyArguments(instance, argv, pointerBytes) : 0;
      slots.i32[0] = argv.length;
      slots.i32[4] = address;
      slots.i32[5] = 0;
      invoke(execEnv, instance, func);
      const code = func.signature.results.length > 0 ? slots.i32[0]! : 0;
      if (address !== 0) instance.heap?.free(execEnv, address);
      return code;
    });
  } catch (error) {
    return exitCodeOf(instance, error);
  } finally {
    if (instance.running === 0) instance.threads?.end();
  }
}

/** Runs the same in slices; see callAsync. */
export async function executeMainAsync(
  instance: Instance,
  argv: readonly string[],
  options: AsyncCallOptions,
): Promise<number> {
  const { func, takesArguments, pointerBytes } = entryPoint(instance);
  const checked = checkAsyncOptions(options);
  const { onFuel: _, ...limits } = checked;
  let address = 0;
  try {
    return await runAsync(instance, func, checked, {
      prepare(slots) {
        if (takesArguments) address = runGuest(instance, limits, () => copyArguments(instance, argv, pointerBytes));
        slots.i32[4] = address;
        slots.i32[5] = 0;
        slots.i32[0] = argv.length;
      },
      finish(slots) {
        if (address !== 0) runGuest(instance, limits, () => instance.heap?.free(instance.execEnv, address));
        return func.signature.results.length > 0 ? slots.i32[0]! : 0;
      },
    });
  } catch (error) {
    return exitCodeOf(instance, error);
  } finally {
    if (instance.running === 0) instance.threads?.end();
  }
}

/** Copies the array of pointers, followed by the strings, into one block of the guest's memory. Returns its address. */
function copyArguments(instance: Instance, argv: readonly string[], pointerBytes: 4 | 8): number {
  const { execEnv } = instance;
  const texts = argv.map((text) => encodeUtf8(`${text}\0`));
  const pointersBytes = (argv.length + 1) * pointerBytes;
  const total = texts.reduce((sum, text) => sum + text.length, pointersBytes);
  const address = instance.heap?.malloc(execEnv, total) ?? 0;
  if (address === 0) throw new Trap('out-of-memory', [], 'allocate memory failed: no room for the arguments of main');
  const { data, u8 } = instance.memories[0]!.views;
  const point = (index: number, target: number): void => {
    if (pointerBytes === 4) data.setUint32(address + index * 4, target, true);
    else data.setBigUint64(address + index * 8, BigInt(target), true);
  };
  let at = address + pointersBytes;
  texts.forEach((text, i) => {
    point(i, at);
    u8.set(text, at);
    at += text.length;
  });
  point(argv.length, 0);
  return address;
}

/** Finds an exported function and prepares the call. Throws with WAMR's texts. */
function findFunction(instance: Instance, name: string, argv: readonly string[]): PreparedFunction {
  instance.checkAlive();
  checkArgument(name, aString, 'executeFunc: the name');
  checkArgument(argv, stringArray, 'executeFunc: the arguments');
  const func = exportedFunction(instance, name);
  if (!func) return fail(instance, `lookup function ${quote(name)} failed`);
  const { params, results } = func.signature;
  if (argv.length !== params.length) return fail(instance, 'invalid input argument count');
  return {
    func,
    write(slots) {
      params.forEach((type, k) => {
        const text = argv[k]!;
        if (parseValue(text, type, instance, slots, k)) return;
        fail(instance, `invalid input argument ${k}${text === '' ? '' : `: ${quote(text)}`}`);
      });
    },
    format: (slots) => results.map((type, k) => formatValue(slots, k, type, instance)),
  };
}
const prepareFunction: typeof findFunction =
  typeof ENCLASM_WITHOUT_TEXT_VALUES === 'undefined'
    ? findFunction
    : () => leftOut('executeFunc', 'ENCLASM_WITHOUT_TEXT_VALUES');

interface PreparedFunction {
  readonly func: FunctionInstance;
  write(slots: Slots): void;
  format(slots: Slots): string[];
}

/**
 * Calls an exported function with arguments as text.
 * @returns one text per result, as iwasm prints them
 * @throws UsageError with WAMR's text for an unknown function or bad arguments; what the call throws
 */
export function executeFunction(
  instance: Instance,
  name: string,
  argv: readonly string[],
  options: CallOptions,
): string[] {
  const { func, write, format } = prepareFunction(instance, name, argv);
  return runGuest(instance, options, () => {
    const { slots } = instance.store;
    write(slots);
    invoke(instance.execEnv, instance, func);
    return format(slots);
  });
}

/** Calls the function in slices; see callAsync. */
export async function executeFunctionAsync(
  instance: Instance,
  name: string,
  argv: readonly string[],
  options: AsyncCallOptions,
): Promise<string[]> {
  const { func, write, format } = prepareFunction(instance, name, argv);
  return runAsync(instance, func, options, { prepare: write, finish: format });
}
