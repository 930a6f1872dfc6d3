// Makes the structs and arrays of guests in the modes that represent them by the runtime's own objects: charges them, with checkpoints, and fills
// them from segments. Refuses what does not fit into the budget, the JavaScript engine, or a segment.
import { Trap } from '../wasm/errors.js';
import { arrayBytes, ENTRY_BYTES } from '../wasm/object-size.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { type ArrayType, byteSize, type StorageType } from '../wasm/types.js';
import { newElements } from './bulk.js';
import { GcArray, GcStruct } from './gc.js';
import type { Instance } from './instance.js';
import { checkpointBeforeMaking, makeCharged } from './object-charge.js';

export const elementType = (type: DefinedType): StorageType => (type.composite as ArrayType).element.type;

/** @throws LimitError memoryBytes, and as Meter.check() */
export function makeStruct(instance: Instance, type: DefinedType, fields: unknown[]): GcStruct {
  checkpointBeforeMaking(instance.store.meter, fields.length);
  return makeCharged(instance, fields.length * ENTRY_BYTES, () => new GcStruct(type, fields));
}
/** Makes an array whose elements are zero or null. @throws Trap out-of-memory; as makeStruct */
export function makeArray(instance: Instance, type: DefinedType, length: number): GcArray {
  const element = elementType(type);
  try {
    return makeCharged(
      instance,
      arrayBytes(length, element),
      () => new GcArray(type, length, newElements(instance.store.meter, element, length)),
    );
  } catch (error) {
    if (error instanceof RangeError) throw new Trap('out-of-memory');
    throw error;
  }
}

/** Checks the bounds before an array of this length is made from a data segment's bytes. @throws Trap */
export function checkData(type: DefinedType, data: Uint8Array, from: number, length: number): void {
  if (from + length * byteSize(elementType(type)) > data.length) throw new Trap('memory-out-of-bounds');
}
/** Copies elements from a data segment's bytes. @throws Trap */
export function copyData(array: GcArray, at: number, data: Uint8Array, from: number, length: number): void {
  checkData(array.type, data, from, length);
  const size = byteSize(elementType(array.type));
  const elements = array.elements as Int8Array | Int16Array | Int32Array | Float64Array;
  const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  bytes.set(data.subarray(from, from + length * size), at * size);
}
/** Copies elements from an element segment. @throws Trap */
export function copyItems(array: GcArray, at: number, items: readonly unknown[], from: number, length: number): void {
  if (from + length > items.length) throw new Trap('table-out-of-bounds');
  const elements = array.elements as unknown[];
  for (let i = 0; i < length; i++) elements[at + i] = items[from + i];
}
