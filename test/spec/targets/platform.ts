// What the runtime gets of its world in the suite. Refuses to sleep.
import type { Platform } from '#src/platform/platform.js';

export const platform: Platform = {
  name: 'test suite',
  monotonicNow: () => performance.now(),
  realtimeNow: () => BigInt(Date.now()) * 1_000_000n,
  cpuTimeNow: () => undefined,
  randomFill: (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  log: () => {},
  sleep: () => false,
  yieldToEventLoop: () => new Promise((resolve) => setImmediate(resolve)),
};
