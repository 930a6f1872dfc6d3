// An import for which the guest waits: it is called, and once its promise is settled the guest goes on with the value, or the error. Refuses, with a
// SuspendError, to wait where no function of promising() called the guest, or a function of JavaScript stands between: those frames cannot wait.
import type { ExecEnv } from '../runtime/exec-env.js';
import { CALL_AGAIN, type NativeFunctionBody } from '../runtime/function.js';
import type { Instance } from '../runtime/instance.js';
import type { Slots } from '../runtime/slots.js';
import type { DefinedType } from '../wasm/subtyping.js';
import type { FuncType } from '../wasm/types.js';
import type { Account } from './account.js';
import type { Crossing } from './crossing.js';
import type { JsFunction } from './function-cache.js';
import { ImportedFunction } from './imported-function.js';
import type { Thrown } from './thrown.js';

/** How a promise was settled. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** What a namespace needs to make such imports. */
interface Border {
  readonly account: Account;
  readonly crossing: Crossing;
  readonly thrown: Thrown;
}

export function suspendedImport(
  { account, crossing, thrown }: Border,
  callable: JsFunction,
  type: DefinedType,
  index: number,
  importer: Instance,
): ImportedFunction {
  const signature = type.composite as FuncType;
  // Each call that can wait has an exec env of its own, and waits for one import at a time.
  const settled = new WeakMap<ExecEnv, Outcome>();
  const take = (outcome: Outcome, slots: Slots): void => {
    try {
      if ('error' in outcome) throw outcome.error;
      crossing.write(slots, signature.results, crossing.returnedOf(outcome.value, signature.results));
    } catch (error) {
      throw thrown.toGuest(error);
    }
    account.check();
  };
  const begin = (env: ExecEnv, slots: Slots): unknown => {
    const { canAwait } = env;
    try {
      crossing.check(signature);
      const returned = Reflect.apply(callable, undefined, crossing.list(signature.params, slots));
      if (canAwait) return returned;
      throw new thrown.SuspendError(
        'a guest waits only for imports that it calls in a call of WebAssembly.promising(), without functions of JavaScript between',
      );
    } catch (error) {
      throw thrown.toGuest(error);
    }
  };
  const wait = async (env: ExecEnv, returned: unknown): Promise<typeof CALL_AGAIN | undefined> => {
    settled.set(env, await outcomeOf(returned));
    return CALL_AGAIN;
  };
  const body: NativeFunctionBody = (env, slots) => {
    const outcome = settled.get(env);
    if (outcome !== undefined) {
      settled.delete(env);
      return take(outcome, slots);
    }
    const returned = begin(env, slots);
    account.check();
    return wait(env, returned);
  };
  return new ImportedFunction(type, index, importer, body, { mayWait: true });
}

async function outcomeOf(returned: unknown): Promise<Outcome> {
  try {
    return { value: await returned };
  } catch (error) {
    return { error };
  }
}
