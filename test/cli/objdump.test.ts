// `enclasm objdump`: sections and functions with their places, held against the bytes themselves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { enclasm, SAMPLES, temporaryFolder, writeModule } from './support.js';

const folder = temporaryFolder();

it.each(['wc', 'lisp'])('the sections of %s cover the file', async (name) => {
  const file = join(SAMPLES, `${name}.wasm`);
  const bytes = readFileSync(file);
  const { code, out } = await enclasm(['objdump', '--json', file]);
  const dump = JSON.parse(out) as { bytes: number; sections: { name: string; offset: number; bytes: number }[] };
  expect([code, dump.bytes]).toEqual([0, bytes.length]);
  // Between two sections lie the number of one and the length of its contents, a LEB128 of at most five bytes.
  let end = 8;
  for (const section of dump.sections) {
    expect(section.offset - end).toBeGreaterThanOrEqual(2);
    expect(section.offset - end).toBeLessThanOrEqual(6);
    end = section.offset + section.bytes;
  }
  expect(end).toBe(bytes.length);
});

it('counts what is in them, and lists functions by size', async () => {
  const file = writeModule(
    folder,
    'small.wasm',
    `(module (import "a" "b" (func)) (memory 1) (data "x") (data "y")
       (func $small) (func $large (drop (i32.const 1)) (drop (i32.const 2))) (func (export "last") (nop)))`,
  );
  const { code, out, err } = await enclasm(['objdump', file]);
  expect([code, err]).toEqual([0, '']);
  for (const row of [
    /^import +0x[0-9a-f]+ +\d+ +1$/m,
    /^function +0x[0-9a-f]+ +\d+ +3$/m,
    /^data +0x[0-9a-f]+ +\d+ +2$/m,
    /^the 3 largest of 3 functions +index +bytes\n\S+ +2 +8\n\S+ +3 +3\n\S+ +1 +2$/m,
  ]) {
    expect(out).toMatch(row);
  }
});
