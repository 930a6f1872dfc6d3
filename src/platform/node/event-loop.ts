// Node's event loop, for threads that mostly wait in other ways. Refuses nothing.

export const eventLoop = {
  /** Milliseconds of a monotonic clock. */
  now: (): number => performance.now(),
  /** Resolves after everything that was due has run. */
  turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
};
