// Module -> bytes: writes a decoded module again, with the parts that an instrumenter changed. Refuses to change anything itself; the caller
// rewrites the indices that a change shifts.
import type {
  ConstExpr,
  DataSegment,
  ElementSegment,
  ExternKind,
  Import,
  ImportDescription,
  LocalRun,
  Module,
  Span,
} from '../wasm/module.js';
import * as t from '../wasm/types.js';
import { BRANCH_HINT_SECTION } from './branch-hints.js';
import { ByteWriter } from './writer.js';

/** An expression in the module's bytes, or a new one: its instructions with the closing `end`. */
export type Expression = ConstExpr | Uint8Array;

/** What replaces a part of the module; a part that is absent stays as it is. */
export interface EncodeChanges {
  readonly types?: Module['types'];
  readonly recGroups?: Module['recGroups'];
  readonly imports?: readonly Omit<Import, 'offset'>[];
  readonly memories?: Module['memories'];
  readonly tables?: readonly { readonly type: t.TableType; readonly init: Expression | undefined }[];
  readonly globals?: readonly { readonly type: t.GlobalType; readonly init: Expression }[];
  readonly tags?: Module['tags'];
  readonly exports?: readonly { readonly name: string; readonly kind: ExternKind; readonly index: number }[];
  readonly start?: number | undefined;
  /** All functions defined by the module. */
  readonly functions?: readonly { readonly typeIndex: number; readonly locals: Module['functions'][0]['locals'] }[];
  /** Writes the instructions of a function, the closing `end` included. */
  readonly body?: (writer: ByteWriter, index: number) => void;
  /** What is known of the branches of a function, ascending. Makes a section of branch hints. */
  readonly branchHints?: (index: number) => readonly EncodedHint[];
  /** Custom sections are dropped unless listed, since most hold offsets or indices that a change makes wrong. */
  readonly customSections?: Module['customSections'];
}

export interface EncodedHint {
  /** The place of an `if` or `br_if`, from the first instruction of its function on. */
  readonly offset: number;
  readonly likely: boolean;
}

const KIND_NUMBERS: Readonly<Record<ExternKind, number>> = { func: 0, table: 1, memory: 2, global: 3, tag: 4 };

/** Returns the bytes of a module with changes. */
export function encode(module: Module, changes: EncodeChanges = {}): Uint8Array {
  const parts = { ...module, ...changes };
  const writer = new ByteWriter(module.bytes.length + (module.bytes.length >> 1) + 1024);
  const { bytes } = module;
  const expression = (it: Expression): void => {
    if (it instanceof Uint8Array) writer.raw(it);
    else writer.raw(bytes, it.start, it.end);
  };
  writer.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  writer.vectorSection(1, parts.recGroups, ({ start, length }) => {
    if (length !== 1) {
      writer.u8(0x4e);
      writer.u32(length);
    }
    for (let i = start; i < start + length; i++) writeSubType(writer, parts.types[i]!);
  });
  writer.vectorSection(2, parts.imports, (one) => {
    writer.name(one.module);
    writer.name(one.name);
    writer.u8(KIND_NUMBERS[one.description.kind]);
    writeImportDescription(writer, one.description);
  });
  writer.vectorSection(3, parts.functions, ({ typeIndex }) => writer.u32(typeIndex));
  writer.vectorSection(4, parts.tables, ({ type, init }) => {
    if (init !== undefined) writer.raw(Uint8Array.of(0x40, 0));
    writeTableType(writer, type);
    if (init !== undefined) expression(init);
  });
  writer.vectorSection(5, parts.memories, (type) => writeMemoryType(writer, type));
  writer.vectorSection(13, parts.tags, (type) => writeTagType(writer, type));
  writer.vectorSection(6, parts.globals, ({ type, init }) => {
    writeGlobalType(writer, type);
    expression(init);
  });
  writer.vectorSection(7, parts.exports, ({ name, kind, index }) => {
    writer.name(name);
    writer.u8(KIND_NUMBERS[kind]);
    writer.u32(index);
  });
  const { start } = parts;
  if (start !== undefined) writer.section(8, () => writer.u32(start));
  writer.vectorSection(9, parts.elements, (segment) => writeElement(writer, segment, expression));
  const { dataCount } = parts;
  if (dataCount !== undefined) writer.section(12, () => writer.u32(dataCount));
  if (changes.branchHints) writeBranchHints(writer, parts, changes.branchHints);
  writer.vectorSection(10, parts.functions, ({ locals }, index) => {
    writer.sized(() => {
      writeLocals(writer, locals);
      if (changes.body) changes.body(writer, index);
      else expression(module.functions[index]!.code);
    });
  });
  writer.vectorSection(11, parts.dataSegments, (segment) => writeData(writer, bytes, segment, expression));
  for (const { name, bytes: span } of changes.customSections ?? []) {
    writer.section(0, () => {
      writer.name(name);
      writer.raw(bytes, span.start, span.end);
    });
  }
  return writer.finish();
}

function writeLocals(writer: ByteWriter, locals: readonly LocalRun[]): void {
  writer.vector(locals, ({ count, type }) => {
    writer.u32(count);
    writer.type(type);
  });
}

const HINT_BYTES = 1;
/** Source: the branch hinting proposal, "Binary format": offsets count from the declarations of locals. */
function writeBranchHints(
  writer: ByteWriter,
  { imports, functions }: Required<Pick<EncodeChanges, 'imports' | 'functions'>>,
  hintsOf: (index: number) => readonly EncodedHint[],
): void {
  const imported = imports.filter(({ description }) => description.kind === 'func').length;
  const hinted = functions
    .map(({ locals }, index) => ({ index, locals, hints: hintsOf(index) }))
    .filter(({ hints }) => hints.length > 0);
  if (hinted.length === 0) return;
  writer.section(0, () => {
    writer.name(BRANCH_HINT_SECTION);
    writer.vector(hinted, ({ index, locals, hints }) => {
      writer.u32(imported + index);
      const before = new ByteWriter(16);
      writeLocals(before, locals);
      writer.vector(hints, ({ offset, likely }) => {
        writer.u32(before.length + offset);
        writer.u32(HINT_BYTES);
        writer.u8(likely ? 1 : 0);
      });
    });
  });
}

function writeSubType(writer: ByteWriter, { final, supers, composite }: t.SubType): void {
  if (!final || supers.length > 0) {
    writer.u8(final ? 0x4f : 0x50);
    writer.vector(supers, (index) => writer.u32(index));
  }
  switch (composite.kind) {
    case 'func':
      writer.u8(0x60);
      writer.vector(composite.params, (type) => writer.type(type));
      writer.vector(composite.results, (type) => writer.type(type));
      break;
    case 'struct':
      writer.u8(0x5f);
      writer.vector(composite.fields, (field) => writeGlobalType(writer, field));
      break;
    case 'array':
      writer.u8(0x5e);
      writeGlobalType(writer, composite.element);
  }
}

function writeImportDescription(writer: ByteWriter, description: ImportDescription): void {
  switch (description.kind) {
    case 'func':
      writer.u32(description.typeIndex);
      break;
    case 'table':
      writeTableType(writer, description.type);
      break;
    case 'memory':
      writeMemoryType(writer, description.type);
      break;
    case 'global':
      writeGlobalType(writer, description.type);
      break;
    case 'tag':
      writeTagType(writer, description.type);
  }
}

/** Writes the type of a global, a struct field or array elements, which have the same form. */
function writeGlobalType(writer: ByteWriter, { type, mutable }: t.FieldType): void {
  writer.type(type);
  writer.u8(mutable ? 1 : 0);
}

function writeLimits(writer: ByteWriter, { min, max }: t.Limits, flags: number): void {
  writer.u8(flags | (max === undefined ? 0 : 1));
  writer.u64(min);
  if (max !== undefined) writer.u64(max);
}

function writeTableType(writer: ByteWriter, { element, limits, address }: t.TableType): void {
  writer.type(element);
  writeLimits(writer, limits, address === 'i64' ? 4 : 0);
}

function writeMemoryType(writer: ByteWriter, { limits, shared, address, pageSizeLog2 }: t.MemoryType): void {
  const custom = pageSizeLog2 !== 16;
  writeLimits(writer, limits, (shared ? 2 : 0) | (address === 'i64' ? 4 : 0) | (custom ? 8 : 0));
  if (custom) writer.u32(pageSizeLog2);
}

function writeTagType(writer: ByteWriter, { typeIndex }: t.TagType): void {
  writer.u8(0);
  writer.u32(typeIndex);
}

function writeElement(writer: ByteWriter, segment: ElementSegment, expression: (it: Span) => void): void {
  const { mode, items, type } = segment;
  const plain = items.kind === 'functions';
  const active = mode.kind === 'active';
  // The short form of an active segment has no place for a table index or another element type.
  const long = active ? mode.index !== 0 || (!plain && type !== t.FUNCREF) : mode.kind === 'declarative';
  const flags = (active ? 0 : 1) | (long ? 2 : 0) | (plain ? 0 : 4);
  writer.u32(flags);
  if (active) {
    if (long) writer.u32(mode.index);
    expression(mode.at);
  }
  if ((flags & 3) !== 0) {
    if (plain) writer.u8(0);
    else writer.type(type);
  }
  if (items.kind === 'expressions') {
    writer.vector(items.expressions, expression);
    return;
  }
  writer.u32(items.indices.length);
  for (const index of items.indices) writer.u32(index);
}

function writeData(writer: ByteWriter, bytes: Uint8Array, segment: DataSegment, expression: (it: Span) => void): void {
  const { mode } = segment;
  const active = mode.kind === 'active';
  writer.u32(active ? (mode.index === 0 ? 0 : 2) : 1);
  if (active) {
    if (mode.index !== 0) writer.u32(mode.index);
    expression(mode.at);
  }
  writer.u32(segment.bytes.end - segment.bytes.start);
  writer.raw(bytes, segment.bytes.start, segment.bytes.end);
}
