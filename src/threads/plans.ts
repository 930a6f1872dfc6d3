// What threads do that call one function and end with it: one of the embedder's choice, or the one that wasi-threads names. Refuses exports of other types.
import { FunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { Slots } from '../runtime/slots.js';
import type { ThreadPlan } from '../runtime/thread-runner.js';
import { isEntry, WASI_THREAD_START } from './thread-entry.js';

/** Calls a function by its index. */
export function callOf(index: number, write: (slots: Slots, id: number) => void): ThreadPlan {
  return { begin: (_env, { functions }, id) => ({ func: functions[index]!, write: (slots) => write(slots, id) }) };
}
/** Undefined where the guest has no such export. */
export function wasiThread({ exports, functions }: Instance, argument: number): ThreadPlan | undefined {
  const entry = exports.get(WASI_THREAD_START)?.value;
  if (!(entry instanceof FunctionInstance) || !isEntry(entry)) return undefined;
  return callOf(functions.indexOf(entry), ({ i32 }, id) => {
    i32[0] = id;
    i32[4] = argument;
  });
}
