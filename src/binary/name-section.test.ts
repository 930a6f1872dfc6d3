import { expect, test } from 'vitest';
import { decode } from '../binary/decode.js';
import { ByteWriter } from '../binary/writer.js';
import { functionName, moduleNames } from './name-section.js';

function moduleWithNames(subsections: readonly (readonly [id: number, bytes: number[]])[]) {
  const writer = new ByteWriter();
  writer.raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  writer.raw(Uint8Array.of(1, 4, 1, 0x60, 0, 0));
  writer.raw(Uint8Array.of(2, 7, 1, 1, 0x6d, 1, 0x69, 0, 0)); // imports m.i
  writer.raw(Uint8Array.of(3, 4, 3, 0, 0, 0));
  writer.raw(Uint8Array.of(7, 5, 1, 1, 0x65, 0, 2)); // exports function 2 as e
  writer.raw(Uint8Array.of(10, 10, 3, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b));
  writer.section(0, () => {
    writer.name('name');
    for (const [id, bytes] of subsections) writer.section(id, () => writer.raw(Uint8Array.from(bytes)));
  });
  return decode(writer.finish());
}

test('the name section goes first, then exports and imports, then the index', () => {
  const module = moduleWithNames([
    [0, [3, 0x6d, 0x6f, 0x64]],
    [1, [1, 1, 1, 0x6e]],
    [2, [1, 1, 1, 0, 1, 0x78]],
  ]);
  expect([0, 1, 2, 3].map((index) => functionName(module, index))).toEqual(['i', 'n', 'e', '$f3']);
  expect(moduleNames(module).module).toBe('mod');
  expect(moduleNames(module).locals.get(1)?.get(0)).toBe('x');
});

test('what is malformed is ignored, what stands before it is not', () => {
  const module = moduleWithNames([
    [0, [3, 0x6d, 0x6f, 0x64]],
    [1, [9, 1, 1, 0x6e]],
    [99, [1, 2, 3]],
  ]);
  expect(moduleNames(module).module).toBe('mod');
  expect(functionName(module, 1)).toBe('$f1');
});
