// The platform of the trusted side: its own clock and random source, and ocalls for what only the untrusted side can do. Refuses impossible answers:
// more bytes than were asked for, a monotonic clock that runs back.
import type { OsNetwork } from '../../platform/net.js';
import type { LogLevel, Platform } from '../../platform/platform.js';
import { ProtocolError } from '../protocol/enclave-errors.js';
import { CHUNK_BYTES } from '../protocol/ocalls.js';
import { OcallNetwork } from './ocall-network.js';
import { atMost, type OcallPort } from './ocall-port.js';

/** Whose clock, random bytes or log is used: 'own' is the trusted side's, 'host' the untrusted side's, by ocall. */
export type Source = 'own' | 'host';

export interface TrustedPlatformOptions {
  /** The trusted side's own platform. */
  readonly platform: Platform;
  /** Default 'own'. The untrusted side's clock can lie; it is only kept from running back. */
  readonly clock?: Source | undefined;
  /** Default 'own'. The untrusted side knows the random bytes that it gives. */
  readonly random?: Source | undefined;
  /** Default 'host': log lines go to the embedder's handler. */
  readonly log?: Source | undefined;
}

export class TrustedPlatform {
  readonly ocalls: OcallPort;
  readonly platform: Platform & OsNetwork;
  /** Whether ocalls are answered before they return, even where the embedder's function is async. */
  readonly blocking: boolean;

  constructor(options: TrustedPlatformOptions, ocalls: OcallPort, blocking: boolean) {
    this.ocalls = ocalls;
    this.platform = platformOf(options, ocalls);
    this.blocking = blocking;
  }

  /** Writes output of the guest. Returns the number of bytes that the untrusted side took. */
  print(stream: 'stdout' | 'stderr', bytes: Uint8Array): number {
    const chunk = bytes.length > CHUNK_BYTES ? bytes.subarray(0, CHUNK_BYTES) : bytes;
    const { written } = this.ocalls.call('print', { stream, bytes: chunk });
    return atMost(written, chunk.length, 'PRINT');
  }
  /** Reads input for the guest: at most `length` bytes, and none at the end. */
  readInput(length: number): Uint8Array {
    const wanted = Math.min(length, CHUNK_BYTES);
    const { bytes } = this.ocalls.call('readInput', { length: wanted });
    atMost(bytes.length, wanted, 'READ_INPUT');
    return bytes;
  }
  /** Returns the bytes of a module that another one imports; undefined where the untrusted side has none. */
  readModule(name: string): Uint8Array | undefined {
    return this.ocalls.call('readModule', { name }).bytes?.slice();
  }
}

function platformOf(options: TrustedPlatformOptions, ocalls: OcallPort): Platform & OsNetwork {
  const own = options.platform;
  const byOcall = options.clock === 'host';
  let last = 0n;
  const monotonic = (): bigint => {
    const { nanoseconds } = ocalls.call('clockTime', { clock: 'monotonic' });
    if (nanoseconds > last) last = nanoseconds;
    return last;
  };
  return {
    name: own.name,
    monotonicNow: byOcall ? () => Number(monotonic() / 1_000n) / 1_000 : () => own.monotonicNow(),
    realtimeNow: byOcall ? () => ocalls.call('clockTime', { clock: 'realtime' }).nanoseconds : () => own.realtimeNow(),
    cpuTimeNow: () => own.cpuTimeNow(),
    randomFill: options.random === 'host' ? (bytes) => fillByOcall(bytes, ocalls) : (bytes) => own.randomFill(bytes),
    log:
      options.log === 'own' ? (level, text) => own.log(level, text) : (level, text) => logByOcall(level, text, ocalls),
    sleep(ms) {
      ocalls.before?.();
      return own.sleep(ms);
    },
    ...(own.startTimer ? { startTimer: (ms, callback) => own.startTimer!(ms, callback) } : {}),
    yieldToEventLoop: () => own.yieldToEventLoop(),
    get startThread() {
      return own.startThread;
    },
    network: () => new OcallNetwork(ocalls, (ms) => void own.sleep(ms)),
  };
}

function fillByOcall(bytes: Uint8Array, ocalls: OcallPort): void {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, bytes.length - at);
    const chunk = ocalls.call('random', { length }).bytes;
    if (chunk.length !== length)
      throw new ProtocolError(`RANDOM: the untrusted side gave ${chunk.length} of ${length} bytes`);
    bytes.set(chunk, at);
  }
}

/** Sends a line of the log. One that the untrusted side does not take is lost: logging must not make a call fail. */
function logByOcall(level: LogLevel, text: string, ocalls: OcallPort): void {
  try {
    ocalls.call('log', { level, text: text.slice(0, CHUNK_BYTES) });
  } catch {
    // The line is lost.
  }
}
