// Turns an embedder's function into one that guests can call: reads the arguments from the slots, checks pointers and strings against
// the guest's memory before the function runs, writes the results. Refuses results of the wrong type, by name.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { HostCode } from '../../runtime/function.js';
import { bytesAt, GuestPointer, memoryOf, readString } from '../../runtime/guest-memory.js';
import type { NativeFunction, NativeSymbol, RawNativeFunction } from '../../runtime/native-symbol.js';
import { checkReference } from '../../runtime/refs.js';
import type { Slots } from '../../runtime/slots.js';
import { readSlot, writeSlot } from '../../runtime/value.js';
import { UsageError } from '../../wasm/errors.js';
import { type FuncType, I64, isRef, type ValType } from '../../wasm/types.js';
import type { Letter, Signature } from './signature.js';

/** Reads one argument of the native from the slots. */
type ArgumentReader = (env: ExecEnv, slots: Slots) => unknown;

/** The code of a native whose signature, where it has one, fits the type. */
export function bindNative(native: NativeSymbol, signature: Signature | undefined, type: FuncType): HostCode {
  const readers = type.params.flatMap((param, k) => {
    const reader = readerOf(signature?.params ?? [], k, param);
    return reader ? [reader] : [];
  });
  return native.raw ? rawCode(native.func, readers) : plainCode(native, readers, type);
}

/** The code of a plain function that takes and returns values of the type: what imports given as functions become. */
export function bindFunction(name: string, func: NativeFunction, type: FuncType): HostCode {
  return bindNative({ symbol: name, func }, undefined, type);
}

function rawCode(func: RawNativeFunction, readers: readonly ArgumentReader[]): HostCode {
  return (env, slots) => {
    // Read for the checks alone: a raw native takes its arguments from the slots.
    for (const read of readers) read(env, slots);
    return run(
      env,
      () => func(env, slots),
      () => {},
    );
  };
}

function plainCode(native: NativeSymbol, readers: readonly ArgumentReader[], type: FuncType): HostCode {
  const func = native.func as (env: ExecEnv, ...args: unknown[]) => unknown;
  return (env, slots) => {
    const args = readers.map((read) => read(env, slots));
    return run(
      env,
      () => func(env, ...args),
      (value) => writeResults(native.symbol, type, value, env, slots),
    );
  };
}

/** Calls the native and finishes at once, or when the promise of an async one is there. An exception that it set is thrown. */
function run(env: ExecEnv, call: () => unknown, finish: (value: unknown) => void): void | Promise<void> {
  const { instance } = env;
  // What stands there already is from an earlier call, of another instance perhaps.
  const before = instance.exception;
  const done = (value: unknown): void => {
    if (instance.exception !== null && instance.exception !== before) throw instance.exception;
    finish(value);
  };
  const returned = call();
  if (isPromise(returned)) return returned.then(done);
  done(returned);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function readerOf(letters: readonly Letter[], k: number, type: ValType): ArgumentReader | undefined {
  switch (letters[k]) {
    case 'length':
      return undefined;
    case 'string':
      return (env, slots) => {
        const address = readAddress(slots, k, type);
        return address === 0 ? null : readString(memoryOf(env), address);
      };
    case 'pointer':
      if (letters[k + 1] !== 'length') return pointerReader(k, type);
      return (env, slots) => bytesAt(memoryOf(env), readAddress(slots, k, type), readAddress(slots, k + 1, type));
    default:
      return (_env, slots) => readSlot(slots, k, type);
  }
}

function pointerReader(k: number, type: ValType): ArgumentReader {
  return (env, slots) => {
    const address = readAddress(slots, k, type);
    if (address === 0) return null;
    const memory = memoryOf(env);
    bytesAt(memory, address, 1);
    return new GuestPointer(memory, address);
  };
}

/** An unsigned address or length; a 64-bit one beyond 2^53 is not exact but out of every bounds. */
function readAddress({ i32 }: Slots, k: number, type: ValType): number {
  const low = i32[k * 4]! >>> 0;
  return type === I64 ? (i32[k * 4 + 1]! >>> 0) * 0x1_0000_0000 + low : low;
}

function writeResults(name: string, { results }: FuncType, value: unknown, env: ExecEnv, slots: Slots): void {
  if (results.length === 0) return;
  const values = results.length === 1 ? [value] : value;
  if (!Array.isArray(values) || values.length !== results.length) {
    throw new UsageError(`native '${name}' returns an array of ${results.length} values`);
  }
  results.forEach((type, k) => {
    try {
      if (isRef(type)) checkReference(values[k], type, env.store.types);
      writeSlot(slots, k, type, values[k]);
    } catch (error) {
      if (error instanceof TypeError) throw new UsageError(`native '${name}', result ${k}: ${error.message}`);
      throw error;
    }
  });
}
