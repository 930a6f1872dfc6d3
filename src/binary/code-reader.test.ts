import { expect, test } from 'vitest';
import { slotOf } from '../wasm/opcode-slots.js';
import { OPCODES, type OpName, opcodeRow } from '../wasm/opcodes.js';
import * as t from '../wasm/types.js';
import { BLOCK_TYPE, BLOCK_VALUE, CATCH_ALL_REF, CodeReader } from './code-reader.js';
import { ByteWriter } from './writer.js';

/** The smallest form of each immediate. */
const IMMEDIATES: Record<string, number[]> = {
  blocktype: [0x40],
  labels: [1, 0, 0],
  catches: [0],
  memarg: [0, 0],
  valtypes: [1, 0x7f],
  heaptype: [0x70],
  f32: [0, 0, 0, 0],
  f64: [0, 0, 0, 0, 0, 0, 0, 0],
  v128: new Array<number>(16).fill(0),
  lanes16: new Array<number>(16).fill(0),
};

test('every row of the table is read to its end', () => {
  const codes = new Set<number>();
  for (const name of Object.keys(OPCODES) as OpName[]) {
    const { code, imm = [] } = opcodeRow(name);
    expect(codes.has(slotOf(code))).toBe(false);
    codes.add(slotOf(code));
    const writer = new ByteWriter();
    writer.opcode(code);
    for (const kind of imm) writer.raw(Uint8Array.from(IMMEDIATES[kind] ?? [0]));
    const reader = new CodeReader(writer.finish());
    expect(reader.next()).toBe(code);
    expect(reader.name).toBe(name);
    expect([name, reader.pos]).toEqual([name, writer.length]);
    expect(reader.next()).toBe(-1);
  }
});

function read(...bytes: number[]): CodeReader {
  const reader = new CodeReader(Uint8Array.from(bytes));
  reader.next();
  return reader;
}

test('integers of every length', () => {
  for (const value of [
    0,
    1,
    -1,
    63,
    64,
    -64,
    -65,
    8191,
    8192,
    -8192,
    -8193,
    1 << 27,
    -(1 << 27) - 1,
    2147483647,
    -2147483648,
  ]) {
    const writer = new ByteWriter();
    writer.u8(0x41);
    writer.s32(value);
    expect(new CodeReader(writer.finish()).next()).toBe(0x41);
    const reader = new CodeReader(writer.finish());
    reader.next();
    expect(reader.low).toBe(value);
  }
  for (let bit = 0n; bit < 64n; bit++) {
    for (const value of [1n << bit, (1n << bit) - 1n, -(1n << bit), ~(1n << bit)]) {
      const writer = new ByteWriter();
      writer.u8(0x42);
      writer.s64(value);
      const reader = new CodeReader(writer.finish());
      reader.next();
      const found = (BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0);
      expect(BigInt.asIntN(64, found)).toBe(BigInt.asIntN(64, value));
      const unsigned = new ByteWriter();
      unsigned.u64(value);
      expect(new CodeReader(unsigned.finish()).u64()).toBe(BigInt.asUintN(64, value));
    }
  }
});

test('immediates land in their fields', () => {
  const memarg = read(0x28, 0x42, 3, 0x80, 0x80, 0x80, 0x80, 0x20);
  expect([memarg.align, memarg.index, memarg.offsetLow, memarg.offsetHigh]).toEqual([2, 3, 0, 2]);
  const table = read(0x0e, 2, 5, 6, 7);
  expect([table.labelCount, ...table.labels.subarray(0, 3)]).toEqual([2, 5, 6, 7]);
  const typed = read(0x02, 0x05);
  expect([typed.blockKind, typed.index]).toEqual([BLOCK_TYPE, 5]);
  const value = read(0x02, 0x63, 0x05);
  expect([value.blockKind, value.blockValue]).toEqual([BLOCK_VALUE, t.refType(5, true)]);
  const tryTable = read(0x1f, 0x40, 1, 3, 4);
  expect([tryTable.catchKinds, tryTable.catchLabels]).toEqual([[CATCH_ALL_REF], [4]]);
  const cast = read(0xfb, 0x18, 3, 1, 0x6e, 2);
  expect([cast.castFlags, cast.index, cast.heap, cast.heap2]).toEqual([3, 1, t.HEAP_ANY, 2]);
  expect(read(0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f).f64).toBe(1.5);
  expect(read(0x43, 0, 0, 0xc0, 0xbf).f32).toBe(-1.5);
});

test('unreachable code is skipped to the end of its block', () => {
  // br 0; block; if; else; end; end; else
  const code = Uint8Array.of(0x0c, 0, 0x02, 0x40, 0x41, 0, 0x04, 0x40, 0x05, 0x0b, 0x0b, 0x05, 0x0b);
  const reader = new CodeReader(code);
  reader.next();
  expect(reader.skipToBlockEnd()).toBe(0x05);
  expect(reader.pos).toBe(12);
  expect(reader.skipToBlockEnd()).toBe(0x0b);
});
