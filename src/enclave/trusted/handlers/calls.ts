// The commands that run the guest: lookup, exec env, call, exec function, exec main, malloc and free. A call's limits hold beside the instance's.
import type { CallOptions } from '../../../embed/call/call.js';
import type { WasmInstance } from '../../../embed/instance/wasm-instance.js';
import { UsageError } from '../../../wasm/errors.js';
import { typeName } from '../../../wasm/type-names.js';
import type { Usage } from '../../../wasm/usage-table.js';
import type { Args, Result } from '../../protocol/commands.js';
import { GuestReference, type Handle, HostReference, type WireValue } from '../../protocol/fields.js';
import type { CommandCall } from '../../protocol/transport.js';
import { FailedAfter, type HandlersOf } from '../handler.js';
import type { FunctionEntry, InstanceEntry, Session } from '../session.js';

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
    const params = func.type.params.map((type) => typeName(type));
    const handle = session.handles.add('function', { func, params, owner }) as Handle<'function'>;
    return { function: handle, params, results: func.type.results.map((type) => typeName(type)) };
  },
  createExecEnv(session, { instance, stackSize }) {
    const owner = session.handles.get('instance', instance);
    const { instance: inside } = owner;
    const env = stackSize === undefined ? inside.createExecEnv() : inside.createExecEnv(stackSize);
    try {
      return { execEnv: session.handles.add('execEnv', { env, owner }) as Handle<'execEnv'> };
    } catch (error) {
      inside.destroyExecEnv(env);
      throw error;
    }
  },
  destroyExecEnv(session, { execEnv }) {
    const entry = session.handles.get('execEnv', execEnv);
    if (entry.owner.active > 0) throw new UsageError('DESTROY_EXEC_ENV: refused while the instance runs');
    session.handles.remove('execEnv', execEnv);
    entry.owner.instance.destroyExecEnv(entry.env);
    return {};
  },

  callWasm(session, { execEnv, function: handle, values, limits }, call) {
    const { env, owner } = session.handles.get('execEnv', execEnv);
    const entry = session.handles.get('function', handle);
    if (entry.owner !== owner) throw new UsageError('CALL_WASM: exec env and function are of different instances');
    const { func } = entry;
    checkValues(entry, values);
    const given: unknown[] = [];
    for (let k = 0; k < values.length; k++) given.push(session.toGuest(values[k]!));
    const options = optionsOf(owner, limits, call);
    const before = owner.instance.instance.endedCalls;
    if (call.async && func.canPause) {
      return measuredLater(
        owner.instance,
        before,
        session.enter(owner, () => func.callAsync(given, options)),
      ).then((results) => answer(session, owner.instance, before, results));
    }
    session.begin(owner);
    let results: readonly unknown[];
    try {
      results = func.callOn(env, given, options);
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
    const options = optionsOf(owner, limits, call);
    return measured(session, owner, (usage) => {
      const finish = (results: readonly string[]) => ({ results, ...usage() });
      if (!call.async || !inside.canPause(name)) return finish(inside.executeFunc(name, argv, options));
      return inside.executeFuncAsync(name, argv, options).then(finish);
    });
  },
  execAppMain(session, { instance, argv, limits }, call) {
    const owner = session.handles.get('instance', instance);
    const inside = owner.instance;
    const options = optionsOf(owner, limits, call);
    return measured(session, owner, (usage) => {
      const finish = (exitCode: number) => ({ exitCode: exitCode | 0, refused: inside.refused, ...usage() });
      if (!call.async || !inside.canPause()) return finish(inside.executeMain(argv, options));
      return inside.executeMainAsync(argv, options).then(finish);
    });
  },
  /** This may run the guest's own malloc. */
  moduleMalloc(session, { instance, size, limits }, call) {
    const entry = session.handles.get('instance', instance);
    const options = optionsOf(entry, limits, call);
    return measured(session, entry, (usage) => {
      const address = entry.instance.moduleMalloc(size, options);
      return { address, ...usage() };
    });
  },
  moduleFree(session, { instance, address, limits }, call) {
    const entry = session.handles.get('instance', instance);
    const options = optionsOf(entry, limits, call);
    return measured(session, entry, (usage) => {
      entry.instance.moduleFree(address, options);
      return usage();
    });
  },
};

/** What a call has returned, and used. */
export function answer(
  session: Session,
  instance: WasmInstance,
  before: number,
  results: readonly unknown[],
): Result<'callWasm'> {
  const values: WireValue[] = [];
  for (let k = 0; k < results.length; k++) values.push(session.toWire(results[k]));
  const usage = usageSince(instance, before);
  return usage === undefined ? { values } : { values, usage };
}

/** Returns the options of a call. A guest that nothing can interrupt gets no signal: on an abort the untrusted side ends the enclave. */
export function optionsOf(
  { instance }: InstanceEntry,
  limits: Args<'callWasm'>['limits'],
  call: CommandCall,
): CallOptions {
  return { ...limits, signal: instance.instance.interruptible ? call.signal : undefined };
}

/** Returns what the call that has just ended used; undefined where it was nested in a call that counts it, or never began. */
function usageSince(instance: WasmInstance, before: number): Usage | undefined {
  return instance.instance.endedCalls === before ? undefined : instance.lastCallUsage;
}
export function failedAfter(instance: WasmInstance, before: number, error: unknown): FailedAfter {
  return new FailedAfter(error, usageSince(instance, before));
}
export function measuredLater<T>(instance: WasmInstance, before: number, call: Promise<T>): Promise<T> {
  return call.catch((error) => {
    throw failedAfter(instance, before, error);
  });
}
/** Runs a call into a guest. Its usage goes into the result, or beside the error that it throws. */
function measured<T>(session: Session, entry: InstanceEntry, call: (usage: () => { readonly usage?: Usage }) => T): T {
  const { instance } = entry;
  const before = instance.instance.endedCalls;
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

/** WAMR's call_wasm_a logs a wrong count and continues; here it is an error, and a wrong type is one that names the argument. */
function checkValues({ params }: FunctionEntry, values: readonly WireValue[]): void {
  if (values.length !== params.length) {
    throw new UsageError(`CALL_WASM: ${params.length} arguments expected, ${values.length} given`);
  }
  for (let k = 0; k < values.length; k++) {
    const type = params[k]!;
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
