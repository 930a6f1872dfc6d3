// A convention's steps as a generator of guest calls: written once, and run either on this stack or in slices that give the event loop its turn.
// All steps of one call are one call of the embedder's: they share its limits and its usage. Refuses functions that are not there or have another type, by name.

import { quote } from '../../base/quote.js';
import { hasType } from '../../embed/call/application.js';
import { type CallOptions, runGuest } from '../../embed/call/call.js';
import { runAllAsync } from '../../embed/call/call-async.js';
import { asyncSteps, type WasmFunction } from '../../embed/call/wasm-function.js';
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import { PluginError } from '../../runtime/plugin-error.js';
import type { WasmValue } from '../../runtime/value.js';
import { typeName } from '../../wasm/type-names.js';
import type { FuncType, ValType } from '../../wasm/types.js';

/** One call of the guest on the way. */
export interface GuestCall {
  readonly func: WasmFunction;
  readonly args: readonly WasmValue[];
}
/** Yields calls of the guest, and is given what they return. */
export type Steps<T> = Generator<GuestCall, T, readonly WasmValue[]>;

/** One call of the guest, and its results. */
export function* calling(func: WasmFunction, ...args: WasmValue[]): Steps<readonly WasmValue[]> {
  return yield { func, args };
}

/** Runs the steps as one call. Throws what the guest's calls and the steps throw. */
export function runSteps<T>(instance: WasmInstance, options: CallOptions, steps: Steps<T>): T {
  const inner = instance.instance;
  return runGuest(inner, options, () => {
    let step = steps.next();
    while (!step.done) step = steps.next(step.value.func.callOn(inner.execEnv, step.value.args));
    return step.value;
  });
}

/** The same in slices. */
export function runStepsAsync<T>(instance: WasmInstance, options: CallOptions, steps: Steps<T>): Promise<T> {
  return runAllAsync(instance.instance, options, async (call) => {
    let step = steps.next();
    while (!step.done) {
      const { func, args } = step.value;
      step = steps.next(await call(func.func, asyncSteps(func, args)));
    }
    return step.value;
  });
}

/** @throws PluginError 'no-function' */
export function functionNamed(instance: WasmInstance, name: string): WasmFunction {
  const func = instance.lookupFunction(name);
  if (func !== null) return func;
  throw new PluginError('no-function', `the plugin exports no function '${quote(name)}'`);
}

/** @throws PluginError 'wrong-type' that says which types would do */
export function wrongType({ name, type }: WasmFunction, wanted: string): PluginError {
  return new PluginError('wrong-type', `function '${quote(name)}' has the type ${typeText(type)}; ${wanted} is wanted`);
}
function typeText({ params, results }: FuncType): string {
  const names = (types: readonly ValType[]): string => `(${types.map((type) => typeName(type)).join(' ')})`;
  return `${names(params)} -> ${names(results)}`;
}

export function isOfType(func: WasmFunction, params: readonly ValType[], results: readonly ValType[]): boolean {
  return hasType(func.type, params, results);
}
