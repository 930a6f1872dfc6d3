// What threads do: the one call of those that the embedder or wasi-threads starts, and how the calls of any plan, which are data, become calls in the
// thread's own instance. Refuses exports of other types, and pointers to functions with the traps of call_indirect.
import { FunctionInstance } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import { Slots } from '../runtime/slots.js';
import type { CallTarget, ThreadBegin, ThreadPlan } from '../runtime/thread-runner.js';
import { Trap } from '../wasm/errors.js';
import type { ValidatedModule } from '../wasm/module.js';
import type { FuncType, ValType } from '../wasm/types.js';
import { isEntry, WASI_THREAD_START } from './thread-entry.js';

/** Calls a function by its index. */
export function callOf(func: number, write: (slots: Slots, id: number) => void): ThreadPlan {
  return {
    begin: (_env, _space, id) => ({ call: { target: { func }, write: (slots) => write(slots, id) }, globals: [] }),
  };
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

/** The function of a thread's own instance that it calls. @throws Trap */
export function calledBy(instance: Instance, target: CallTarget): FunctionInstance {
  if ('func' in target) return instance.functions[target.func]!;
  const [table] = instance.tables;
  const index = target.element >>> 0;
  if (table === undefined || index >= table.length) throw new Trap('undefined-element');
  const element = table.get(index);
  if (element === null) throw new Trap('uninitialized-element');
  // Each thread has functions of its own: those of others may be in a table that they share.
  const isOwn = FunctionInstance.is(element) && element.definingInstance === instance;
  if (!isOwn || !hasType(element, target)) throw new Trap('indirect-call-type-mismatch');
  return element;
}
function hasType({ signature }: FunctionInstance, { params, results }: Pick<FuncType, 'params' | 'results'>): boolean {
  const same = (these: readonly ValType[], those: readonly ValType[]): boolean =>
    these.length === those.length && these.every((type, k) => type === those[k]);
  return same(signature.params, params) && same(signature.results, results);
}
/** What the target takes and gives, of which the function itself is only known where the thread runs. */
export function typeOf({ spaces }: ValidatedModule, target: CallTarget): Pick<FuncType, 'params' | 'results'> {
  return 'func' in target ? spaces.functions[target.func]! : target;
}
export function setGlobals({ globals }: Instance, values: ThreadBegin['globals']): void {
  const slots = new Slots(1);
  for (const [index, value] of values) {
    slots.i32[0] = value;
    globals[index]!.fromSlot(slots, 0);
  }
}
