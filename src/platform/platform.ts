// The one interface through which this runtime touches the world outside the JavaScript language: clocks, randomness, log, waiting.
// Files stand in files.ts. Refuses: to know which host it is on; each host has a folder.

/** How grave a line of the log is, gravest first. */
export type LogLevel = 'fatal' | 'error' | 'warning' | 'debug' | 'verbose';

/** What this runtime needs of the world outside the JavaScript language. Files and network are apart. */
export interface Platform {
  /** For the log and for reports. */
  readonly name: string;
  /** Milliseconds since an arbitrary start, with a fraction; never goes back. */
  monotonicNow(): number;
  /** Nanoseconds since 1970-01-01 UTC. */
  realtimeNow(): bigint;
  /** Processor time of this process in nanoseconds; undefined where the host cannot tell. */
  cpuTimeNow(): bigint | undefined;
  /** Fills `bytes` from a cryptographic source. */
  randomFill(bytes: Uint8Array): void;
  /** Takes one line of the log. */
  log(level: LogLevel, text: string): void;
  /** Blocks this thread for `ms` milliseconds; returns false at once where the host cannot block. */
  sleep(ms: number): boolean;
  /** Calls `callback` after `ms` milliseconds; returns what cancels it. Absent where the host has no timers: then waiting polls. */
  startTimer?(ms: number, callback: () => void): () => void;
  /** Resolves when other tasks of the event loop had their turn. */
  yieldToEventLoop(): Promise<void>;
}
