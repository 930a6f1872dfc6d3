// Which calls of an instance are timed. Reading the clock twice takes longer than a small function, so one in 256 short calls is timed, and the others
// count as long as that one. A call that reaches a checkpoint is timed from there on, so that code with checkpoints cannot hide more than a first slice.

const TIMED_ONE_IN = 256;
/** Shorter than this, in milliseconds, is short: far more than two readings of the clock. */
const SHORT_MS = 0.05;

export class CallTimes {
  #untimedLeft = 0;
  #shortMs = 0;

  /** Begins a call. Returns whether it is timed. */
  begin(): boolean {
    if (this.#untimedLeft === 0) return true;
    this.#untimedLeft--;
    return false;
  }
  /** A call that was timed from its beginning, or from its first checkpoint on, has ended. */
  end(ms: number, fromBeginning: boolean): void {
    this.#untimedLeft = 0;
    if (!fromBeginning || ms >= SHORT_MS) return;
    this.#shortMs = ms;
    this.#untimedLeft = TIMED_ONE_IN - 1;
  }
  /** How long a call took that was not timed, in milliseconds. */
  get shortMs(): number {
    return this.#shortMs;
  }
}
