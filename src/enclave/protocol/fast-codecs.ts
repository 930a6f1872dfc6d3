// Codecs written by hand for the commands that are sent most: PING, and CALL_WASM with numbers. They write the same bytes as the table's codec.
// They refuse unusual values by giving up: the table's codec then encodes them, or says what is wrong.

import type { Usage } from '../../wasm/usage-table.js';
import type { Args, Result } from './commands.js';
import { ProtocolError } from './enclave-errors.js';
import { type Handle, SIZE_HIGH_LIMIT, TAG, TWO32, type WireValue } from './fields.js';
import type { PacketReader, PacketWriter } from './packet.js';

/** A codec for fields that are all slots: it writes and reads the packet's words directly. */
export interface FastSlots {
  readonly place: 'slots';
  /** Returns false, or throws a TypeError, where it gives up; the caller then writes the packet anew. @param at the first slot's word */
  write(words: Int32Array, at: number, values: object): boolean;
  /** Returns undefined where it gives up; the caller then reads the packet anew. */
  read(words: Int32Array, at: number): object | undefined;
}
/** A codec for fields of any kind. */
export interface FastFields {
  readonly place: 'any';
  write(writer: PacketWriter, values: object): boolean;
  /** Returns undefined, or throws a ProtocolError, where it gives up; the caller then reads the packet anew. */
  read(reader: PacketReader): object | undefined;
}
export type FastCodec = FastSlots | FastFields;

const { number: TAG_NUMBER, bigint: TAG_BIGINT } = TAG;

function fieldsOf(object: object): number {
  let count = 0;
  for (const _ in object) count++;
  return count;
}

/** Whether the value is a `size` or a handle. */
function isSize(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value);
}
/** Returns false where the value is not a `size`. */
function writeSize(writer: PacketWriter, value: unknown): boolean {
  if (!isSize(value)) return false;
  writer.pair(value | 0, (value / TWO32) | 0);
  return true;
}
function sizeOf(low: number, high: number): number {
  return high === 0 ? low >>> 0 : (high >>> 0) * TWO32 + (low >>> 0);
}

const pingArgs: FastSlots = {
  place: 'slots',
  write(words, at, values) {
    const { a, b, c, d } = values as Args<'ping'>;
    // A number that `>>> 0` leaves as it is is a whole number of 32 bits.
    if (a >>> 0 !== a || b >>> 0 !== b || c >>> 0 !== c || d >>> 0 !== d || fieldsOf(values) !== 4) return false;
    words[at] = a;
    words[at + 1] = 0;
    words[at + 2] = b;
    words[at + 3] = 0;
    words[at + 4] = c;
    words[at + 5] = 0;
    words[at + 6] = d;
    words[at + 7] = 0;
    return true;
  },
  read(words, at): Args<'ping'> | undefined {
    if ((words[at + 1]! | words[at + 3]! | words[at + 5]! | words[at + 7]!) !== 0) return undefined;
    return { a: words[at]! >>> 0, b: words[at + 2]! >>> 0, c: words[at + 4]! >>> 0, d: words[at + 6]! >>> 0 };
  },
};

/** Writes a payload of numbers and bigints; returns false for other values. */
function writeValues(writer: PacketWriter, values: readonly WireValue[]): boolean {
  if (!Array.isArray(values)) return false;
  writer.beginPayload();
  writer.count(values.length);
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (typeof value === 'number') {
      writer.byte(TAG_NUMBER);
      writer.double(value);
    } else if (typeof value === 'bigint') {
      const signed = BigInt.asIntN(64, value);
      if (signed !== value) return false;
      writer.byte(TAG_BIGINT);
      writer.pair(Number(BigInt.asIntN(32, signed)), Number(signed >> 32n));
    } else return false;
  }
  writer.endPayload();
  return true;
}

function readValues(reader: PacketReader): WireValue[] | undefined {
  reader.beginPayload();
  const count = reader.count();
  if (count > reader.left) return undefined;
  const values: WireValue[] = [];
  for (let k = 0; k < count; k++) {
    const tag = reader.byte();
    if (tag === TAG_NUMBER) values.push(reader.double());
    else if (tag === TAG_BIGINT) {
      const low = reader.word();
      values.push((BigInt(reader.word()) << 32n) | BigInt(low >>> 0));
    } else return undefined;
  }
  reader.endPayload();
  return values;
}

/** The arguments of a call without limits of its own. */
const callArgs: FastFields = {
  place: 'any',
  write(writer, args) {
    const { execEnv, function: func, values, limits } = args as Args<'callWasm'>;
    if (limits !== undefined || !isSize(execEnv) || !isSize(func)) return false;
    if (fieldsOf(args) !== ('limits' in args ? 4 : 3)) return false;
    writer.slot(execEnv | 0, (execEnv / TWO32) | 0);
    writer.slot(func | 0, (func / TWO32) | 0);
    if (!writeValues(writer, values)) return false;
    writer.beginPayload();
    writer.byte(0);
    writer.endPayload();
    return true;
  },
  read(reader) {
    const envLow = reader.nextLow();
    const envHigh = reader.nextHigh();
    const low = reader.nextLow();
    const high = reader.nextHigh();
    if (envHigh >>> 0 >= SIZE_HIGH_LIMIT || high >>> 0 >= SIZE_HIGH_LIMIT) return undefined;
    const values = readValues(reader);
    if (values === undefined) return undefined;
    reader.beginPayload();
    if (reader.byte() !== 0) return undefined;
    reader.endPayload();
    return {
      execEnv: sizeOf(envLow, envHigh) as Handle<'execEnv'>,
      function: sizeOf(low, high) as Handle<'function'>,
      values,
    };
  },
};

/** The result of a call with a usage, whether it counts fuel or not. */
const callResult: FastFields = {
  place: 'any',
  write(writer, result) {
    const { values, usage } = result as Result<'callWasm'>;
    if (usage === undefined || fieldsOf(result) !== 2 || !writeValues(writer, values)) return false;
    writer.beginPayload();
    writer.byte(1);
    if (!writeUsage(writer, usage)) return false;
    writer.endPayload();
    return true;
  },
  read(reader): Result<'callWasm'> | undefined {
    const values = readValues(reader);
    if (values === undefined) return undefined;
    reader.beginPayload();
    if (reader.byte() !== 1) return undefined;
    const usage = readUsage(reader);
    reader.endPayload();
    return { values, usage };
  },
};

function writeUsage(writer: PacketWriter, usage: Usage): boolean {
  const { fuel } = usage;
  if (typeof usage.wallMs !== 'number' || fieldsOf(usage) !== fieldsOfUsage(usage)) return false;
  if (!writeOptional(writer, fuel)) return false;
  writer.double(usage.wallMs);
  return (
    writeSize(writer, usage.memoryBytes) &&
    writeSize(writer, usage.peakMemoryBytes) &&
    writeSize(writer, usage.hostCalls) &&
    writeSize(writer, usage.bytesRead) &&
    writeSize(writer, usage.bytesWritten) &&
    writeOptional(writer, usage.threads) &&
    writeOptional(writer, usage.peakThreads) &&
    writeOptional(writer, usage.schedule)
  );
}
/** Those that it should have: some may be absent. */
function fieldsOfUsage(usage: Usage): number {
  let count = 6;
  if ('fuel' in usage) count++;
  if ('threads' in usage) count++;
  if ('peakThreads' in usage) count++;
  if ('schedule' in usage) count++;
  return count;
}
function writeOptional(writer: PacketWriter, value: number | undefined): boolean {
  writer.byte(value === undefined ? 0 : 1);
  return value === undefined || writeSize(writer, value);
}
/** Throws where there is no optional size: the table's codec says so then. */
function readOptional(reader: PacketReader): number | undefined {
  const tag = reader.byte();
  if (tag > 1) throw new ProtocolError('not an optional size');
  return tag === 1 ? readSize(reader) : undefined;
}
function readUsage(reader: PacketReader): Usage {
  return {
    fuel: readOptional(reader),
    wallMs: reader.double(),
    memoryBytes: readSize(reader),
    peakMemoryBytes: readSize(reader),
    hostCalls: readSize(reader),
    bytesRead: readSize(reader),
    bytesWritten: readSize(reader),
    threads: readOptional(reader),
    peakThreads: readOptional(reader),
    schedule: readOptional(reader),
  };
}
/** Throws where the words are not a `size`; the table's codec then says so. */
function readSize(reader: PacketReader): number {
  const low = reader.word();
  const high = reader.word();
  if (high >>> 0 >= SIZE_HIGH_LIMIT) throw new ProtocolError('not a size');
  return sizeOf(low, high);
}

/** The codecs by key of the command table. */
export const FAST_CODECS: {
  readonly [command: string]: { readonly args: FastCodec; readonly result: FastCodec } | undefined;
} = { ping: { args: pingArgs, result: pingArgs }, callWasm: { args: callArgs, result: callResult } };
