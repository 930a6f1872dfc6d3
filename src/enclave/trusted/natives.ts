// Natives of the host as the runtime gets them: each call is an ocall by number. Memory crosses by copy in both directions.
// Refuses arguments that are larger than the host takes, and answers whose buffers are fewer, more, longer or shorter than those that were sent.
import { UsageError } from '../../wasm/errors.js';
import { ProtocolError } from '../protocol/errors.js';
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
import type { HostNatives, InstanceApi, NativeAnswer, NativeArgument } from './runtime-api.js';
import type { World } from './world.js';

/** What of the session natives need. */
export interface NativeContext {
  readonly world: World;
  readonly maxNativeBytes: number;
  handleOf(instance: InstanceApi | undefined): Handle<'instance'>;
  toHost(value: unknown): WireValue;
  toGuest(value: WireValue): unknown;
}

export function hostNatives(context: NativeContext, table: NativeTable): HostNatives {
  return {
    moduleName: table.moduleName,
    symbols: table.symbols.map(({ symbol, signature, id, async = false }) => ({
      symbol,
      signature,
      async: async && !context.world.blocking,
      checkSize: (bytes) => {
        const most = context.maxNativeBytes;
        if (bytes <= most) return;
        const name = `${table.moduleName}.${symbol}`;
        throw new UsageError(
          `native '${cut(name, MAX_NAME_CHARS)}': arguments of ${bytes} bytes, and the host takes ${most} (maxNativeBytes)`,
        );
      },
      call: (caller, args) => callNative(context, id, caller, args),
    })),
  };
}

function callNative(
  context: NativeContext,
  id: number,
  caller: InstanceApi | undefined,
  args: readonly NativeArgument[],
): NativeAnswer | Promise<NativeAnswer> {
  const values = args.map((arg) => toWire(context, arg));
  const answer = context.world.ocalls.callMaybeAsync('callNative', { id, instance: context.handleOf(caller), values });
  if (answer instanceof Promise) return answer.then((a) => check(context, args, a));
  return check(context, args, answer);
}

function toWire(context: NativeContext, arg: NativeArgument): WireArgument {
  if (typeof arg === 'string' || arg instanceof GuestBuffer || arg instanceof GuestAddress) return arg;
  return context.toHost(arg.value);
}

function check(
  context: NativeContext,
  args: readonly NativeArgument[],
  { values, buffers }: OcallResult<'callNative'>,
): NativeAnswer {
  const sent = args.filter((arg): arg is GuestBuffer => arg instanceof GuestBuffer);
  const same = buffers.length === sent.length && buffers.every((b, k) => b.length === sent[k]!.bytes.length);
  if (!same) throw new ProtocolError('CALL_NATIVE: the host gave other buffers than it was sent');
  return { values: values.map((value) => context.toGuest(value)), buffers };
}
