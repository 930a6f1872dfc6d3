// Commands that run the guest: lookup, exec env, call, exec function, exec main, malloc and free. A call's limits come on top of the instance's.
import { UsageError } from '../../../wasm/errors.js';
import type { Usage } from '../../../wasm/usage-table.js';
import type { Args, Result } from '../../protocol/commands.js';
import { GuestReference, type Handle, HostReference, type WireValue } from '../../protocol/fields.js';
import { type CallContext, FailedAfter, type HandlersOf } from '../handler.js';
import type { CallOptions, FunctionApi, InstanceApi } from '../runtime-api.js';
import type { InstanceEntry, Session } from '../session.js';

export const callHandlers: HandlersOf<
  | 'lookupFunction'
  | 'createExecEnv'
  | 'destroyExecEnv'
  | 'callWasm'
  | 'execAppFunc'
  | 'execAppMain'
  | 'moduleMalloc'
  | 'moduleFree'
> = {
  lookupFunction(session, { instance, name }) {
    const owner = session.handles.get('instance', instance);
    const func = owner.instance.lookupFunction(name);
    if (!func) return { params: [], results: [] };
    const handle = session.handles.add('function', { func, owner }) as Handle<'function'>;
    return { function: handle, params: func.params, results: func.results };
  },
  createExecEnv(session, { instance, stackSize }) {
    const owner = session.handles.get('instance', instance);
    const env = owner.instance.createExecEnv(stackSize);
    try {
      return { execEnv: session.handles.add('execEnv', { env, owner }) as Handle<'execEnv'> };
    } catch (error) {
      env.destroy();
      throw error;
    }
  },
  destroyExecEnv(session, { execEnv }) {
    const entry = session.handles.get('execEnv', execEnv);
    if (entry.owner.active > 0) throw new UsageError('DESTROY_EXEC_ENV: refused while the instance runs');
    session.handles.remove('execEnv', execEnv);
    entry.env.destroy();
    return {};
  },

  callWasm(session, { execEnv, function: handle, values, limits }, call) {
    const { env, owner } = session.handles.get('execEnv', execEnv);
    const entry = session.handles.get('function', handle);
    if (entry.owner !== owner) throw new UsageError('CALL_WASM: exec env and function are of different instances');
    const { func } = entry;
    checkValues(func, values);
    const given: unknown[] = [];
    for (let k = 0; k < values.length; k++) given.push(session.toGuest(values[k]!));
    const options = optionsOf(limits, call);
    const before = owner.instance.lastCall();
    if (call.async) {
      return measuredLater(
        owner.instance,
        before,
        session.enter(owner, () => func.callAsync(env, given, options)),
      ).then((results) => answer(session, owner.instance, before, results));
    }
    session.begin(owner);
    let results: readonly unknown[];
    try {
      results = func.call(env, given, options);
    } catch (error) {
      throw failedAfter(owner.instance, before, error);
    } finally {
      session.leave(owner);
    }
    return answer(session, owner.instance, before, results);
  },
  execAppFunc(session, { instance, name, argv, limits }, call) {
    const owner = session.handles.get('instance', instance);
    const inside = owner.instance;
    const options = optionsOf(limits, call);
    return measured(session, owner, (usage) => {
      const finish = (results: readonly string[]) => ({ results, ...usage() });
      if (!call.async) return finish(inside.executeFunc(name, argv, options));
      return inside.executeFuncAsync(name, argv, options).then(finish);
    });
  },
  execAppMain(session, { instance, argv, limits }, call) {
    const owner = session.handles.get('instance', instance);
    const inside = owner.instance;
    const options = optionsOf(limits, call);
    return measured(session, owner, (usage) => {
      const finish = (exitCode: number) => ({ exitCode: exitCode | 0, ...usage() });
      if (!call.async) return finish(inside.executeMain(argv, options));
      return inside.executeMainAsync(argv, options).then(finish);
    });
  },
  /** The guest's own malloc and free may run. */
  moduleMalloc(session, { instance, size, limits }, call) {
    const entry = session.handles.get('instance', instance);
    const options = optionsOf(limits, call);
    return measured(session, entry, (usage) => {
      const address = entry.instance.moduleMalloc(size, options);
      return { address, ...usage() };
    });
  },
  moduleFree(session, { instance, address, limits }, call) {
    const entry = session.handles.get('instance', instance);
    const options = optionsOf(limits, call);
    return measured(session, entry, (usage) => {
      entry.instance.moduleFree(address, options);
      return usage();
    });
  },
};

function answer(
  session: Session,
  instance: InstanceApi,
  before: object | undefined,
  results: readonly unknown[],
): Result<'callWasm'> {
  const values: WireValue[] = [];
  for (let k = 0; k < results.length; k++) values.push(session.toHost(results[k]));
  const usage = usageSince(instance, before);
  return usage === undefined ? { values } : { values, usage };
}

function optionsOf(limits: Args<'callWasm'>['limits'], call: CallContext): CallOptions {
  return { ...limits, signal: call.signal };
}

/** What an instance used for the call that has just ended; undefined where that was inside another, which counts it, or did not begin. */
function usageSince(instance: InstanceApi, before: object | undefined): Usage | undefined {
  return instance.lastCall() === before ? undefined : instance.lastCallUsage();
}
function failedAfter(instance: InstanceApi, before: object | undefined, error: unknown): FailedAfter {
  return new FailedAfter(error, usageSince(instance, before));
}
function measuredLater<T>(instance: InstanceApi, before: object | undefined, call: Promise<T>): Promise<T> {
  return call.catch((error) => {
    throw failedAfter(instance, before, error);
  });
}
/** Runs a call into a guest. Its usage is for the result, and goes beside whatever it throws. */
function measured<T>(session: Session, entry: InstanceEntry, call: (usage: () => { readonly usage?: Usage }) => T): T {
  const { instance } = entry;
  const before = instance.lastCall();
  let result: T;
  try {
    result = session.enter(entry, () =>
      call(() => {
        const usage = usageSince(instance, before);
        return usage === undefined ? {} : { usage };
      }),
    );
  } catch (error) {
    throw failedAfter(instance, before, error);
  }
  return result instanceof Promise ? (measuredLater(instance, before, result) as T) : result;
}

/** WAMR's call_wasm_a logs a wrong count and goes on; here it is an error that names the argument. */
function checkValues(func: FunctionApi, values: readonly WireValue[]): void {
  if (values.length !== func.params.length) {
    throw new UsageError(`CALL_WASM: ${func.params.length} arguments expected, ${values.length} given`);
  }
  for (let k = 0; k < values.length; k++) {
    const type = func.params[k]!;
    if (!fits(type, values[k]!)) throw new UsageError(`CALL_WASM: argument ${k} is no ${type}`);
  }
}

function fits(type: string, value: WireValue): boolean {
  switch (type) {
    case 'i32':
    case 'f32':
    case 'f64':
      return typeof value === 'number';
    case 'i64':
      return typeof value === 'bigint';
    case 'v128':
      return value instanceof Uint8Array;
    default:
      return (
        value === null || typeof value === 'number' || value instanceof HostReference || value instanceof GuestReference
      );
  }
}
