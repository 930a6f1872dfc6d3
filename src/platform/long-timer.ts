// Timers for any number of milliseconds over those of a JavaScript environment, which fire at once where the number does not fit into 31 bits.
// Refuses nothing.

/** The longest timer of JavaScript environments, in milliseconds. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** What a timer for a deadline takes more, so that the deadline has passed when it fires. */
export const TIMER_SLACK_MS = 1;

/** Starts a timer: calls `callback` once after `ms` milliseconds, never where they are Infinity; returns what cancels it. */
export type StartTimer = (ms: number, callback: () => void) => () => void;

/**
 * @param set the environment's setTimeout
 * @param clear its clearTimeout
 */
export function longTimer<T>(set: (callback: () => void, ms: number) => T, clear: (timer: T) => void): StartTimer {
  return (ms, callback) => {
    let timer: T;
    const arm = (left: number): void => {
      timer = set(
        () => (left > LONGEST_TIMER_MS ? arm(left - LONGEST_TIMER_MS) : callback()),
        Math.min(left, LONGEST_TIMER_MS),
      );
    };
    arm(ms);
    return () => clear(timer);
  };
}
