// The translation of instructions on structs, arrays, i31 and of casts. A build may leave them out.
import type { RuledOp } from '../../wasm/opcodes.js';
import * as t from '../../wasm/types.js';
import { type FunctionCompiler, REFERENCE, type Rule } from './compile-function.js';
import * as OP from './op.gen.js';
import { generic, none, oneIndex, twoIndices } from './rule-makers.js';
import { pushArguments } from './rules-calls.js';

/** Compiles a field access: the type index, the position in the layout, and how a packed field is extended (0 no, 1 signed, 2 unsigned). */
function structGet(extension: number): Rule {
  return (c) => {
    const { index, index2 } = c.reader;
    const type = c.module.types[index]!.composite as t.StructType;
    const object = c.pop();
    c.emit(OP.struct_get, c.push(unpacked(type.fields[index2]!.type)), object, index, index2, extension);
  };
}
function arrayGet(extension: number): Rule {
  return (c) => {
    const { index } = c.reader;
    const type = c.module.types[index]!.composite as t.ArrayType;
    const at = c.operand(0);
    const object = c.operand(1);
    c.drop(2);
    c.emit(OP.array_get, c.push(unpacked(type.element.type)), object, at, index, extension);
  };
}
function unpacked(type: t.StorageType): t.ValType {
  return type === t.I8 || type === t.I16 ? t.I32 : type;
}

/** Encodes a heap type immediate as the engine keeps it: a type index stays one, since it is resolved per instance. */
function castWords(c: FunctionCompiler, nullable: boolean): readonly number[] {
  return [c.reader.heap, nullable ? 1 : 0];
}
function brOnCast(op: number): Rule {
  return (c) => {
    const { index, heap2, castFlags } = c.reader;
    c.materialize(0);
    c.materializeTop(c.arity(index));
    const object = c.slotAt(0);
    c.branchWith(index, () => {
      c.begin(op);
      c.word(object);
      c.word(heap2);
      c.word((castFlags >> 1) & 1);
    });
  };
}

export const OBJECT_RULES = {
  br_on_cast: brOnCast(OP.br_on_cast),
  br_on_cast_fail: brOnCast(OP.br_on_cast_fail),
  'ref.test': generic(OP.ref_test, 1, t.I32, (c) => castWords(c, false)),
  'ref.test_null': generic(OP.ref_test, 1, t.I32, (c) => castWords(c, true)),
  'ref.cast': (c) => c.emit(OP.ref_cast, c.operand(0), c.reader.heap, 0),
  'ref.cast_null': (c) => c.emit(OP.ref_cast, c.operand(0), c.reader.heap, 1),
  'any.convert_extern': () => {},
  'extern.convert_any': () => {},
  'ref.i31': generic(OP.ref_i31, 1, REFERENCE, none),
  'i31.get_s': generic(OP.i31_get_s, 1, t.I32, none),
  'i31.get_u': generic(OP.i31_get_u, 1, t.I32, none),
  'struct.new': (c) => {
    const { index } = c.reader;
    const { fields } = c.module.types[index]!.composite as t.StructType;
    const at = pushArguments(c, fields.length);
    c.emit(OP.struct_new, c.push(REFERENCE), at, index);
  },
  'struct.new_default': generic(OP.struct_new_default, 0, REFERENCE, oneIndex),
  'struct.get': structGet(0),
  'struct.get_s': structGet(1),
  'struct.get_u': structGet(2),
  'struct.set': generic(OP.struct_set, 2, undefined, twoIndices),
  'array.new': generic(OP.array_new, 2, REFERENCE, oneIndex),
  'array.new_default': generic(OP.array_new_default, 1, REFERENCE, oneIndex),
  'array.new_fixed': (c) => {
    const { index, index2 } = c.reader;
    const at = pushArguments(c, index2);
    c.emit(OP.array_new_fixed, c.push(REFERENCE), at, index2, index);
  },
  'array.new_data': generic(OP.array_new_data, 2, REFERENCE, twoIndices),
  'array.new_elem': generic(OP.array_new_elem, 2, REFERENCE, twoIndices),
  'array.get': arrayGet(0),
  'array.get_s': arrayGet(1),
  'array.get_u': arrayGet(2),
  'array.set': generic(OP.array_set, 3, undefined, oneIndex),
  'array.len': generic(OP.array_len, 1, t.I32, none),
  'array.fill': generic(OP.array_fill, 4, undefined, oneIndex),
  'array.copy': generic(OP.array_copy, 5, undefined, none),
  'array.init_data': generic(OP.array_init_data, 4, undefined, twoIndices),
  'array.init_elem': generic(OP.array_init_elem, 4, undefined, twoIndices),
} as const satisfies Partial<Record<RuledOp, Rule>>;
