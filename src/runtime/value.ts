// Values as embedders see them, and their conversion to and from call slots. Refuses values of the wrong JavaScript type by name.
import { quote } from '../base/quote.js';
import { F32, F64, type FuncType, I32, I64, V128, type ValType } from '../wasm/types.js';
import { FunctionInstance } from './function.js';
import type { Slots } from './slots.js';

/**
 * i32, f32, f64: number. i64: bigint. v128: Uint8Array of 16 bytes. References: null, a FunctionInstance, a GcStruct, a GcArray, a number (i31), a
 * WasmException (exnref), or any JavaScript value (externref).
 * The payload of an f32 or f64 NaN may change on the way, as in the JavaScript API of WebAssembly; slots keep it.
 */
export type WasmValue = unknown;

/** Whether all parameters, and the result if there is one, are numbers of JavaScript: converting those runs no code. */
export function isNumericSignature({ params, results }: FuncType): boolean {
  return results.length <= 1 && [...params, ...results].every((type) => type === I32 || type === F32 || type === F64);
}

const U64_MASK = 0xffff_ffffn;

/** Reads slot k as a value of a type. */
export function readSlot(slots: Slots, k: number, type: ValType): WasmValue {
  switch (type) {
    case I32:
      return slots.i32[k * 4];
    case I64:
      return (BigInt(slots.i32[k * 4 + 1]!) << 32n) | BigInt(slots.i32[k * 4]! >>> 0);
    case F32:
      return slots.f32[k * 4];
    case F64:
      return slots.f64[k * 2];
    case V128:
      return slots.u8.slice(k * 16, k * 16 + 16);
    default:
      return slots.refs[k];
  }
}

/**
 * Checks and copies a value of a number or vector type, so that writing it later runs no code of the value's author.
 * @throws TypeError that says what was given
 */
export function plainNumber(value: WasmValue, type: ValType): WasmValue {
  switch (type) {
    case I32:
      return asNumber(value, 'i32');
    case I64:
      return asBigInt(value);
    case F32:
      return asNumber(value, 'f32');
    case F64:
      return asNumber(value, 'f64');
    default:
      return asVector(value);
  }
}

/** Writes a value of a type to slot k. Throws a TypeError that says what was given. References are not checked here: see plainValue. */
export function writeSlot(slots: Slots, k: number, type: ValType, value: WasmValue): void {
  switch (type) {
    case I32:
      slots.i32[k * 4] = asNumber(value, 'i32');
      return;
    case I64: {
      const big = asBigInt(value);
      slots.i32[k * 4] = Number(big & U64_MASK);
      slots.i32[k * 4 + 1] = Number((big >> 32n) & U64_MASK);
      return;
    }
    case F32:
      slots.f32[k * 4] = asNumber(value, 'f32');
      return;
    case F64:
      slots.f64[k * 2] = asNumber(value, 'f64');
      return;
    case V128:
      slots.u8.set(asVector(value), k * 16);
      return;
    default:
      if (FunctionInstance.is(value)) value.publish();
      slots.refs[k] = value ?? null;
  }
}

function asNumber(value: unknown, type: string): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`an ${type} is a number, not ${describe(value)}`);
}
function asBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  throw new TypeError(
    `an i64 is a bigint, not ${describe(value)}${typeof value === 'number' ? ' (write 5n, not 5)' : ''}`,
  );
}
/** Returns a copy, since the bytes may be in memory that another thread writes. */
function asVector(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length === 16) return Uint8Array.prototype.slice.call(value);
  throw new TypeError(`a v128 is a Uint8Array of 16 bytes, not ${describe(value)}`);
}
function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return `the ${typeof value} ${quote(String(value))}`;
  try {
    return `an object (${quote(String(value.constructor?.name ?? 'no prototype'))})`;
  } catch {
    return 'an object';
  }
}
