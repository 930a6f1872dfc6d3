// The bytes that the contents of GC objects are charged, as V8 spends them on the layout of runtime/gc.ts. Every mode charges the same.
import { byteSize, I64, type StorageType, type StructType, V128 } from './types.js';

/** The bytes of a field's entry: its place, and the box of a number that is no small integer. */
export const ENTRY_BYTES = 24;
/** The bytes of a reference in an array, since lists that grow have room for half as many more. */
const REFERENCE_BYTES = 12;
/**
 * The bytes that an array takes besides its elements, beyond what a struct takes besides its fields: its list, and a view of a buffer for numbers.
 */
export const ARRAY_BYTES = 192;

/** Returns the entries of a struct's fields: an i64 has two, a v128 four. */
export function structEntries({ fields }: StructType): number {
  return fields.reduce((sum, { type }) => sum + (type === I64 ? 2 : type === V128 ? 4 : 1), 0);
}
export function structBytes(type: StructType): number {
  return structEntries(type) * ENTRY_BYTES;
}
/** Returns the bytes of an array's element. Arrays of numbers are packed. */
export function elementBytes(type: StorageType): number {
  return type >= 0 ? REFERENCE_BYTES : byteSize(type);
}
export function arrayBytes(length: number, element: StorageType): number {
  return ARRAY_BYTES + length * elementBytes(element);
}
