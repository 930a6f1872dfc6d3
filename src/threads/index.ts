// Threads of guests, as those who make instances see them. Refuses nothing.

import type { Instance } from '../runtime/instance.js';
import type { ThreadRunner } from '../runtime/thread-runner.js';
import { CountedTime, platformTime } from './guest-time.js';
import { type ParallelOptions, ParallelThreads } from './parallel-threads.js';
import { InTurn, Seeded } from './schedule.js';
import { Scheduler, type SchedulerOptions } from './scheduler.js';

export { whyNotInWorkers } from './remote-instance.js';

/** @param seed of the schedule, with which the time is counted as well; undefined: threads run in turn, on the platform's time */
export function threadsOf(
  main: Instance,
  seed: number | undefined,
  options: Omit<SchedulerOptions, 'schedule' | 'time'>,
): ThreadRunner {
  const [schedule, time] =
    seed === undefined ? [new InTurn(), platformTime(main)] : [new Seeded(seed), new CountedTime(main)];
  return new Scheduler(main, { ...options, schedule, time });
}

/** Threads in workers. What they give as `compiled` takes the place of the engine's code when the instance is made. */
export function parallelThreadsOf(main: Instance, options: ParallelOptions): ParallelThreads {
  return new ParallelThreads(main, options);
}
