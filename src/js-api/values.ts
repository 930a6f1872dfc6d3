// Values on their way between JavaScript and guests: the standard's ToJSValue and ToWebAssemblyValue. Refuses, with a TypeError, what has no
// counterpart on the other side: vectors and references to exceptions have none at all.
import { show } from '../base/show.js';
import { FunctionInstance } from '../runtime/function.js';
import { isI31, refMatches } from '../runtime/refs.js';
import type { Slots } from '../runtime/slots.js';
import { readSlot, type WasmValue, writeSlot } from '../runtime/value.js';
import type { TypeRegistry } from '../wasm/subtyping.js';
import { heapTypeName } from '../wasm/type-names.js';
import * as t from '../wasm/types.js';
import type { JsFunction } from './function-cache.js';
import type { OpaqueObjects } from './opaque-objects.js';

/** Between functions of the runtime and those of JavaScript. */
export interface FunctionConversion {
  exported(func: FunctionInstance): JsFunction;
  find(value: unknown): FunctionInstance | undefined;
}

const DEFAULTS: Readonly<Record<number, WasmValue>> = { [t.I32]: 0, [t.I64]: 0n, [t.F32]: 0, [t.F64]: 0 };

/** The value of a new global or element where none is given. @throws TypeError for a reference that is never null */
export function defaultValue(type: t.ValType): WasmValue {
  if (!t.isRef(type)) return DEFAULTS[type];
  if (t.heapOf(type) === t.HEAP_EXTERN) return undefined;
  if (t.isNullable(type)) return null;
  throw new TypeError('a value is wanted: the type has no null');
}

/** Reads a value from slot k; for references its own one, undefined included. */
export function readValue(slots: Slots, k: number, type: t.ValType): WasmValue {
  return t.isRef(type) ? slots.refs[k] : readSlot(slots, k, type);
}
/** Writes a value of toWebAssembly() to slot k. */
export function writeValue(slots: Slots, k: number, type: t.ValType, value: WasmValue): void {
  if (t.isRef(type)) slots.refs[k] = value;
  else writeSlot(slots, k, type, value);
}

/** The conversions of one namespace. */
export class Values {
  readonly #types: TypeRegistry;
  readonly #functions: FunctionConversion;
  readonly #objects: OpaqueObjects;

  constructor(types: TypeRegistry, functions: FunctionConversion, objects: OpaqueObjects) {
    this.#types = types;
    this.#functions = functions;
    this.#objects = objects;
  }
  /** Whether values of the type can cross at all. */
  crosses(type: t.ValType): boolean {
    if (type === t.V128) return false;
    const heap = t.isRef(type) ? t.heapOf(type) : 0;
    return heap !== t.HEAP_EXN && heap !== t.HEAP_NOEXN;
  }

  /** @param type of the value, resolved in the store @throws TypeError for a vector and for a reference to an exception */
  toJs(value: WasmValue, type: t.ValType): unknown {
    if (type < 0) {
      if (type === t.V128) throw noCounterpart('a v128');
      return value;
    }
    if (!this.crosses(type)) throw noCounterpart('an exnref');
    if (FunctionInstance.is(value)) return this.#functions.exported(value);
    return this.#objects.toJs(value);
  }

  /**
   * May run code of the value's author. What it returns can be written later without doing so.
   * @param type resolved in the store
   * @throws TypeError, and what that code throws
   */
  toWebAssembly(value: unknown, type: t.ValType): WasmValue {
    switch (type) {
      case t.I32:
        return +(value as number) | 0;
      case t.I64:
        return BigInt.asIntN(64, value as bigint);
      case t.F32:
        return Math.fround(value as number);
      case t.F64:
        return +(value as number);
      case t.V128:
        throw noCounterpart('a v128');
      default:
        return this.#reference(value, type);
    }
  }
  #reference(value: unknown, type: t.ValType): unknown {
    if (!this.crosses(type)) throw noCounterpart('an exnref');
    const heap = t.heapOf(type);
    const given = this.#fromJs(value, heap);
    if (refMatches(given, heap, t.isNullable(type), this.#types)) return given;
    const name = heapTypeName(heap, (id) => `of the ${this.#types.get(id).composite.kind} type ${id}`);
    const wanted = t.isNullable(type) ? `a reference (${name}) or null` : `a reference (${name})`;
    throw new TypeError(`${wanted} is wanted, not ${show(value)}`);
  }
  #fromJs(value: unknown, heap: t.HeapType): unknown {
    if (value === null) return null;
    if (this.#isFunction(heap)) return this.#functions.find(value);
    if (heap === t.HEAP_EXTERN) return this.#objects.fromJs(value);
    // A minus zero is no i31, but the number that it stands for is.
    return isI31(value) ? value | 0 : this.#objects.fromJs(value);
  }
  #isFunction(heap: t.HeapType): boolean {
    return (
      heap === t.HEAP_FUNC || heap === t.HEAP_NOFUNC || (heap >= 0 && this.#types.get(heap).composite.kind === 'func')
    );
  }
}

function noCounterpart(what: string): TypeError {
  return new TypeError(`${what} has no counterpart in JavaScript`);
}
