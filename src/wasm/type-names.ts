// Types as people write them in the text format: for messages and the printer. Refuses to read text.
import * as t from './types.js';

const NUMBERS: Readonly<Record<number, string>> = {
  [t.I32]: 'i32',
  [t.I64]: 'i64',
  [t.F32]: 'f32',
  [t.F64]: 'f64',
  [t.V128]: 'v128',
  [t.I8]: 'i8',
  [t.I16]: 'i16',
};

const HEAPS: Readonly<Record<number, string>> = {
  [t.HEAP_NOEXN]: 'noexn',
  [t.HEAP_NOFUNC]: 'nofunc',
  [t.HEAP_NOEXTERN]: 'noextern',
  [t.HEAP_NONE]: 'none',
  [t.HEAP_FUNC]: 'func',
  [t.HEAP_EXTERN]: 'extern',
  [t.HEAP_ANY]: 'any',
  [t.HEAP_EQ]: 'eq',
  [t.HEAP_I31]: 'i31',
  [t.HEAP_STRUCT]: 'struct',
  [t.HEAP_ARRAY]: 'array',
  [t.HEAP_EXN]: 'exn',
};

/** Returns a heap type's keyword, or what `defined` makes of a type index. */
export function heapTypeName(heap: t.HeapType, defined: (index: number) => string = String): string {
  return heap >= 0 ? defined(heap) : (HEAPS[heap] ?? 'bottom');
}

/** The shorthands that are not the heap type's name and `ref`. */
const NULL_REFS: Readonly<Record<number, string>> = {
  [t.HEAP_NONE]: 'nullref',
  [t.HEAP_NOFUNC]: 'nullfuncref',
  [t.HEAP_NOEXTERN]: 'nullexternref',
  [t.HEAP_NOEXN]: 'nullexnref',
};

/** Returns the text of a value or storage type: `i32`, `funcref`, `(ref null 3)`, `(ref func)`. */
export function typeName(type: t.StorageType, defined?: (index: number) => string): string {
  if (type < 0) return NUMBERS[type] ?? 'anything';
  const heap = t.heapOf(type);
  if (heap in HEAPS && t.isNullable(type)) return NULL_REFS[heap] ?? `${HEAPS[heap]}ref`;
  return `(ref ${t.isNullable(type) ? 'null ' : ''}${heapTypeName(heap, defined)})`;
}
