// clock_res_get, clock_time_get. Refuses clocks that the guest was not granted.
import { FileError } from '../../../platform/errno.js';
import { SUCCESS } from '../errno.js';
import { checkRange, memoryOf, writeU64 } from '../memory-layout.js';
import type { WasiState } from '../state.js';
import { CPU_RESOLUTION } from '../wasi-clock.js';
import { type Call, call } from './call.js';

const REALTIME = 0;
const MONOTONIC = 1;
const PROCESS_CPUTIME = 2;
const THREAD_CPUTIME = 3;

/** Returns the time of a clock in nanoseconds. Throws EINVAL for an unknown clock, ENOTSUP for one that the platform lacks. */
export function timeOf(wasi: WasiState, clock: number): bigint {
  switch (clock) {
    case REALTIME:
      return wasi.clock.realtime();
    case MONOTONIC:
      return wasi.clock.monotonic();
    case PROCESS_CPUTIME:
    case THREAD_CPUTIME: {
      const time = wasi.clock.cpuTime();
      if (time === undefined) throw new FileError('ENOTSUP');
      return time;
    }
    default:
      throw new FileError('EINVAL');
  }
}

function resolutionOf(wasi: WasiState, clock: number): bigint {
  const { resolution } = wasi.clock;
  if (clock === REALTIME || clock === MONOTONIC) return resolution;
  timeOf(wasi, clock);
  if (resolution < CPU_RESOLUTION) return CPU_RESOLUTION;
  return resolution;
}

export const CLOCK_CALLS: Readonly<Record<string, Call>> = {
  clock_res_get: call('ii', (wasi, env, a) => {
    const result = a[4]! >>> 0;
    const memory = memoryOf(env);
    checkRange(memory, result, 8);
    writeU64(memory, result, resolutionOf(wasi, a[0]!));
    return SUCCESS;
  }),
  // The precision a guest asks for is ignored: it gets the clock it was granted.
  clock_time_get: call('iIi', (wasi, env, a) => {
    const result = a[8]! >>> 0;
    checkRange(memoryOf(env), result, 8);
    // The time is read first: the clock may be the embedder's, and reading it may run the guest.
    const time = timeOf(wasi, a[0]!);
    writeU64(memoryOf(env), result, time);
    return SUCCESS;
  }),
};
