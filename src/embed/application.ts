// What `iwasm FILE` and `iwasm -f NAME` do: run a program's main, or a function with arguments as text.
// Refuses programs without an entry point and arguments that are no values, with WAMR's texts.
import { encodeUtf8 } from '../base/utf8.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import { FunctionInstance } from '../runtime/function.js';
import { ExitError, Trap, UsageError } from '../wasm/errors.js';
import { type FuncType, I32, type ValType } from '../wasm/types.js';
import { runGuest } from './call.js';
import type { InstanceContext } from './context.js';
import { formatValue, parseValue } from './text-values.js';

const NO_ENTRY = 'lookup the entry point symbol (like _start, main, _main, __main_argc_argv) failed';

function exportedFunction({ instance }: InstanceContext, name: string): FunctionInstance | undefined {
  const value = instance.exports.get(name)?.value;
  return value instanceof FunctionInstance ? value : undefined;
}

export function hasType({ params, results }: FuncType, wanted: readonly ValType[], given: readonly ValType[]): boolean {
  const same = (a: readonly ValType[], b: readonly ValType[]): boolean =>
    a.length === b.length && a.every((type, i) => type === b[i]);
  return same(params, wanted) && same(results, given);
}

/** An exported function without parameters and results; undefined where there is none of that name and type. */
export function plainExport(context: InstanceContext, name: string): FunctionInstance | undefined {
  const func = exportedFunction(context, name);
  return func && hasType(func.signature, [], []) ? func : undefined;
}

/** Calls a function without parameters and results as an outermost call. */
export function runPlain(context: InstanceContext, func: FunctionInstance): void {
  runGuest(context, {}, () => invoke(context.execEnv, context, func));
}

function invoke(env: ExecEnv, context: InstanceContext, func: FunctionInstance): void {
  env.instance = context.instance;
  func.invoke(env, env.store.slots);
}

/** Keeps the text as the instance's exception and throws it. */
function fail(context: InstanceContext, text: string): never {
  const error = new UsageError(text);
  context.instance.exception = error;
  throw error;
}

/** Runs `_start`, or C's main with the arguments. Returns the exit code: what proc_exit was given, main's result, or 0. */
export function executeMain(context: InstanceContext, argv: readonly string[]): number {
  context.checkAlive();
  try {
    const start = plainExport(context, '_start');
    if (start) {
      runPlain(context, start);
      return 0;
    }
    return runMain(context, argv);
  } catch (error) {
    if (error instanceof ExitError) return error.code;
    throw error;
  }
}

function runMain(context: InstanceContext, argv: readonly string[]): number {
  const main = ['main', '__main_argc_argv', '_main'].map((name) => exportedFunction(context, name)).find((one) => one);
  if (!main) return fail(context, NO_ENTRY);
  const { signature } = main;
  const takesArguments = hasType(signature, [I32, I32], [I32]);
  if (!takesArguments && !hasType(signature, [], [I32]) && !hasType(signature, [], [])) {
    return fail(context, 'invalid function type of main function');
  }
  return runGuest(context, {}, () => {
    const { execEnv } = context;
    const { slots } = execEnv.store;
    const argvAddress = takesArguments ? copyArguments(context, argv) : 0;
    slots.i32[0] = argv.length;
    slots.i32[4] = argvAddress;
    invoke(execEnv, context, main);
    const code = signature.results.length > 0 ? slots.i32[0]! : 0;
    if (argvAddress !== 0) context.instance.heap?.free(execEnv, argvAddress);
    return code;
  });
}

/** The array of pointers, then the strings, in one block of the guest's memory. */
function copyArguments(context: InstanceContext, argv: readonly string[]): number {
  const { instance, execEnv } = context;
  const texts = argv.map((text) => encodeUtf8(`${text}\0`));
  const pointerBytes = (argv.length + 1) * 4;
  const total = texts.reduce((sum, text) => sum + text.length, pointerBytes);
  const address = instance.heap?.malloc(execEnv, total) ?? 0;
  if (address === 0) throw new Trap('out-of-memory', [], 'allocate memory failed: no room for the arguments of main');
  const { data, u8 } = instance.memories[0]!.views;
  let at = address + pointerBytes;
  texts.forEach((text, i) => {
    data.setUint32(address + i * 4, at, true);
    u8.set(text, at);
    at += text.length;
  });
  data.setUint32(address + argv.length * 4, 0, true);
  return address;
}

/**
 * Calls an exported function with arguments as text.
 * @returns one text per result, as iwasm prints them
 * @throws UsageError with WAMR's text for an unknown function or bad arguments; what the call throws
 */
export function executeFunction(context: InstanceContext, name: string, argv: readonly string[]): string[] {
  context.checkAlive();
  const { instance } = context;
  const func = exportedFunction(context, name);
  if (!func) return fail(context, `lookup function ${name} failed`);
  const { params, results } = func.signature;
  if (argv.length !== params.length) return fail(context, 'invalid input argument count');
  const { slots } = context.core.store;
  params.forEach((type, k) => {
    const text = argv[k]!;
    if (!parseValue(text, type, instance, slots, k)) {
      fail(context, `invalid input argument ${k}${text === '' ? '' : `: ${text}`}`);
    }
  });
  return runGuest(context, {}, () => {
    invoke(context.execEnv, context, func);
    return results.map((type, k) => formatValue(slots, k, type, instance));
  });
}
