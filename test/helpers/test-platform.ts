// A platform for tests: real clocks, a log that is kept, randomness that repeats.
import type { LogLevel, Platform } from '#src/platform/platform.js';

export interface TestPlatform extends Platform {
  readonly lines: string[];
  /** Moves the clock on. */
  pass(milliseconds: number): void;
}

/** @param stepMs what the clock moves at each look; without it the clock is real */
export function testPlatform(stepMs?: number): TestPlatform {
  const lines: string[] = [];
  let looks = 0;
  let passed = 0;
  return {
    name: 'test',
    lines,
    pass: (milliseconds) => void (passed += milliseconds),
    monotonicNow: () => passed + (stepMs === undefined ? performance.now() : stepMs * looks++),
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
