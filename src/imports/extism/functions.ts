// The functions of `extism:host/env`, by name and type, over one guest's kernel; and functions of the embedder's over blocks of its memory.
// Refuses addresses and lengths outside of what the guest allocated.
import type { LogLevel } from '../../platform/platform.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { PluginError } from '../../runtime/plugin-error.js';
import type { FuncType } from '../../wasm/types.js';
import { I64 } from '../../wasm/types.js';
import type { BytesFunction, ExtismKernel } from './kernel.js';

export const EXTISM_MODULE = 'extism:host/env';

/** Our levels, by the guest's names. */
const LOG_LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'verbose',
  debug: 'debug',
  info: 'debug',
  warn: 'warning',
  error: 'error',
};
/** The guest's numbers: 0 is trace, 4 error. */
const LEVEL_NUMBERS: Readonly<Record<LogLevel, number>> = { verbose: 0, debug: 1, warning: 3, error: 4, fatal: 4 };

type Native = (...args: never[]) => unknown;

/** Natives for one guest. @param attach called with the guest that calls, before anything else */
export function extismNatives(kernel: ExtismKernel, attach: (env: ExecEnv) => void): NativeSymbol[] {
  const { memory } = kernel;
  const table: Readonly<Record<string, readonly [signature: string, func: Native]>> = {
    alloc: ['(I)I', (length: bigint) => BigInt(memory.allocate(Number(length)))],
    free: ['(I)', (address: bigint) => memory.free(Number(address))],
    length: ['(I)I', (address: bigint) => BigInt(memory.lengthOf(Number(address)))],
    length_unsafe: ['(I)I', (address: bigint) => BigInt(memory.lengthOf(Number(address)))],
    load_u8: ['(I)i', (address: bigint) => memory.at(Number(address), 1, 'load_u8').getUint8(Number(address))],
    load_u64: [
      '(I)I',
      (address: bigint) => memory.at(Number(address), 8, 'load_u64').getBigInt64(Number(address), true),
    ],
    store_u8: [
      '(Ii)',
      (address: bigint, value: number) => memory.at(Number(address), 1, 'store_u8').setUint8(Number(address), value),
    ],
    store_u64: [
      '(II)',
      (address: bigint, value: bigint) =>
        memory.at(Number(address), 8, 'store_u64').setBigInt64(Number(address), value, true),
    ],
    input_offset: ['()I', () => BigInt(kernel.inputAddress)],
    input_length: ['()I', () => BigInt(kernel.input.length)],
    input_load_u8: ['(I)i', (at: bigint) => inputAt(kernel, at, 1)[0]],
    input_load_u64: ['(I)I', (at: bigint) => word(inputAt(kernel, at, 8))],
    output_set: ['(II)', (address: bigint, length: bigint) => kernel.setOutput(Number(address), Number(length))],
    error_set: ['(I)', (address: bigint) => kernel.setError(Number(address))],
    config_get: ['(I)I', (name: bigint) => BigInt(kernel.config(Number(name)))],
    var_get: ['(I)I', (name: bigint) => BigInt(kernel.variable(Number(name)))],
    var_set: ['(II)', (name: bigint, value: bigint) => kernel.setVariable(Number(name), Number(value))],
    http_request: ['(II)I', (request: bigint, body: bigint) => later(kernel.http(Number(request), Number(body)))],
    http_status_code: ['()i', () => kernel.httpStatus],
    http_headers: ['()I', () => BigInt(kernel.httpHeaders)],
    get_log_level: ['()i', () => LEVEL_NUMBERS[kernel.logLevel]],
    ...Object.fromEntries(
      Object.entries(LOG_LEVELS).map(([name, level]) => [
        `log_${name}`,
        ['(I)', (text: bigint) => kernel.log(level, Number(text))] as const,
      ]),
    ),
  };
  return Object.entries(table).map(([symbol, [signature, func]]) => {
    const run = (env: ExecEnv, ...args: unknown[]): unknown => {
      attach(env);
      return (func as (...given: unknown[]) => unknown)(...args);
    };
    return { symbol, signature, func: run as NativeSymbol['func'] } as NativeSymbol;
  });
}

/** A function of the embedder's as an import: blocks in, at most one block out. @param type of the import: all of it addresses */
export function blockFunction(kernel: ExtismKernel, name: string, func: BytesFunction, attach: (env: ExecEnv) => void) {
  const { memory } = kernel;
  const store = ([output]: readonly Uint8Array[]): bigint => BigInt(output === undefined ? 0 : memory.store(output));
  return (env: ExecEnv, ...addresses: bigint[]): bigint | Promise<bigint> => {
    attach(env);
    return kernel.whenGiven(func(addresses.map((address) => memory.block(Number(address), name).slice())), store);
  };
}
/** Whether an import has a type that such a function can stand for. */
export function takesBlocks({ params, results }: FuncType): boolean {
  return results.length < 2 && [...params, ...results].every((type) => type === I64);
}

function inputAt({ input }: ExtismKernel, at: bigint, length: number): Uint8Array {
  const begin = Number(at);
  if (!(begin >= 0 && begin + length <= input.length)) {
    throw new PluginError(
      'out-of-bounds',
      `extism input_load: ${length} bytes at ${begin}, and the input has ${input.length}`,
    );
  }
  return input.subarray(begin, begin + length);
}
function word(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true);
}
function later(address: number | Promise<number>): bigint | Promise<bigint> {
  return typeof address === 'number' ? BigInt(address) : address.then(BigInt);
}
