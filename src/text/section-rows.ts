// Where a module's bytes are: its sections in the order of the file, for people. Takes any module that was decoded.
import { quote } from '../base/quote.js';
import type { CustomSection, Module, Section } from '../wasm/module.js';

export interface SectionRow {
  /** The name of the section; that of a custom section is its own, printable and in quotes. */
  readonly name: string;
  /** Where its contents begin in the file; those of a custom section begin with its name. */
  readonly offset: number;
  readonly bytes: number;
  /** The number of its entries; undefined for custom sections and the start function. */
  readonly entries: number | undefined;
}

export function sectionRows(module: Module): SectionRow[] {
  return [
    ...module.sections.map((section) => sectionRow(module, section)),
    ...module.customSections.map((section) => customRow(module, section)),
  ].sort((a, b) => a.offset - b.offset);
}

/** The name of each section and of its entries, by the section's number in the binary format. */
const SECTIONS: Readonly<Record<number, readonly [name: string, entries: (module: Module) => number | undefined]>> = {
  1: ['type', (module) => module.recGroups.length],
  2: ['import', (module) => module.imports.length],
  3: ['function', (module) => module.functions.length],
  4: ['table', (module) => module.tables.length],
  5: ['memory', (module) => module.memories.length],
  6: ['global', (module) => module.globals.length],
  7: ['export', (module) => module.exports.length],
  8: ['start', () => undefined],
  9: ['element', (module) => module.elements.length],
  10: ['code', (module) => module.functions.length],
  11: ['data', (module) => module.dataSegments.length],
  12: ['data count', () => undefined],
  13: ['tag', (module) => module.tags.length],
};

function sectionRow(module: Module, { id, bytes: { start, end } }: Section): SectionRow {
  const row = SECTIONS[id]!;
  return { name: row[0], offset: start, bytes: end - start, entries: row[1](module) };
}

function customRow(module: Module, { name, offset, bytes: { end } }: CustomSection): SectionRow {
  // Behind the section's number stands its size, a LEB128 number.
  let start = offset + 1;
  while (module.bytes[start++]! >= 0x80);
  return { name: `custom "${quote(name)}"`, offset: start, bytes: end - start, entries: undefined };
}
