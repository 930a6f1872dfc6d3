// Lines from DWARF and from source maps, whole and damaged.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decode } from '../binary/decode.js';
import type { Module } from '../wasm/module.js';
import { readLines } from './dwarf-lines.js';
import { sourceFrames } from './source-frames.js';
import { readSourceMap } from './source-map.js';
import { Symbols } from './symbols.js';

const BYTES = new Uint8Array(readFileSync(new URL('../../test/observe/c/shapes.wasm', import.meta.url)));
const FILE = 'test/observe/c/shapes.c';

function indexOf(symbols: Symbols, name: string): number {
  for (let index = 0; ; index++) if (symbols.name(index) === name) return index;
}

test('functions of a program in C have the lines of its source', () => {
  const symbols = new Symbols(decode(BYTES));
  const source = readFileSync(new URL(`../../${FILE}`, import.meta.url), 'utf8').split('\n');
  for (const name of ['square', 'never', 'crash', 'main']) {
    const place = symbols.firstLine(indexOf(symbols, name))!;
    expect(place.file).toBe(FILE);
    expect(source[place.line - 1]).toContain(`int ${name}(`);
  }
});
test('frames get names and places, and stay as they are where nothing is known', () => {
  const module = decode(BYTES);
  const index = indexOf(new Symbols(module), 'crash');
  const body = module.functions[index - module.imports.length]!;
  const frame = { functionIndex: index, functionName: 'x', moduleName: 'm', offset: body.code.end - 1 };
  expect(sourceFrames([frame], BYTES)[0]).toMatchObject({ functionName: 'crash', source: { file: FILE } });
  expect(sourceFrames([frame], BYTES, 'other')[0]).toEqual({ ...frame, source: undefined });
  expect(sourceFrames([frame], new Uint8Array(3))[0]).toEqual({ ...frame, source: undefined });
});
test('a damaged section is left out, wherever it is damaged', () => {
  const module = decode(BYTES);
  const section = module.customSections.find(({ name }) => name === '.debug_line')!;
  const { start, end } = section.bytes;
  let differ = 0;
  for (let at = start; at < end; at += 7) {
    const bytes = BYTES.slice();
    bytes[at] = bytes[at]! ^ 0xff;
    const damaged: Module = { ...module, bytes };
    if (readLines(damaged).within(0, bytes.length).length !== readLines(module).within(0, bytes.length).length)
      differ++;
    const cut = { ...section, bytes: { start, end: at } };
    expect(readLines({ ...module, customSections: [cut] }).at(0)).toBeUndefined();
    if (at - start > 2_000) break;
  }
  expect(differ).toBeGreaterThan(0);
});
test('a source map', () => {
  const lines = readSourceMap(JSON.stringify({ version: 3, sources: ['a.ts', 'b.ts'], mappings: 'UAAA,K,KCGA' }));
  expect([lines.at(9), lines.at(10), lines.at(14), lines.at(15), lines.at(100)]).toEqual([
    undefined,
    { file: 'a.ts', line: 1 },
    { file: 'a.ts', line: 1 },
    undefined,
    { file: 'b.ts', line: 4 },
  ]);
  for (const text of [
    '',
    '{',
    '{}',
    '{"mappings":"!!","sources":[]}',
    '{"mappings":"gggggggggggggg","sources":["a"]}',
    'null',
  ]) {
    expect(readSourceMap(text).at(5)).toBeUndefined();
  }
});
