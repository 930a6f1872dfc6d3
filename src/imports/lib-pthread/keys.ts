// Keys, under which each thread keeps a value of its own. Refuses more than 32 at once, and numbers that name none.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { GuestPointer } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { EAGAIN, EINVAL, SUCCESS } from './errno.js';
import { GuestThreads } from './guest-threads.js';
import { setHandleAt } from './guest-words.js';
import { Key } from './pthread.js';

function create(env: ExecEnv, pointer: GuestPointer | null, destructor: number): number {
  if (pointer === null) return EINVAL;
  pointer.view(4);
  const { keys } = GuestThreads.of(env);
  const number = keys.indexOf(undefined);
  if (number < 0) return EAGAIN;
  keys[number] = new Key(destructor);
  setHandleAt(pointer, number);
  return SUCCESS;
}
function set(env: ExecEnv, number: number, value: number): number {
  const guest = GuestThreads.of(env);
  const key = guest.keys[number];
  if (key === undefined) return EINVAL;
  guest.threadOf(env).values.set(key, value);
  return SUCCESS;
}
function get(env: ExecEnv, number: number): number {
  const guest = GuestThreads.of(env);
  const key = guest.keys[number];
  return (key && guest.threadOf(env).values.get(key)) ?? 0;
}
function remove(env: ExecEnv, number: number): number {
  const { keys } = GuestThreads.of(env);
  if (keys[number] === undefined) return EINVAL;
  keys[number] = undefined;
  return SUCCESS;
}

export const KEY_NATIVES: readonly NativeSymbol[] = [
  { symbol: 'pthread_key_create', signature: '(*i)i', func: create },
  { symbol: 'pthread_setspecific', signature: '(ii)i', func: set },
  { symbol: 'pthread_getspecific', signature: '(i)i', func: get },
  { symbol: 'pthread_key_delete', signature: '(i)i', func: remove },
];
