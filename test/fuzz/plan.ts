// What to do with a module, worked out beforehand so that every side does the same: a provider module that exports whatever the module
// imports, a driver module that calls what it exports with constants, and the list of calls. Both know the module's own types.
// Refuses (undefined): modules that cannot be linked in every host, such as those that import one name with two types.
import { encode } from '#src/binary/encode.js';
import { ByteWriter } from '#src/binary/writer.js';
import type { Export, Import, ImportDescription, Module, RecGroup, ValidatedModule } from '#src/wasm/module.js';
import * as t from '#src/wasm/types.js';
import { type Kind, kindOf, MASK, OUTWARD } from './kinds.js';
import type { Random } from './random.js';

/** One call of the driver. */
export interface PlannedRun {
  readonly name: string;
  /** For messages: what is called with what. */
  readonly label: string;
  readonly results: readonly Kind[];
}

/** A function of the fuzzer that the provider's functions call. */
export interface PlannedLeaf {
  readonly label: string;
  readonly params: readonly Kind[];
  /** Numbers only: references are made inside the provider. */
  readonly results: readonly Kind[];
}

export interface Plan {
  readonly seed: number;
  readonly provider: Uint8Array;
  readonly driver: Uint8Array;
  /** In the order of the module's imports: the provider's export that stands for each. */
  readonly imports: readonly { readonly module: string; readonly name: string; readonly from: string }[];
  readonly leaves: readonly PlannedLeaf[];
  readonly calls: readonly PlannedRun[];
  /** Reading the exported globals. */
  readonly globals: readonly PlannedRun[];
  readonly memories: readonly string[];
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  readonly tags: readonly string[];
  /** The provider's, by their export names. */
  readonly providerTags: readonly string[];
  readonly providerFunctions: readonly string[];
  /** What exceptions of each tag carry; the provider's tags as "provided:NAME". */
  readonly tagParams: Readonly<Record<string, readonly Kind[]>>;
}

/** More parameters or results than this are not called: their integers might be more than hosts allow. */
const MOST_VALUES = 200;
const MOST_CALLS = 48;

const OP = { call: 0x10, localGet: 0x20, localSet: 0x21, globalGet: 0x23, end: 0x0b };
const REF_AS_NON_NULL = 0xd4;
const BITS_OF: Partial<Record<Kind, number>> = { f32: 0xbc, f64: 0xbd };
const FROM_BITS: Partial<Record<Kind, number>> = { f32: 0xbe, f64: 0xbf };
const TESTED_HEAPS = [
  [t.HEAP_I31, MASK.i31],
  [t.HEAP_STRUCT, MASK.struct],
  [t.HEAP_ARRAY, MASK.array],
] as const;

/** The types of a module with more of our own after them. */
class Types {
  readonly types: t.SubType[];
  readonly recGroups: RecGroup[];
  constructor(module: Module) {
    this.types = [...module.types];
    this.recGroups = [...module.recGroups];
  }
  add(params: readonly t.ValType[], results: readonly t.ValType[]): number {
    this.recGroups.push({ start: this.types.length, length: 1, explicit: false, offset: 0 });
    return this.types.push({ final: true, supers: [], composite: { kind: 'func', params, results } }) - 1;
  }
}

interface Body {
  readonly typeIndex: number;
  readonly locals: readonly t.ValType[];
  readonly code: Uint8Array;
}

/** Pushes a value as its outward integers and references. The value is in a local. */
function pushOutward(writer: ByteWriter, kind: Kind, local: number): void {
  const get = (): void => {
    writer.u8(OP.localGet);
    writer.u32(local);
  };
  get();
  const bits = BITS_OF[kind];
  if (bits !== undefined) writer.u8(bits);
  else if (kind === 'v128') {
    writer.raw(Uint8Array.of(0xfd, 0x1d, 0));
    get();
    writer.raw(Uint8Array.of(0xfd, 0x1d, 1));
  } else if (kind === 'exn') writer.u8(0xd1);
  else if (kind === 'any') {
    writer.u8(0xd1);
    for (const [heap, bit] of TESTED_HEAPS) {
      get();
      writer.raw(Uint8Array.of(0xfb, 0x14, heap & 0x7f, 0x41, Math.log2(bit), 0x74, 0x72));
    }
    get();
  }
}

/** Makes a value of a number type from outward integers. */
function pullInward(writer: ByteWriter, kind: Kind, local: number): void {
  writer.u8(OP.localGet);
  writer.u32(local);
  const from = FROM_BITS[kind];
  if (from !== undefined) writer.u8(from);
  if (kind !== 'v128') return;
  writer.raw(Uint8Array.of(0xfd, 0x12, OP.localGet));
  writer.u32(local + 1);
  writer.raw(Uint8Array.of(0xfd, 0x1e, 1));
}

function pushConstant(writer: ByteWriter, type: t.ValType, random: Random): string {
  switch (type) {
    case t.I32: {
      const value = random.i32();
      writer.u8(0x41);
      writer.s32(value);
      return `${value}`;
    }
    case t.I64: {
      const value = random.i64();
      writer.u8(0x42);
      writer.s64(value);
      return `${value}`;
    }
    case t.F32: {
      const bits = random.f32();
      writer.u8(0x43);
      writer.word(bits);
      return `f32:${(bits >>> 0).toString(16)}`;
    }
    case t.F64: {
      const bits = random.f64();
      writer.u8(0x44);
      writer.word(Number(bits & 0xffff_ffffn));
      writer.word(Number(bits >> 32n));
      return `f64:${bits.toString(16)}`;
    }
    default: {
      writer.raw(Uint8Array.of(0xfd, 12));
      const bytes = random.bytes(16);
      if (random.oneIn(3)) bytes.fill(random.pick([0, 0xff, 0x7f, 0x80]), 0, random.below(17));
      writer.raw(bytes);
      return `v128:${Buffer.from(bytes).toString('hex')}`;
    }
  }
}

/** What a module can make references of. */
interface Sources {
  readonly module: Module;
  /** Functions that ref.func may name, with their type indices. */
  readonly functions: readonly { readonly index: number; readonly typeIndex: number }[];
  /** The function `(i32) -> externref` of the fuzzer; undefined in constant expressions. */
  readonly externs: number | undefined;
}

/** Pushes a reference that is not null, of a heap type. False: this module can make none. */
function pushReference(writer: ByteWriter, heap: t.HeapType, sources: Sources, random: Random): boolean {
  const { module, functions, externs } = sources;
  const refFunc = (wanted: number | undefined): boolean => {
    const fit = functions.filter(({ typeIndex }) => wanted === undefined || typeIndex === wanted);
    if (fit.length === 0) return false;
    writer.u8(0xd2);
    writer.u32(random.pick(fit).index);
    return true;
  };
  const aggregate = (kind: 'struct' | 'array'): boolean => {
    const wanted = module.types.findIndex(({ composite }) => composite.kind === kind && isDefaultable(composite));
    return wanted >= 0 && pushReference(writer, wanted, sources, random);
  };
  if (heap >= 0) {
    const { composite } = module.types[heap]!;
    if (composite.kind === 'func') return refFunc(heap);
    if (!isDefaultable(composite)) return false;
    if (composite.kind === 'array') writer.raw(Uint8Array.of(0x41, 3));
    writer.u8(0xfb);
    writer.u8(composite.kind === 'array' ? 7 : 1);
    writer.u32(heap);
    return true;
  }
  switch (heap) {
    case t.HEAP_FUNC:
      return refFunc(undefined);
    case t.HEAP_STRUCT:
      return aggregate('struct');
    case t.HEAP_ARRAY:
      return aggregate('array');
    case t.HEAP_EXTERN:
      if (externs === undefined) return false;
      writer.raw(Uint8Array.of(0x41, random.below(8), OP.call));
      writer.u32(externs);
      return true;
    case t.HEAP_ANY:
    case t.HEAP_EQ:
    case t.HEAP_I31:
      if (heap !== t.HEAP_I31 && random.oneIn(3) && aggregate(random.oneIn(2) ? 'struct' : 'array')) return true;
      writer.u8(0x41);
      writer.s32(random.i32());
      writer.raw(Uint8Array.of(0xfb, 0x1c));
      return true;
    default:
      return false;
  }
}

function isDefaultable(composite: t.CompositeType): boolean {
  if (composite.kind === 'func') return false;
  const fields = composite.kind === 'struct' ? composite.fields : [composite.element];
  return fields.every(({ type }) => t.isDefaultable(type));
}

/** Pushes any value of a type, null where it likes. Undefined: no such value can be made here. */
function pushValue(writer: ByteWriter, type: t.ValType, sources: Sources, random: Random): string | undefined {
  if (!t.isRef(type)) return pushConstant(writer, type, random);
  const heap = t.heapOf(type);
  const wantsNull = t.isNullable(type) && random.oneIn(3);
  if (!wantsNull) {
    const start = writer.length;
    if (pushReference(writer, heap, sources, random)) {
      // The fuzzer's function gives a type with null, because not all hosts have the other.
      if (heap === t.HEAP_EXTERN && !t.isNullable(type)) writer.u8(REF_AS_NON_NULL);
      return 'ref';
    }
    writer.length = start;
  }
  if (!t.isNullable(type)) return undefined;
  writer.u8(0xd0);
  writer.heapType(heap);
  return 'null';
}

/** A module that has the types of another and nothing else: what provider and driver are encoded from. */
function bare(module: Module): Module {
  const nothing: never[] = [];
  return {
    ...module,
    ...{ imports: nothing, functions: nothing, tables: nothing, memories: nothing, globals: nothing, tags: nothing },
    ...{ exports: nothing, start: undefined, elements: nothing, dataSegments: nothing, dataCount: undefined },
    ...{ customSections: nothing, sections: nothing },
  };
}

/** Bodies as encode() wants them. */
function functionsOf(bodies: readonly Body[]) {
  return {
    functions: bodies.map(({ typeIndex, locals }) => ({
      typeIndex,
      locals: locals.map((type) => ({ count: 1, type })),
    })),
    body: (writer: ByteWriter, index: number) => writer.raw(bodies[index]!.code),
  };
}

/** Declares functions that ref.func names: hosts want them in an element segment or an export. Exports serve. */
const LEAF_MODULE = 'h';

// ---- the provider ----

interface Provider {
  readonly bytes: Uint8Array;
  readonly imports: Plan['imports'];
  readonly leaves: readonly PlannedLeaf[];
  readonly tags: readonly string[];
  readonly functions: readonly string[];
}

class ProviderBuilder {
  readonly #module: Module;
  readonly #random: Random;
  readonly #types: Types;
  readonly #leafImports: Omit<Import, 'offset'>[] = [];
  readonly #leaves: PlannedLeaf[] = [];
  readonly #functions: Body[] = [];
  readonly #exports: Omit<Export, 'offset'>[] = [];
  readonly #tables: { type: t.TableType; init: Uint8Array | undefined }[] = [];
  readonly #memories: t.MemoryType[] = [];
  readonly #globals: { type: t.GlobalType; init: Uint8Array }[] = [];
  readonly #tags: t.TagType[] = [];
  readonly #names = new Map<string, { readonly description: string; readonly from: string }>();
  readonly #imported: Plan['imports'][number][] = [];
  #sources: Sources;

  constructor(module: Module, random: Random) {
    this.#module = module;
    this.#random = random;
    this.#types = new Types(module);
    this.#sources = { module, functions: [], externs: undefined };
  }

  build(): Provider | undefined {
    const functions = this.#module.imports.filter(({ description }) => description.kind === 'func');
    // All leaves come first in the index space, the functions for the module after them.
    const first = functions.length;
    const typeOf = ({ description }: Import): number => (description as { typeIndex: number }).typeIndex;
    this.#sources = {
      module: this.#module,
      functions: functions.map((one, i) => ({ index: first + i, typeIndex: typeOf(one) })),
      externs: undefined,
    };
    for (const one of this.#module.imports) if (!this.#import(one)) return undefined;
    const bytes = encode(bare(this.#module), {
      types: this.#types.types,
      recGroups: this.#types.recGroups,
      imports: this.#leafImports,
      tables: this.#tables,
      memories: this.#memories,
      globals: this.#globals,
      tags: this.#tags,
      exports: this.#exports,
      ...functionsOf(this.#functions),
    });
    const named = (kind: Export['kind']) => this.#exports.filter((one) => one.kind === kind).map(({ name }) => name);
    return { bytes, imports: this.#imported, leaves: this.#leaves, tags: named('tag'), functions: named('func') };
  }

  #import({ module, name, description }: Import): boolean {
    const key = JSON.stringify([module, name]);
    const text = JSON.stringify(description, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
    const known = this.#names.get(key);
    if (known !== undefined && known.description !== text) return false;
    const from = `${description.kind} ${this.#exports.length}`;
    const index = this.#define(description, `${module}.${name}`);
    if (index === undefined) return false;
    this.#exports.push({ name: from, kind: description.kind, index });
    this.#names.set(key, { description: text, from: known?.from ?? from });
    this.#imported.push({ module, name, from: known?.from ?? from });
    return true;
  }

  #define(description: ImportDescription, label: string): number | undefined {
    switch (description.kind) {
      case 'func':
        return this.#function(description.typeIndex, label);
      case 'table': {
        const { type } = description;
        const init = t.isNullable(type.element) ? undefined : this.#constant(type.element);
        if (!t.isNullable(type.element) && init === undefined) return undefined;
        return this.#tables.push({ type, init }) - 1;
      }
      case 'memory':
        return this.#memories.push(description.type) - 1;
      case 'global': {
        const init = this.#constant(description.type.type);
        return init === undefined ? undefined : this.#globals.push({ type: description.type, init }) - 1;
      }
      case 'tag':
        return this.#tags.push(description.type) - 1;
    }
  }

  #constant(type: t.ValType): Uint8Array | undefined {
    const writer = new ByteWriter(32);
    if (pushValue(writer, type, this.#sources, this.#random) === undefined) return undefined;
    writer.u8(OP.end);
    return writer.finish();
  }

  /** A function that hands its parameters to a leaf as integers and makes its results of what the leaf returns. */
  #function(typeIndex: number, label: string): number | undefined {
    const { params, results } = this.#module.types[typeIndex]!.composite as t.FuncType;
    if (params.length > MOST_VALUES || results.length > MOST_VALUES) return undefined;
    const kinds = (types: readonly t.ValType[]): Kind[] => types.map((type) => kindOf(this.#module, type));
    const numbers = results.filter((type) => !t.isRef(type));
    const leafResults = kinds(numbers);
    const outward = (list: readonly Kind[]): t.ValType[] => list.flatMap((kind) => OUTWARD[kind]);
    const leafType = this.#types.add(outward(kinds(params)), outward(leafResults));
    const leaf = this.#leafImports.length;
    this.#leafImports.push({
      module: LEAF_MODULE,
      name: `${leaf}`,
      description: { kind: 'func', typeIndex: leafType },
    });
    this.#leaves.push({ label, params: kinds(params), results: leafResults });
    const locals = outward(leafResults);
    const code = this.#shim(params, results, leaf, locals.length);
    return this.#sources.functions.length + this.#functions.push({ typeIndex, locals, code }) - 1;
  }

  #shim(params: readonly t.ValType[], results: readonly t.ValType[], leaf: number, localCount: number): Uint8Array {
    const writer = new ByteWriter(64);
    params.forEach((type, i) => {
      pushOutward(writer, kindOf(this.#module, type), i);
    });
    writer.u8(OP.call);
    writer.u32(leaf);
    for (let i = localCount - 1; i >= 0; i--) {
      writer.u8(OP.localSet);
      writer.u32(params.length + i);
    }
    let local = params.length;
    for (const type of results) {
      const kind = kindOf(this.#module, type);
      if (!t.isRef(type)) {
        pullInward(writer, kind, local);
        local += OUTWARD[kind].length;
      } else if (pushValue(writer, type, this.#sources, this.#random) === undefined) writer.u8(0);
    }
    writer.u8(OP.end);
    return writer.finish();
  }
}

// ---- the driver ----

class DriverBuilder {
  readonly #module: Module;
  readonly #random: Random;
  readonly #types: Types;
  readonly #imports: Omit<Import, 'offset'>[] = [];
  readonly #bodies: Body[] = [];
  readonly #exports: Omit<Export, 'offset'>[] = [];
  readonly #functions: { name: string; index: number; typeIndex: number }[] = [];
  readonly #globalIndices = new Map<string, number>();

  constructor(module: Module, random: Random) {
    this.#module = module;
    this.#random = random;
    this.#types = new Types(module);
    const externs = this.#types.add([t.I32], [t.EXTERNREF]);
    this.#imports.push({ module: LEAF_MODULE, name: 'extern', description: { kind: 'func', typeIndex: externs } });
    const functionTypes = functionTypesOf(module);
    const globalTypes = globalTypesOf(module);
    for (const { kind, name, index } of module.exports) {
      if (kind === 'func') {
        const typeIndex = functionTypes[index]!;
        this.#functions.push({ name, index: this.#functions.length + 1, typeIndex });
        this.#imports.push({ module: 'm', name, description: { kind: 'func', typeIndex } });
      } else if (kind === 'global') {
        this.#globalIndices.set(name, this.#globalIndices.size);
        this.#imports.push({ module: 'm', name, description: { kind: 'global', type: globalTypes[index]! } });
      }
    }
    // Functions that ref.func names must be declared: exports do that.
    for (const { index } of this.#functions) this.#exports.push({ name: `f ${index}`, kind: 'func', index });
  }

  #add(name: string, label: string, types: readonly t.ValType[], write: (writer: ByteWriter) => boolean) {
    const kinds = types.map((type) => kindOf(this.#module, type));
    const writer = new ByteWriter(64);
    if (types.length > MOST_VALUES || !write(writer)) return undefined;
    for (let i = types.length - 1; i >= 0; i--) {
      writer.u8(OP.localSet);
      writer.u32(i);
    }
    kinds.forEach((kind, i) => {
      pushOutward(writer, kind, i);
    });
    writer.u8(OP.end);
    const results = kinds.flatMap((kind) => OUTWARD[kind]);
    const typeIndex = this.#types.add([], results);
    const locals = types.map((type) => (t.isRef(type) ? t.refType(t.heapOf(type), true) : type));
    const index = this.#functions.length + 1 + this.#bodies.length;
    this.#bodies.push({ typeIndex, locals, code: writer.finish() });
    this.#exports.push({ name, kind: 'func', index });
    return { name, label, results: kinds };
  }

  /** A call of an exported function with random arguments. Undefined: no such arguments can be made. */
  call(at: number, name: string): PlannedRun | undefined {
    const { index, typeIndex } = this.#functions.find((one) => one.name === name)!;
    const { params, results } = this.#module.types[typeIndex]!.composite as t.FuncType;
    if (params.length > MOST_VALUES) return undefined;
    const sources: Sources = { module: this.#module, functions: this.#functions, externs: 0 };
    const texts: string[] = [];
    const write = (writer: ByteWriter): boolean => {
      for (const type of params) {
        const text = pushValue(writer, type, sources, this.#random);
        if (text === undefined) return false;
        texts.push(text);
      }
      writer.u8(OP.call);
      writer.u32(index);
      return true;
    };
    const run = this.#add(`run ${at}`, '', results, write);
    return run && { ...run, label: `${JSON.stringify(name)}(${texts.join(', ')})` };
  }

  global(name: string, type: t.ValType): PlannedRun | undefined {
    return this.#add(`global ${name}`, `global ${JSON.stringify(name)}`, [type], (writer) => {
      writer.u8(OP.globalGet);
      writer.u32(this.#globalIndices.get(name)!);
      return true;
    });
  }

  finish(): Uint8Array {
    return encode(bare(this.#module), {
      types: this.#types.types,
      recGroups: this.#types.recGroups,
      imports: this.#imports,
      exports: this.#exports,
      ...functionsOf(this.#bodies),
    });
  }
}

function functionTypesOf(module: Module): number[] {
  const imported = module.imports.flatMap(({ description: d }) => (d.kind === 'func' ? [d.typeIndex] : []));
  return [...imported, ...module.functions.map(({ typeIndex }) => typeIndex)];
}
function globalTypesOf(module: Module): t.GlobalType[] {
  const imported = module.imports.flatMap(({ description: d }) => (d.kind === 'global' ? [d.type] : []));
  return [...imported, ...module.globals.map(({ type }) => type)];
}

/** binaryen's random modules stop all loops and recursion after a while; this export of theirs winds the limit up again. */
const REWIND = 'hangLimitInitializer';

/** The plan of a module; the same seed gives the same plan. Undefined: it cannot be linked. */
export function makePlan(module: ValidatedModule, random: Random): Plan | undefined {
  const seed = random.u32();
  const provider = new ProviderBuilder(module, random).build();
  if (provider === undefined) return undefined;
  const driver = new DriverBuilder(module, random);
  const exported = (kind: Export['kind']) => module.exports.filter((one) => one.kind === kind);
  const names = exported('func').map(({ name }) => name);
  const targets = names.filter((name) => name !== REWIND);
  const calls: PlannedRun[] = [];
  const add = (name: string): void => {
    const run = driver.call(calls.length, name);
    if (run) calls.push(run);
  };
  const count = Math.min(MOST_CALLS, targets.length * 2);
  const start = targets.length > 0 ? random.below(targets.length) : 0;
  for (let i = 0; i < count; i++) {
    if (names.includes(REWIND)) add(REWIND);
    add(targets[(start + i) % targets.length]!);
  }
  const globalTypes = globalTypesOf(module);
  const globals = exported('global').flatMap(({ name, index }) => driver.global(name, globalTypes[index]!.type) ?? []);
  const all = (kind: Export['kind']) => exported(kind).map(({ name }) => name);
  return {
    ...{ seed, provider: provider.bytes, driver: driver.finish(), imports: provider.imports, leaves: provider.leaves },
    ...{ calls, globals, memories: all('memory'), tables: all('table'), functions: names, tags: all('tag') },
    ...{ providerTags: provider.tags, providerFunctions: provider.functions, tagParams: tagParamsOf(module, provider) },
  };
}

function tagParamsOf(module: Module, provider: Provider): Record<string, readonly Kind[]> {
  const imported = module.imports.flatMap(({ description: d }) => (d.kind === 'tag' ? [d.type] : []));
  const all = [...imported, ...module.tags];
  const kinds = ({ typeIndex }: t.TagType): Kind[] =>
    (module.types[typeIndex]!.composite as t.FuncType).params.map((type) => kindOf(module, type));
  const exported = module.exports.filter(({ kind }) => kind === 'tag');
  return Object.fromEntries([
    ...exported.map(({ name, index }) => [name, kinds(all[index]!)]),
    ...imported.map((type, i) => [`provided:${provider.tags[i]}`, kinds(type)]),
  ]);
}
