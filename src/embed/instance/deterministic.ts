// The clocks and the randomness of a deterministic instance, which are the same in every run.
// Refuses to read the real ones. Waiting and the log are the platform's.
import type { Platform } from '../../platform/platform.js';

/** 2000-01-01T00:00:00Z in nanoseconds. */
const EPOCH = 946_684_800_000_000_000n;
/** Nanoseconds by which each reading advances the clock, so that programs that wait for it to move end. */
const STEP_NS = 1000n;

export function deterministicPlatform(platform: Platform): Platform {
  let elapsed = 0n;
  let state = 0x9e37_79b9;
  const tick = (): bigint => {
    elapsed += STEP_NS;
    return elapsed;
  };
  return {
    ...bound(platform),
    name: `${platform.name}, deterministic`,
    monotonicNow: () => Number(tick()) / 1e6,
    realtimeNow: () => EPOCH + tick(),
    cpuTimeNow: () => tick(),
    randomFill(bytes) {
      for (let i = 0; i < bytes.length; i++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        bytes[i] = state;
      }
    },
  };
}

function bound(platform: Platform): Pick<Platform, 'log' | 'sleep' | 'yieldToEventLoop'> {
  return {
    log: (level, text) => platform.log(level, text),
    sleep: (ms) => platform.sleep(ms),
    yieldToEventLoop: () => platform.yieldToEventLoop(),
  };
}
