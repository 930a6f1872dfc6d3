// The commands of threads that the embedder starts in a guest. They run while its calls do, and end with it.
// Refuses functions of other instances, and values that do not fit.
import type { WasmFunction } from '../../../embed/call/wasm-function.js';
import type { WasmValue } from '../../../runtime/value.js';
import { UsageError } from '../../../wasm/errors.js';
import type { Args } from '../../protocol/commands.js';
import type { Handle } from '../../protocol/fields.js';
import type { HandlersOf } from '../handler.js';
import type { InstanceEntry, Session } from '../session.js';
import { answer, failedAfter, measuredLater, optionsOf } from './calls.js';

export const threadHandlers: HandlersOf<
  'spawnThread' | 'joinThread' | 'cancelThread' | 'countThreads' | 'detachThread'
> = {
  spawnThread(session, { instance, values, ...target }) {
    const owner = session.handles.get('instance', instance);
    const given = values.map((value) => session.toGuest(value) as WasmValue);
    const thread = session.inside(() => owner.instance.spawnThread(targetOf(session, owner, target), given));
    try {
      return { thread: session.handles.add('thread', { thread, owner }) as Handle<'thread'>, tid: thread.id };
    } catch (error) {
      thread.cancel();
      throw error;
    }
  },
  joinThread(session, { thread, limits }, call) {
    const { thread: joined, owner } = session.handles.get('thread', thread);
    const options = optionsOf(owner, limits, call);
    // A second JOIN_THREAD may come before this one has ended.
    session.handles.remove('thread', thread);
    const { instance } = owner;
    const before = instance.instance.endedCalls;
    if (call.async) {
      const results = session.enter(owner, () => joined.joinAsync(options));
      return measuredLater(instance, before, results).then((values) => answer(session, instance, before, values));
    }
    let values: readonly WasmValue[];
    try {
      values = session.enter(owner, () => joined.join(options));
    } catch (error) {
      throw failedAfter(instance, before, error);
    }
    return answer(session, instance, before, values);
  },
  cancelThread(session, { thread }) {
    session.handles.get('thread', thread).thread.cancel();
    return {};
  },
  countThreads(session, { instance }) {
    const { instance: inside } = session.handles.get('instance', instance);
    const { threads = 0, peakThreads = 1 } = inside.usage;
    return { alive: inside.instance.threads?.alive ?? 0, started: threads, peak: peakThreads };
  },
  detachThread(session, { thread }) {
    const entry = session.handles.get('thread', thread);
    session.handles.remove('thread', thread);
    entry.thread.detach();
    return {};
  },
};

function targetOf(
  session: Session,
  owner: InstanceEntry,
  { name, function: handle }: Pick<Args<'spawnThread'>, 'name' | 'function'>,
): string | WasmFunction {
  if (name !== undefined && handle === undefined) return name;
  if (handle === undefined || name !== undefined) {
    throw new UsageError('SPAWN_THREAD: either the name of an export or a function is wanted');
  }
  const entry = session.handles.get('function', handle);
  if (entry.owner !== owner) throw new UsageError('SPAWN_THREAD: the function is of another instance');
  return entry.func;
}
