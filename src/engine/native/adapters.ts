// Small modules between JavaScript and guest code, for values that cannot cross as they are. Floats, i64 and vectors travel as i32 words, in the
// layout of call slots, so that every bit survives. Adapters hold no values: lists of many words are fetched and stored one by one.
import { CATCH_ALL_REF } from '../../binary/code-reader.js';
import { encode } from '../../binary/encode.js';
import { AddedTypes } from '../../instrument/added-types.js';
import { Code } from '../../instrument/code-writer.js';
import type { Import, Module } from '../../wasm/module.js';
import * as t from '../../wasm/types.js';
import { type DeclaredTypes, type Hierarchy, hierarchyOf, type Passage, passageOf, wordsOf } from './passage.js';

const { I32, I64, F32, F64, V128 } = t;
const PUT: t.FuncType = { kind: 'func', params: [I32, I32], results: [] };
const GET: t.FuncType = { kind: 'func', params: [I32], results: [I32] };
const TOP_TYPES: Readonly<Record<Hierarchy, t.ValType>> = {
  func: t.FUNCREF,
  extern: t.EXTERNREF,
  any: t.ANYREF,
  exn: t.EXNREF,
};

/** The names of the imports and exports of all adapters. */
export const ADAPTER = { module: 'a', target: 'f', run: 'r', set: 's', raise: 'e', goOn: 'o' } as const;

/** An adapter takes nothing but the types from the module that declares its type. */
const NO_MODULE: Module = {
  bytes: new Uint8Array(0),
  types: [],
  recGroups: [],
  imports: [],
  functions: [],
  tables: [],
  memories: [],
  globals: [],
  tags: [],
  exports: [],
  start: undefined,
  elements: [],
  dataSegments: [],
  dataCount: undefined,
  customSections: [],
  sections: [],
};

/** Types that no module declares, each in a recursion group of its own. */
export function declaredTypes(types: readonly t.SubType[]): DeclaredTypes {
  return { types, recGroups: types.map((_, start) => ({ start, length: 1, explicit: false, offset: 0 })) };
}

/** Builds one adapter. */
class AdapterBuilder {
  readonly module: DeclaredTypes;
  readonly code = new Code();
  readonly types: AddedTypes;
  readonly imports: Omit<Import, 'offset'>[] = [];
  readonly exports: { name: string; kind: 'func'; index: number }[] = [];
  readonly #functions: { typeIndex: number; locals: { count: number; type: t.ValType }[]; end: number }[] = [];
  readonly #globals: { type: t.GlobalType; init: Uint8Array }[] = [];
  #functionImports = 0;
  #globalImports = 0;

  constructor(module: DeclaredTypes) {
    this.module = module;
    this.types = new AddedTypes(module);
  }
  importFunction(name: string, { params, results }: t.FuncType): number {
    return this.importTyped(name, this.types.index(params, results));
  }
  importTyped(name: string, typeIndex: number): number {
    this.imports.push({ module: ADAPTER.module, name, description: { kind: 'func', typeIndex } });
    return this.#functionImports++;
  }
  importGlobal(name: string, type: t.GlobalType): number {
    this.imports.push({ module: ADAPTER.module, name, description: { kind: 'global', type } });
    return this.#globalImports++;
  }
  addGlobal(type: t.ValType, init: Uint8Array): number {
    this.#globals.push({ type: { type, mutable: true }, init });
    return this.#globalImports + this.#globals.length - 1;
  }
  /** Ends the function whose code was written. */
  addFunction(name: string, typeIndex: number, locals: readonly t.ValType[]): void {
    this.code.end();
    this.exports.push({ name, kind: 'func', index: this.#functionImports + this.#functions.length });
    this.#functions.push({
      typeIndex,
      locals: locals.map((type) => ({ count: 1, type })),
      end: this.code.length,
    });
  }
  bytes(): Uint8Array {
    return encode(NO_MODULE, {
      types: this.types.types,
      recGroups: this.types.recGroups,
      imports: this.imports,
      globals: this.#globals,
      exports: this.exports,
      functions: this.#functions,
      body: (writer, index) =>
        writer.raw(this.code.bytes, this.#functions[index - 1]?.end ?? 0, this.#functions[index]!.end),
    });
  }
  hierarchies(types: readonly t.ValType[]): Set<Hierarchy> {
    return new Set(types.filter((type) => type >= 0).map((type) => hierarchyOf(type, this.module)));
  }

  // ---- code ----

  /** Assembles a value from its words, which `word` pushes one by one. */
  join(type: t.ValType, word: (i: number) => void): void {
    const { code } = this;
    const pair = (i: number): void => {
      word(i);
      code.op('i64.extend_i32_u');
      word(i + 1);
      code.op('i64.extend_i32_u');
      code.integer(true, 32);
      code.op('i64.shl');
      code.op('i64.or');
    };
    if (type === I32) word(0);
    else if (type === F32) {
      word(0);
      code.op('f32.reinterpret_i32');
    } else if (type === I64) pair(0);
    else if (type === F64) {
      pair(0);
      code.op('f64.reinterpret_i64');
    } else {
      word(0);
      code.op('i32x4.splat');
      for (let i = 1; i < 4; i++) {
        word(i);
        code.op('i32x4.replace_lane');
        code.u8(i);
      }
    }
  }
  /** Pushes word i of a value in a local. */
  word(type: t.ValType, local: number, i: number): void {
    const { code } = this;
    code.getLocal(local);
    if (type === F32) code.op('i32.reinterpret_f32');
    else if (type === V128) {
      code.op('i32x4.extract_lane');
      code.u8(i);
    } else if (type === I64 || type === F64) {
      if (type === F64) code.op('i64.reinterpret_f64');
      if (i === 1) {
        code.integer(true, 32);
        code.op('i64.shr_u');
      }
      code.op('i32.wrap_i64');
    }
  }
  /** Casts a reference of the widest type, on the operand stack, to a narrower type. */
  narrow(type: t.ValType): void {
    if (type === TOP_TYPES[hierarchyOf(type, this.module)]) return;
    const { code } = this;
    code.op(t.isNullable(type) ? 'ref.cast_null' : 'ref.cast');
    code.heapType(t.heapOf(type));
  }
}

const topOf = (type: t.ValType, module: DeclaredTypes): t.ValType => TOP_TYPES[hierarchyOf(type, module)];

interface Helpers {
  readonly get: number;
  readonly put: number;
  readonly getRef: ReadonlyMap<Hierarchy, number>;
  readonly putRef: ReadonlyMap<Hierarchy, number>;
}

/** Imports the functions that fetch and store values: "get", "put", and "get func" and the like. Exceptions cross by being thrown. */
function importHelpers(b: AdapterBuilder, types: readonly t.ValType[]): Helpers {
  const getRef = new Map<Hierarchy, number>();
  const putRef = new Map<Hierarchy, number>();
  for (const hierarchy of b.hierarchies(types)) {
    const top = TOP_TYPES[hierarchy];
    if (hierarchy === 'exn') {
      getRef.set(hierarchy, b.importFunction(`get ${hierarchy}`, { kind: 'func', params: [I32], results: [I32] }));
      putRef.set(hierarchy, b.importFunction(`put ${hierarchy}`, { kind: 'func', params: [I32, I32], results: [] }));
      continue;
    }
    getRef.set(hierarchy, b.importFunction(`get ${hierarchy}`, { kind: 'func', params: [I32], results: [top] }));
    putRef.set(hierarchy, b.importFunction(`put ${hierarchy}`, { kind: 'func', params: [I32, top], results: [] }));
  }
  return { get: b.importFunction('get', GET), put: b.importFunction('put', PUT), getRef, putRef };
}

/** Pushes value k of a list: fetched from the slots, or taken from the function's own parameters from `local` on. */
function pushValue(b: AdapterBuilder, h: Helpers, type: t.ValType, k: number, local: number | undefined): void {
  const { code, module } = b;
  if (type < 0) {
    b.join(type, (i) => {
      if (local !== undefined) code.getLocal(local + i);
      else {
        code.i32(k * 4 + i);
        code.call(h.get);
      }
    });
    return;
  }
  const hierarchy = hierarchyOf(type, module);
  if (hierarchy === 'exn') pushException(b, h, type, k);
  else {
    if (local !== undefined) code.getLocal(local);
    else {
      code.i32(k);
      code.call(h.getRef.get(hierarchy)!);
    }
    b.narrow(type);
  }
}
/** "get exn" returns 0 for null and throws the exception otherwise. */
function pushException(b: AdapterBuilder, h: Helpers, type: t.ValType, k: number): void {
  const { code } = b;
  code.op('block');
  code.type(t.EXNREF);
  code.op('block');
  code.type(t.refType(t.HEAP_EXN, false));
  code.openEmpty('try_table');
  code.raw(Uint8Array.of(1, CATCH_ALL_REF, 0));
  code.i32(k);
  code.call(h.getRef.get('exn')!);
  code.op('drop');
  code.end();
  code.op('ref.null');
  code.heapType(t.HEAP_EXN);
  code.br(1);
  code.end();
  code.end();
  if (!t.isNullable(type)) code.op('ref.as_non_null');
}

/** Pops the values on the operand stack and stores their words and references from slot 0 on. */
function putValues(b: AdapterBuilder, h: Helpers, types: readonly t.ValType[], firstLocal: number): void {
  const { code, module } = b;
  for (let k = types.length - 1; k >= 0; k--) code.setLocal(firstLocal + k);
  types.forEach((type, k) => {
    const local = firstLocal + k;
    if (type < 0) {
      for (let i = 0; i < wordsOf(type); i++) {
        code.i32(k * 4 + i);
        b.word(type, local, i);
        code.call(h.put);
      }
      return;
    }
    const hierarchy = hierarchyOf(type, module);
    code.i32(k);
    code.getLocal(local);
    if (hierarchy === 'exn') code.op('ref.is_null');
    code.call(h.putRef.get(hierarchy)!);
  });
}

/** Returns the types of locals that hold values of these types; they are nullable, since a local must have a default. */
function asLocals(types: readonly t.ValType[]): t.ValType[] {
  return types.map((type) => (type >= 0 ? t.refType(t.heapOf(type), true) : type));
}

/** Keeps the exception of each local in a global, and exports the function that throws it: "raise" with the number of the result. */
function addRaise(b: AdapterBuilder, globals: ReadonlyMap<number, number>): void {
  if (globals.size === 0) return;
  const { code } = b;
  for (const [k, global] of globals) {
    code.getLocal(0);
    code.i32(k);
    code.op('i32.eq');
    code.if();
    code.getGlobal(global);
    code.op('throw_ref');
    code.end();
  }
  b.addFunction(ADAPTER.raise, b.types.index([I32], []), []);
}

function keepExceptions(b: AdapterBuilder, types: readonly t.ValType[], firstLocal: number): Map<number, number> {
  const globals = new Map<number, number>();
  types.forEach((type, k) => {
    if (type < 0 || hierarchyOf(type, b.module) !== 'exn') return;
    const nil = new Code();
    nil.op('ref.null');
    nil.heapType(t.HEAP_EXN);
    nil.end();
    const global = b.addGlobal(t.EXNREF, nil.finish());
    globals.set(k, global);
    b.code.getLocal(firstLocal + k);
    b.code.setGlobal(global);
  });
  return globals;
}

/**
 * JavaScript to guest: imports "f" of the type and exports "r" with the signature of the type's passage; results that are not returned are stored in
 * the slots.
 * @param module declares the type
 */
export function inwardAdapter(module: DeclaredTypes, typeIndex: number): Uint8Array {
  const b = new AdapterBuilder(module);
  const { code } = b;
  const type = module.types[typeIndex]!.composite as t.FuncType;
  const { params, results } = type;
  const passage = passageOf(type);
  const target = b.importTyped(ADAPTER.target, typeIndex);
  const h = importHelpers(b, [...params, ...results]);
  const own: t.ValType[] = [];
  params.forEach((one, k) => {
    pushValue(b, h, one, k, passage.fetched ? undefined : own.length);
    if (passage.fetched) return;
    if (one >= 0) own.push(hierarchyOf(one, module) === 'exn' ? I32 : topOf(one, module));
    else for (let i = 0; i < wordsOf(one); i++) own.push(I32);
  });
  code.call(target);
  const locals = asLocals(results);
  const first = own.length;
  const [result] = results;
  const returned = returnedType(passage, result, module);
  let globals = new Map<number, number>();
  if (returned !== undefined) {
    if (result === F32) code.op('i32.reinterpret_f32');
  } else {
    putValues(b, h, results, first);
    globals = keepExceptions(b, results, first);
  }
  b.addFunction(ADAPTER.run, b.types.index(own, returned === undefined ? [] : [returned]), locals);
  addRaise(b, globals);
  return b.bytes();
}
/** Returns the type that an adapter returns; undefined if its results are stored, or if there are none. */
function returnedType(passage: Passage, result: t.ValType | undefined, module: DeclaredTypes): t.ValType | undefined {
  if (passage.returned === undefined || result === undefined) return undefined;
  if (result < 0) return I32;
  return hierarchyOf(result, module) === 'exn' ? undefined : topOf(result, module);
}

/** Guest to JavaScript: exports "r" of the type, which calls the imported "f" with the signature of the type's passage. */
export function outwardAdapter(module: DeclaredTypes, typeIndex: number): Uint8Array {
  return makeOutward(module, typeIndex, false);
}
/** The same for a function that may wait: as long as the imported flag is set afterwards, it calls "suspend", and "o" with the number that it gave. */
export function waitingAdapter(module: DeclaredTypes, typeIndex: number): Uint8Array {
  return makeOutward(module, typeIndex, true);
}
function makeOutward(module: DeclaredTypes, typeIndex: number, waits: boolean): Uint8Array {
  const b = new AdapterBuilder(module);
  const { code } = b;
  const type = module.types[typeIndex]!.composite as t.FuncType;
  const { params, results } = type;
  const passage = passageOf(type);
  const passed: t.ValType[] = [];
  if (!passage.fetched) {
    for (const one of params) {
      if (one >= 0) passed.push(hierarchyOf(one, module) === 'exn' ? I32 : topOf(one, module));
      else for (let i = 0; i < wordsOf(one); i++) passed.push(I32);
    }
  }
  const [result] = results;
  const returned = returnedType(passage, result, module);
  const target = b.importFunction(ADAPTER.target, {
    kind: 'func',
    params: passed,
    results: returned === undefined ? [] : [returned],
  });
  const wait = waits ? importWait(b, returned) : undefined;
  const h = importHelpers(b, [...params, ...results]);
  const globals = keepExceptions(b, params, 0);
  if (passage.fetched) {
    params.forEach((_, k) => {
      code.getLocal(k);
    });
    putValues(b, h, params, params.length);
  } else {
    params.forEach((one, k) => {
      if (one >= 0) {
        code.getLocal(k);
        if (hierarchyOf(one, module) === 'exn') code.op('ref.is_null');
      } else for (let i = 0; i < wordsOf(one); i++) b.word(one, k, i);
    });
  }
  code.call(target);
  const own = passage.fetched ? asLocals(params) : [];
  if (wait) own.push(...wait(params.length + own.length));
  if (returned !== undefined) {
    if (result === F32) code.op('f32.reinterpret_i32');
    else if (result! >= 0) b.narrow(result!);
  } else {
    results.forEach((one, k) => {
      pushValue(b, h, one, k, undefined);
    });
  }
  b.addFunction(ADAPTER.run, typeIndex, own);
  addRaise(b, globals);
  return b.bytes();
}

/**
 * Imports what a wait needs. Returns a function that writes it, after a call that leaves a result of the type; it gives the locals that this takes, from
 * the index given on.
 */
function importWait(b: AdapterBuilder, result: t.ValType | undefined): (local: number) => t.ValType[] {
  const { code } = b;
  const results = result === undefined ? [] : [result];
  const flag = b.importGlobal('waits', { type: I32, mutable: true });
  const suspend = b.importFunction('suspend', { kind: 'func', params: [], results: [I32] });
  const goOn = b.importFunction(ADAPTER.goOn, { kind: 'func', params: [I32], results });
  return (local) => {
    const keep = (): void => {
      if (result !== undefined) code.setLocal(local);
    };
    keep();
    code.openEmpty('loop');
    code.getGlobal(flag);
    code.if();
    code.call(suspend);
    code.call(goOn);
    keep();
    code.br(1);
    code.end();
    code.end();
    if (result !== undefined) code.getLocal(local);
    return asLocals(results);
  };
}

/** Reads a global of any type by storing its value in slot 0, and sets a mutable one from there. */
export function globalAdapter(module: DeclaredTypes, type: t.GlobalType): Uint8Array {
  const b = new AdapterBuilder(module);
  const { code } = b;
  const global = b.importGlobal(ADAPTER.target, type);
  const h = importHelpers(b, [type.type]);
  code.getGlobal(global);
  putValues(b, h, [type.type], 0);
  const globals = keepExceptions(b, [type.type], 0);
  b.addFunction(ADAPTER.run, b.types.index([], []), asLocals([type.type]));
  if (type.mutable) {
    pushValue(b, h, type.type, 0, undefined);
    code.setGlobal(global);
    b.addFunction(ADAPTER.set, b.types.index([], []), []);
  }
  addRaise(b, globals);
  return b.bytes();
}

/** Determines the kind of object that an anyref is: exports "r" (anyref) -> 1 for an i31, 2 a struct, 4 an array, 0 a JavaScript value. */
export function kindAdapter(module: DeclaredTypes): Uint8Array {
  const b = new AdapterBuilder(module);
  const { code } = b;
  code.i32(0);
  const kinds = [t.HEAP_I31, t.HEAP_STRUCT, t.HEAP_ARRAY];
  kinds.forEach((heap, i) => {
    code.getLocal(0);
    code.op('ref.test');
    code.heapType(heap);
    code.i32(i);
    code.op('i32.shl');
    code.op('i32.or');
  });
  b.addFunction(ADAPTER.run, b.types.index([t.ANYREF], [I32]), []);
  return b.bytes();
}
