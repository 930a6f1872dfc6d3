// Waits for an operation that throws EAGAIN: until it succeeds or until the guest's own timeout. Refuses to wait beyond what the meter allows.
import { Backoff } from '../../../base/backoff.js';
import type { WaitableFile } from '../../../runtime/block.js';
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
      'use callAsync or executeMainAsync in mode interp, or host where the JavaScript engine has JSPI, or an enclave in a worker or process; or give a function that is not async, bytes or a file',
  );
}

export class Retry {
  /** In milliseconds of the guest's own time. */
  readonly #end: number;
  readonly #pauses = pauses();

  /** @param timeoutMs 0 means without a bound */
  constructor(wasi: WasiState, timeoutMs: number) {
    this.#end = timeoutMs === 0 ? Number.POSITIVE_INFINITY : wasi.now() + timeoutMs;
  }
  /** That of the call's last attempt, where it blocked, or a new one. @param timeoutMs 0: without a bound */
  static of(wasi: WasiState, env: ExecEnv, timeoutMs: number): Retry {
    return env.resumption instanceof Retry ? env.resumption : new Retry(wasi, timeoutMs);
  }
  /** Waits a little, unless `thrown` is another error than EAGAIN or the time is over: then throws it. */
  wait(thrown: unknown, wasi: WasiState, env: ExecEnv, waiter: WaitableFile): void {
    const left = this.#end - wasi.now();
    if (!isErrno(thrown, 'EAGAIN') || left <= 0) throw thrown;
    const pause = this.#pauses.next();
    wasi.sleep(env, { ms: left, retryMs: waiter.wait ? LONGEST_PAUSE_MS : pause, file: waiter, state: this });
  }
}

/** Repeats the operation while it throws EAGAIN; without `timeoutMs`, it is tried once. */
export function until<Result>(
  wasi: WasiState,
  env: ExecEnv,
  waiter: WaitableFile,
  timeoutMs: number | undefined,
  work: () => Result,
): Result {
  const retry = timeoutMs === undefined ? undefined : Retry.of(wasi, env, timeoutMs);
  for (;;) {
    try {
      return work();
    } catch (thrown) {
      if (!retry) throw thrown;
      retry.wait(thrown, wasi, env, waiter);
    }
  }
}
