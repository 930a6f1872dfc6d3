// A mutex in one 32-bit word of shared memory: 0 unlocked, 1 held, 2 held with a thread sleeping on it. It is not recursive, and a wait always has a
// timeout: a holder that was terminated must not block the others.

const OPEN = 0;
const HELD = 1;
const CONTENDED = 2;
/** Tries before sleeping: a heap operation is shorter than putting a thread to sleep. */
const SPINS = 200;

/**
 * Takes the lock.
 * @param timeoutMs how long to wait for the holder, in milliseconds
 * @returns false when the time is over; the lock is then not held
 */
export function lockWord(words: Int32Array, index: number, timeoutMs: number): boolean {
  for (let spin = 0; spin < SPINS; spin++) {
    if (Atomics.compareExchange(words, index, OPEN, HELD) === OPEN) return true;
  }
  const deadline = Date.now() + timeoutMs;
  // A thread that comes here marks the lock contended, even if it then gets it: a spare wake-up costs less than a lost one.
  while (Atomics.exchange(words, index, CONTENDED) !== OPEN) {
    const left = deadline - Date.now();
    if (left <= 0) return false;
    sleep(words, index, left);
  }
  return true;
}

/** Releases the lock and wakes one sleeping thread. */
export function unlockWord(words: Int32Array, index: number): void {
  if (Atomics.exchange(words, index, OPEN) === CONTENDED) Atomics.notify(words, index, 1);
}

function sleep(words: Int32Array, index: number, timeoutMs: number): void {
  try {
    Atomics.wait(words, index, CONTENDED, timeoutMs);
  } catch (error) {
    // A browser's main thread may not sleep: it keeps asking until the deadline.
    if (!(error instanceof TypeError)) throw error;
  }
}
