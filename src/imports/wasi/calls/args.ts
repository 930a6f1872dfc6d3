// args_get, args_sizes_get, environ_get, environ_sizes_get: lists of strings, each ended by a NUL. Refuses pointers outside the memory.
import type { ExecEnv } from '../../../runtime/exec-env.js';
import { SUCCESS } from '../errno.js';
import { checkRange, memoryOf, writeU32 } from '../memory-layout.js';
import { type Call, call } from './call.js';

function totalBytes(strings: readonly Uint8Array[]): number {
  return strings.reduce((total, text) => total + text.length, 0);
}

/** Writes a pointer for each string, and the strings one after the other. */
function writeStrings(env: ExecEnv, strings: readonly Uint8Array[], pointers: number, bytes: number): number {
  const memory = memoryOf(env);
  checkRange(memory, pointers, strings.length * 4);
  checkRange(memory, bytes, totalBytes(strings));
  let at = bytes;
  strings.forEach((text, index) => {
    writeU32(memory, pointers + index * 4, at);
    memory.u8.set(text, at);
    at += text.length;
  });
  return SUCCESS;
}

function writeSizes(env: ExecEnv, strings: readonly Uint8Array[], count: number, bytes: number): number {
  const memory = memoryOf(env);
  checkRange(memory, count, 4);
  checkRange(memory, bytes, 4);
  writeU32(memory, count, strings.length);
  writeU32(memory, bytes, totalBytes(strings));
  return SUCCESS;
}

export const ARGS_CALLS: Readonly<Record<string, Call>> = {
  args_get: call('ii', (wasi, env, a) => writeStrings(env, wasi.arguments, a[0]! >>> 0, a[4]! >>> 0)),
  args_sizes_get: call('ii', (wasi, env, a) => writeSizes(env, wasi.arguments, a[0]! >>> 0, a[4]! >>> 0)),
  environ_get: call('ii', (wasi, env, a) => writeStrings(env, wasi.environment, a[0]! >>> 0, a[4]! >>> 0)),
  environ_sizes_get: call('ii', (wasi, env, a) => writeSizes(env, wasi.environment, a[0]! >>> 0, a[4]! >>> 0)),
};
