// Commands that run the guest: lookup, exec env, call, exec function, exec main. A call's limits come on top of the instance's.
import { UsageError } from '../../../wasm/errors.js';
import type { Args, Result } from '../../protocol/commands.js';
import { GuestReference, type Handle, HostReference, type WireValue } from '../../protocol/fields.js';
import type { CallContext, HandlersOf } from '../handler.js';
import type { CallOptions, FunctionApi, InstanceApi } from '../runtime-api.js';
import type { Session } from '../session.js';

export const callHandlers: HandlersOf<
  'lookupFunction' | 'createExecEnv' | 'destroyExecEnv' | 'callWasm' | 'execAppFunc' | 'execAppMain'
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
    if (call.async) {
      return session
        .enter(owner, () => func.callAsync(env, given, options))
        .then((results) => answer(session, owner.instance, results));
    }
    session.begin(owner);
    let results: readonly unknown[];
    try {
      results = func.call(env, given, options);
    } finally {
      session.leave(owner);
    }
    return answer(session, owner.instance, results);
  },
  execAppFunc(session, { instance, name, argv, limits }, call) {
    const owner = session.handles.get('instance', instance);
    const inside = owner.instance;
    const options = optionsOf(limits, call);
    const finish = (results: readonly string[]) => ({ results, ...usageOf(inside) });
    if (!call.async) return finish(session.enter(owner, () => inside.executeFunc(name, argv, options)));
    return session.enter(owner, () => inside.executeFuncAsync(name, argv, options)).then(finish);
  },
  execAppMain(session, { instance, argv, limits }, call) {
    const owner = session.handles.get('instance', instance);
    const inside = owner.instance;
    const options = optionsOf(limits, call);
    const finish = (exitCode: number) => ({ exitCode: exitCode | 0, ...usageOf(inside) });
    if (!call.async) return finish(session.enter(owner, () => inside.executeMain(argv, options)));
    return session.enter(owner, () => inside.executeMainAsync(argv, options)).then(finish);
  },
};

function answer(session: Session, instance: InstanceApi, results: readonly unknown[]): Result<'callWasm'> {
  const values: WireValue[] = [];
  for (let k = 0; k < results.length; k++) values.push(session.toHost(results[k]));
  const usage = instance.lastCallUsage();
  return usage === undefined ? { values } : { values, usage };
}

function optionsOf(limits: Args<'callWasm'>['limits'], call: CallContext): CallOptions {
  return { fuel: limits?.fuel, timeoutMs: limits?.timeoutMs, signal: call.signal };
}
function usageOf(instance: InstanceApi): { readonly usage?: ReturnType<InstanceApi['usage']> } {
  const usage = instance.lastCallUsage();
  return usage === undefined ? {} : { usage };
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
