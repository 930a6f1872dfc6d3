// Looks that cost a system call, at intervals: a guest asks whether its call was given up at each call of a native.
// Refuses nothing.

/** Milliseconds between two looks. */
const INTERVAL_MS = 1;

/** Returns a function that runs `look` unless that was done just before. @param now monotonic milliseconds */
export function atIntervals(now: () => number, look: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const time = now();
    if (time - last < INTERVAL_MS) return;
    last = time;
    look();
  };
}
