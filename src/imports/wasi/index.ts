// WASI preview 1 for one guest: its state, and the imports that work on it. Refuses by default: a guest has only what the options grant.
import { Block } from '../../runtime/block.js';
import { CALL_AGAIN, type NativeFunctionBody } from '../../runtime/function.js';
import type { OutputFunction } from '../../runtime/standard-output.js';
import { I32, type ValType } from '../../wasm/types.js';
import { ARGS_CALLS } from './calls/args.js';
import type { Call } from './calls/call.js';
import { CLOCK_CALLS } from './calls/clock.js';
import { FD_CALLS } from './calls/fd.js';
import { IO_CALLS } from './calls/io.js';
import { NET_CALLS } from './calls/net.js';
import { PATH_CALLS } from './calls/path.js';
import { POLL_CALLS } from './calls/poll.js';
import { PROC_CALLS } from './calls/proc.js';
import { SOCK_CALLS } from './calls/sock.js';
import { Later, until } from './calls/wait.js';
import { errnoOf } from './errno.js';
import { type Dialect, PREVIEW1, UNSTABLE } from './memory-layout.js';
import type { WasiModuleName } from './module-names.js';
import { type WasiPlatform, WasiState } from './state.js';
import type { WasiDefaults, WasiOptions } from './wasi-options.js';

export type { NetworkOptions } from './network-grants.js';
export type { RandomFill } from './random.js';
export { type WasiPlatform, WasiState } from './state.js';
export {
  type InputCallback,
  type InputOption,
  type OutputCallback,
  type OutputOption,
  OutputSink,
  OutputStream,
} from './stdio.js';
export type { FixedClockOptions, WasiClock } from './wasi-clock.js';
export type { Preopen, WasiDefaults, WasiOptions } from './wasi-options.js';

/** A function that a guest can import. */
export interface WasiImport {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
  readonly code: NativeFunctionBody;
  /** It may return a promise. */
  readonly mayWait: boolean;
}

const PREVIEW1_CALLS: Readonly<Record<string, Call>> = {
  ...ARGS_CALLS,
  ...CLOCK_CALLS,
  ...FD_CALLS,
  ...IO_CALLS,
  ...PATH_CALLS,
  ...POLL_CALLS,
  ...PROC_CALLS,
  ...SOCK_CALLS,
};
/** Those that wait for streams of JavaScript, and for time to pass. */
const WAITING_CALLS: ReadonlySet<string> = new Set(Object.keys({ ...IO_CALLS, ...POLL_CALLS }));
const CALLS: Readonly<Record<string, Call>> = { ...PREVIEW1_CALLS, ...NET_CALLS };

/** The names of preview 1's calls, then of WAMR's socket extensions. */
export const WASI_CALLS: readonly string[] = Object.keys(PREVIEW1_CALLS);
export const SOCKET_CALLS: readonly string[] = Object.keys(NET_CALLS);

/**
 * Opens what a guest is granted. The caller calls `attach` with the guest's instance, or `close` when there will be none.
 * @throws UsageError for an option that is unknown or wrong, or a preopen that cannot be opened
 */
export function createWasi(options: WasiOptions, platform: WasiPlatform, defaults: WasiDefaults = {}): WasiState {
  return new WasiState(options, platform, defaults);
}

const STDOUT = 1;
const ERRNO: readonly ValType[] = [I32];
const NOTHING: readonly ValType[] = [];

/** Writes to the guest's standard output, under its limit: for natives that print. */
export function standardOutputOf(state: WasiState): OutputFunction {
  return (env, bytes) => {
    // The native that prints has other effects, and cannot be called again.
    env.canBlock = false;
    const descriptor = state.fds.peek(STDOUT);
    const file = descriptor?.file;
    if (!file) return;
    state.allowOutput(bytes.length);
    for (let at = 0; at < bytes.length; ) {
      // The write waits without a bound, under the meter: the reader of the other end may be slow.
      const write = (): number => file.write(bytes, at, bytes.length - at, descriptor.writePlace);
      const written = until(state, env, file, 0, write);
      if (written === 0) break;
      if (file.seekable) descriptor.advance(written);
      at += written;
    }
    state.countOutput(env, bytes.length);
  };
}

/**
 * One import of a guest with this state; undefined where there is no such call. Most guests import a few of many, so each is made by itself. Throws nothing; a
 * call may throw ExitError, LimitError, Trap.
 */
export function wasiImport(state: WasiState, module: WasiModuleName, name: string): WasiImport | undefined {
  const call = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  return call && bind(state, name, call, module === 'wasi_unstable' ? UNSTABLE : PREVIEW1);
}

function bind(state: WasiState, name: string, { run, params }: Call, dialect: Dialect): WasiImport {
  const code: NativeFunctionBody = (env, slots) => {
    const words = slots.i32;
    let errno: ReturnType<Call['run']>;
    try {
      errno = run(state, env, words, dialect);
    } catch (thrown) {
      if (thrown instanceof Block) return thrown;
      errno = thrown instanceof Later ? thrown.promise.then(() => CALL_AGAIN) : errnoOf(thrown);
    }
    if (typeof errno !== 'number') {
      return errno.then<typeof CALL_AGAIN | undefined, never>((number) => {
        if (number === CALL_AGAIN) return CALL_AGAIN;
        words[0] = number;
        return undefined;
      });
    }
    words[0] = errno;
    return undefined;
  };
  // Only proc_exit has no result: it does not return.
  return { params, results: name === 'proc_exit' ? NOTHING : ERRNO, code, mayWait: WAITING_CALLS.has(name) };
}
