// Mutexes that check errors: who has one gets EDEADLK for locking it again, others EPERM for unlocking it. Threads get it in the order in which they
// came. Refuses handles that are no mutex, and to destroy one that somebody has.
import type { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { GuestPointer } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { EAGAIN, EBUSY, EDEADLK, EINVAL, EPERM, SUCCESS } from './errno.js';
import { GuestThreads } from './guest-threads.js';
import { handleAt, setHandleAt } from './guest-words.js';
import type { Pthread } from './pthread.js';
import { WaitQueue } from './wait-queue.js';

/** What a call finds that has waited for a mutex: it has it now. */
const LOCKED = Symbol('locked');

export class Mutex {
  handle = 0;
  owner: Pthread | undefined = undefined;
  readonly #queue = new WaitQueue();

  /** Takes it, or waits for it. @param state what the native finds when the thread has got it */
  lock(env: ExecEnv, thread: Pthread, state: unknown): Block | undefined {
    if (this.owner === undefined) {
      this.owner = thread;
      return undefined;
    }
    const what = (): string => `mutex ${this.handle}, which ${this.owner?.name ?? 'no thread'} has`;
    return this.#queue.add(env, thread, { what, state });
  }
  /** Gives it to the thread that came first, if any. */
  unlock(): void {
    this.owner = this.#queue.wakeFirst(() => this.unlock());
  }
}

export function mutexAt(env: ExecEnv, pointer: GuestPointer | null): Mutex | undefined {
  return GuestThreads.of(env).handles.find(handleAt(pointer), Mutex);
}

function initialize(env: ExecEnv, pointer: GuestPointer | null): number {
  if (pointer === null) return EINVAL;
  pointer.view(4);
  const mutex = new Mutex();
  const handle = GuestThreads.of(env).handles.add(mutex);
  if (handle === undefined) return EAGAIN;
  mutex.handle = handle;
  setHandleAt(pointer, handle);
  return SUCCESS;
}
function lock(env: ExecEnv, pointer: GuestPointer | null): number | Block {
  const thread = GuestThreads.of(env).threadOf(env);
  if (env.canBlock && env.resumption === LOCKED) {
    thread.pass = undefined;
    return SUCCESS;
  }
  const mutex = mutexAt(env, pointer);
  if (mutex === undefined) return EINVAL;
  if (mutex.owner === thread) return EDEADLK;
  return mutex.lock(env, thread, LOCKED) ?? SUCCESS;
}
function unlock(env: ExecEnv, pointer: GuestPointer | null): number {
  const mutex = mutexAt(env, pointer);
  if (mutex === undefined) return EINVAL;
  if (mutex.owner !== GuestThreads.of(env).threadOf(env)) return EPERM;
  mutex.unlock();
  return SUCCESS;
}
function destroy(env: ExecEnv, pointer: GuestPointer | null): number {
  const mutex = mutexAt(env, pointer);
  if (mutex === undefined) return EINVAL;
  if (mutex.owner !== undefined) return EBUSY;
  GuestThreads.of(env).handles.remove(mutex.handle);
  return SUCCESS;
}

export const MUTEX_NATIVES: readonly NativeSymbol[] = [
  { symbol: 'pthread_mutex_init', signature: '(**)i', func: initialize },
  { symbol: 'pthread_mutex_lock', signature: '(*)i', func: lock },
  { symbol: 'pthread_mutex_unlock', signature: '(*)i', func: unlock },
  { symbol: 'pthread_mutex_destroy', signature: '(*)i', func: destroy },
];
