// Waits for an operation that throws EAGAIN: until it succeeds or until the guest's own timeout. Refuses to wait beyond what the meter allows.
import { Backoff } from '../../../base/backoff.js';
import type { ExecEnv } from '../../../runtime/exec-env.js';
import { UsageError } from '../../../wasm/errors.js';
import { isErrno } from '../errno.js';
import type { WasiState } from '../state.js';

/** The longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE_MS = 20;
/** The pauses between two attempts at an operation that cannot be waited for. */
export function pauses(): Backoff {
  return new Backoff(0.25, LONGEST_PAUSE_MS);
}

/** Thrown by a call that wants to be made again when the event loop has run: it has changed nothing yet. */
export class Later {
  readonly promise: Promise<unknown>;
  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }
}

/** @throws UsageError where the caller cannot let the event loop run */
export function refuseWithoutEventLoop(env: ExecEnv): void {
  if (env.canAwait) return;
  throw new UsageError(
    'a standard stream of the guest is an async function or a stream of JavaScript, which cannot be waited for in this call: ' +
      'use callAsync or executeMainAsync in mode interp, or an enclave in a worker or process; or give a function that is not async, bytes or a file',
  );
}

export class Retry {
  readonly #end: number;
  readonly #pauses = pauses();

  /** @param timeoutMs 0 means without a bound */
  constructor(wasi: WasiState, timeoutMs: number) {
    this.#end = timeoutMs === 0 ? Number.POSITIVE_INFINITY : wasi.platform.monotonicNow() + timeoutMs;
  }
  /** Waits a little. If `thrown` is another error than EAGAIN, or the time is over, it throws that. */
  wait(thrown: unknown, wasi: WasiState, env: ExecEnv, waiter: { wait?(ms: number): void }): void {
    const left = this.#end - wasi.platform.monotonicNow();
    if (!isErrno(thrown, 'EAGAIN') || left <= 0) throw thrown;
    const pause = this.#pauses.next();
    wasi.sleep(env, Math.min(waiter.wait ? LONGEST_PAUSE_MS : pause, left), waiter);
  }
}

/** Repeats the operation while it throws EAGAIN; without `timeoutMs`, it is tried once. */
export function until<Result>(
  wasi: WasiState,
  env: ExecEnv,
  waiter: { wait?(ms: number): void },
  timeoutMs: number | undefined,
  work: () => Result,
): Result {
  const retry = timeoutMs === undefined ? undefined : new Retry(wasi, timeoutMs);
  for (;;) {
    try {
      return work();
    } catch (thrown) {
      if (!retry) throw thrown;
      retry.wait(thrown, wasi, env, waiter);
    }
  }
}
