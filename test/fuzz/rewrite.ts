// Rewrites a valid module so that its whole behaviour can be seen and compared: `expose` exports what it hides, `canonicalise` makes
// every NaN that arithmetic may choose the canonical one by instructions of its own, so that all hosts keep the same bits.
import { CodeReader } from '#src/binary/code-reader.js';
import { encode } from '#src/binary/encode.js';
import type { ByteWriter } from '#src/binary/writer.js';
import type { Export, Module, RecGroup } from '#src/wasm/module.js';
import { countImports } from '#src/wasm/module.js';
import { OPCODES, type OpName } from '#src/wasm/opcodes.js';
import * as t from '#src/wasm/types.js';
import type { Random } from './random.js';

/** So that one module cannot take all the time. */
const MOST_FUNCTIONS = 24;
const MOST_OTHERS = 16;

/** The module with the functions, tables, memories, globals and tags that it defines exported, where they are not too many. */
export function expose(module: Module, random: Random): Uint8Array {
  const exports: Omit<Export, 'offset'>[] = [...module.exports];
  const names = new Set(exports.map(({ name }) => name));
  const add = (kind: Export['kind'], defined: number, most: number): void => {
    const first = countImports(module, kind);
    for (let i = 0; i < defined; i++) {
      const index = first + i;
      if (exports.some((one) => one.kind === kind && one.index === index)) continue;
      if (exports.filter((one) => one.kind === kind).length >= most) return;
      const name = `${kind} ${index}`;
      if (!names.has(name)) exports.push({ name, kind, index });
    }
  };
  // Not always: an exported function cannot be inlined or specialised by those who do such things.
  if (!random.oneIn(3)) add('func', module.functions.length, MOST_FUNCTIONS);
  add('table', module.tables.length, MOST_OTHERS);
  add('memory', module.memories.length, MOST_OTHERS);
  add('global', module.globals.length, MOST_OTHERS);
  add('tag', module.tags.length, MOST_OTHERS);
  return encode(module, { exports });
}

type Shape = 'f32' | 'f64' | 'f32x4' | 'f64x2';
const TYPE_OF: Readonly<Record<Shape, t.ValType>> = { f32: t.F32, f64: t.F64, f32x4: t.V128, f64x2: t.V128 };
const OPERATIONS = ['add', 'sub', 'mul', 'div', 'sqrt', 'ceil', 'floor', 'trunc', 'nearest', 'min', 'max'];
const RELAXED = ['relaxed_min', 'relaxed_max', 'relaxed_madd', 'relaxed_nmadd'];
const CONVERSIONS: readonly (readonly [OpName, Shape])[] = [
  ['f32.demote_f64', 'f32'],
  ['f64.promote_f32', 'f64'],
  ['f32x4.demote_f64x2_zero', 'f32x4'],
  ['f64x2.promote_low_f32x4', 'f64x2'],
];

/** The instructions whose NaN the specification leaves open. */
const SHAPE_OF = new Map<number, Shape>([
  ...CONVERSIONS.map(([name, shape]) => [OPCODES[name].code, shape] as const),
  ...(Object.keys(TYPE_OF) as Shape[]).flatMap((shape) =>
    [...OPERATIONS, ...RELAXED].flatMap((operation) => {
      const row = OPCODES[`${shape}.${operation}` as OpName] as { readonly code: number } | undefined;
      return row ? [[row.code, shape] as const] : [];
    }),
  ),
]);

const NAN32 = [0, 0, 0xc0, 0x7f];
const NAN64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
/** (x: shape) -> x where x equals itself, the canonical NaN elsewhere. */
const CANONICAL_CODE: Readonly<Record<Shape, readonly number[]>> = {
  f32: [0x20, 0, 0x43, ...NAN32, 0x20, 0, 0x20, 0, 0x5b, 0x1b, 0x0b],
  f64: [0x20, 0, 0x44, ...NAN64, 0x20, 0, 0x20, 0, 0x61, 0x1b, 0x0b],
  f32x4: [0x20, 0, 0xfd, 12, ...NAN32, ...NAN32, ...NAN32, ...NAN32, 0x20, 0, 0x20, 0, 0xfd, 0x41, 0xfd, 0x52, 0x0b],
  f64x2: [0x20, 0, 0xfd, 12, ...NAN64, ...NAN64, 0x20, 0, 0x20, 0, 0xfd, 0x47, 0xfd, 0x52, 0x0b],
};

function shapesIn(module: Module): Set<Shape> {
  const shapes = new Set<Shape>();
  const reader = new CodeReader(module.bytes);
  for (const { code } of module.functions) {
    reader.seek(code.start, code.end);
    for (let op = reader.next(); op >= 0; op = reader.next()) {
      const shape = SHAPE_OF.get(op);
      if (shape !== undefined) shapes.add(shape);
    }
  }
  return shapes;
}

/** The module's bytes with canonical NaNs; its own bytes where it has no such instruction. */
export function canonicalise(module: Module): Uint8Array {
  const shapes = [...shapesIn(module)];
  if (shapes.length === 0) return module.bytes;
  const firstNew = countImports(module, 'func') + module.functions.length;
  const indexOf = new Map(shapes.map((shape, i) => [shape, firstNew + i]));
  const types = [...module.types];
  const recGroups: RecGroup[] = [...module.recGroups];
  const functions: { typeIndex: number; locals: Module['functions'][0]['locals'] }[] = [...module.functions];
  for (const shape of shapes) {
    recGroups.push({ start: types.length, length: 1, explicit: false, offset: 0 });
    functions.push({ typeIndex: types.length, locals: [] });
    const type = TYPE_OF[shape];
    types.push({ final: true, supers: [], composite: { kind: 'func', params: [type], results: [type] } });
  }
  const reader = new CodeReader(module.bytes);
  const body = (writer: ByteWriter, index: number): void => {
    const original = module.functions[index];
    if (original === undefined) {
      writer.raw(Uint8Array.from(CANONICAL_CODE[shapes[index - module.functions.length]!]));
      return;
    }
    reader.seek(original.code.start, original.code.end);
    for (let op = reader.next(); op >= 0; op = reader.next()) {
      writer.raw(module.bytes, reader.start, reader.pos);
      const shape = SHAPE_OF.get(op);
      if (shape === undefined) continue;
      writer.u8(OPCODES.call.code);
      writer.u32(indexOf.get(shape)!);
    }
  };
  return encode(module, { types, recGroups, functions, body });
}
