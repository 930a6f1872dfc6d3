// The objects of the GC proposal as JavaScript objects, which the JavaScript garbage collector frees. i31 references are plain numbers. The fields
// are in one array: i8, i16, i32 and the bits of an f32 as an integer, f64 as a number, i64 as two integers (low first), v128 as four, a reference as
// itself.

import { INSPECT } from '../base/inspect.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { F32, I64, type StorageType, V128 } from '../wasm/types.js';

/** Checking for a private field runs no code of the value's author; `instanceof` may, since a Proxy can call the guest. */
export class GcStruct {
  readonly #brand = true;
  readonly type: DefinedType;
  readonly fields: unknown[];
  constructor(type: DefinedType, fields: unknown[]) {
    this.type = type;
    this.fields = fields;
  }
  static is(value: unknown): value is GcStruct {
    return typeof value === 'object' && value !== null && #brand in value;
  }
  [INSPECT](): string {
    return '[struct]';
  }
}

/** An array. Its elements have the same layout as fields: element k starts at k * width(element type). */
export class GcArray {
  readonly #brand = true;
  readonly type: DefinedType;
  readonly length: number;
  readonly elements: ArrayElements;
  constructor(type: DefinedType, length: number, elements: ArrayElements) {
    this.type = type;
    this.length = length;
    this.elements = elements;
  }
  static is(value: unknown): value is GcArray {
    return typeof value === 'object' && value !== null && #brand in value;
  }
  [INSPECT](): string {
    return `[array of ${this.length}]`;
  }
}
export type ArrayElements = Int8Array | Int16Array | Int32Array | Float64Array | unknown[];

/** The number of entries that a value of the type takes in the layout. */
export function width(type: StorageType): 1 | 2 | 4 {
  return type === I64 ? 2 : type === V128 ? 4 : 1;
}
/**
 * Makes an array for fields, which begin as null. V8 keeps an array of nothing but numbers in a form that quiets NaNs, permanently once it was
 * written; an array that has contained a null keeps every bit.
 */
export function newFields(count: number): unknown[] {
  return new Array<unknown>(count).fill(null);
}
/** Puts the values into an array that keeps every bit, like that of newFields: V8 does not treat rest parameters as an array of numbers. */
export function fieldsOf(...values: unknown[]): unknown[] {
  return values;
}
/** Makes the fields of a new object with default values: zeros and nulls. */
export function defaultFields(types: readonly StorageType[]): unknown[] {
  const offsets = fieldOffsets(types);
  const fields = newFields(offsets[types.length]!);
  types.forEach((type, i) => {
    if (type < 0) fields.fill(0, offsets[i], offsets[i + 1]);
  });
  return fields;
}
/** Returns where each field starts in the layout; the last entry is the total. */
export function fieldOffsets(types: readonly StorageType[]): number[] {
  const offsets = [0];
  for (const type of types) offsets.push(offsets[offsets.length - 1]! + width(type));
  return offsets;
}

const BITS = new Int32Array(1);
const FLOAT = new Float32Array(BITS.buffer);

/** Converts the layout to values for embedders: i64 as bigint, v128 as 16 bytes, f32 as a number. */
export function fieldsToValues(fields: readonly unknown[], types: readonly StorageType[]): unknown[] {
  let at = 0;
  return types.map((type) => {
    const start = at;
    at += width(type);
    switch (type) {
      case I64:
        return (BigInt(fields[start + 1] as number) << 32n) | BigInt((fields[start] as number) >>> 0);
      case F32:
        BITS[0] = fields[start] as number;
        return FLOAT[0];
      case V128:
        return new Uint8Array(new Int32Array(fields.slice(start, start + 4) as number[]).buffer);
      default:
        return fields[start];
    }
  });
}
/** The reverse: converts values to the layout. */
export function valuesToFields(values: readonly unknown[], types: readonly StorageType[]): unknown[] {
  const fields: unknown[] = [];
  types.forEach((type, i) => {
    const value = values[i];
    switch (type) {
      case I64:
        fields.push(Number(BigInt.asIntN(32, value as bigint)), Number(BigInt.asIntN(32, (value as bigint) >> 32n)));
        return;
      case F32:
        FLOAT[0] = value as number;
        fields.push(BITS[0]);
        return;
      case V128:
        fields.push(...new Int32Array((value as Uint8Array).slice().buffer));
        return;
      default:
        fields.push(value);
    }
  });
  return fields;
}
