// The types of references at run time, against which casts, indirect calls and the embedder's arguments are checked. Refuses nothing itself;
// plainValue names what does not fit.
import type { DefinedType, TypeRegistry } from '../wasm/subtyping.js';
import { isSubtypeOf } from '../wasm/subtyping.js';
import { heapTypeName } from '../wasm/type-names.js';
import * as t from '../wasm/types.js';
import { WasmException } from './exception.js';
import { FunctionInstance } from './function.js';
import { GcArray, GcStruct } from './gc.js';
import { plainNumber } from './value.js';

/** Whether a JavaScript value represents an i31: a whole number in its range. i31 values are kept sign-extended. */
export function isI31(value: unknown): value is number {
  return typeof value === 'number' && (value << 1) >> 1 === value;
}

/** Returns the defined type of a function, struct or array; undefined for other values. */
function definedTypeOf(value: unknown): DefinedType | undefined {
  return GcStruct.is(value) || GcArray.is(value) || FunctionInstance.is(value) ? value.type : undefined;
}

/**
 * Whether `value` is of the reference type (heap, nullable). A type index in `heap` is an id of the registry.
 * Any value is an externref and an anyref, since external values can be either.
 */
export function refMatches(value: unknown, heap: t.HeapType, nullable: boolean, registry: TypeRegistry): boolean {
  if (value === null) return nullable;
  switch (heap) {
    case t.HEAP_ANY:
    case t.HEAP_EXTERN:
      return true;
    case t.HEAP_EQ:
      return isI31(value) || GcStruct.is(value) || GcArray.is(value);
    case t.HEAP_I31:
      return isI31(value);
    case t.HEAP_STRUCT:
      return GcStruct.is(value);
    case t.HEAP_ARRAY:
      return GcArray.is(value);
    case t.HEAP_FUNC:
      return FunctionInstance.is(value);
    case t.HEAP_EXN:
      return value instanceof WasmException;
    default: {
      if (heap < 0) return false;
      const type = definedTypeOf(value);
      return type !== undefined && isSubtypeOf(type, registry.get(heap));
    }
  }
}

/**
 * Checks and copies a value that an embedder or a native function passes to a guest. Checking it may run their code; writing it later does not.
 * @param type whose type index is an id of the registry
 * @throws TypeError that says what is wanted; what a Proxy throws
 */
export function plainValue(value: unknown, type: t.ValType, registry: TypeRegistry): unknown {
  if (!t.isRef(type)) return plainNumber(value, type);
  checkReference(value, type, registry);
  return value ?? null;
}

/**
 * Checks a reference that an embedder or a native function passes to a guest.
 * @param type a reference type whose type index is an id of the registry
 * @throws TypeError that says what is wanted
 */
function checkReference(value: unknown, type: t.ValType, registry: TypeRegistry): void {
  const heap = t.heapOf(type);
  if (refMatches(value ?? null, heap, t.isNullable(type), registry)) return;
  const name = heapTypeName(heap, (index) => `of the ${registry.get(index).composite.kind} type ${index}`);
  const given = value === null || value === undefined ? 'null' : `this ${typeof value}`;
  throw new TypeError(`a${t.isNullable(type) ? '' : ' non-null'} reference (${name}) is wanted; ${given} is none`);
}
