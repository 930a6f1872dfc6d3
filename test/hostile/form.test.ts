// Bytes that are nearly a module: overlong integers, sections twice or out of order, sizes that lie, every truncation, random damage.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EnclasmError, MalformedError } from '#src/wasm/errors.js';
import { all, bytes, counted, functions, HEADER, load, type Write, wasm } from './build.js';

function malformed(input: Uint8Array, text: string, offset?: number): void {
  const { error } = load(input);
  expect(error).toBeInstanceOf(MalformedError);
  expect((error as Error).message).toContain(text);
  if (offset !== undefined) expect((error as MalformedError).offset).toBe(offset);
}

const END = 0x0b;

test('overlong LEB128', () => {
  const tooLong = [0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
  malformed(wasm([3, bytes(...tooLong)]), 'integer representation too long', 14);
  malformed(wasm([3, bytes(0x80, 0x80, 0x80, 0x80, 0x10)]), 'integer too large', 14);
  const code = (...body: number[]): Uint8Array => functions([bytes(0, ...body, 0x1a, END)]);
  malformed(code(0x41, ...tooLong), 'integer representation too long');
  malformed(code(0x41, 0xff, 0xff, 0xff, 0xff, 0x4f), 'integer too large');
  malformed(code(0x42, ...new Array<number>(10).fill(0x80), 0), 'integer representation too long');
  malformed(code(0x42, ...new Array<number>(9).fill(0xff), 0x02), 'integer too large');
  malformed(code(0x41, 0, 0x28, 2, ...new Array<number>(10).fill(0x80), 0), 'integer representation too long');
  // The longest form that is allowed.
  expect(load(code(0x41, 0x80, 0x80, 0x80, 0x80, 0x78)).error).toBeUndefined();
  expect(load(code(0x42, ...new Array<number>(9).fill(0x80), 0x7f)).error).toBeUndefined();
});

test('sections twice or out of order', () => {
  const contents: readonly (readonly [number, Write])[] = [1, 2, 3, 4, 5, 13, 6, 7, 9, 12, 10, 11].map((id) => [
    id,
    bytes(0),
  ]);
  for (const one of contents) malformed(wasm(one, one), 'unexpected content after last section', 11);
  for (let i = 1; i < contents.length; i++)
    malformed(wasm(contents[i]!, contents[i - 1]!), 'unexpected content after last section');
  malformed(wasm([14, bytes(0)]), 'malformed section id', 8);
  malformed(wasm([255, bytes(0)]), 'malformed section id', 8);
});

test('sizes that lie', () => {
  malformed(wasm([1, bytes(0, 0)]), 'section size mismatch', 11);
  malformed(wasm([1, bytes(1, 0x60, 0)]), 'unexpected end');
  malformed(Uint8Array.of(...HEADER, 3, 1), 'length out of bounds', 9);
  malformed(functions([bytes(0, END, END)]), 'section size mismatch');
  malformed(functions([bytes(0, 0x41)]), 'unexpected end');
  malformed(functions([bytes(0, 0x0e, 0x80)]), 'unexpected end');
  malformed(functions([bytes(0, 0xfd, 0x0c, 1, 2, 3)]), 'unexpected end');
  malformed(wasm([0, bytes(0x7f)]), 'length out of bounds');
});

test('instructions that are none', () => {
  for (const code of [
    [0x16],
    [0x1d],
    [0x27],
    [0xc5],
    [0xcf],
    [0xd7],
    [0xfa],
    [0xff],
    [0xfb, 0x1f],
    [0xfc, 0x12],
    [0xfd, 0x9a, 0x01],
    [0xfd, 0x94, 0x02],
    [0xfd, 0xff, 0xff, 0x03],
    [0xfe, 0x04],
    [0xfe, 0x4f],
  ]) {
    malformed(functions([bytes(0, ...code, END)]), 'illegal opcode');
  }
  malformed(functions([bytes(0, 0x05, END)]), 'END opcode expected');
  malformed(functions([bytes(0, 0x07, 0, END)]), 'END opcode expected');
  malformed(functions([bytes(0, 0x18, 0, END)]), 'END opcode expected');
});

test('names that are not UTF-8', () => {
  for (const bad of [
    [0x80],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe2, 0x82],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
  ]) {
    malformed(wasm([0, all(counted(bad.length, bytes(...bad)))]), 'malformed UTF-8 encoding');
  }
});

const sample = readFileSync(new URL('../../samples/hello.wasm', import.meta.url));

test('every truncation of a real module is malformed', () => {
  let accepted = 0;
  for (let length = 0; length < sample.length; length += length < 2000 ? 1 : 97) {
    const { error } = load(sample.subarray(0, length));
    if (error === undefined) accepted++;
    else expect(error).toBeInstanceOf(EnclasmError);
  }
  // Cut between sections, what is left may be a module that lacks something.
  expect(accepted).toBeLessThan(6);
});

test('random damage ends in an error of ours or in a valid module, quickly', () => {
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const kinds = new Set<string>();
  for (let round = 0; round < 400; round++) {
    const damaged = Uint8Array.from(sample);
    for (let hits = 1 + random(4); hits > 0; hits--) damaged[random(damaged.length)] = random(256);
    const { error } = load(damaged);
    if (error !== undefined) {
      expect(error).toBeInstanceOf(EnclasmError);
      expect((error as { offset?: number }).offset ?? 0).toBeLessThanOrEqual(damaged.length);
    }
    kinds.add(error === undefined ? 'valid' : (error as EnclasmError).kind);
  }
  expect([...kinds].sort()).toEqual(['invalid', 'malformed', 'valid']);
});
