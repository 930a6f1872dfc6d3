// The name section, read when somebody asks: for traces, errors, the printer. Tolerant: a malformed subsection and what follows it is
// ignored, as the specification asks of custom sections. Refuses: making names unique or valid as identifiers.
import { quote } from '../base/quote.js';
import { decodeUtf8 } from '../base/utf8.js';
import { type Frame, MalformedError } from '../wasm/errors.js';
import type { Module } from '../wasm/module.js';
import { CodeReader } from './code-reader.js';

export type NameMap = ReadonlyMap<number, string>;

export interface Names {
  readonly module: string | undefined;
  readonly functions: NameMap;
  /** By function, then local. */
  readonly locals: ReadonlyMap<number, NameMap>;
  /** By function, then label in the order of the blocks. */
  readonly labels: ReadonlyMap<number, NameMap>;
  readonly types: NameMap;
  readonly tables: NameMap;
  readonly memories: NameMap;
  readonly globals: NameMap;
  readonly elements: NameMap;
  readonly data: NameMap;
  /** By type, then field. */
  readonly fields: ReadonlyMap<number, NameMap>;
  readonly tags: NameMap;
}

type MutableNames = { -readonly [Key in keyof Names]: Names[Key] };

const NONE: Names = {
  module: undefined,
  functions: new Map(),
  locals: new Map(),
  labels: new Map(),
  types: new Map(),
  tables: new Map(),
  memories: new Map(),
  globals: new Map(),
  elements: new Map(),
  data: new Map(),
  fields: new Map(),
  tags: new Map(),
};

/** Throws MalformedError where the section ends too early. */
class NameReader extends CodeReader {
  index32(): number {
    const value = this.u32();
    if (this.pos > this.end) throw new MalformedError('unexpected end of section or function', this.pos);
    return value;
  }
  text(): string {
    const length = this.count();
    const text = decodeUtf8(this.bytes, this.pos, this.pos + length);
    if (text === undefined) throw new MalformedError('malformed UTF-8 encoding', this.pos);
    this.skip(length);
    return text;
  }
  map<T>(read: () => T): Map<number, T> {
    const map = new Map<number, T>();
    for (let count = this.count(); count > 0; count--) map.set(this.index32(), read());
    return map;
  }
}

function readSubsection(reader: NameReader, id: number, names: MutableNames): void {
  const plain = (): Map<number, string> => reader.map(() => reader.text());
  const indirect = (): Map<number, NameMap> => reader.map(plain);
  switch (id) {
    case 0:
      names.module = reader.text();
      break;
    case 1:
      names.functions = plain();
      break;
    case 2:
      names.locals = indirect();
      break;
    case 3:
      names.labels = indirect();
      break;
    case 4:
      names.types = plain();
      break;
    case 5:
      names.tables = plain();
      break;
    case 6:
      names.memories = plain();
      break;
    case 7:
      names.globals = plain();
      break;
    case 8:
      names.elements = plain();
      break;
    case 9:
      names.data = plain();
      break;
    case 10:
      names.fields = indirect();
      break;
    case 11:
      names.tags = plain();
  }
}

// Keyed by the module, so that names live exactly as long as their module does.
const cache = new WeakMap<Module, Names>();

/** The names of a module's name section; empty maps where there is none. */
export function moduleNames(module: Module): Names {
  let names = cache.get(module);
  if (names === undefined) {
    names = readNames(module);
    cache.set(module, names);
  }
  return names;
}

function readNames(module: Module): Names {
  const section = module.customSections.find(({ name }) => name === 'name');
  if (section === undefined) return NONE;
  const names: MutableNames = { ...NONE };
  const { start, end } = section.bytes;
  const reader = new NameReader(module.bytes, start, end);
  try {
    while (reader.pos < end) {
      const id = reader.index32();
      const length = reader.count();
      const next = reader.pos + length;
      reader.end = next;
      readSubsection(reader, id, names);
      reader.pos = next;
      reader.end = end;
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  return names;
}

const otherNames = new WeakMap<Module, Map<number, string>>();

/** Names that imports and exports give to functions; an export's goes first. */
function interfaceNames(module: Module): Map<number, string> {
  let names = otherNames.get(module);
  if (names === undefined) {
    names = new Map();
    for (const { name, kind, index } of module.exports) {
      if (kind === 'func' && !names.has(index)) names.set(index, name);
    }
    let index = 0;
    for (const { name, description } of module.imports) {
      if (description.kind !== 'func') continue;
      if (!names.has(index)) names.set(index, name);
      index++;
    }
    otherNames.set(module, names);
  }
  return names;
}

/**
 * What to call a function: its name in the name section, else an export's or import's, else `$f` and its index. For people: printable, and
 * cut where it is endless.
 */
export function functionName(module: Module, index: number): string {
  const name = moduleNames(module).functions.get(index) ?? interfaceNames(module).get(index);
  return name === undefined ? `$f${index}` : quote(name);
}

const labels = new WeakMap<Module, string>();
/** What frames call the module from now on; '': what its name section says. */
export function labelModule(module: Module, label: string): void {
  labels.set(module, label);
}

/** A frame as errors have it. @param offset of the instruction, absolute; -1: not known */
export function frameAt(module: Module, functionIndex: number, offset: number): Frame {
  const moduleName = quote(labels.get(module) || moduleNames(module).module || '');
  return { functionIndex, functionName: functionName(module, functionIndex), moduleName, offset };
}
