// Node (and Bun and Deno, through their node: modules) as a platform: clocks, randomness, log, waiting, files.
import { writeSync } from 'node:fs';
import { codeCacheWords } from '../code-cache-words.js';
import type { OsFiles } from '../files.js';
import type { OsNetwork } from '../net.js';
import type { LogLevel, Platform } from '../platform.js';
import { OsFileSystem } from './os-directory.js';
import { NodeNetwork } from './os-network.js';
import { standardStream } from './standard-streams.js';
import { startThread, threadFile } from './threads.js';
import { startTimer } from './timer.js';

/** WebCrypto fills at most this many bytes a call. */
const RANDOM_CHUNK = 65_536;

/**
 * The monotonic clock counts from here before a platform was made: guests read it, and the operating system's own origin would reveal how long the
 * machine has been up. It is not 0: some guests take a clock that says 0, as a coarse one would, for one that does not work.
 */
const BEFORE_START_NS = 1_000_000_000n;

/** A platform with files and a network: what the WASI imports need. */
export type NodePlatform = Platform & OsFiles & OsNetwork;

/**
 * @param log takes each log line; standard error unless given
 * @param codeCache a folder for the code that V8 makes of the file that workers for threads of guests run; none unless given
 */
export function nodePlatform(log: (line: string) => void = toStandardError, codeCache?: string): NodePlatform {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const start = process.hrtime.bigint() - BEFORE_START_NS;
  return {
    name: 'node',
    // This is not performance.now(), for which Node loads a module.
    monotonicNow: () => Number(process.hrtime.bigint() - start) / 1e6,
    realtimeNow: realtime,
    cpuTimeNow: () => {
      const { user, system } = process.cpuUsage();
      return BigInt(user + system) * 1_000n;
    },
    randomFill: (bytes) => {
      for (let at = 0; at < bytes.length; at += RANDOM_CHUNK) {
        globalThis.crypto.getRandomValues(bytes.subarray(at, at + RANDOM_CHUNK));
      }
    },
    log: (level: LogLevel, text: string) => log(`[enclasm ${level}] ${text}\n`),
    sleep: (ms) => {
      Atomics.wait(cell, 0, 0, ms);
      return true;
    },
    startTimer,
    transferBuffer: (buffer) => structuredClone(buffer, { transfer: [buffer] }),
    yieldToEventLoop: () => new Promise((resolve) => setImmediate(resolve)),
    directory: (path) => new OsFileSystem(path),
    standardStream,
    network: () => new NodeNetwork(),
    get startThread() {
      const file = threadFile();
      const words = codeCacheWords(codeCache);
      return file === undefined ? undefined : (onMessage: () => void) => startThread(file, words, onMessage);
    },
  };
}

/** Milliseconds that the two clocks below may differ before the wall clock must have been set. */
const CLOCK_STEP_MS = 2;
let wallMinusMonotonic = 0n;

/** Date.now() is coarse: this clock counts on from it with the monotonic clock, and starts over when the wall clock was set. */
function realtime(): bigint {
  const monotonic = process.hrtime.bigint();
  const wall = Date.now();
  const now = monotonic + wallMinusMonotonic;
  if (Math.abs(Number(now / 1_000_000n) - wall) <= CLOCK_STEP_MS) return now;
  wallMinusMonotonic = BigInt(wall) * 1_000_000n - monotonic;
  return monotonic + wallMinusMonotonic;
}

function toStandardError(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // Standard error is closed: a lost log line is not worth a failure.
  }
}
