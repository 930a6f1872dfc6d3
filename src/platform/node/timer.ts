// Node's timers, for any number of milliseconds. Refuses nothing.
import { longTimer } from '../long-timer.js';

/** Calls `callback` once after `ms` milliseconds, never where they are Infinity; returns what cancels it. */
export const startTimer = longTimer(
  (callback, ms) => setTimeout(callback, ms),
  (timer) => clearTimeout(timer),
);

/** Node's own time: milliseconds since an arbitrary start, and timers. */
export const nodeTimers = {
  now: (): number => performance.now(),
  after: (ms: number, action: () => void): (() => void) => startTimer(ms, action),
};
