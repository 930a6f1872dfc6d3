// `enclasm objdump FILE`: where a module's bytes are: its sections and its largest functions. Invalid modules are refused.
import { functionName, type ValidatedModule } from '../entry/binary.js';
import { type SectionRow, sectionRows } from '../entry/tables.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';
import { readValidModule, refusal } from './valid-module.js';

const LARGEST = 10;

export async function objdump(file: string, options: AllOptions, io: Io): Promise<number> {
  let module: ValidatedModule;
  try {
    module = await readValidModule(file, options, io, io.progress());
  } catch (error) {
    throw refusal(error, file);
  }
  const sections = sectionRows(module);
  const functions = largestFunctions(module);
  const { length: bytes } = module.bytes;
  if (options.json) io.out(`${JSON.stringify({ file, bytes, sections, functions })}\n`);
  else io.out(`${file}: ${bytes} bytes\n\n${sectionTable(sections)}${functionTable(functions, module)}`);
  return 0;
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

function sectionTable(sections: readonly SectionRow[]): string {
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
