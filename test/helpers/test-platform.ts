// A platform for tests: real clocks, a log that is kept, randomness that repeats.
import type { LogLevel, Platform } from '#src/platform/platform.js';

export interface TestPlatform extends Platform {
  readonly lines: string[];
}

export function testPlatform(): TestPlatform {
  const lines: string[] = [];
  return {
    name: 'test',
    lines,
    monotonicNow: () => performance.now(),
    realtimeNow: () => BigInt(Date.now()) * 1_000_000n,
    cpuTimeNow: () => undefined,
    randomFill: (bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31;
    },
    log: (_level: LogLevel, text) => {
      lines.push(text);
    },
    sleep: () => false,
    startTimer: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    yieldToEventLoop: () => new Promise((resolve) => setImmediate(resolve)),
  };
}
