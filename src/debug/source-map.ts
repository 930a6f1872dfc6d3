// Reads a source map of a module, as Emscripten, AssemblyScript and others write it beside the file: columns of its only line are offsets in the module.
// Refuses nothing: a map that is damaged has no lines.

import type { Module } from '../wasm/module.js';
import { type LineRow, LineTable } from './line-table.js';
import { sectionNamed } from './section-reader.js';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Returns what the module says about where its source map is: a URL or a path; undefined where it says nothing. */
export function sourceMapOf(module: Module): string | undefined {
  const section = sectionNamed(module, 'sourceMappingURL');
  if (section === undefined) return undefined;
  try {
    const length = section.unsigned();
    return String.fromCharCode(...section.part(Math.min(length, 4_096)).bytes);
  } catch {
    return undefined;
  }
}

/** @param text JSON, version 3 */
export function readSourceMap(text: string): LineTable {
  try {
    const { mappings, sources } = JSON.parse(text) as { mappings?: unknown; sources?: unknown };
    if (typeof mappings !== 'string' || !Array.isArray(sources)) return new LineTable([]);
    return new LineTable(rowsOf(mappings, sources.map(String)));
  } catch {
    return new LineTable([]);
  }
}

function rowsOf(mappings: string, sources: readonly string[]): LineRow[] {
  const rows: LineRow[] = [];
  let offset = 0;
  let source = 0;
  let line = 0;
  for (const segment of mappings.split(';')[0]!.split(',')) {
    if (segment === '') continue;
    const numbers = decoded(segment);
    offset += numbers[0] ?? 0;
    source += numbers[1] ?? 0;
    line += numbers[2] ?? 0;
    const file = numbers.length > 1 ? sources[source] : undefined;
    rows.push({ offset, line: file === undefined ? undefined : { file, line: line + 1 } });
  }
  return rows;
}

/** Base 64 digits of five bits each and a bit that says whether more follow; the last bit of the number is its sign. */
function decoded(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    if (bits < 0) throw new RangeError('no digit');
    value += (bits & 31) * 2 ** shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value % 2 === 1 ? -Math.floor(value / 2) : value / 2);
    value = shift = 0;
  }
  return numbers;
}
