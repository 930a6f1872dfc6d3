// A host of which nothing is known but the JavaScript language: its clocks are the language's, and it has no files, no log and no randomness. Refuses to
// fill bytes from a cryptographic source, because there is none.
import { UsageError } from '../wasm/errors.js';
import type { Platform } from './platform.js';

const NS_PER_MS = 1_000_000n;

/** Makes that platform. */
export function barePlatform(): Platform {
  let last = 0;
  return {
    name: 'bare',
    // The wall clock may be set back, but this one never goes back.
    monotonicNow: () => (last = Math.max(last, Date.now())),
    realtimeNow: () => BigInt(Date.now()) * NS_PER_MS,
    cpuTimeNow: () => undefined,
    randomFill: () => {
      throw new UsageError('this platform has no source of randomness: pass one of your own');
    },
    log: () => {},
    sleep: () => false,
    yieldToEventLoop: () => Promise.resolve(),
  };
}
