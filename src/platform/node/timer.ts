// A timer for any number of milliseconds. Node's own fires at once where the number does not fit into 31 bits.

const LONGEST_MS = 2 ** 31 - 1;

/** Calls `callback` once after `ms` milliseconds, never where they are Infinity; returns what cancels it. */
export function startTimer(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (left: number): void => {
    timer = setTimeout(() => (left > LONGEST_MS ? arm(left - LONGEST_MS) : callback()), Math.min(left, LONGEST_MS));
  };
  arm(ms);
  return () => clearTimeout(timer);
}

/** Node's own time: milliseconds since an arbitrary start, and timers. */
export const nodeTimers = {
  now: (): number => performance.now(),
  after: (ms: number, action: () => void): (() => void) => startTimer(ms, action),
};
