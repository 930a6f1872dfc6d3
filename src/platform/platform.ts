// The one interface through which this runtime reaches outside the JavaScript language: clocks, randomness, log, waiting. Files stand in files.ts.
// Refuses to know which JavaScript environment it runs in; each has a folder.

/** Severities of lines of the log, gravest first. The order determines their numbers at the boundary of an enclave. */
export const LOG_LEVELS = ['fatal', 'error', 'warning', 'debug', 'verbose'] as const;
/** The severity of a line of the log: from 'fatal', the gravest, by 'error', 'warning' and 'debug' to 'verbose'. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A worker for threads of guests. */
export interface PlatformThread {
  /** Sends it data, as `postMessage` does. */
  post(message: object): void;
  /** Blocks this thread until the worker has come up, or could not. */
  awaitStart(): void;
  /** Whether this thread's event loop goes on as long as the worker does; not at first. */
  keepAlive(keep: boolean): void;
  /** It has run, and has ended by itself. */
  readonly died: boolean;
  /** Ends it, whatever it does. @param isIdle whether nothing of a guest is in it: the platform may keep it for another */
  end(isIdle: boolean): void;
}

/** What this runtime needs of the world outside the JavaScript language. Files and network are apart. */
export interface Platform {
  /** The platform's name, for the log and for reports. */
  readonly name: string;
  /** Milliseconds since an arbitrary start, with a fraction; never goes back. */
  monotonicNow(): number;
  /** Nanoseconds since 1970-01-01 UTC. */
  realtimeNow(): bigint;
  /** Processor time of this process in nanoseconds; undefined where the platform cannot measure it. */
  cpuTimeNow(): bigint | undefined;
  /** Fills `bytes` from a cryptographic source. */
  randomFill(bytes: Uint8Array): void;
  /** Takes one line of the log. */
  log(level: LogLevel, text: string): void;
  /** Blocks this thread for `ms` milliseconds; returns false at once where the platform cannot block. */
  sleep(ms: number): boolean;
  /** Calls `callback` after `ms` milliseconds; returns a function that cancels it. Absent where the platform has no timers: waiting then polls. */
  startTimer?(ms: number, callback: () => void): () => void;
  /**
   * Moves the bytes of a buffer to a new one and detaches the old. Absent where the platform cannot; not asked where JavaScript itself can.
   * @throws TypeError where the buffer is detached already
   */
  transferBuffer?(buffer: ArrayBuffer): ArrayBuffer;
  /**
   * Starts a worker for threads of guests: it runs entry/thread-main. Absent where there are no workers, or no memory that they could share.
   * @param onMessage called when the worker has posted something, if this thread's event loop runs
   */
  readonly startThread?: ((onMessage: () => void) => PlatformThread) | undefined;
  /** Resolves when other tasks of the event loop have had their turn. */
  yieldToEventLoop(): Promise<void>;
}
