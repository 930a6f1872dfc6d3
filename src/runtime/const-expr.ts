// Evaluates constant expressions (initial values of globals and tables, segment offsets, element items) to exact bits. It need not refuse
// instructions, since the validator accepts only constant ones. Throws a LimitError for GC objects beyond the budget.

import { CodeReader } from '../binary/code-reader.js';
import { InternalError, LimitError } from '../wasm/errors.js';
import type { ConstExpr } from '../wasm/module.js';
import { arrayBytes, structBytes } from '../wasm/object-size.js';
import { OPCODES, type OpName } from '../wasm/opcodes.js';
import type { DefinedType } from '../wasm/subtyping.js';
import { type ArrayType, F64, I8, I16, I64, type StorageType, type StructType, V128 } from '../wasm/types.js';
import { newElements, repeatEntries } from './bulk.js';
import { type ArrayElements, defaultFields, fieldOffsets, GcArray, GcStruct, newFields, width } from './gc.js';
import type { Instance } from './instance.js';
import { objectBytes } from './object-charge.js';
import { Slots } from './slots.js';

type ConstantOp = {
  [Name in OpName]: (typeof OPCODES)[Name] extends { constant: unknown } ? Name : never;
}[OpName];

/** Evaluates the expressions of one instance, one after the other; the reader and the operand stack are reused. */
export class ConstEvaluator {
  readonly #instance: Instance;
  readonly #reader: CodeReader;
  #stack = new Slots(16);
  #capacity = 16;
  #top = 0;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#reader = new CodeReader(instance.module.bytes, 0, 0);
  }

  /** Evaluates the expression and leaves its value in slot k. */
  evaluate(expression: ConstExpr, slots: Slots, k: number): void {
    this.#reader.seek(expression.start, expression.end);
    this.#top = 0;
    while (this.#reader.next() !== OPCODES.end.code) {
      const name = this.#reader.name;
      const rule = (RULES as Partial<Record<OpName, (evaluator: Operands) => void>>)[name];
      if (rule === undefined) throw new InternalError(`instruction ${name} in a constant expression`);
      rule(this);
    }
    slots.i32.set(this.#stack.i32.subarray(0, 4), k * 4);
    slots.refs[k] = this.#stack.refs[0];
    this.#stack.refs[0] = null;
  }

  get instance(): Instance {
    return this.#instance;
  }
  get reader(): CodeReader {
    return this.#reader;
  }
  get stack(): Slots {
    return this.#stack;
  }
  /** Pushes an operand and returns its index. */
  push(): number {
    if (this.#top === this.#capacity) {
      const larger = new Slots((this.#capacity *= 4));
      larger.i32.set(this.#stack.i32);
      for (let i = 0; i < this.#top; i++) larger.refs[i] = this.#stack.refs[i];
      this.#stack = larger;
    }
    return this.#top++;
  }
  /** Pops `count` operands and returns the index of the lowest. */
  pop(count: number): number {
    return (this.#top -= count);
  }
  pushRef(value: unknown): void {
    const k = this.push();
    this.#stack.refs[k] = value;
  }
  popRef(): unknown {
    return this.#stack.refs[this.pop(1)];
  }
  /** Charges a GC object with this many bytes of contents. Throws a LimitError, and as Meter.check(). */
  charge(contents: number): void {
    const bytes = objectBytes(contents);
    const { constantCharge, store } = this.#instance;
    store.meter.checkpoint();
    constantCharge.take(bytes, `a constant expression makes an object of ${bytes} bytes`);
  }
}
type Operands = ConstEvaluator;

function binaryI32(compute: (a: number, b: number) => number): (e: Operands) => void {
  return (e) => {
    const k = e.pop(2);
    const { i32 } = e.stack;
    i32[e.push() * 4] = compute(i32[k * 4]!, i32[k * 4 + 4]!);
  };
}

function binaryI64(compute: (a: bigint, b: bigint) => bigint): (e: Operands) => void {
  return (e) => {
    const k = e.pop(2);
    const { i32 } = e.stack;
    const result = compute(readI64(i32, k * 4), readI64(i32, k * 4 + 4));
    e.push();
    i32[k * 4] = Number(BigInt.asIntN(32, result));
    i32[k * 4 + 1] = Number(BigInt.asIntN(32, result >> 32n));
  };
}

function readI64(i32: Int32Array, at: number): bigint {
  return (BigInt(i32[at + 1]!) << 32n) | BigInt(i32[at]! >>> 0);
}

function pushWords(e: Operands, low: number, high: number): void {
  const k = e.push();
  e.stack.i32[k * 4] = low;
  e.stack.i32[k * 4 + 1] = high;
}

type Rule = (e: Operands) => void;

const VECTOR_RULES = {
  'v128.const': (e) => {
    const { bytes, vectorAt } = e.reader;
    const k = e.push();
    e.stack.u8.set(bytes.subarray(vectorAt, vectorAt + 16), k * 16);
  },
} as const satisfies Partial<Record<ConstantOp, Rule>>;

const OBJECT_RULES = {
  'ref.i31': (e) => {
    const value = e.stack.i32[e.pop(1) * 4]!;
    e.pushRef((value << 1) >> 1);
  },
  // An external reference and its internal form are the same JavaScript value.
  'any.convert_extern': () => {},
  'extern.convert_any': () => {},
  'struct.new': (e) => {
    const { type, fields } = structOf(e);
    e.charge(structBytes(type.composite as StructType));
    const first = e.pop(fields.length);
    const offsets = fieldOffsets(fields);
    const entries = newFields(offsets[fields.length]!);
    fields.forEach((field, i) => {
      readEntries(e.stack, first + i, field, entries, offsets[i]!);
    });
    e.pushRef(new GcStruct(type, entries));
  },
  'struct.new_default': (e) => {
    const { type, fields } = structOf(e);
    e.charge(structBytes(type.composite as StructType));
    e.pushRef(new GcStruct(type, defaultFields(fields)));
  },
  'array.new': (e) => {
    const { type, element } = arrayOf(e);
    const first = e.pop(2);
    const length = e.stack.i32[first * 4 + 4]! >>> 0;
    const elements = allocate(e, element, length);
    const one = newFields(width(element));
    readEntries(e.stack, first, element, one, 0);
    for (let i = 0; length > 0 && i < one.length; i++) elements[i] = one[i] as never;
    repeatEntries(e.instance.store.meter, elements, 0, one.length, length * one.length);
    e.pushRef(new GcArray(type, length, elements));
  },
  'array.new_default': (e) => {
    const { type, element } = arrayOf(e);
    const length = e.stack.i32[e.pop(1) * 4]! >>> 0;
    e.pushRef(new GcArray(type, length, allocate(e, element, length)));
  },
  'array.new_fixed': (e) => {
    const { type, element } = arrayOf(e);
    const length = e.reader.index2;
    const first = e.pop(length);
    const elements = allocate(e, element, length);
    for (let i = 0; i < length; i++) readEntries(e.stack, first + i, element, elements, i * width(element));
    e.pushRef(new GcArray(type, length, elements));
  },
} as const satisfies Partial<Record<ConstantOp, Rule>>;

const RULES: Record<ConstantOp, Rule> = {
  ...((typeof ENCLASM_WITHOUT_VECTORS === 'undefined' ? VECTOR_RULES : {}) as typeof VECTOR_RULES),
  ...((typeof ENCLASM_WITHOUT_GC === 'undefined' ? OBJECT_RULES : {}) as typeof OBJECT_RULES),
  'i32.const': (e) => pushWords(e, e.reader.low, 0),
  'i64.const': (e) => pushWords(e, e.reader.low, e.reader.high),
  'f32.const': (e) => pushWords(e, e.reader.low, 0),
  'f64.const': (e) => pushWords(e, e.reader.low, e.reader.high),
  'global.get': (e) => {
    const k = e.push();
    e.instance.globals[e.reader.index]!.toSlot(e.stack, k);
  },
  'i32.add': binaryI32((a, b) => a + b),
  'i32.sub': binaryI32((a, b) => a - b),
  'i32.mul': binaryI32(Math.imul),
  'i64.add': binaryI64((a, b) => a + b),
  'i64.sub': binaryI64((a, b) => a - b),
  'i64.mul': binaryI64((a, b) => a * b),
  'ref.null': (e) => e.pushRef(null),
  'ref.func': (e) => e.pushRef(e.instance.functions[e.reader.index]),
};

function structOf(e: Operands): { type: DefinedType; fields: StorageType[] } {
  const type = e.instance.types[e.reader.index]!;
  return { type, fields: (type.composite as StructType).fields.map((field) => field.type) };
}
function arrayOf(e: Operands): { type: DefinedType; element: StorageType } {
  const type = e.instance.types[e.reader.index]!;
  return { type, element: (type.composite as ArrayType).element.type };
}

function allocate(e: Operands, element: StorageType, length: number): ArrayElements {
  e.charge(arrayBytes(length, element));
  try {
    return newElements(e.instance.store.meter, element, length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LimitError('memoryBytes', length, `the JavaScript engine has no room for an array of ${length} elements`);
  }
}

/** Copies slot k to entry `to` in the layout of gc.ts. Packed integers are kept sign-extended, as an Int8Array or Int16Array keeps them. */
function readEntries(slots: Slots, k: number, type: StorageType, entries: ArrayElements, to: number): void {
  const { i32 } = slots;
  const at = k * 4;
  const put = (value: unknown): void => {
    entries[to] = value as never;
  };
  if (type >= 0) put(slots.refs[k]);
  else if (type === I64 || type === V128) {
    for (let i = 0; i < width(type); i++) entries[to + i] = i32[at + i]! as never;
  } else if (type === F64) put(slots.f64[k * 2]);
  else if (type === I8) put((i32[at]! << 24) >> 24);
  else if (type === I16) put((i32[at]! << 16) >> 16);
  else put(i32[at]);
}
