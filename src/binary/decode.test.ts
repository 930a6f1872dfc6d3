import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MalformedError } from '../wasm/errors.js';
import { TypeRegistry } from '../wasm/subtyping.js';
import { CodeReader } from './code-reader.js';
import { decode } from './decode.js';

const samples = new URL('../../samples/', import.meta.url);

test('real modules decode, and every instruction of every body is read to its end', () => {
  for (const file of readdirSync(samples).filter((name) => name.endsWith('.wasm'))) {
    const module = decode(readFileSync(new URL(file, samples)));
    expect(new TypeRegistry().addModuleTypes(module).length).toBe(module.types.length);
    const reader = new CodeReader(module.bytes);
    for (const { code } of module.functions) {
      reader.seek(code.start, code.end);
      let last = -1;
      for (let op = reader.next(); op >= 0; op = reader.next()) last = op;
      expect(last).toBe(0x0b);
      expect(reader.pos).toBe(code.end);
      reader.seek(code.start, code.end);
      reader.skipExpression();
      expect(reader.pos).toBe(code.end);
    }
  }
});

test('the input can change after decoding', () => {
  const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const module = decode(bytes);
  bytes.fill(0xff);
  expect(module.bytes[1]).toBe(0x61);
});

test('offsets are absolute', () => {
  const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0x55, 0);
  expect(() => decode(bytes)).toThrow(new MalformedError('malformed section id', 8));
});
