// How the functions of this folder reach the guest: bytes, strings, output, and the clock. Addresses come as i32 and are unsigned. Refuses addresses
// outside the guest's memory, output beyond the limit, and to continue after the guest's deadline.
import { inParts } from '../../runtime/bulk.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { bytesAt, CHUNK_BYTES, indexOfByte, memoryOf } from '../../runtime/guest-memory.js';
import { type OutputFunction, STANDARD_OUTPUT } from '../../runtime/standard-output.js';
import { Trap } from '../../wasm/errors.js';

/** Returns a function to call for each byte of a loop. That function throws a LimitError (timeoutMs, signal), or a Trap when terminated. */
export function pace(env: ExecEnv): () => void {
  let left = CHUNK_BYTES;
  return () => {
    if (--left > 0) return;
    left = CHUNK_BYTES;
    env.store.meter.check();
  };
}
/** Returns a view of [address, address + length). Throws a Trap. */
export function bytes(env: ExecEnv, address: number, length: number): Uint8Array {
  return bytesAt(memoryOf(env), address >>> 0, length >>> 0);
}
/** Returns a view of the string at an address, without its NUL. Throws a Trap, and as pace(). */
export function string(env: ExecEnv, address: number): Uint8Array {
  const { u8 } = memoryOf(env).views;
  const start = address >>> 0;
  const end = indexOfByte(env.store.meter, u8, 0, start);
  if (end < 0) throw new Trap('memory-out-of-bounds');
  return u8.subarray(start, end);
}
/** Returns at most `most` bytes of a string, up to its NUL, which need not be there. Throws a Trap, and as pace(). */
export function stringUpTo(env: ExecEnv, address: number, most: number): Uint8Array {
  const { u8 } = memoryOf(env).views;
  const start = address >>> 0;
  const limit = Math.min(start + (most >>> 0), u8.length);
  const nul = start < limit ? indexOfByte(env.store.meter, u8.subarray(start, limit), 0) : -1;
  return bytes(env, address, nul < 0 ? most : nul);
}
/** Copies as memmove does. Throws a Trap before it writes anything, and as pace(). */
export function copy(env: ExecEnv, to: number, from: number, length: number): void {
  const target = bytes(env, to, length);
  const source = bytes(env, from, length);
  // Where the target begins inside the source, the copy goes from the end backwards.
  const backward = to >>> 0 > from >>> 0;
  inParts(env.store.meter, CHUNK_BYTES, target.length, backward, (at, count) => {
    target.set(source.subarray(at, at + count), at);
  });
}
/** Fills memory with a byte. Throws a Trap before it writes anything, and as pace(). */
export function fill(env: ExecEnv, to: number, value: number, length: number): void {
  const target = bytes(env, to, length);
  inParts(env.store.meter, CHUNK_BYTES, target.length, false, (at, count) => target.fill(value, at, at + count));
}
/** Writes to the guest's standard output. Throws a LimitError beyond the limit of output. */
export function print(env: ExecEnv, text: Uint8Array): void {
  const output = env.instance.attachments.get(STANDARD_OUTPUT) as OutputFunction | undefined;
  output?.(env, text.slice());
}
