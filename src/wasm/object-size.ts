// What the contents of GC objects are charged, in bytes as V8 spends them on the layout of runtime/gc.ts: one fact for all modes.
import { byteSize, I64, type StorageType, type StructType, V128 } from './types.js';

/** Of a field's entry, and of a reference in an array. */
export const ENTRY_BYTES = 8;

/** Of a struct's fields: an i64 is two entries, a v128 four. */
export function structBytes({ fields }: StructType): number {
  const entries = (type: StorageType): number => (type === I64 ? 2 : type === V128 ? 4 : 1);
  return fields.reduce((sum, { type }) => sum + entries(type) * ENTRY_BYTES, 0);
}
/** Arrays of numbers are packed. */
export function elementBytes(type: StorageType): number {
  return type >= 0 ? ENTRY_BYTES : byteSize(type);
}
