// `enclasm objdump FILE`: where a module's bytes are: its sections and its largest functions. Invalid modules are refused.
import { type CustomSection, functionName, type Section, type ValidatedModule } from '../entry/binary.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';
import { readValidModule, refusal } from './valid-module.js';

const LARGEST = 10;

interface SectionLine {
  /** The name of the section; that of a custom section is its own, in quotes. */
  readonly name: string;
  /** Where its contents begin in the file; those of a custom section begin with its name. */
  readonly offset: number;
  readonly bytes: number;
  /** The number of its entries; undefined for custom sections and the start function. */
  readonly entries: number | undefined;
}

export async function objdump(file: string, options: AllOptions, io: Io): Promise<number> {
  let module: ValidatedModule;
  try {
    module = await readValidModule(file, options, io, io.progress());
  } catch (error) {
    throw refusal(error, file);
  }
  const sections = [
    ...module.sections.map((section) => sectionLine(module, section)),
    ...module.customSections.map((section) => customLine(module, section)),
  ].sort((a, b) => a.offset - b.offset);
  const functions = largestFunctions(module);
  const { length: bytes } = module.bytes;
  if (options.json) io.out(`${JSON.stringify({ file, bytes, sections, functions })}\n`);
  else io.out(`${file}: ${bytes} bytes\n\n${sectionTable(sections)}${functionTable(functions, module)}`);
  return 0;
}

/** The name of each section and of its entries, by the section's number in the binary format. */
const SECTIONS: Readonly<
  Record<number, readonly [name: string, entries: (module: ValidatedModule) => number | undefined]>
> = {
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

function sectionLine(module: ValidatedModule, { id, bytes: { start, end } }: Section): SectionLine {
  const row = SECTIONS[id]!;
  return { name: row[0], offset: start, bytes: end - start, entries: row[1](module) };
}

function customLine(module: ValidatedModule, { name, offset, bytes: { end } }: CustomSection): SectionLine {
  // Behind the section's number stands its size, a LEB128 number.
  let start = offset + 1;
  while (module.bytes[start++]! >= 0x80);
  return { name: `custom "${name}"`, offset: start, bytes: end - start, entries: undefined };
}

interface FunctionLine {
  readonly index: number;
  readonly name: string;
  /** The bytes of its body, local declarations included. */
  readonly bytes: number;
}

function largestFunctions(module: ValidatedModule): FunctionLine[] {
  const imported = module.imports.filter(({ description }) => description.kind === 'func').length;
  return module.functions
    .map(({ start, code }, i) => ({ index: imported + i, bytes: code.end - start }))
    .sort((a, b) => b.bytes - a.bytes || a.index - b.index)
    .slice(0, LARGEST)
    .map(({ index, bytes }) => ({ index, name: functionName(module, index), bytes }));
}

function sectionTable(sections: readonly SectionLine[]): string {
  const rows = sections.map(({ name, offset, bytes, entries }) => [
    name,
    `0x${offset.toString(16)}`,
    `${bytes}`,
    `${entries ?? ''}`,
  ]);
  return table(['section', 'offset', 'bytes', 'entries'], rows);
}

function functionTable(functions: readonly FunctionLine[], module: ValidatedModule): string {
  if (functions.length === 0) return '';
  const title = `the ${functions.length} largest of ${module.functions.length} functions`;
  return `\n${table(
    [title, 'index', 'bytes'],
    functions.map(({ index, name, bytes }) => [name, `${index}`, `${bytes}`]),
  )}`;
}

/** Aligns the first column to the left, the others to the right. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
