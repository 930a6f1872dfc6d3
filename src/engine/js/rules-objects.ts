// The rules of references, tables, structs, arrays and casts, and of throwing exceptions.

import { width } from '../../runtime/gc.js';
import type { RuledOp } from '../../wasm/opcodes.js';
import { TRAPS } from '../../wasm/traps.js';
import {
  ANYREF,
  type ArrayType,
  F32,
  F64,
  I8,
  I16,
  I32,
  I64,
  isRef,
  type StorageType,
  type StructType,
  type ValType,
} from '../../wasm/types.js';
import { branchWhen } from './emit-branches.js';
import { takeCall } from './emit-calls.js';
import type { FunctionEmitter, Rule } from './function-emitter.js';
import { handOver } from './limit-checks.js';
import type { Operand } from './operands.js';
import { libraryCall, sizeRule } from './rules-memory.js';

const NULL_STRUCT = TRAPS['null-structure-reference'].number;
const NULL_ARRAY = TRAPS['null-array-reference'].number;
const NULL_I31 = TRAPS['null-i31-reference'].number;
const NULL_REFERENCE = TRAPS['null-reference'].number;
const NULL_EXCEPTION = TRAPS['null-exception-reference'].number;
const CAST = TRAPS['cast-failure'].number;
const ARRAY_BOUNDS = TRAPS['array-out-of-bounds'].number;

/** Returns an operand as entries of the layout of runtime/gc.ts. */
export function entryTexts(c: FunctionEmitter, operand: Operand): readonly string[] {
  if (operand.type !== F32) return operand.words;
  c.markExact(operand);
  if (operand.bits !== undefined) return [operand.bits];
  c.used.add('f32ToBits');
  return [`f32ToBits(${operand.words[0]})`];
}
export function entryList(c: FunctionEmitter, operands: readonly Operand[]): string {
  const texts = operands.flatMap((one) => entryTexts(c, one)).join();
  // An array that contains only numbers would quiet NaNs.
  if (!operands.some(({ type }) => type === F64)) return `[${texts}]`;
  c.used.add('fieldsOf');
  return `fieldsOf(${texts})`;
}
const unpacked = (type: StorageType): ValType => (type === I8 || type === I16 ? I32 : type);

/** Pushes a value read from entries; `entry(k)` is the text of the k-th word. The extension is 1 for signed, 2 for unsigned. */
function pushEntries(
  c: FunctionEmitter,
  type: StorageType,
  extension: number,
  from: Operand[],
  entry: (k: number) => string,
): void {
  const bits = type === I8 ? 24 : 16;
  if (type === I8 || type === I16) {
    const shift = extension === 1 ? '>>' : '>>>';
    c.pushText(I32, [`(${entry(0)}<<${bits}${shift}${bits})`], from, { effects: true });
  } else if (type === F32) {
    c.used.add('f32FromBits');
    c.pushText(F32, [`f32FromBits(${entry(0)}|0)`], from, { effects: true, quiet: false });
  } else if (type === F64) c.pushText(F64, [`(+${entry(0)})`], from, { effects: true, quiet: false });
  else if (isRef(type)) c.pushText(type, [entry(0)], from, { effects: true });
  else {
    const words: string[] = [];
    for (let k = 0; k < width(type); k++) words.push(`(${entry(k)}|0)`);
    c.pushText(unpacked(type), words, from, { effects: true });
  }
}

function nullCheck(c: FunctionEmitter, name: string, trap: number): void {
  c.used.add('E');
  c.emit(`if(${name}===null)E.trap(${trap});`);
}

const structType = (c: FunctionEmitter): StructType => c.info.module.types[c.reader.index]!.composite as StructType;
const elementOf = (c: FunctionEmitter): StorageType =>
  (c.info.module.types[c.reader.index]!.composite as ArrayType).element.type;

/** Returns the position of a field in the layout. */
function fieldAt({ fields }: StructType, field: number): number {
  let at = 0;
  for (let i = 0; i < field; i++) at += width(fields[i]!.type);
  return at;
}
function structGet(extension: number): Rule {
  return (c) => {
    const type = structType(c);
    const field = c.reader.index2;
    c.materialize(0);
    c.flush();
    const object = c.pop();
    nullCheck(c, object.words[0]!, NULL_STRUCT);
    const at = fieldAt(type, field);
    pushEntries(c, type.fields[field]!.type, extension, [object], (k) => `${object.words[0]}.fields[${at + k}]`);
  };
}
function structSet(c: FunctionEmitter): void {
  const at = fieldAt(structType(c), c.reader.index2);
  c.materialize(1);
  c.materialize(0);
  c.flush();
  const [object, value] = c.popMany(2) as [Operand, Operand];
  nullCheck(c, object.words[0]!, NULL_STRUCT);
  entryTexts(c, value).forEach((text, k) => {
    c.emit(`${object.words[0]}.fields[${at + k}]=${text};`);
  });
  c.release(object, value);
}
function structNew(c: FunctionEmitter): void {
  const { fields } = structType(c);
  const { index } = c.reader;
  c.flushBelow(fields.length);
  const operands = c.popMany(fields.length);
  c.used.add('E').add(`K${index}`);
  takeCall(c, `E.structNew(K${index},${entryList(c, operands)})`, operands, ANYREF, true);
}

/** Pops array and index, and checks them; both become variables. */
function element(c: FunctionEmitter, above: number): void {
  for (let below = above + 1; below >= 0; below--) c.materialize(below);
  c.flush();
  const array = c.at(above + 1).words[0]!;
  const index = c.at(above).words[0]!;
  nullCheck(c, array, NULL_ARRAY);
  c.emit(`if(${index}>>>0>=${array}.length)E.trap(${ARRAY_BOUNDS});`);
}
function entryAt(array: string, index: string, step: number, k: number): string {
  return step === 1 ? `${array}.elements[${index}]` : `${array}.elements[${index}*${step}+${k}]`;
}
function arrayGet(extension: number): Rule {
  return (c) => {
    const type = elementOf(c);
    element(c, 0);
    const [array, index] = c.popMany(2) as [Operand, Operand];
    pushEntries(c, type, extension, [array, index], (k) => entryAt(array.words[0]!, index.words[0]!, width(type), k));
  };
}
function arraySet(c: FunctionEmitter): void {
  const type = elementOf(c);
  element(c, 1);
  const [array, index, value] = c.popMany(3) as [Operand, Operand, Operand];
  entryTexts(c, value).forEach((text, k) => {
    c.emit(`${entryAt(array.words[0]!, index.words[0]!, width(type), k)}=${text};`);
  });
  c.release(array, index, value);
}
function arrayNew(c: FunctionEmitter): void {
  const { index } = c.reader;
  c.flushBelow(2);
  const [value, length] = c.popMany(2) as [Operand, Operand];
  c.used.add('E');
  takeCall(c, `E.arrayNew(${index},${entryList(c, [value])},${length.words[0]}>>>0)`, [value, length], ANYREF, true);
}
function arrayNewFixed(c: FunctionEmitter): void {
  const { index, index2 } = c.reader;
  c.flushBelow(index2);
  const operands = c.popMany(index2);
  c.used.add('E');
  takeCall(c, `E.arrayNewFixed(${index},${index2},${entryList(c, operands)})`, operands, ANYREF, true);
}
function arrayFill(c: FunctionEmitter): void {
  c.flushBelow(4);
  const operands = c.popMany(4) as [Operand, Operand, Operand, Operand];
  const [array, at, value, length] = operands;
  c.used.add('E');
  const args = [array.words[0], `${at.words[0]}>>>0`, entryList(c, [value]), `${length.words[0]}>>>0`];
  c.emit(`E.arrayFill(${args.join()});`);
  c.release(...operands);
}

// ---- references ----

function reference(c: FunctionEmitter, trap: number): void {
  c.materialize(0);
  c.flush();
  nullCheck(c, c.at(0).words[0]!, trap);
}
function refTest(nullable: boolean): Rule {
  return (c) => {
    c.flushBelow(1);
    const object = c.pop();
    c.used.add('E');
    c.pushCondition(`E.refTest(${object.words[0]},${c.reader.heap},${nullable})`, [object]);
  };
}
function refCast(nullable: boolean): Rule {
  return (c) => {
    c.materialize(0);
    c.flush();
    c.used.add('E');
    c.emit(`if(!E.refTest(${c.at(0).words[0]},${c.reader.heap},${nullable}))E.trap(${CAST});`);
  };
}
function brOnCast(wanted: boolean): Rule {
  return (c) => {
    const { index, heap2, castFlags } = c.reader;
    c.materialize(0);
    c.flush();
    c.used.add('E');
    const test = `E.refTest(${c.at(0).words[0]},${heap2},${(castFlags & 2) !== 0})`;
    branchWhen(c, wanted ? test : `!${test}`, index);
  };
}
function i31Get(shift: string): Rule {
  return (c) => {
    reference(c, NULL_I31);
    const value = c.pop();
    c.pushText(I32, [`(${value.words[0]}<<1${shift}1)`], [value]);
  };
}

// ---- tables ----

const tableAddress = (c: FunctionEmitter): ValType =>
  c.info.spaces.tables[c.reader.index]!.address === 'i64' ? I64 : I32;
const oneIndex = (c: FunctionEmitter): readonly number[] => [c.reader.index];
const twoIndices = (c: FunctionEmitter): readonly number[] => [c.reader.index, c.reader.index2];

export const OBJECT_RULES = {
  'ref.null': (c) => c.pushFixed(ANYREF, ['null']),
  'ref.is_null': (c) => {
    const value = c.pop();
    c.pushCondition(`${value.words[0]}===null`, [value]);
  },
  'ref.func': (c) => {
    c.used.add('E');
    c.pushText(ANYREF, [`E.functions[${c.reader.index}]`], []);
  },
  'ref.eq': (c) => {
    const [a, b] = c.popMany(2) as [Operand, Operand];
    c.pushCondition(`${a.words[0]}===${b.words[0]}`, [a, b]);
  },
  'ref.as_non_null': (c) => reference(c, NULL_REFERENCE),
  br_on_null: (c) => {
    const { index } = c.reader;
    c.materialize(0);
    c.flush();
    const object = c.pop();
    branchWhen(c, `${object.words[0]}===null`, index);
    c.push(object);
  },
  br_on_non_null: (c) => {
    const { index } = c.reader;
    c.materialize(0);
    c.flush();
    branchWhen(c, `${c.at(0).words[0]}!==null`, index);
    c.release(c.pop());
  },
  br_on_cast: brOnCast(true),
  br_on_cast_fail: brOnCast(false),
  'ref.test': refTest(false),
  'ref.test_null': refTest(true),
  'ref.cast': refCast(false),
  'ref.cast_null': refCast(true),
  'any.convert_extern': () => {},
  'extern.convert_any': () => {},
  'ref.i31': (c) => {
    const value = c.pop();
    c.pushText(ANYREF, [`(${value.words[0]}<<1>>1)`], [value]);
  },
  'i31.get_s': i31Get('>>'),
  'i31.get_u': i31Get('>>>'),

  'struct.new': structNew,
  'struct.new_default': (c) => {
    c.used.add('E');
    c.flush();
    takeCall(c, `E.structNewDefault(${c.reader.index})`, [], ANYREF, true);
  },
  'struct.get': structGet(0),
  'struct.get_s': structGet(1),
  'struct.get_u': structGet(2),
  'struct.set': structSet,
  'array.new': arrayNew,
  'array.new_default': (c) => {
    c.flushBelow(1);
    const length = c.pop();
    c.used.add('E');
    takeCall(c, `E.arrayNewDefault(${c.reader.index},${length.words[0]}>>>0)`, [length], ANYREF, true);
  },
  'array.new_fixed': arrayNewFixed,
  'array.new_data': libraryCall('arrayNewData', 'AA', ANYREF, twoIndices),
  'array.new_elem': libraryCall('arrayNewElem', 'AA', ANYREF, twoIndices),
  'array.get': arrayGet(0),
  'array.get_s': arrayGet(1),
  'array.get_u': arrayGet(2),
  'array.set': arraySet,
  'array.len': (c) => {
    reference(c, NULL_ARRAY);
    const array = c.pop();
    c.pushText(I32, [`(${array.words[0]}.length|0)`], [array]);
  },
  'array.fill': arrayFill,
  'array.copy': libraryCall('arrayCopy', 'rArAA', undefined),
  'array.init_data': libraryCall('arrayInitData', 'rAAA', undefined, twoIndices),
  'array.init_elem': libraryCall('arrayInitElem', 'rAAA', undefined, twoIndices),

  'table.get': libraryCall('tableGet', 'A', ANYREF, oneIndex),
  'table.set': libraryCall('tableSet', 'Ar', undefined, oneIndex),
  'table.size': sizeRule('tableSize', '', tableAddress),
  'table.grow': sizeRule('tableGrow', 'rA', tableAddress),
  'table.fill': libraryCall('tableFill', 'ArA', undefined, oneIndex),
  'table.copy': libraryCall('tableCopy', 'AAA', undefined, twoIndices),
  'table.init': libraryCall('tableInit', 'AAA', undefined, twoIndices),
  'elem.drop': libraryCall('elemDrop', '', undefined, oneIndex),

  throw: (c) => {
    const { index } = c.reader;
    const count = c.info.spaces.tagParams(index).length;
    c.flushBelow(count);
    const operands = c.popMany(count);
    c.used.add('E');
    handOver(c);
    c.emit(`throw E.exception(${index},${entryList(c, operands)});`);
    c.release(...operands);
  },
  throw_ref: (c) => {
    reference(c, NULL_EXCEPTION);
    const exception = c.pop();
    handOver(c);
    c.emit(`throw ${exception.words[0]};`);
    c.release(exception);
  },
  rethrow: (c) => {
    c.flush();
    handOver(c);
    c.emit(`throw ${c.flow.label(c.reader.index).exception};`);
  },
} satisfies Partial<Record<RuledOp, Rule>>;
