// The bytes of a module to a Module: checks the form of every section, and keeps function bodies and expressions as spans.
// Refuses to check meaning (indices, types) and instructions inside function bodies: validate() reads those and reports both kinds of error.
import { decodeUtf8 } from '../base/utf8.js';
import { LimitError, MalformedError } from '../wasm/errors.js';
import { DEFAULT_FEATURES, type Feature, type FeatureSet, LEFT_OUT } from '../wasm/features.js';
import * as limits from '../wasm/implementation-limits.js';
import { leftOutFeature } from '../wasm/left-out.js';
import type {
  ConstExpr,
  CustomSection,
  DataSegment,
  ElementSegment,
  Export,
  ExternKind,
  FunctionBody,
  Global,
  Import,
  ImportDescription,
  LocalRun,
  Module,
  RecGroup,
  Section,
  SegmentMode,
  Table,
} from '../wasm/module.js';
import * as t from '../wasm/types.js';
import { CodeReader } from './code-reader.js';
import { checkLimit } from './limit.js';

/** How a module is decoded. */
export interface DecodeOptions {
  /** Decides which bits of limits exist (custom-page-sizes, memory64, threads). Default: DEFAULT_FEATURES. */
  readonly features?: FeatureSet;
  /** The largest module that is accepted, in bytes. Default and ceiling: 1 GiB. */
  readonly limits?: { readonly moduleBytes?: number | undefined } | undefined;
}

const KINDS: readonly ExternKind[] = ['func', 'table', 'memory', 'global', 'tag'];

/** Flags of limits that belong to a feature. */
const LIMITS_BITS: readonly (readonly [bit: number, feature: Feature])[] = [
  [2, 'threads'],
  [4, 'memory64'],
  [8, 'custom-page-sizes'],
];

/** All empty lists are this one: a million empty types need not hold two million arrays. */
const EMPTY: never[] = [];
/** Binaries of the component model have the same magic number. */
const COMPONENT =
  ': this is a component, not a module; a core module is wanted, as compilers make for preview 1 of WASI';

/** The order in which section ids must come; 0 (custom) may come anywhere. */
const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/**
 * Copies the bytes once and reads them as a module; the input is not read again.
 * @throws MalformedError with the absolute offset; InvalidError beyond a limit of wasm/implementation-limits.ts; LimitError for moduleBytes.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Module {
  const most = Math.min(options.limits?.moduleBytes ?? limits.MAX_MODULE_BYTES, limits.MAX_MODULE_BYTES);
  if (bytes.length > most) throw new LimitError('moduleBytes', most, `the module has ${bytes.length} bytes`);
  return new Decoder(new Uint8Array(bytes), options.features ?? DEFAULT_FEATURES).module();
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #features: FeatureSet;
  readonly #reader: CodeReader;
  readonly #types: t.SubType[] = [];
  readonly #recGroups: RecGroup[] = [];
  #imports: Import[] = [];
  #functionTypes: number[] = [];
  #functions: FunctionBody[] = [];
  #tables: Table[] = [];
  #memories: t.MemoryType[] = [];
  #globals: Global[] = [];
  #tags: t.TagType[] = [];
  #exports: Export[] = [];
  #start: number | undefined;
  #elements: ElementSegment[] = [];
  #dataSegments: DataSegment[] = [];
  #dataCount: number | undefined;
  readonly #customSections: CustomSection[] = [];
  readonly #sections: Section[] = [];

  constructor(bytes: Uint8Array, features: FeatureSet) {
    this.#bytes = bytes;
    this.#features = features;
    this.#reader = new CodeReader(bytes);
  }

  module(): Module {
    this.#header();
    this.#allSections();
    if (this.#functions.length !== this.#functionTypes.length) {
      throw this.#malformed('function and code section have inconsistent lengths', this.#bytes.length);
    }
    if (this.#dataCount !== undefined && this.#dataCount !== this.#dataSegments.length) {
      throw this.#malformed('data count and data section have inconsistent lengths', this.#bytes.length);
    }
    return {
      bytes: this.#bytes,
      types: this.#types,
      recGroups: this.#recGroups,
      imports: this.#imports,
      functions: this.#functions,
      tables: this.#tables,
      memories: this.#memories,
      globals: this.#globals,
      tags: this.#tags,
      exports: this.#exports,
      start: this.#start,
      elements: this.#elements,
      dataSegments: this.#dataSegments,
      dataCount: this.#dataCount,
      customSections: this.#customSections,
      sections: this.#sections,
    };
  }

  #malformed(text: string, at: number): MalformedError {
    return new MalformedError(text, at);
  }

  #header(): void {
    const expect = (word: number, at: number, text: string): void => {
      if (this.#bytes.length < at + 4) throw this.#malformed('unexpected end', this.#bytes.length);
      for (let i = 0; i < 4; i++) {
        if (this.#bytes[at + i] !== ((word >>> (8 * i)) & 0xff)) throw this.#malformed(text, at);
      }
    };
    expect(0x6d736100, 0, 'magic header not detected');
    const isComponent = this.#bytes[4] === 0x0d && this.#bytes[6] === 1;
    expect(1, 4, `unknown binary version${isComponent ? COMPONENT : ''}`);
    this.#reader.pos = 8;
  }

  #allSections(): void {
    const reader = this.#reader;
    const { length } = this.#bytes;
    let next = 0;
    while (reader.pos < length) {
      const at = reader.pos;
      const id = reader.u8();
      const size = reader.u32();
      if (size > length - reader.pos) throw this.#malformed('length out of bounds', at + 1);
      const end = reader.pos + size;
      reader.end = end;
      if (id === 0) this.#custom(at);
      else {
        const place = SECTION_ORDER.indexOf(id);
        if (place < 0) throw this.#malformed('malformed section id', at);
        if (place < next) throw this.#malformed('unexpected content after last section', at);
        next = place + 1;
        this.#sections.push({ id, bytes: { start: reader.pos, end } });
        this.#section(id);
        if (reader.pos !== end) throw this.#malformed('section size mismatch', reader.pos);
      }
      reader.end = length;
    }
  }

  #section(id: number): void {
    switch (id) {
      case 1:
        this.#typeSection();
        return;
      case 2:
        this.#imports = this.#vector('imports', limits.MAX_IMPORTS, () => this.#import());
        return;
      case 3:
        this.#functionTypes = this.#vector('functions', limits.MAX_FUNCTIONS, () => this.#reader.u32());
        return;
      case 4:
        this.#tables = this.#vector('tables', limits.MAX_TABLES, () => this.#table());
        return;
      case 5:
        this.#memories = this.#vector('memories', limits.MAX_MEMORIES, () => this.#memoryType());
        return;
      case 6:
        this.#globals = this.#vector('globals', limits.MAX_GLOBALS, () => ({
          type: this.#globalType(),
          init: this.#constExpr(),
        }));
        return;
      case 7:
        this.#exports = this.#vector('exports', limits.MAX_EXPORTS, () => this.#export());
        return;
      case 8:
        this.#start = this.#reader.u32();
        return;
      case 9:
        this.#elements = this.#vector('element segments', limits.MAX_ELEMENT_SEGMENTS, () => this.#element());
        return;
      case 10:
        this.#codeSection();
        return;
      case 11:
        this.#dataSegments = this.#vector('data segments', limits.MAX_DATA_SEGMENTS, () => this.#data());
        return;
      case 12:
        this.#dataCount = this.#reader.u32();
        return;
      case 13:
        this.#tags = this.#vector('tags', limits.MAX_TAGS, () => this.#tagType());
    }
  }

  /** Reads a vector of at most `most` elements. */
  #vector<T>(what: string, most: number, read: () => T): T[] {
    const at = this.#reader.pos;
    const count = this.#reader.count();
    checkLimit(what, most, count, at);
    if (count === 0) return EMPTY;
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  #name(): string {
    const reader = this.#reader;
    const at = reader.pos;
    const length = reader.u32();
    if (length > reader.end - reader.pos) throw this.#malformed('length out of bounds', at);
    checkLimit('name bytes', limits.MAX_NAME_BYTES, length, at);
    const text = decodeUtf8(this.#bytes, reader.pos, reader.pos + length);
    if (text === undefined) throw this.#malformed('malformed UTF-8 encoding', reader.pos);
    reader.pos += length;
    return text;
  }

  #custom(offset: number): void {
    const name = this.#name();
    this.#customSections.push({ name, bytes: { start: this.#reader.pos, end: this.#reader.end }, offset });
    this.#reader.pos = this.#reader.end;
  }

  #flag(text: string): boolean {
    const at = this.#reader.pos;
    const byte = this.#reader.u8();
    if (byte > 1) throw this.#malformed(text, at);
    return byte === 1;
  }

  // ---- types ----

  #typeSection(): void {
    const reader = this.#reader;
    const at = reader.pos;
    const count = reader.count();
    checkLimit('types', limits.MAX_TYPES, count, at);
    for (let i = 0; i < count; i++) {
      const start = this.#types.length;
      const offset = reader.pos;
      let length = 1;
      const form = reader.bytes[reader.pos]!;
      if (form === 0x4e) {
        reader.pos++;
        length = reader.count();
        checkLimit('types in a group', limits.MAX_REC_GROUP_TYPES, length, reader.pos);
      }
      const from = reader.pos;
      for (let member = 0; member < length; member++) this.#types.push(this.#subType());
      checkLimit('types', limits.MAX_TYPES, this.#types.length, reader.pos);
      checkLimit('bytes in a recursion group', limits.MAX_REC_GROUP_BYTES, reader.pos - from, from);
      this.#recGroups.push({ start, length, explicit: form >= 0x4e && form <= 0x50, offset });
    }
  }

  #subType(): t.SubType {
    const reader = this.#reader;
    const form = reader.bytes[reader.pos];
    if (form !== 0x50 && form !== 0x4f) return { final: true, supers: EMPTY, composite: this.#compositeType() };
    reader.pos++;
    const supers = this.#vector('super types', limits.MAX_SUBTYPE_DEPTH, () => reader.u32());
    return { final: form === 0x4f, supers, composite: this.#compositeType() };
  }

  #compositeType(): t.CompositeType {
    const reader = this.#reader;
    const at = reader.pos;
    switch (reader.u8()) {
      case 0x60: {
        const params = this.#vector('parameters', limits.MAX_PARAMS, () => reader.valType());
        return {
          kind: 'func',
          params,
          results: this.#vector('results', limits.MAX_RESULTS, () => reader.valType()),
        };
      }
      case 0x5f:
        return {
          kind: 'struct',
          fields: this.#vector('struct fields', limits.MAX_STRUCT_FIELDS, () => this.#fieldType()),
        };
      case 0x5e:
        return { kind: 'array', element: this.#fieldType() };
      default:
        throw this.#malformed('malformed definition type', at);
    }
  }

  #fieldType(): t.FieldType {
    return { type: this.#reader.storageType(), mutable: this.#flag('malformed mutability') };
  }

  #globalType(): t.GlobalType {
    return { type: this.#reader.valType(), mutable: this.#flag('malformed mutability') };
  }

  /** Reads flags and bounds of a table or a memory. Bits of features that are off are as malformed as undefined bits. */
  #limits(bits: number): { limits: t.Limits; flags: number } {
    const reader = this.#reader;
    const at = reader.pos;
    const flags = reader.u8();
    if ((flags & ~bits) !== 0) throw this.#unknownLimits(flags, at);
    const min = reader.u64();
    return { limits: { min, max: (flags & 1) !== 0 ? reader.u64() : undefined }, flags };
  }

  #featureBits(): number {
    let bits = 1;
    for (const [bit, feature] of LIMITS_BITS) if (this.#features.has(feature)) bits |= bit;
    return bits;
  }

  /** Names the features that would have given the flags a meaning. */
  #unknownLimits(flags: number, at: number): Error {
    const off = LIMITS_BITS.filter(([bit, feature]) => (flags & bit) !== 0 && !this.#features.has(feature));
    const leftOut = off.find(([, feature]) => LEFT_OUT.has(feature));
    if (leftOut) return leftOutFeature(leftOut[1], at);
    return this.#malformed(`malformed limits flags${off.map(([, one]) => `, feature '${one}' is off`).join('')}`, at);
  }

  #memoryType(): t.MemoryType {
    const { limits: bounds, flags } = this.#limits(this.#featureBits());
    const at = this.#reader.pos;
    const pageSizeLog2 = (flags & 8) !== 0 ? this.#reader.u32() : 16;
    if (pageSizeLog2 > 63) throw this.#malformed('invalid custom page size', at);
    return { limits: bounds, shared: (flags & 2) !== 0, address: (flags & 4) !== 0 ? 'i64' : 'i32', pageSizeLog2 };
  }

  #tableType(): t.TableType {
    const element = this.#reader.refType();
    const { limits: bounds, flags } = this.#limits(this.#featureBits() & 5);
    return { limits: bounds, element, address: (flags & 4) !== 0 ? 'i64' : 'i32', shared: false };
  }

  #tagType(): t.TagType {
    const at = this.#reader.pos;
    if (this.#reader.u8() !== 0) throw this.#malformed('malformed tag attribute', at);
    return { typeIndex: this.#reader.u32() };
  }

  // ---- imports, exports, tables ----

  #import(): Import {
    const offset = this.#reader.pos;
    return { module: this.#name(), name: this.#name(), description: this.#importDescription(), offset };
  }

  #importDescription(): ImportDescription {
    const at = this.#reader.pos;
    const kind = KINDS[this.#reader.u8()];
    switch (kind) {
      case 'func':
        return { kind, typeIndex: this.#reader.u32() };
      case 'table':
        return { kind, type: this.#tableType() };
      case 'memory':
        return { kind, type: this.#memoryType() };
      case 'global':
        return { kind, type: this.#globalType() };
      case 'tag':
        return { kind, type: this.#tagType() };
      default:
        throw this.#malformed('malformed import kind', at);
    }
  }

  #export(): Export {
    const offset = this.#reader.pos;
    const name = this.#name();
    const at = this.#reader.pos;
    const kind = KINDS[this.#reader.u8()];
    if (kind === undefined) throw this.#malformed('malformed export kind', at);
    return { name, kind, index: this.#reader.u32(), offset };
  }

  #table(): Table {
    const reader = this.#reader;
    if (reader.bytes[reader.pos] !== 0x40) return { type: this.#tableType(), init: undefined };
    reader.pos++;
    if (reader.u8() !== 0) throw this.#malformed('zero byte expected', reader.pos - 1);
    return { type: this.#tableType(), init: this.#constExpr() };
  }

  // ---- code and segments ----

  #constExpr(): ConstExpr {
    const start = this.#reader.pos;
    this.#reader.skipExpression();
    return { start, end: this.#reader.pos };
  }

  #codeSection(): void {
    const reader = this.#reader;
    const { end } = reader;
    const count = reader.count();
    for (let i = 0; i < count; i++) {
      const at = reader.pos;
      const size = reader.u32();
      if (size > end - reader.pos) throw this.#malformed('unexpected end of section or function', at);
      checkLimit('function bytes', limits.MAX_FUNCTION_BYTES, size, at);
      reader.end = reader.pos + size;
      const start = reader.pos;
      const locals = this.#locals();
      this.#functions.push({
        // A surplus body is reported at the end of the module, like a missing one.
        typeIndex: this.#functionTypes[i] ?? 0,
        locals,
        start,
        code: { start: reader.pos, end: reader.end },
      });
      reader.pos = reader.end;
      reader.end = end;
    }
  }

  #locals(): LocalRun[] {
    const reader = this.#reader;
    const runCount = reader.count();
    if (runCount === 0) return EMPTY;
    const runs: LocalRun[] = [];
    let total = 0;
    for (let left = runCount; left > 0; left--) {
      const at = reader.pos;
      const count = reader.u32();
      total += count;
      if (total > 0xffff_ffff) throw this.#malformed('too many locals', at);
      runs.push({ count, type: reader.valType() });
    }
    checkLimit('locals', limits.MAX_LOCALS, total, reader.pos);
    return runs;
  }

  #element(): ElementSegment {
    const reader = this.#reader;
    const offset = reader.pos;
    const flags = reader.u32();
    if (flags > 7) throw this.#malformed('malformed elements segment kind', offset);
    const mode: SegmentMode =
      (flags & 1) !== 0
        ? { kind: (flags & 2) !== 0 ? 'declarative' : 'passive' }
        : { kind: 'active', index: (flags & 2) !== 0 ? reader.u32() : 0, at: this.#constExpr() };
    let type: t.ValType = (flags & 4) !== 0 ? t.FUNCREF : t.refType(t.HEAP_FUNC, false);
    if ((flags & 3) !== 0) {
      if ((flags & 4) !== 0) type = reader.refType();
      else if (reader.u8() !== 0) throw this.#malformed('malformed element kind', reader.pos - 1);
    }
    if ((flags & 4) !== 0) {
      const expressions = this.#vector('element segment items', limits.MAX_ELEMENT_SEGMENT_ITEMS, () =>
        this.#constExpr(),
      );
      return { type, mode, items: { kind: 'expressions', expressions }, offset };
    }
    const at = reader.pos;
    const count = reader.count();
    checkLimit('element segment items', limits.MAX_ELEMENT_SEGMENT_ITEMS, count, at);
    const indices = new Uint32Array(count);
    for (let i = 0; i < count; i++) indices[i] = reader.u32();
    return { type, mode, items: { kind: 'functions', indices }, offset };
  }

  #data(): DataSegment {
    const reader = this.#reader;
    const offset = reader.pos;
    const flags = reader.u32();
    if (flags > 2) throw this.#malformed('malformed data segment kind', offset);
    const mode: SegmentMode =
      flags === 1
        ? { kind: 'passive' }
        : { kind: 'active', index: flags === 2 ? reader.u32() : 0, at: this.#constExpr() };
    const at = reader.pos;
    const length = reader.u32();
    if (length > reader.end - reader.pos) throw this.#malformed('unexpected end of section or function', at);
    const start = reader.pos;
    reader.pos += length;
    return { mode, bytes: { start, end: reader.pos }, offset };
  }
}
