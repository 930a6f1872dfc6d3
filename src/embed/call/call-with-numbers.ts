// Calls of functions of a few numbers, which embedders make by the million: without lists, closures and conversions they take half the time
// (bench/calls.ts). Does what runGuest does. Refuses nothing: who calls has looked at the arguments.
import type { FunctionInstance } from '../../runtime/function.js';
import type { Instance } from '../../runtime/instance.js';
import { callThroughSlots } from '../../runtime/numbers.js';
import type { WasmValue } from '../../runtime/value.js';
import { type CallAccount, enterGuest, enterGuestAgain, failed, leaveGuest } from './call.js';

/** Whether a list is that many numbers. */
export function areNumbers(args: readonly WasmValue[], count: number): args is number[] {
  if (args.length !== count) return false;
  for (let k = 0; k < count; k++) if (typeof args[k] !== 'number') return false;
  return true;
}

/** @param a what the function has no parameter for, of this and the others, is not looked at */
export function callWithNumbers(
  instance: Instance,
  func: FunctionInstance,
  a: number,
  b: number,
  c: number,
  d: number,
): number | undefined {
  const again = enterGuestAgain(instance);
  const account = again ?? enterGuest(instance);
  try {
    if (again === undefined) account?.start();
    const result = run(instance, func, a, b, c, d);
    account?.close();
    return result;
  } catch (error) {
    throw endFailed(instance, account, error);
  } finally {
    leaveGuest(instance);
  }
}
/** Apart from what runs each time, so that V8 inlines all of that. */
function endFailed(instance: Instance, account: CallAccount | undefined, error: unknown): unknown {
  account?.close({ error });
  return failed(instance, account, error);
}
function run(
  instance: Instance,
  func: FunctionInstance,
  a: number,
  b: number,
  c: number,
  d: number,
): number | undefined {
  const env = instance.execEnv;
  if (env.instance !== instance) env.instance = instance;
  return func.invokeNumbers === undefined
    ? callThroughSlots(func, env, a, b, c, d)
    : func.invokeNumbers(env, a, b, c, d);
}
