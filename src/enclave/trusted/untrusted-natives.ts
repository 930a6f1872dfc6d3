// Natives of the untrusted side as the runtime gets them: each call is an ocall by number. Memory crosses by copy in both directions.
// Refuses arguments that are larger than the untrusted side takes, and answers whose buffers differ in number or length from those that were
// sent.
import { instanceOf, type WasmInstance } from '../../embed/instance/wasm-instance.js';
import { type Letter, parseSignature } from '../../imports/natives/signature.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import { bytesAt, GuestPointer, memoryOf } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { UsageError } from '../../wasm/errors.js';
import { ProtocolError } from '../protocol/enclave-errors.js';
import {
  cut,
  GuestAddress,
  GuestBuffer,
  type Handle,
  MAX_NAME_CHARS,
  type WireArgument,
  type WireValue,
} from '../protocol/fields.js';
import type { OcallResult } from '../protocol/ocalls.js';
import type { NativeTable } from '../protocol/structures.js';
import type { NativeModule } from './init-runtime.js';
import type { TrustedPlatform } from './trusted-platform.js';

/** The part of the session that natives need. */
export interface NativeContext {
  readonly platform: TrustedPlatform;
  readonly maxNativeBytes: number;
  handleOf(instance: WasmInstance): Handle<'instance'>;
  toWire(value: unknown): WireValue;
  toGuest(value: WireValue): unknown;
}

type Answer = OcallResult<'callNative'>;
type NativeRow = NativeTable['symbols'][number];

/** Makes a table of natives for the runtime from one of the untrusted side. */
export function untrustedNatives(context: NativeContext, { moduleName, symbols }: NativeTable): NativeModule {
  return {
    moduleName,
    symbols: symbols.map((row): NativeSymbol => {
      const { symbol, signature, async = false } = row;
      const func = signature === undefined ? plainNative(context, row) : pointerNative(context, moduleName, row);
      return { symbol, signature, async: async && !context.platform.blocking, func: func as NativeFunction };
    }),
  };
}
/** A function whose arguments depend on its signature, so that TypeScript cannot know their types. */
type NativeFunction = Extract<NativeSymbol, { readonly raw?: false | undefined }>['func'] & (() => unknown);
type Native = (env: ExecEnv, ...args: unknown[]) => unknown;

/** Makes a native without a signature, whose arguments are values only. */
function plainNative(context: NativeContext, { id }: NativeRow): Native {
  return (env, ...args) =>
    ask(
      context,
      id,
      instanceOf(env),
      args.map((value) => context.toWire(value)),
      ({ values }) => returned(context, values),
    );
}

/**
 * Makes a native with pointers, which the runtime checks before it is called. Buffers go out as copies; those of the answer are written to the
 * same addresses, which are checked again, because the guest's memory may have moved or grown while the native ran.
 */
function pointerNative(context: NativeContext, moduleName: string, { id, symbol, signature }: NativeRow): Native {
  // The signature is parsed at the first call, because the registration has to refuse a bad one.
  let letters: readonly Letter[] | undefined;
  return (env, ...args) => {
    const buffers: { readonly address: number; readonly length: number }[] = [];
    const caller = env.instance;
    letters ??= parseSignature(signature!).params.filter((letter) => letter !== 'length');
    checkSize(context, `${moduleName}.${symbol}`, args);
    const sent = args.map((value, k): WireArgument => {
      const letter = letters![k];
      if (letter === 'string' && typeof value === 'string') return value;
      if (letter === 'pointer' && value instanceof GuestPointer) return new GuestAddress(value.address);
      if (letter !== 'pointer' || !(value instanceof Uint8Array)) return context.toWire(value);
      buffers.push({ address: value.byteOffset - memoryOf(env).views.u8.byteOffset, length: value.length });
      return new GuestBuffer(value.slice());
    });
    return ask(context, id, instanceOf(env), sent, (answer) => {
      env.instance = caller;
      const values = returned(context, answer.values);
      for (const [k, { address, length }] of buffers.entries()) {
        bytesAt(memoryOf(env), address, length).set(answer.buffers[k]!);
      }
      return values;
    });
  };
}

/** Throws, before anything is copied, where texts and buffers together are more bytes than the untrusted side takes. */
function checkSize(context: NativeContext, name: string, args: readonly unknown[]): void {
  const bytes = args.reduce<number>((sum, value) => sum + sizeOf(value), 0);
  const most = context.maxNativeBytes;
  if (bytes <= most) return;
  throw new UsageError(
    `native '${cut(name, MAX_NAME_CHARS)}': arguments of ${bytes} bytes, and the host takes ${most} (maxNativeBytes)`,
  );
}
/** Returns the bytes of an argument; for a text at least its characters, because its exact size is known when it is written. */
function sizeOf(value: unknown): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}

/** Makes the ocall. Returns a promise where the embedder's function is async and the trusted side cannot wait for it. */
function ask(
  context: NativeContext,
  id: number,
  caller: WasmInstance,
  values: readonly WireArgument[],
  finish: (answer: Answer) => unknown,
): unknown {
  const answer = context.platform.ocalls.callMaybeAsync('callNative', {
    id,
    instance: context.handleOf(caller),
    values,
  });
  if (answer instanceof Promise) return answer.then((later) => finish(checked(values, later)));
  return finish(checked(values, answer));
}

function checked(sent: readonly WireArgument[], answer: Answer): Answer {
  const wanted = sent.filter((value): value is GuestBuffer => value instanceof GuestBuffer);
  const { buffers } = answer;
  const same = buffers.length === wanted.length && buffers.every((b, k) => b.length === wanted[k]!.bytes.length);
  if (!same) throw new ProtocolError('CALL_NATIVE: the untrusted side gave other buffers than it was sent');
  return answer;
}

/** Returns one value as itself and several as an array, as natives do. */
function returned(context: NativeContext, values: readonly WireValue[]): unknown {
  const given = values.map((value) => context.toGuest(value));
  return given.length === 1 ? given[0] : given;
}
