// What the contents of GC objects are charged, in bytes as V8 spends them on the layout of runtime/gc.ts: one fact for all modes.
import { byteSize, I64, type StorageType, type StructType, V128 } from './types.js';

/** Of a field's entry: its place, and the box of a number that is no small integer. */
export const ENTRY_BYTES = 24;
/** Of a reference in an array: lists that grow have room for half as many more. */
const REFERENCE_BYTES = 12;
/** What an array takes beside its elements more than a struct beside its fields: its list, a view of a buffer where it holds numbers. */
export const ARRAY_BYTES = 192;

/** Entries of a struct's fields: an i64 is two, a v128 four. */
export function structEntries({ fields }: StructType): number {
  return fields.reduce((sum, { type }) => sum + (type === I64 ? 2 : type === V128 ? 4 : 1), 0);
}
export function structBytes(type: StructType): number {
  return structEntries(type) * ENTRY_BYTES;
}
/** Arrays of numbers are packed. */
export function elementBytes(type: StorageType): number {
  return type >= 0 ? REFERENCE_BYTES : byteSize(type);
}
export function arrayBytes(length: number, element: StorageType): number {
  return ARRAY_BYTES + length * elementBytes(element);
}
