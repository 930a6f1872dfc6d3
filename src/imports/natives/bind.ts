// Turns an embedder's function into one that guests can call: reads the arguments from the slots, checks pointers and strings against the guest's
// memory before the function runs, writes the results. Refuses results of the wrong type, by name.
import { quote } from '../../base/quote.js';
import { Block } from '../../runtime/block.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { checkForeignFunction } from '../../runtime/foreign-functions.js';
import type { NativeFunctionBody } from '../../runtime/function.js';
import { bytesAt, GuestPointer, GuestTexts, memoryOf } from '../../runtime/guest-memory.js';
import type { NativeFunction, NativeSymbol, RawNativeFunction } from '../../runtime/native-symbol.js';
import { plainValue } from '../../runtime/refs.js';
import type { Slots } from '../../runtime/slots.js';
import { readSlot, writeSlot } from '../../runtime/value.js';
import { UsageError } from '../../wasm/errors.js';
import { type FuncType, I64, type ValType } from '../../wasm/types.js';
import type { Letter, Signature } from './signature.js';

/** Reads one argument of the native from the slots. @param texts takes texts; undefined where the signature has none */
type ArgumentReader = (env: ExecEnv, slots: Slots, texts: GuestTexts | undefined) => unknown;

/** Makes the code of a native; its signature, where it has one, must fit the function type. */
export function bindNative(native: NativeSymbol, signature: Signature | undefined, type: FuncType): NativeFunctionBody {
  const readers = type.params.flatMap((param, k) => {
    const reader = readerOf(signature?.params ?? [], k, param);
    return reader ? [reader] : [];
  });
  const takesTexts = signature?.params.includes('string') ?? false;
  return native.raw
    ? rawCode(native.func, readers)
    : takesTexts
      ? textCode(native, readers, type)
      : plainCode(native, readers, type);
}

/** Makes the code of a plain function that takes and returns values of the function type: imports that are given as functions. */
export function bindFunction(name: string, func: NativeFunction, type: FuncType): NativeFunctionBody {
  return bindNative({ symbol: name, func }, undefined, type);
}

function rawCode(func: RawNativeFunction, readers: readonly ArgumentReader[]): NativeFunctionBody {
  return (env, slots) => {
    // These are read for the checks alone: a raw native takes its arguments from the slots.
    const texts = textsOf(env);
    try {
      for (const read of readers) read(env, slots, texts);
    } finally {
      texts.close();
    }
    return run(
      env,
      () => func(env, slots),
      () => {},
    );
  };
}

function plainCode(native: NativeSymbol, readers: readonly ArgumentReader[], type: FuncType): NativeFunctionBody {
  const func = native.func as (env: ExecEnv, ...args: unknown[]) => unknown;
  return (env, slots) => {
    const args = readers.map((read) => read(env, slots, undefined));
    return run(
      env,
      () => func(env, ...args),
      (value) => writeResults(native.symbol, type, value, env, slots),
    );
  };
}

/** Wraps natives that get texts: the texts are charged to the guest until the native has returned. */
function textCode(native: NativeSymbol, readers: readonly ArgumentReader[], type: FuncType): NativeFunctionBody {
  const func = native.func as (env: ExecEnv, ...args: unknown[]) => unknown;
  return (env, slots) => {
    const texts = textsOf(env);
    let pending: void | Block | Promise<void>;
    try {
      const args = readers.map((read) => read(env, slots, texts));
      pending = run(
        env,
        () => func(env, ...args),
        (value) => writeResults(native.symbol, type, value, env, slots),
      );
    } catch (error) {
      texts.close();
      throw error;
    }
    if (pending && !(pending instanceof Block)) return pending.finally(() => texts.close());
    texts.close();
    return pending;
  };
}

function textsOf({ instance, store }: ExecEnv): GuestTexts {
  return new GuestTexts(instance.budget, store.meter);
}

/**
 * Calls the native and finishes at once, or when the promise of an async native has settled. One of the libraries that gives a block is called again. An
 * exception that the native set on the instance is thrown.
 */
function run(env: ExecEnv, call: () => unknown, finish: (value: unknown) => void): void | Block | Promise<void> {
  const { instance } = env;
  // An exception that is already set belongs to another call.
  const before = instance.raised;
  const taken = (): unknown => {
    const { raised } = instance;
    if (raised === before) return null;
    instance.raised = null;
    return raised;
  };
  const returned = call();
  if (returned instanceof Block) return returned;
  const exception = taken();
  const done = (value: unknown, raised: unknown): void => {
    if (raised !== null) throw raised;
    finish(value);
  };
  // Other calls may set and clear the instance's exceptions while this one waits.
  if (isPromise(returned)) return returned.then((value) => done(value, exception ?? taken()));
  done(returned, exception);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function readerOf(letters: readonly Letter[], k: number, type: ValType): ArgumentReader | undefined {
  switch (letters[k]) {
    case 'length':
      return undefined;
    case 'string':
      return (env, slots, texts) => {
        const address = readAddress(slots, k, type);
        return address === 0 ? null : texts!.read(memoryOf(env), address);
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
    return new GuestPointer(env, memory, address);
  };
}

/** An unsigned address or length; a 64-bit one beyond 2^53 is not exact, but it is out of every bounds. */
function readAddress({ i32 }: Slots, k: number, type: ValType): number {
  const low = i32[k * 4]! >>> 0;
  return type === I64 ? (i32[k * 4 + 1]! >>> 0) * 0x1_0000_0000 + low : low;
}

function writeResults(name: string, { results }: FuncType, value: unknown, env: ExecEnv, slots: Slots): void {
  if (results.length === 0) return;
  const values = results.length === 1 ? [value] : Array.isArray(value) ? Array.from(value) : [];
  if (values.length !== results.length) {
    throw new UsageError(`native '${quote(name)}' returns an array of ${results.length} values`);
  }
  // All results are read before any is written: reading a value may run the embedder's code, and that code the guest.
  const plain = results.map((type, k) => {
    try {
      const plain = plainValue(values[k], type, env.store.types);
      checkForeignFunction(env.instance, env.store, plain, 'what it returns');
      return plain;
    } catch (error) {
      throw new UsageError(`native '${quote(name)}', result ${k}: ${(error as Error).message}`, { cause: error });
    }
  });
  for (const [k, type] of results.entries()) writeSlot(slots, k, type, plain[k]);
}
