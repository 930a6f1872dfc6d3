// The guest's clocks: the host's, made coarse, or one that stands still except when it is read or slept on.
// Refuses: to tell more of the host's time than was granted.
import type { Platform } from '../../platform/platform.js';

/** Nanoseconds everywhere. */
export interface WasiClock {
  /** Since 1970-01-01 UTC. */
  realtime(): bigint;
  /** Since an arbitrary start; never goes back. */
  monotonic(): bigint;
  /** Processor time; undefined where it cannot be told. */
  cpuTime(): bigint | undefined;
  /** The smallest step of realtime and monotonic. */
  readonly resolution: bigint;
  /** Sleeping moves this clock on at once instead of waiting. Undefined: a clock of the world, for which one must wait. */
  skip?(nanoseconds: bigint): void;
}

/** A clock that depends on nothing outside. */
export interface FixedClockOptions {
  /** What the first reading says, in nanoseconds since 1970, or a Date; 2024-01-01 unless given. */
  readonly start?: bigint | Date;
  /** How far each reading moves it on, in nanoseconds; 1 ms unless given, so that guests that wait by reading the clock end. */
  readonly tick?: bigint;
}

export const DEFAULT_RESOLUTION = 1_000_000n;
const DEFAULT_START = 1_704_067_200_000_000_000n;
const DEFAULT_TICK = 1_000_000n;
/** Of the processor-time clocks: what hosts count in. */
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
    this.#start = start instanceof Date ? BigInt(start.getTime()) * 1_000_000n : start;
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
