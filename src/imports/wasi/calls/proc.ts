// proc_exit, proc_raise, sched_yield, random_get. Refuses signals that would stop the guest.
import { FileError } from '../../../platform/errno.js';
import { Block } from '../../../runtime/block.js';
import { ExitError } from '../../../wasm/errors.js';
import { SUCCESS } from '../errno.js';
import { checkRange, memoryOf } from '../memory-layout.js';
import { type Call, call } from './call.js';

/** The exit codes of a program that a signal ended, as shells report them. */
const SIGNAL_EXIT = 128;
const LAST_SIGNAL = 30;
/** chld, cont, urg, winch: without a handler they do nothing. */
const IGNORED_SIGNALS: ReadonlySet<number> = new Set([0, 16, 17, 22, 27]);
/** stop, tstp, ttin, ttou: a guest cannot be stopped from inside. */
const STOP_SIGNALS: ReadonlySet<number> = new Set([18, 19, 20, 21]);
/** Random bytes between two checks of the deadline: as many as the platform is asked for at once. */
const RANDOM_CHUNK = 65_536;

/** What sched_yield keeps while others have their turn. */
const YIELDED = Symbol('yielded');

export const PROC_CALLS: Readonly<Record<string, Call>> = {
  proc_exit: call('i', (_wasi, _env, a) => {
    throw new ExitError(a[0]! >>> 0);
  }),
  proc_raise: call('i', (_wasi, _env, a) => {
    const signal = a[0]!;
    if (signal < 0 || signal > LAST_SIGNAL) throw new FileError('EINVAL');
    if (IGNORED_SIGNALS.has(signal)) return SUCCESS;
    if (STOP_SIGNALS.has(signal)) throw new FileError('ENOTSUP');
    throw new ExitError(SIGNAL_EXIT + signal);
  }),
  sched_yield: call('', (_wasi, env) => {
    if (env.canBlock && env.resumption !== YIELDED) throw new Block({ ms: 0, state: YIELDED });
    env.store.meter.check();
    return SUCCESS;
  }),
  random_get: call('ii', (wasi, env, a) => {
    const pointer = a[0]! >>> 0;
    const length = a[4]! >>> 0;
    checkRange(memoryOf(env), pointer, length);
    for (let at = 0; at < length; at += RANDOM_CHUNK) {
      const end = Math.min(length, at + RANDOM_CHUNK);
      // The bytes go to a private buffer first: the embedder may provide them, and its function may run the guest, whose memory may then have moved.
      const bytes = wasi.scratch(end - at).subarray(0, end - at);
      wasi.randomFill(bytes);
      memoryOf(env).u8.set(bytes, pointer + at);
      if (end < length) env.store.meter.check();
    }
    return SUCCESS;
  }),
};
