// Long filling, copying and growing is done in pieces: the result is that of one step, and a deadline holds between the pieces.
import { expect } from 'vitest';
import type { WasmMemory, WasmTable } from '#src/embed/instance/externs.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import type { LimitName } from '#src/wasm/limit-table.js';
import { limitError } from '../helpers/failure.js';
import { type ModeCase, modeCases } from './mode-cases.js';

const MIB = 1 << 20;
const bytes = (instance: WasmInstance): Uint8Array => (instance.exports['m'] as WasmMemory).bytes;
const call = (instance: WasmInstance, name: string, ...args: (number | bigint)[]) =>
  instance.lookupFunction(name)!.call(...args)[0];

/** Bytes that tell every shift and every lost piece. */
function pattern(length: number): Uint8Array {
  const all = new Uint8Array(length);
  for (let i = 0; i < length; i++) all[i] = (i * 31) ^ (i >>> 8) ^ (i >>> 15);
  return all;
}
function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected)).toBe(0);
}

const MEMORY = `(module (memory (export "m") 256)
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))`;
const COPIES: readonly (readonly [to: number, from: number, length: number])[] = [
  [1000, 5, 12 * MIB + 7],
  [5, 1000, 12 * MIB + 7],
  [5 * MIB, 0, 11 * MIB],
  [0, 5 * MIB, 11 * MIB],
  [7, 7, 9 * MIB],
  [1, 0, 4 * MIB],
  [1, 0, 4 * MIB + 1],
  [16 * MIB - 1, 0, 1],
];

const tableOf = (instance: WasmInstance): WasmTable => instance.exports['t'] as WasmTable;
/** A table of external references; its elements are numbers. */
const TABLE = `(module (table (export "t") 200000 externref)
  (func (export "fill") (param i32 externref i32) (table.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (table.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param externref i32) (result i32) (table.grow (local.get 0) (local.get 1))))`;
function elements(instance: WasmInstance): unknown[] {
  const table = tableOf(instance);
  return Array.from({ length: table.length }, (_, i) => table.get(i));
}

/** One expectation for all: there are hundreds of thousands. */
function expectElements(instance: WasmInstance, expected: readonly unknown[]): void {
  const actual = elements(instance);
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((element, i) => !Object.is(element, expected[i]))).toBe(-1);
}

const whole: ModeCase[] = [
  {
    name: 'memory.fill',
    run({ start }) {
      const instance = start(MEMORY);
      const expected = pattern(16 * MIB);
      bytes(instance).set(expected);
      for (const [at, value, length] of [
        [3, 0xab, 12 * MIB + 5],
        [9 * MIB, 0x17, 7 * MIB],
        [100, 1, 4 * MIB],
      ] as const) {
        call(instance, 'fill', at, value, length);
        expectBytes(bytes(instance), expected.fill(value, at, at + length));
      }
    },
  },
  {
    name: 'memory.copy, overlapping',
    run({ start }) {
      const instance = start(MEMORY);
      for (const [to, from, length] of COPIES) {
        const expected = pattern(16 * MIB);
        bytes(instance).set(expected);
        call(instance, 'copy', to, from, length);
        expectBytes(bytes(instance), expected.copyWithin(to, from, from + length));
      }
    },
  },
  {
    name: 'nothing is written where the end is out of bounds',
    run({ start }) {
      const instance = start(MEMORY);
      const expected = pattern(16 * MIB);
      bytes(instance).set(expected);
      for (const [name, ...args] of [
        ['fill', 8 * MIB, 1, 8 * MIB + 1],
        ['fill', -1, 1, 5 * MIB],
        ['fill', 0, 1, -1],
        ['copy', 8 * MIB + 1, 0, 8 * MIB],
        ['copy', 0, 8 * MIB + 1, 8 * MIB],
        ['copy', 0, -5, 8 * MIB],
      ] as const) {
        expect(() => call(instance, name, ...args)).toThrow('out of bounds memory access');
      }
      expectBytes(bytes(instance), expected);
    },
  },
  {
    name: 'between memories, of 64-bit addresses too',
    run({ start }) {
      const instance = start(`(module (memory (export "m") i64 256) (memory $n (export "n") 200)
        (func (export "to") (param i32 i64 i32) (memory.copy 1 0 (local.get 0) (local.get 1) (local.get 2)))
        (func (export "back") (param i64 i32 i32) (memory.copy 0 1 (local.get 0) (local.get 1) (local.get 2)))
        (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func (export "fill") (param i64 i32 i64) (memory.fill (local.get 0) (local.get 1) (local.get 2))))`);
      const expected = pattern(16 * MIB);
      const other = new Uint8Array(200 * 65_536);
      bytes(instance).set(expected);
      call(instance, 'to', 1000, 3n * BigInt(MIB), 11 * MIB);
      other.set(expected.subarray(3 * MIB, 14 * MIB), 1000);
      expectBytes((instance.exports['n'] as WasmMemory).bytes, other);
      call(instance, 'back', 7n, 500, 10 * MIB);
      expected.set(other.subarray(500, 500 + 10 * MIB), 7);
      call(instance, 'copy', 4n, 9n, 10n * BigInt(MIB));
      expected.copyWithin(4, 9, 9 + 10 * MIB);
      call(instance, 'fill', BigInt(10 * MIB), 9, BigInt(6 * MIB));
      expectBytes(bytes(instance), expected.fill(9, 10 * MIB));
      for (const args of [
        [1n << 63n, 1, BigInt(6 * MIB)],
        [BigInt(6 * MIB), 1, -1n],
        [-BigInt(6 * MIB), 1, BigInt(6 * MIB)],
      ] as const) {
        expect(() => call(instance, 'fill', ...args)).toThrow('out of bounds memory access');
      }
      expectBytes(bytes(instance), expected);
    },
  },
  {
    name: 'tables',
    run({ start }) {
      const instance = start(TABLE);
      const table = tableOf(instance);
      const expected: unknown[] = Array.from({ length: 200_000 }, (_, i) => i);
      for (let i = 0; i < 200_000; i++) table.set(i, i);
      for (const [to, from, length] of [
        [100, 3, 150_000],
        [3, 100, 150_000],
        [0, 65_536, 65_537],
      ] as const) {
        call(instance, 'copy', to, from, length);
        expectElements(instance, expected.copyWithin(to, from, from + length));
      }
      instance.lookupFunction('fill')!.call(50, 'x', 180_000);
      expectElements(instance, expected.fill('x', 50, 180_050));
      expect(() => call(instance, 'copy', 100_000, 0, 100_001)).toThrow('out of bounds table access');
      expect(() => instance.lookupFunction('fill')!.call(100_000, 'y', 100_001)).toThrow('out of bounds table access');
      expectElements(instance, expected);
    },
  },
  {
    name: 'table.grow, and where the limit says no',
    run({ start }) {
      const instance = start(TABLE, { limits: { tableElements: 500_000 } });
      expect(instance.lookupFunction('grow')!.call('x', 200_000)).toEqual([200_000]);
      expect(instance.lookupFunction('grow')!.call('y', 100_001)).toEqual([-1]);
      expect(instance.lookupFunction('grow')!.call('z', 100_000)).toEqual([400_000]);
      expect(instance.lookupFunction('grow')!.call('z', 1)).toEqual([-1]);
      const expected = new Array<unknown>(500_000).fill(null).fill('x', 200_000, 400_000).fill('z', 400_000);
      expectElements(instance, expected);
    },
  },
  {
    name: 'arrays',
    run({ start }) {
      const instance = start(`(module (type $b (array (mut i64))) (type $r (array (mut externref)))
        (global $b (mut (ref null $b)) (ref.null $b)) (global $r (mut (ref null $r)) (ref.null $r))
        (func (export "make") (param i64 externref)
          (global.set $b (array.new $b (local.get 0) (i32.const 300000)))
          (global.set $r (array.new $r (local.get 1) (i32.const 300000))))
        (func (export "set") (param i32 i64 externref)
          (array.set $b (global.get $b) (local.get 0) (local.get 1)) (array.set $r (global.get $r) (local.get 0) (local.get 2)))
        (func (export "get") (param i32) (result i64 externref)
          (array.get $b (global.get $b) (local.get 0)) (array.get $r (global.get $r) (local.get 0)))
        (func (export "fill") (param i32 i64 externref i32)
          (array.fill $b (global.get $b) (local.get 0) (local.get 1) (local.get 3))
          (array.fill $r (global.get $r) (local.get 0) (local.get 2) (local.get 3)))
        (func (export "copy") (param i32 i32 i32)
          (array.copy $b $b (global.get $b) (local.get 0) (global.get $b) (local.get 1) (local.get 2))
          (array.copy $r $r (global.get $r) (local.get 0) (global.get $r) (local.get 1) (local.get 2))))`);
      const run = (name: string, ...args: (number | bigint | string)[]) => instance.lookupFunction(name)!.call(...args);
      const expected = new Array<readonly [bigint, string]>(300_000);
      run('make', -(2n ** 62n) - 5n, 'a');
      expected.fill([-(2n ** 62n) - 5n, 'a']);
      for (let i = 0; i < 300_000; i += 999) {
        run('set', i, BigInt(i) << 32n, `${i}`);
        expected[i] = [BigInt(i) << 32n, `${i}`];
      }
      const check = (): void => {
        const wrong: number[] = [];
        for (let i = 0; i < 300_000; i += 37) {
          const [bits, text] = run('get', i);
          if (bits !== expected[i]![0] || text !== expected[i]![1]) wrong.push(i);
        }
        expect(wrong).toEqual([]);
      };
      run('copy', 1000, 1, 290_000);
      expected.copyWithin(1000, 1, 290_001);
      check();
      run('copy', 1, 1000, 290_000);
      expected.copyWithin(1, 1000, 291_000);
      check();
      run('fill', 5000, 1n << 40n, 'b', 250_000);
      expected.fill([1n << 40n, 'b'], 5000, 255_000);
      check();
    },
  },
];
modeCases('long bulk instructions', whole);

function expectLimit(run: () => unknown, limit: LimitName): void {
  expect(limitError(run).limit).toBe(limit);
}
/** Ten looks: enough to compile the functions, which looks as well, and for fewer pieces than are asked for here. */
const limits = { timeoutMs: 100 };

/** The clock moves at each look only: with no look in between these would end before their time is up. */
const cut: ModeCase[] = [
  {
    name: 'memory.fill',
    clockStepMs: 10,
    run({ start }) {
      const instance = start(MEMORY.replace('256', '1024'), { limits });
      call(instance, 'fill', 0, 0, 1);
      expectLimit(() => call(instance, 'fill', 0, 1, 64 * MIB), 'timeoutMs');
      expect(bytes(instance).includes(1)).toBe(true);
      expect(bytes(instance).includes(0)).toBe(true);
    },
  },
  {
    name: 'memory.copy',
    clockStepMs: 10,
    run({ start }) {
      const instance = start(MEMORY.replace('256', '1024'), { limits });
      call(instance, 'copy', 0, 0, 1);
      expectLimit(() => call(instance, 'copy', 1, 0, 64 * MIB - 1), 'timeoutMs');
      expectLimit(() => call(instance, 'copy', 0, 1, 64 * MIB - 1), 'timeoutMs');
    },
  },
  {
    name: 'table.fill and table.copy',
    clockStepMs: 10,
    run({ start }) {
      const instance = start(TABLE.replace('200000', '1'), { limits });
      tableOf(instance).grow(999_999);
      instance.lookupFunction('fill')!.call(0, null, 1);
      expectLimit(() => instance.lookupFunction('fill')!.call(0, 'x', 1_000_000), 'timeoutMs');
      const all = elements(instance);
      expect([all.includes('x'), all.includes(null)]).toEqual([true, true]);
      expectLimit(() => call(instance, 'copy', 0, 1, 999_999), 'timeoutMs');
    },
  },
  {
    name: 'table.grow, and what was not grown is not charged',
    clockStepMs: 10,
    run({ start }) {
      const instance = start(TABLE.replace('200000', '1'), { limits: { ...limits, tableElements: 1_300_000 } });
      const grow = instance.lookupFunction('grow')!;
      grow.call('x', 0);
      expectLimit(() => grow.call('x', 1_200_000), 'timeoutMs');
      const { length } = tableOf(instance);
      expect(length).toBeLessThan(1_200_000);
      expect(tableOf(instance).grow(1_300_001 - length)).toBe(-1);
      expect(tableOf(instance).grow(1_300_000 - length)).toBe(length);
    },
  },
  {
    name: 'array.new and array.fill',
    clockStepMs: 10,
    failsIn: { host: 'the host makes and fills an array in one step, which nothing interrupts' },
    run({ start }) {
      const instance = start(
        `(module (type $r (array (mut externref))) (global $r (mut (ref null $r)) (ref.null $r))
        (func (export "make") (param i32) (global.set $r (array.new_default $r (local.get 0))))
        (func (export "fill") (array.fill $r (global.get $r) (i32.const 0) (ref.null extern) (array.len (global.get $r)))))`,
        { limits },
      );
      call(instance, 'make', 1);
      expectLimit(() => call(instance, 'make', 1_000_000), 'timeoutMs');
      expect(call(instance, 'make', 100_000)).toBe(undefined);
      expect(call(instance, 'fill')).toBe(undefined);
    },
  },
];
modeCases('a deadline within one bulk instruction', cut);
