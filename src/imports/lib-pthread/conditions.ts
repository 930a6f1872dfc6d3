// Condition variables. Signals go to the thread that came first, and are not lost when it ends before it goes on. Refuses handles that are none, mutexes
// that the caller does not have, and to destroy one that threads wait for.
import type { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { GuestPointer } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { EAGAIN, EBUSY, EINVAL, EPERM, ETIMEDOUT, SUCCESS } from './errno.js';
import { GuestThreads } from './guest-threads.js';
import { handleAt, setHandleAt } from './guest-words.js';
import { type Mutex, mutexAt } from './mutexes.js';
import type { Pthread } from './pthread.js';
import { sleep } from './sleep.js';
import { WaitQueue } from './wait-queue.js';

const MICROSECONDS_PER_MS = 1_000;

class Condition {
  handle = 0;
  readonly queue = new WaitQueue();

  signal(): void {
    this.queue.wakeFirst(() => this.signal());
  }
  broadcast(): void {
    while (this.queue.wakeFirst());
  }
}

/** A call that waits: first for the condition, then for the mutex. */
class ConditionWait {
  readonly mutex: Mutex;
  block: Block | undefined = undefined;
  /** What it returns once it has the mutex; undefined while it waits for the condition. */
  outcome: number | undefined = undefined;

  constructor(mutex: Mutex) {
    this.mutex = mutex;
  }
}

function conditionAt(env: ExecEnv, pointer: GuestPointer | null): Condition | undefined {
  return GuestThreads.of(env).handles.find(handleAt(pointer), Condition);
}

function initialize(env: ExecEnv, pointer: GuestPointer | null): number {
  if (pointer === null) return EINVAL;
  pointer.view(4);
  const condition = new Condition();
  const handle = GuestThreads.of(env).handles.add(condition);
  if (handle === undefined) return EAGAIN;
  condition.handle = handle;
  setHandleAt(pointer, handle);
  return SUCCESS;
}
function wait(
  env: ExecEnv,
  pointer: GuestPointer | null,
  mutexPointer: GuestPointer | null,
  microseconds?: bigint,
): number | Block {
  const thread = GuestThreads.of(env).threadOf(env);
  if (env.canBlock && env.resumption instanceof ConditionWait) return goOn(env, thread, env.resumption);
  const condition = conditionAt(env, pointer);
  const mutex = mutexAt(env, mutexPointer);
  if (condition === undefined || mutex === undefined) return EINVAL;
  if (mutex.owner !== thread) return EPERM;
  const ms =
    microseconds === undefined
      ? Number.POSITIVE_INFINITY
      : Number(BigInt.asUintN(64, microseconds)) / MICROSECONDS_PER_MS;
  if (!env.canBlock && microseconds !== undefined) {
    // Nobody can signal it meanwhile, nor take the mutex.
    sleep(env, ms);
    return ETIMEDOUT;
  }
  const state = new ConditionWait(mutex);
  state.block = condition.queue.add(env, thread, { what: () => `condition ${condition.handle}`, state, ms });
  mutex.unlock();
  return state.block;
}
function goOn(env: ExecEnv, thread: Pthread, wait: ConditionWait): number | Block {
  thread.pass = undefined;
  if (wait.outcome !== undefined) return wait.outcome;
  wait.outcome = wait.block!.wasNotified ? SUCCESS : ETIMEDOUT;
  return wait.mutex.lock(env, thread, wait) ?? wait.outcome;
}
function signal(env: ExecEnv, pointer: GuestPointer | null): number {
  const condition = conditionAt(env, pointer);
  condition?.signal();
  return condition ? SUCCESS : EINVAL;
}
function broadcast(env: ExecEnv, pointer: GuestPointer | null): number {
  const condition = conditionAt(env, pointer);
  condition?.broadcast();
  return condition ? SUCCESS : EINVAL;
}
function destroy(env: ExecEnv, pointer: GuestPointer | null): number {
  const condition = conditionAt(env, pointer);
  if (condition === undefined) return EINVAL;
  if (!condition.queue.isEmpty) return EBUSY;
  GuestThreads.of(env).handles.remove(condition.handle);
  return SUCCESS;
}

export const CONDITION_NATIVES: readonly NativeSymbol[] = [
  { symbol: 'pthread_cond_init', signature: '(**)i', func: initialize },
  {
    symbol: 'pthread_cond_wait',
    signature: '(**)i',
    func: (env, condition: GuestPointer | null, mutex: GuestPointer | null) => wait(env, condition, mutex),
  },
  { symbol: 'pthread_cond_timedwait', signature: '(**I)i', func: wait },
  { symbol: 'pthread_cond_signal', signature: '(*)i', func: signal },
  { symbol: 'pthread_cond_broadcast', signature: '(*)i', func: broadcast },
  { symbol: 'pthread_cond_destroy', signature: '(*)i', func: destroy },
];
