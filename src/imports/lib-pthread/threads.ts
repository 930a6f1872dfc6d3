// pthread_create and what is done with threads. A thread calls an element of the table, in an instance of its own; when it has returned, left or been
// cancelled, the destructors of its keys are called. Refuses threads beyond the limit, and handles that name none that can be joined.
import type { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { type GuestPointer, inMemory, memoryOf } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import type { Slots } from '../../runtime/slots.js';
import { ThreadExit } from '../../runtime/thread-exit.js';
import {
  runnerOf,
  type ThreadBegin,
  type ThreadCall,
  type ThreadPlan,
  type ThreadSpace,
} from '../../runtime/thread-runner.js';
import { LimitError } from '../../wasm/errors.js';
import { I32, type ValType } from '../../wasm/types.js';
import { EAGAIN, EDEADLK, EFAULT, EINVAL, ESRCH, SUCCESS } from './errno.js';
import { GuestThreads } from './guest-threads.js';
import { setHandleAt } from './guest-words.js';
import { Pthread } from './pthread.js';
import { blockOf } from './wait-queue.js';

/** The rounds in which destructors are called that set values anew: POSIX's PTHREAD_DESTRUCTOR_ITERATIONS. */
const DESTRUCTOR_ROUNDS = 4;

/** No handle was left, or no C stack. */
const NO_ROOM = Symbol('no room');

/** What a thread of pthread_create does. */
class Plan implements ThreadPlan {
  readonly #guest: GuestThreads;
  readonly #thread: Pthread;
  readonly #part: number;
  readonly #entry: number;
  readonly #argument: number;
  /** The calls after the first one. */
  #rest: Iterator<ThreadCall, undefined> | undefined;

  constructor(guest: GuestThreads, thread: Pthread, part: number, entry: number, argument: number) {
    this.#guest = guest;
    this.#thread = thread;
    this.#part = part;
    this.#entry = entry;
    this.#argument = argument;
  }
  begin(env: ExecEnv, space: ThreadSpace): ThreadBegin {
    const globals = this.#guest.stacks.place(space, this.#part);
    if (globals === undefined) throw NO_ROOM;
    this.#guest.begins(env, this.#thread);
    return { call: pointerCall(this.#entry, [I32], this.#argument), globals };
  }
  next(results: Slots | undefined): ThreadCall | undefined {
    if (this.#rest === undefined) {
      if (results) this.#thread.result = results.i32[0]!;
      this.#rest = this.#destructors();
    }
    return this.#rest.next().value;
  }
  *#destructors(): Generator<ThreadCall, undefined> {
    const { values } = this.#thread;
    for (let round = 0; round < DESTRUCTOR_ROUNDS && values.size > 0; round++) {
      for (const key of this.#guest.keys) {
        const value = key && values.get(key);
        if (!value) continue;
        values.delete(key);
        if (key.destructor !== 0) yield pointerCall(key.destructor, [], value);
      }
    }
    return undefined;
  }
  ended(): void {
    const thread = this.#thread;
    this.#guest.stacks.give(this.#part);
    thread.isEnded = true;
    thread.pass?.();
    thread.joiner?.wake();
    if (thread.isDetached) this.#guest.handles.remove(thread.handle);
  }
}

/** A call with one i32 of a function that the guest named by a pointer. */
function pointerCall(element: number, results: readonly ValType[], argument: number): ThreadCall {
  return {
    target: { element, params: [I32], results },
    write: ({ i32 }) => {
      i32[0] = argument;
    },
  };
}

function create(
  env: ExecEnv,
  target: GuestPointer | null,
  _attributes: GuestPointer | null,
  entry: number,
  argument: number,
): number {
  const runner = runnerOf(env);
  if (runner === undefined || env.cluster.isFull) return EAGAIN;
  // What lies outside the memory is found before anything is made.
  target?.view(4);
  const guest = GuestThreads.of(env);
  const thread = new Pthread(0);
  const part = guest.stacks.take();
  if (part === undefined) return EAGAIN;
  const handle = guest.handles.add(thread);
  try {
    if (handle === undefined) throw NO_ROOM;
    thread.handle = handle;
    thread.started = runner.launch(env, new Plan(guest, thread, part, entry, argument));
  } catch (error) {
    guest.stacks.give(part);
    guest.handles.remove(thread.handle);
    if (error instanceof LimitError || error === NO_ROOM) return EAGAIN;
    throw error;
  }
  if (target) setHandleAt(target, thread.handle);
  return SUCCESS;
}

/** A call that joins a thread finds this when it has ended. */
class Joining {
  readonly target: Pthread;
  constructor(target: Pthread) {
    this.target = target;
  }
}

function join(env: ExecEnv, handle: number, resultAddress: number): number | Block {
  const guest = GuestThreads.of(env);
  if (env.canBlock && env.resumption instanceof Joining)
    return joined(env, guest, env.resumption.target, resultAddress);
  const thread = guest.threadOf(env);
  if (handle === thread.handle) return EDEADLK;
  const target = guest.handles.find(handle, Pthread);
  if (target === undefined) return ESRCH;
  if (target.isDetached || target.joiner?.waits) return EINVAL;
  if (resultAddress !== 0 && !inMemory(memoryOf(env), resultAddress >>> 0, 4)) return EFAULT;
  if (target.isEnded) return joined(env, guest, target, resultAddress);
  target.joiner = blockOf(env, thread, { what: () => `the end of ${target.name}`, state: new Joining(target) });
  return target.joiner;
}
function joined(env: ExecEnv, guest: GuestThreads, target: Pthread, resultAddress: number): number {
  guest.handles.remove(target.handle);
  // The memory has not shrunk meanwhile.
  if (resultAddress !== 0) memoryOf(env).views.data.setInt32(resultAddress >>> 0, target.result, true);
  return SUCCESS;
}

function detach(env: ExecEnv, handle: number): number {
  const { handles } = GuestThreads.of(env);
  const target = handles.find(handle, Pthread);
  if (target === undefined) return ESRCH;
  if (target.isDetached || target.joiner?.waits) return EINVAL;
  target.isDetached = true;
  if (target.isEnded) handles.remove(handle);
  return SUCCESS;
}
function cancel(env: ExecEnv, handle: number): number {
  const target = GuestThreads.of(env).handles.find(handle, Pthread);
  if (target === undefined) return ESRCH;
  target.started?.cancel();
  return SUCCESS;
}
function self(env: ExecEnv): number {
  return GuestThreads.of(env).threadOf(env).handle;
}
/** In the first thread it does nothing, as in WAMR. */
function exit(env: ExecEnv, result: number): void {
  const guest = GuestThreads.of(env);
  const thread = guest.threadOf(env);
  if (guest.isFirst(thread)) return;
  thread.result = result;
  throw new ThreadExit();
}

export const THREAD_NATIVES: readonly NativeSymbol[] = [
  { symbol: 'pthread_create', signature: '(**ii)i', func: create },
  { symbol: 'pthread_join', signature: '(ii)i', func: join },
  { symbol: 'pthread_detach', signature: '(i)i', func: detach },
  { symbol: 'pthread_cancel', signature: '(i)i', func: cancel },
  { symbol: 'pthread_self', signature: '()i', func: self },
  // The name that emscripten's programs use.
  { symbol: '__pthread_self', signature: '()i', func: self },
  { symbol: 'pthread_exit', signature: '(i)', func: exit },
];
