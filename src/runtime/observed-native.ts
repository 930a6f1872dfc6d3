// Natives of an observed instance: their calls are told with arguments, results and time. Nothing is wrapped where nobody asks.

import type { ValType } from '../wasm/types.js';
import { Block } from './block.js';
import type { ExecEnv } from './exec-env.js';
import { CALL_AGAIN, type NativeFunctionBody, NativeFunctionInstance } from './function.js';
import type { Observation } from './observer.js';
import type { Slots } from './slots.js';
import { readSlot, type WasmValue } from './value.js';

const valuesOf = (types: readonly ValType[], slots: Slots): WasmValue[] =>
  types.map((type, k) => readSlot(slots, k, type));

/**
 * Returns the native as an instance with this observation imports it.
 * @param module the name that it is imported from @param name what it is imported as
 */
export function observedNative(
  native: NativeFunctionInstance,
  module: string,
  name: string,
  observation: Observation,
): NativeFunctionInstance {
  const { observer, functions } = observation;
  if (observer.hostCall === undefined && !functions) return native;
  const { params, results } = native.signature;
  const code: NativeFunctionBody = (env, slots) => {
    // The threads of a guest import what its first thread does.
    const own = env.instance.observation ?? observation;
    const height = functions ? own.height : 0;
    const { platform } = env.store;
    const args = observer.hostCall ? valuesOf(params, slots) : [];
    const startedAt = observer.hostCall ? platform.monotonicNow() : 0;
    const ended = (values: WasmValue[], thrown?: { readonly error: unknown }): void => {
      // A call that the native made may have ended with an error that the native has caught.
      if (functions) own.leaveDownTo(height);
      const ms = observer.hostCall ? platform.monotonicNow() - startedAt : 0;
      observer.hostCall?.({ module, name, args, results: values, thrown, startedAt, ms, thread: own.thread });
    };
    return settled(native.code, env, slots, ended, () => valuesOf(results, slots));
  };
  return new NativeFunctionInstance(native.type, native.name, code, native);
}

/** Calls the native; one that waits or wants to be called again has not ended. */
function settled(
  code: NativeFunctionBody,
  env: ExecEnv,
  slots: Slots,
  ended: (values: WasmValue[], thrown?: { readonly error: unknown }) => void,
  values: () => WasmValue[],
): ReturnType<NativeFunctionBody> {
  let answer: ReturnType<NativeFunctionBody>;
  try {
    answer = code(env, slots);
  } catch (error) {
    ended([], { error });
    throw error;
  }
  if (answer === undefined) ended(values());
  if (answer === undefined || answer instanceof Block) return answer;
  return (answer as Promise<typeof CALL_AGAIN | undefined>).then(
    (again) => {
      if (again !== CALL_AGAIN) ended(values());
      return again;
    },
    (error: unknown) => {
      ended([], { error });
      throw error;
    },
  );
}
