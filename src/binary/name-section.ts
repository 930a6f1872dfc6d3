// The name section, read on demand: for traces, errors, the printer. It is tolerant: a malformed subsection and what follows it are ignored, as the
// specification asks of custom sections. Refuses to make names unique or valid as identifiers.
import { quote } from '../base/quote.js';
import { decodeUtf8 } from '../base/utf8.js';
import { type Frame, MalformedError } from '../wasm/errors.js';
import type { Module } from '../wasm/module.js';
import { CodeReader } from './code-reader.js';

export type NameMap = ReadonlyMap<number, string>;

export interface Names {
  readonly module: string | undefined;
  readonly functions: NameMap;
  /** Names of locals by function, then local. */
  readonly locals: ReadonlyMap<number, NameMap>;
  /** Names of labels by function, then label in the order of the blocks. */
  readonly labels: ReadonlyMap<number, NameMap>;
  readonly types: NameMap;
  readonly tables: NameMap;
  readonly memories: NameMap;
  readonly globals: NameMap;
  readonly elements: NameMap;
  readonly data: NameMap;
  /** Names of fields by type, then field. */
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

/** Throws MalformedError if the section ends too early. */
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

// The cache is keyed by the module, so that names live exactly as long as their module.
const cache = new WeakMap<Module, Names>();

/** Returns the names of a module's name section; empty maps if it has none. */
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

/** Returns the names that imports and exports give to functions; an export's takes precedence. */
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
 * Returns what messages call a function: its name in the name section, else that of an export or import, else `$f` and its index. The name is
 * printable and not too long.
 */
export function functionName(module: Module, index: number): string {
  const name = moduleNames(module).functions.get(index) ?? interfaceNames(module).get(index);
  return name === undefined ? `$f${index}` : quote(name);
}

const labels = new WeakMap<Module, string>();
/** Sets what frames call the module from now on; '' stands for the name in its name section. */
export function labelModule(module: Module, label: string): void {
  labels.set(module, label);
}

/** Returns a frame as errors have it. @param offset absolute, of the instruction; -1 if it is not known */
export function frameAt(module: Module, functionIndex: number, offset: number): Frame {
  const moduleName = quote(labels.get(module) || moduleNames(module).module || '');
  return { functionIndex, functionName: functionName(module, functionIndex), moduleName, offset };
}
