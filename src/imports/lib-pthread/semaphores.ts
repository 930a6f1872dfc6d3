// Semaphores with names, which are this guest's own: in WAMR all guests of a process share them. Their functions give -1 where POSIX sets errno, as
// WAMR's do. Refuses names longer than a path may be, and handles that are no open semaphore.
import type { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { GuestPointer, memoryOf } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { SUCCESS } from './errno.js';
import { GuestThreads } from './guest-threads.js';
import { setHandleAt } from './guest-words.js';
import { Semaphore } from './semaphore.js';

const FAILURE = -1;
/** O_CREAT and O_EXCL as Linux has them, which WAMR takes, and as WASI's libc has them. */
const CREATE = 0o100 | 0x1000;
const EXCLUSIVE = 0o200 | 0x4000;
const LONGEST_NAME = 255;
/** What a call finds that has waited for a semaphore: it has been counted down. */
const COUNTED = Symbol('counted');

/** WAMR's header declares it with two parameters, its native has four: both are linked. */
function open(env: ExecEnv, address: number, flags: number, _mode = 0, value = 0): number {
  const { handles, semaphores } = GuestThreads.of(env);
  const name = address === 0 ? '' : new GuestPointer(env, memoryOf(env), address >>> 0).text();
  if (name === '' || name.length > LONGEST_NAME) return FAILURE;
  const known = semaphores.get(name);
  if (known && (flags & EXCLUSIVE) !== 0 && (flags & CREATE) !== 0) return FAILURE;
  if (!known && ((flags & CREATE) === 0 || value < 0)) return FAILURE;
  const semaphore = known ?? new Semaphore(name, value);
  if (semaphore.opens === 0) {
    const handle = handles.add(semaphore);
    if (handle === undefined) return FAILURE;
    semaphore.handle = handle;
  }
  semaphore.opens++;
  semaphores.set(name, semaphore);
  return semaphore.handle;
}
function find(env: ExecEnv, handle: number): Semaphore | undefined {
  return GuestThreads.of(env).handles.find(handle, Semaphore);
}
function close(env: ExecEnv, handle: number): number {
  const semaphore = find(env, handle);
  if (semaphore === undefined) return FAILURE;
  semaphore.opens--;
  if (semaphore.opens === 0) GuestThreads.of(env).handles.remove(handle);
  return SUCCESS;
}
function wait(env: ExecEnv, handle: number): number | Block {
  const thread = GuestThreads.of(env).threadOf(env);
  if (env.canBlock && env.resumption === COUNTED) {
    thread.pass = undefined;
    return SUCCESS;
  }
  const semaphore = find(env, handle);
  if (semaphore === undefined) return FAILURE;
  return semaphore.wait(env, thread, COUNTED) ?? SUCCESS;
}
function tryWait(env: ExecEnv, handle: number): number {
  return find(env, handle)?.tryWait() ? SUCCESS : FAILURE;
}
function post(env: ExecEnv, handle: number): number {
  return find(env, handle)?.post() ? SUCCESS : FAILURE;
}
function getValue(env: ExecEnv, handle: number, target: GuestPointer | null): number {
  const semaphore = find(env, handle);
  if (semaphore === undefined || target === null) return FAILURE;
  setHandleAt(target, semaphore.value);
  return SUCCESS;
}
/** Those that have it open keep it. */
function unlink(env: ExecEnv, name: string | null): number {
  return GuestThreads.of(env).semaphores.delete(name ?? '') ? SUCCESS : FAILURE;
}

export const SEMAPHORE_NATIVES: readonly NativeSymbol[] = [
  { symbol: 'sem_open', func: open },
  { symbol: 'sem_close', signature: '(i)i', func: close },
  { symbol: 'sem_wait', signature: '(i)i', func: wait },
  { symbol: 'sem_trywait', signature: '(i)i', func: tryWait },
  { symbol: 'sem_post', signature: '(i)i', func: post },
  { symbol: 'sem_getvalue', signature: '(i*)i', func: getValue },
  { symbol: 'sem_unlink', signature: '($)i', func: unlink },
];
