// WAMR's lib-pthread: POSIX threads as functions under "env", for programs that were compiled without threads of their libc, and which modules want them.
// 32-bit memories only.
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { CONDITION_NATIVES } from './conditions.js';
import { KEY_NATIVES } from './keys.js';
import { MEMORY_NATIVES } from './memory.js';
import { MUTEX_NATIVES } from './mutexes.js';
import { SEMAPHORE_NATIVES } from './semaphores.js';
import { THREAD_NATIVES } from './threads.js';

interface Imports {
  readonly imports: readonly { readonly module: string; readonly name: string }[];
}

const MODULE = 'env';
const CREATE = 'pthread_create';

/** Whether the guest may start threads. */
export function createsPthreads({ imports }: Imports): boolean {
  return imports.some(({ module, name }) => module === MODULE && name === CREATE);
}

export const LIB_PTHREAD_NATIVES: Readonly<Record<string, readonly NativeSymbol[]>> = {
  [MODULE]: [
    ...THREAD_NATIVES,
    ...MUTEX_NATIVES,
    ...CONDITION_NATIVES,
    ...KEY_NATIVES,
    ...MEMORY_NATIVES,
    ...SEMAPHORE_NATIVES,
  ],
};
