// How the functions of this folder reach the guest: bytes, strings, output. Addresses come as i32 and are unsigned.
// Refuses what lies outside the guest's memory, and output beyond the limit.
import type { ExecEnv } from '../../runtime/exec-env.js';
import { bytesAt, memoryOf, stringLength } from '../../runtime/guest-memory.js';
import { type OutputFunction, STANDARD_OUTPUT } from '../../runtime/standard-output.js';

/** [address, address + length) in place. Throws a Trap. */
export function bytes(env: ExecEnv, address: number, length: number): Uint8Array {
  return bytesAt(memoryOf(env), address >>> 0, length >>> 0);
}
/** The string at an address, without its NUL, in place. Throws a Trap. */
export function string(env: ExecEnv, address: number): Uint8Array {
  return bytes(env, address, stringLength(memoryOf(env), address >>> 0));
}
/** At most `most` bytes of a string, up to its NUL; it need not have one. Throws a Trap. */
export function stringUpTo(env: ExecEnv, address: number, most: number): Uint8Array {
  const { u8 } = memoryOf(env).views;
  const start = address >>> 0;
  const limit = Math.min(start + (most >>> 0), u8.length);
  const nul = start < limit ? u8.subarray(start, limit).indexOf(0) : -1;
  return bytes(env, address, nul < 0 ? most : nul);
}
/** Writes to the guest's standard output. Throws a LimitError (outputBytes). */
export function print(env: ExecEnv, text: Uint8Array): void {
  const output = env.instance.attachments.get(STANDARD_OUTPUT) as OutputFunction | undefined;
  output?.(env, text.slice());
}
