// A web browser as a platform, on a page or in a worker: clocks, randomness, log, waiting. It has no files and no network: guests get file systems
// in memory. Refuses to block a page: only workers of pages that are isolated from other origins can wait.
import { longTimer } from '../long-timer.js';
import type { LogLevel, Platform } from '../platform.js';
import type { ThreadWorkers } from './threads.js';

const NS_PER_MS = 1_000_000n;
/** WebCrypto fills at most this many bytes a call. */
const RANDOM_CHUNK = 65_536;

/** Writes a line to the console, where each severity has a method of its own. */
const CONSOLE: Readonly<Record<LogLevel, (line: string) => void>> = {
  fatal: (line) => console.error(line),
  error: (line) => console.error(line),
  warning: (line) => console.warn(line),
  debug: (line) => console.debug(line),
  verbose: (line) => console.debug(line),
};

const startTimer = longTimer(
  (callback, ms) => setTimeout(callback, ms),
  (timer) => clearTimeout(timer),
);

/** A browser's own time: milliseconds since an arbitrary start, and timers. */
export const webTimers = {
  now: (): number => performance.now(),
  after: (ms: number, action: () => void): (() => void) => startTimer(ms, action),
};

/**
 * Makes that platform.
 * @param log takes each line of the log; the console unless given
 * @param threads workers for threads of guests; none unless given
 */
export function webPlatform(log?: (line: string) => void, threads?: ThreadWorkers): Platform {
  const cell = canBlock() ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
  // Guests read the clock, and its origin would tell when the page was opened. It does not begin at 0, which some guests take for a clock
  // that does not work.
  const start = performance.now() - 1_000;
  return {
    name: 'web',
    monotonicNow: () => performance.now() - start,
    realtimeNow: () => BigInt(Date.now()) * NS_PER_MS,
    cpuTimeNow: () => undefined,
    randomFill: (bytes) => {
      for (let at = 0; at < bytes.length; at += RANDOM_CHUNK) fillChunk(bytes.subarray(at, at + RANDOM_CHUNK));
    },
    log: (level, text) => (log ? log(`[enclasm ${level}] ${text}\n`) : CONSOLE[level](`[enclasm ${level}] ${text}`)),
    sleep: (ms) => {
      if (!cell) return false;
      Atomics.wait(cell, 0, 0, ms);
      return true;
    },
    startTimer,
    ...(threads && { startThread: (onMessage: () => void) => threads.take(onMessage) }),
    transferBuffer: (buffer) => structuredClone(buffer, { transfer: [buffer] }),
    yieldToEventLoop: turnOfEventLoop,
  };
}

/** WebCrypto refuses shared memory. */
function fillChunk(bytes: Uint8Array): void {
  if (bytes.buffer instanceof ArrayBuffer) crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
  else bytes.set(crypto.getRandomValues(new Uint8Array(bytes.length)));
}

/** Whether this thread may wait: pages must not, and shared memory is only where other origins are kept out. */
export function canBlock(): boolean {
  if (typeof SharedArrayBuffer !== 'function') return false;
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves after what was due has run. Timers would not do: browsers hold nested ones back for four milliseconds. */
export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}
