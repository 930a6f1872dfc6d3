// Validation of instructions on garbage-collected objects. Branches on references are in rules-control.ts. A build may leave them out.
import { checkLimit } from '../binary/limit.js';
import { MAX_ARRAY_NEW_FIXED } from '../wasm/implementation-limits.js';
import type { StatefulOp } from '../wasm/opcodes.js';
import type { ArrayType, FieldType, StructType } from '../wasm/types.js';
import * as t from '../wasm/types.js';
import type { CodeValidator, Rule } from './validate-code.js';

const I31REF = t.refType(t.HEAP_I31, true);
const ARRAYREF = t.refType(t.HEAP_ARRAY, true);

/** The operand and result types of a packed field or element are i32. */
function unpacked(type: t.StorageType): t.ValType {
  return type === t.I8 || type === t.I16 ? t.I32 : type;
}

function structType(v: CodeValidator): StructType {
  const { composite } = v.context.type(v.reader.index, v.reader.start, v.functionIndex);
  return composite.kind === 'struct' ? composite : v.fail(`type mismatch: type ${v.reader.index} is not a struct type`);
}

function elementOf(v: CodeValidator, index: number): ArrayType['element'] {
  const { composite } = v.context.type(index, v.reader.start, v.functionIndex);
  return composite.kind === 'array' ? composite.element : v.fail(`type mismatch: type ${index} is not an array type`);
}

function refTo(v: CodeValidator, index: number, nullable: boolean): t.ValType {
  return t.refType(v.context.types[index]!.id, nullable);
}

function field(v: CodeValidator): FieldType {
  return structType(v).fields[v.reader.index2] ?? v.fail(`unknown field ${v.reader.index2}`);
}

/** For get, get_s and get_u: only packed types have a signed and an unsigned form. */
function readType(v: CodeValidator, type: t.StorageType, packed: boolean): t.ValType {
  if ((unpacked(type) !== type) !== packed) {
    v.fail(`type mismatch: the type is ${packed ? 'not packed' : 'packed'}`);
  }
  return unpacked(type);
}

function structGet(v: CodeValidator, packed: boolean): void {
  const type = readType(v, field(v).type, packed);
  v.pop(refTo(v, v.reader.index, true));
  v.push(type);
}

function structNew(v: CodeValidator, withDefaults: boolean): void {
  const { fields } = structType(v);
  for (let i = fields.length; i > 0; ) {
    const { type } = fields[--i]!;
    if (!withDefaults) v.pop(unpacked(type));
    else if (!t.isDefaultable(type)) v.fail('type mismatch: a field has no default value');
  }
  v.push(refTo(v, v.reader.index, false));
}

function arrayGet(v: CodeValidator, packed: boolean): void {
  const type = readType(v, elementOf(v, v.reader.index).type, packed);
  v.pop(t.I32);
  v.pop(refTo(v, v.reader.index, true));
  v.push(type);
}

function mutableElement(v: CodeValidator): t.StorageType {
  const { type, mutable } = elementOf(v, v.reader.index);
  return mutable ? type : v.fail('immutable array');
}

function plainElement(v: CodeValidator, type: t.StorageType): void {
  if (type >= 0) v.fail('array type is not numeric or vector');
}

function segmentElement(v: CodeValidator, type: t.StorageType): void {
  if (!v.matches(v.elementSegment(v.reader.index2), type)) v.fail('type mismatch: segment and array differ');
}

/** Pops i32s: offsets and lengths. */
function popIntegers(v: CodeValidator, count: number): void {
  for (let i = 0; i < count; i++) v.pop(t.I32);
}

function arrayCopy(v: CodeValidator): void {
  const { index, index2 } = v.reader;
  const to = mutableElement(v);
  const from = elementOf(v, index2).type;
  if (from !== to && (from < 0 || to < 0 || !v.matches(from, to))) v.fail('array types do not match');
  popIntegers(v, 2);
  v.pop(refTo(v, index2, true));
  v.pop(t.I32);
  v.pop(refTo(v, index, true));
}

/** Returns the top of the hierarchy that a heap type belongs to, from which a cast may start. */
function topHeap(v: CodeValidator, heap: t.HeapType): t.HeapType {
  for (const top of [t.HEAP_FUNC, t.HEAP_EXTERN, t.HEAP_EXN]) {
    if (v.context.registry.matchesHeap(heap, top)) return top;
  }
  return t.HEAP_ANY;
}

function castTarget(v: CodeValidator, nullable: boolean): t.ValType {
  const heap = v.context.resolveHeap(v.reader.heap, v.reader.start, v.functionIndex);
  v.pop(t.refType(topHeap(v, heap), true));
  return t.refType(heap, nullable);
}

/** The instructions any.convert_extern and extern.convert_any keep nullability. */
function convert(v: CodeValidator, from: t.HeapType, to: t.HeapType): void {
  const type = v.popRef();
  if (!v.matches(type, t.refType(from, true))) v.fail('type mismatch: not a reference that can be converted');
  v.push(t.refType(to, t.isNullable(type)));
}

export const OBJECT_RULES = {
  'struct.new': (v) => structNew(v, false),
  'struct.new_default': (v) => structNew(v, true),
  'struct.get': (v) => structGet(v, false),
  'struct.get_s': (v) => structGet(v, true),
  'struct.get_u': (v) => structGet(v, true),
  'struct.set': (v) => {
    const { type, mutable } = field(v);
    if (!mutable) v.fail('immutable field');
    v.pop(unpacked(type));
    v.pop(refTo(v, v.reader.index, true));
  },
  'array.new': (v) => {
    const { type } = elementOf(v, v.reader.index);
    v.pop(t.I32);
    v.pop(unpacked(type));
    v.push(refTo(v, v.reader.index, false));
  },
  'array.new_default': (v) => {
    if (!t.isDefaultable(elementOf(v, v.reader.index).type))
      v.fail('type mismatch: the elements have no default value');
    v.pop(t.I32);
    v.push(refTo(v, v.reader.index, false));
  },
  'array.new_fixed': (v) => {
    const { index, index2, start } = v.reader;
    checkLimit('operands of array.new_fixed', MAX_ARRAY_NEW_FIXED, index2, start, v.functionIndex);
    const type = unpacked(elementOf(v, index).type);
    for (let i = 0; i < index2; i++) v.pop(type);
    v.push(refTo(v, index, false));
  },
  'array.new_data': (v) => {
    plainElement(v, elementOf(v, v.reader.index).type);
    v.dataSegment(v.reader.index2);
    popIntegers(v, 2);
    v.push(refTo(v, v.reader.index, false));
  },
  'array.new_elem': (v) => {
    segmentElement(v, elementOf(v, v.reader.index).type);
    popIntegers(v, 2);
    v.push(refTo(v, v.reader.index, false));
  },
  'array.get': (v) => arrayGet(v, false),
  'array.get_s': (v) => arrayGet(v, true),
  'array.get_u': (v) => arrayGet(v, true),
  'array.set': (v) => {
    v.pop(unpacked(mutableElement(v)));
    v.pop(t.I32);
    v.pop(refTo(v, v.reader.index, true));
  },
  'array.len': (v) => {
    v.pop(ARRAYREF);
    v.push(t.I32);
  },
  'array.fill': (v) => {
    const type = unpacked(mutableElement(v));
    v.pop(t.I32);
    v.pop(type);
    v.pop(t.I32);
    v.pop(refTo(v, v.reader.index, true));
  },
  'array.copy': arrayCopy,
  'array.init_data': (v) => {
    plainElement(v, mutableElement(v));
    v.dataSegment(v.reader.index2);
    popIntegers(v, 3);
    v.pop(refTo(v, v.reader.index, true));
  },
  'array.init_elem': (v) => {
    segmentElement(v, mutableElement(v));
    popIntegers(v, 3);
    v.pop(refTo(v, v.reader.index, true));
  },
  'ref.test': (v) => {
    castTarget(v, false);
    v.push(t.I32);
  },
  'ref.test_null': (v) => {
    castTarget(v, true);
    v.push(t.I32);
  },
  'ref.cast': (v) => v.push(castTarget(v, false)),
  'ref.cast_null': (v) => v.push(castTarget(v, true)),
  'any.convert_extern': (v) => convert(v, t.HEAP_EXTERN, t.HEAP_ANY),
  'extern.convert_any': (v) => convert(v, t.HEAP_ANY, t.HEAP_EXTERN),
  'ref.i31': (v) => {
    v.pop(t.I32);
    v.push(t.refType(t.HEAP_I31, false));
  },
  'i31.get_s': (v) => {
    v.pop(I31REF);
    v.push(t.I32);
  },
  'i31.get_u': (v) => {
    v.pop(I31REF);
    v.push(t.I32);
  },
} as const satisfies Partial<Record<StatefulOp, Rule>>;
