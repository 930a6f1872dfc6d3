// Calls with a few numbers instead of slots: what embedders call most. Refuses nothing: who calls has looked at the types.
import { F32, type FuncType, I32, type ValType } from '../wasm/types.js';
import type { ExecEnv } from './exec-env.js';
import type { FunctionInstance } from './function.js';
import { isNumericSignature, readSlot, writeSlot } from './value.js';

const MOST_NUMBERS = 4;

/** Whether a function can be called with numbers: it has a few parameters, and they and its result, if it has one, are i32, f32 or f64. */
export function takesNumbers(signature: FuncType): boolean {
  return signature.params.length <= MOST_NUMBERS && isNumericSignature(signature);
}

/** Returns a number as a function's code wants it for a parameter. */
export function toParameter(type: ValType | undefined, value: number): number {
  if (type === I32) return value | 0;
  return type === F32 ? Math.fround(value) : value;
}

/** Calls a function that wants its numbers in slots, as every function can be called. */
export function callThroughSlots(
  func: FunctionInstance,
  env: ExecEnv,
  a: number,
  b: number,
  c: number,
  d: number,
): number | undefined {
  const { slots } = env.store;
  const { params, results } = func.signature;
  const count = params.length;
  if (count > 0) writeSlot(slots, 0, params[0]!, a);
  if (count > 1) writeSlot(slots, 1, params[1]!, b);
  if (count > 2) writeSlot(slots, 2, params[2]!, c);
  if (count > 3) writeSlot(slots, 3, params[3]!, d);
  func.invoke(env, slots);
  return results.length === 0 ? undefined : (readSlot(slots, 0, results[0]!) as number);
}
