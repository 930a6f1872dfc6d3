// The handlers of structs, arrays, i31 and casts. A build may leave them out.

import { copyEntries, repeatEntries } from '../../../runtime/bulk.js';
import { defaultFields, fieldOffsets, type GcArray, type GcStruct, newFields, width } from '../../../runtime/gc.js';
import { checkData, copyData, copyItems, elementType, makeArray, makeStruct } from '../../../runtime/make-objects.js';
import { isI31, refMatches } from '../../../runtime/refs.js';
import { Trap } from '../../../wasm/errors.js';
import type { DefinedType } from '../../../wasm/subtyping.js';
import * as t from '../../../wasm/types.js';
import type { InterpInstance } from '../interp-instance.js';
import { elementAt, setElement } from '../objects.js';
import { type Handler, int, ref, setInt, setRef, word } from './handler.js';
import { chargeBulk } from './memory.js';

const offsetsOf = new WeakMap<DefinedType, readonly number[]>();
function layout(type: DefinedType): readonly number[] {
  let offsets = offsetsOf.get(type);
  if (!offsets) {
    offsets = fieldOffsets((type.composite as t.StructType).fields.map((field) => field.type));
    offsetsOf.set(type, offsets);
  }
  return offsets;
}
const structType = (type: DefinedType): t.StructType => type.composite as t.StructType;

function structOf(pc: number, k: number, fp: number): GcStruct {
  const value = ref(pc, k, fp);
  if (value === null) throw new Trap('null-structure-reference');
  return value as GcStruct;
}
function arrayOf(pc: number, k: number, fp: number): GcArray {
  const value = ref(pc, k, fp);
  if (value === null) throw new Trap('null-array-reference');
  return value as GcArray;
}
function checkRange(array: GcArray, at: number, length: number): void {
  if (at + length > array.length) throw new Trap('array-out-of-bounds');
}

function structNewDefault(I: InterpInstance, type: DefinedType): GcStruct {
  const fields = defaultFields(structType(type).fields.map((field) => field.type));
  return makeStruct(I.instance, type, fields);
}
/** Returns how many registers a value of a field's type takes as an operand. */
const registersOf = (type: t.StorageType): number => (type === t.V128 ? 2 : 1);

const structNew: Handler = (I, pc, fp) => {
  const type = I.types[word(pc, 3)]!;
  const offsets = layout(type);
  const struct = makeStruct(I.instance, type, newFields(offsets[offsets.length - 1]!));
  let slot = fp + word(pc, 2);
  structType(type).fields.forEach((field, i) => {
    setElement(struct.fields, offsets[i]!, field.type, slot);
    slot += registersOf(field.type);
  });
  setRef(pc, 1, fp, struct);
  return pc + 4;
};
const structGet: Handler = (I, pc, fp) => {
  const struct = structOf(pc, 2, fp);
  const field = word(pc, 4);
  const type = I.types[word(pc, 3)]!;
  elementAt(struct.fields, layout(type)[field]!, structType(type).fields[field]!.type, word(pc, 5), fp + word(pc, 1));
  return pc + 6;
};
const structSet: Handler = (I, pc, fp) => {
  const struct = structOf(pc, 1, fp);
  const field = word(pc, 4);
  const type = I.types[word(pc, 3)]!;
  setElement(struct.fields, layout(type)[field]!, structType(type).fields[field]!.type, fp + word(pc, 2));
  return pc + 5;
};

const arrayNew: Handler = (I, pc, fp) => {
  const type = I.types[word(pc, 4)]!;
  const length = int(pc, 3, fp) >>> 0;
  chargeBulk(I, length);
  const array = makeArray(I.instance, type, length);
  fill(I, array, fp + word(pc, 2), 0, length);
  setRef(pc, 1, fp, array);
  return pc + 5;
};
function fill(I: InterpInstance, array: GcArray, slot: number, at: number, length: number): void {
  if (length === 0) return;
  const element = elementType(array.type);
  const step = width(element);
  setElement(array.elements, at * step, element, slot);
  repeatEntries(I.store.meter, array.elements, at * step, step, length * step);
}
const arrayNewDefault: Handler = (I, pc, fp) => {
  const length = int(pc, 2, fp) >>> 0;
  chargeBulk(I, length);
  setRef(pc, 1, fp, makeArray(I.instance, I.types[word(pc, 3)]!, length));
  return pc + 4;
};
const arrayNewFixed: Handler = (I, pc, fp) => {
  const type = I.types[word(pc, 4)]!;
  const array = makeArray(I.instance, type, word(pc, 3));
  const element = elementType(type);
  const step = width(element);
  const registers = registersOf(element);
  const first = fp + word(pc, 2);
  for (let i = 0; i < array.length; i++) setElement(array.elements, i * step, element, first + i * registers);
  setRef(pc, 1, fp, array);
  return pc + 5;
};

const arrayNewData: Handler = (I, pc, fp) => {
  const type = I.types[word(pc, 4)]!;
  const data = I.instance.data[word(pc, 5)]!;
  const from = int(pc, 2, fp) >>> 0;
  const length = int(pc, 3, fp) >>> 0;
  chargeBulk(I, length);
  checkData(type, data, from, length);
  const array = makeArray(I.instance, type, length);
  copyData(array, 0, data, from, length);
  setRef(pc, 1, fp, array);
  return pc + 6;
};
const arrayNewElem: Handler = (I, pc, fp) => {
  const items = I.instance.elements[word(pc, 5)] ?? [];
  const from = int(pc, 2, fp) >>> 0;
  const length = int(pc, 3, fp) >>> 0;
  chargeBulk(I, length);
  if (from + length > items.length) throw new Trap('table-out-of-bounds');
  const array = makeArray(I.instance, I.types[word(pc, 4)]!, length);
  copyItems(array, 0, items, from, length);
  setRef(pc, 1, fp, array);
  return pc + 6;
};

const arrayGet: Handler = (I, pc, fp) => {
  const array = arrayOf(pc, 2, fp);
  const at = int(pc, 3, fp) >>> 0;
  checkRange(array, at, 1);
  const element = elementType(I.types[word(pc, 4)]!);
  elementAt(array.elements, at * width(element), element, word(pc, 5), fp + word(pc, 1));
  return pc + 6;
};
const arraySet: Handler = (I, pc, fp) => {
  const array = arrayOf(pc, 1, fp);
  const at = int(pc, 2, fp) >>> 0;
  checkRange(array, at, 1);
  const element = elementType(I.types[word(pc, 4)]!);
  setElement(array.elements, at * width(element), element, fp + word(pc, 3));
  return pc + 5;
};
const arrayLen: Handler = (_, pc, fp) => {
  setInt(pc, 1, fp, arrayOf(pc, 2, fp).length);
  return pc + 3;
};
const arrayFill: Handler = (I, pc, fp) => {
  const length = int(pc, 4, fp) >>> 0;
  chargeBulk(I, length);
  const array = arrayOf(pc, 1, fp);
  const at = int(pc, 2, fp) >>> 0;
  checkRange(array, at, length);
  fill(I, array, fp + word(pc, 3), at, length);
  return pc + 6;
};
const arrayCopy: Handler = (I, pc, fp) => {
  const length = int(pc, 5, fp) >>> 0;
  chargeBulk(I, length);
  const target = arrayOf(pc, 1, fp);
  const source = arrayOf(pc, 3, fp);
  const to = int(pc, 2, fp) >>> 0;
  const from = int(pc, 4, fp) >>> 0;
  checkRange(target, to, length);
  checkRange(source, from, length);
  const step = width(elementType(target.type));
  copyEntries(I.store.meter, target.elements, to * step, source.elements, from * step, length * step);
  return pc + 6;
};
const arrayInitData: Handler = (I, pc, fp) => {
  const length = int(pc, 4, fp) >>> 0;
  chargeBulk(I, length);
  const array = arrayOf(pc, 1, fp);
  const at = int(pc, 2, fp) >>> 0;
  checkRange(array, at, length);
  copyData(array, at, I.instance.data[word(pc, 6)]!, int(pc, 3, fp) >>> 0, length);
  return pc + 7;
};
const arrayInitElem: Handler = (I, pc, fp) => {
  const length = int(pc, 4, fp) >>> 0;
  chargeBulk(I, length);
  const array = arrayOf(pc, 1, fp);
  const at = int(pc, 2, fp) >>> 0;
  checkRange(array, at, length);
  copyItems(array, at, I.instance.elements[word(pc, 6)] ?? [], int(pc, 3, fp) >>> 0, length);
  return pc + 7;
};

const refI31: Handler = (_, pc, fp) => {
  setRef(pc, 1, fp, (int(pc, 2, fp) << 1) >> 1);
  return pc + 3;
};
function i31(pc: number, fp: number): number {
  const value = ref(pc, 2, fp);
  if (!isI31(value)) throw new Trap('null-i31-reference');
  return value;
}
const i31GetS: Handler = (_, pc, fp) => {
  setInt(pc, 1, fp, i31(pc, fp));
  return pc + 3;
};
const i31GetU: Handler = (_, pc, fp) => {
  setInt(pc, 1, fp, i31(pc, fp) & 0x7fff_ffff);
  return pc + 3;
};

/** Tests a value against the heap type in word k, with its nullability in word k + 1. */
function matches(I: InterpInstance, value: unknown, pc: number, k: number): boolean {
  const heap = word(pc, k);
  return refMatches(value, heap < 0 ? heap : I.types[heap]!.id, word(pc, k + 1) === 1, I.store.types);
}
const refTest: Handler = (I, pc, fp) => {
  setInt(pc, 1, fp, matches(I, ref(pc, 2, fp), pc, 3) ? 1 : 0);
  return pc + 5;
};
const refCast: Handler = (I, pc, fp) => {
  if (!matches(I, ref(pc, 1, fp), pc, 2)) throw new Trap('cast-failure');
  return pc + 4;
};
const brOnCast: Handler = (I, pc, fp) => (matches(I, ref(pc, 1, fp), pc, 2) ? word(pc, 4) : pc + 5);
const brOnCastFail: Handler = (I, pc, fp) => (matches(I, ref(pc, 1, fp), pc, 2) ? pc + 5 : word(pc, 4));

const structNewDefaultHandler: Handler = (I, pc, fp) => {
  setRef(pc, 1, fp, structNewDefault(I, I.types[word(pc, 2)]!));
  return pc + 3;
};

export const GC_HANDLERS = {
  ref_test: refTest,
  ref_cast: refCast,
  br_on_cast: brOnCast,
  br_on_cast_fail: brOnCastFail,
  ref_i31: refI31,
  i31_get_s: i31GetS,
  i31_get_u: i31GetU,
  struct_new: structNew,
  struct_new_default: structNewDefaultHandler,
  struct_get: structGet,
  struct_set: structSet,
  array_new: arrayNew,
  array_new_default: arrayNewDefault,
  array_new_fixed: arrayNewFixed,
  array_new_data: arrayNewData,
  array_new_elem: arrayNewElem,
  array_get: arrayGet,
  array_set: arraySet,
  array_len: arrayLen,
  array_fill: arrayFill,
  array_copy: arrayCopy,
  array_init_data: arrayInitData,
  array_init_elem: arrayInitElem,
} as const satisfies Record<string, Handler>;
