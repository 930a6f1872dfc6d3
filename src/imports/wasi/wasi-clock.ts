// The guest's clocks: the platform's, made coarse, or one that stands still except when it is read or slept on. Refuses to reveal more of the
// platform's time than was granted.
import type { Platform } from '../../platform/platform.js';

/** All times are in nanoseconds. */
export interface WasiClock {
  /** Realtime since 1970-01-01 UTC. */
  realtime(): bigint;
  /** Monotonic time since an arbitrary start; it never goes back. */
  monotonic(): bigint;
  /** Processor time; undefined where the platform cannot measure it. */
  cpuTime(): bigint | undefined;
  /** The smallest step of realtime and monotonic. */
  readonly resolution: bigint;
  /** Advances this clock at once instead of waiting. Undefined: a real clock, for which a guest must wait. */
  skip?(nanoseconds: bigint): void;
}

/** A clock that depends on nothing outside the guest. */
export interface FixedClockOptions {
  /** The first reading, in nanoseconds since 1970, or a Date; 2024-01-01 unless given. */
  readonly start?: bigint | Date;
  /** How far each reading advances it, in nanoseconds; 1 ms unless given, so that guests that wait by reading the clock end. */
  readonly tick?: bigint;
}

export const DEFAULT_RESOLUTION = 1_000_000n;
const DEFAULT_START = 1_704_067_200_000_000_000n;
const DEFAULT_TICK = 1_000_000n;
const NANOSECONDS_PER_MS = 1e6;
/** The unit in which operating systems count processor time. */
export const CPU_RESOLUTION = 1_000n;

export class SystemClock implements WasiClock {
  readonly resolution: bigint;
  readonly #platform: Platform;

  constructor(platform: Platform, resolution: bigint) {
    this.#platform = platform;
    this.resolution = resolution;
  }
  realtime(): bigint {
    return this.#coarse(this.#platform.realtimeNow());
  }
  monotonic(): bigint {
    return this.#coarse(BigInt(Math.round(this.#platform.monotonicNow() * 1e6)));
  }
  cpuTime(): bigint | undefined {
    const now = this.#platform.cpuTimeNow();
    return now === undefined ? undefined : this.#coarse(now);
  }
  #coarse(time: bigint): bigint {
    return this.resolution <= 1n ? time : time - (time % this.resolution);
  }
}

export class FixedClock implements WasiClock {
  readonly resolution: bigint;
  readonly #start: bigint;
  readonly #tick: bigint;
  #elapsed = 0n;

  constructor(options: FixedClockOptions = {}) {
    const { start = DEFAULT_START, tick = DEFAULT_TICK } = options;
    this.#start = nanosecondsOf(start);
    this.#tick = tick;
    this.resolution = tick > 0n ? tick : 1n;
  }
  realtime(): bigint {
    return this.#start + this.monotonic();
  }
  monotonic(): bigint {
    const now = this.#elapsed;
    this.#elapsed += this.#tick;
    return now;
  }
  cpuTime(): bigint {
    return this.monotonic();
  }
  skip(nanoseconds: bigint): void {
    this.#elapsed += nanoseconds;
  }
}

/** The same for a guest with threads, whose time is counted by what they execute: they wait for it. */
export class CountedClock implements WasiClock {
  readonly resolution: bigint;
  readonly #start: bigint;
  readonly #tick: bigint;
  readonly #now: () => number;
  #readings = 0n;

  /** @param now milliseconds of the guest's time */
  constructor({ start = DEFAULT_START, tick = 0n }: FixedClockOptions, now: () => number) {
    this.#start = nanosecondsOf(start);
    this.#tick = tick;
    this.#now = now;
    this.resolution = tick > 0n ? tick : 1n;
  }
  realtime(): bigint {
    return this.#start + this.monotonic();
  }
  monotonic(): bigint {
    return BigInt(Math.floor(this.#now() * NANOSECONDS_PER_MS)) + this.#tick * this.#readings++;
  }
  cpuTime(): bigint {
    return this.monotonic();
  }
}

function nanosecondsOf(start: bigint | Date): bigint {
  return start instanceof Date ? BigInt(start.getTime()) * 1_000_000n : start;
}
