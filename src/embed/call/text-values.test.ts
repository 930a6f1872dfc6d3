import { expect, test } from 'vitest';
import type { Instance } from '../../runtime/instance.js';
import { Slots } from '../../runtime/slots.js';
import { EXTERNREF, F32, F64, FUNCREF, HEAP_I31, I32, I64, refType, V128 } from '../../wasm/types.js';
import { formatValue, parseValue } from './text-values.js';

const instance = { functions: [] } as unknown as Instance;
const roundTrip = (text: string, type: number): string | undefined => {
  const slots = new Slots(2);
  return parseValue(text, type, instance, slots, 1) ? formatValue(slots, 1, type, instance) : undefined;
};

test.each<[string, number, string | undefined]>([
  ['5', I32, '0x5:i32'],
  ['-1', I32, '0xffffffff:i32'],
  ['4294967295', I32, '0xffffffff:i32'],
  ['0x1F', I32, '0x1f:i32'],
  ['017', I32, '0xf:i32'],
  ['+7', I32, '0x7:i32'],
  ['4294967296', I32, undefined],
  ['-2147483649', I32, undefined],
  ['5_000', I32, undefined],
  ['5x', I32, undefined],
  ['08', I32, undefined],
  ['', I32, undefined],
  ['1.5', I32, undefined],
  ['-1', I64, '0xffffffffffffffff:i64'],
  ['18446744073709551615', I64, '0xffffffffffffffff:i64'],
  ['18446744073709551616', I64, undefined],
  ['0x123456789abcdef0', I64, '0x123456789abcdef0:i64'],
  ['1.5', F32, '1.5:f32'],
  ['0.1', F32, '0.1:f32'],
  ['16777217', F32, '16777216:f32'],
  ['1e39', F32, undefined],
  ['nan', F32, 'nan:f32'],
  ['-nan:0x200000', F32, '-nan:f32'],
  ['nan:0', F32, undefined],
  ['inf', F32, 'inf:f32'],
  ['-infinity', F64, '-inf:f64'],
  ['0.1', F64, '0.1:f64'],
  ['123456789.123456789', F64, '123456789.12345679:f64'],
  ['-0', F64, '-0:f64'],
  ['0x1.8p3', F64, '12:f64'],
  ['0x1p-1074', F64, '5e-324:f64'],
  ['0x.8', F64, '0.5:f64'],
  ['1e400', F64, undefined],
  ['1_0', F64, undefined],
  ['1.5.2', F64, undefined],
  ['1\\2', V128, '<0x0000000000000001 0x0000000000000002>:v128'],
  ['0xffffffffffffffff\\0', V128, '<0xffffffffffffffff 0x0000000000000000>:v128'],
  ['1', V128, undefined],
  ['null', FUNCREF, 'func:ref.null'],
  ['NULL', EXTERNREF, 'extern:ref.null'],
  ['5', EXTERNREF, '0x5:ref.extern'],
  ['3', FUNCREF, undefined],
  ['null', refType(HEAP_I31, true), 'ref.null'],
  ['null', refType(HEAP_I31, false), undefined],
])('%s as type %i', (text, type, expected) => {
  expect(roundTrip(text, type)).toBe(expected);
});

test("a NaN's bits stay as given", () => {
  const slots = new Slots(1);
  parseValue('-nan:0x200001', F32, instance, slots, 0);
  expect(slots.i32[0]! >>> 0).toBe(0xffa0_0001);
  parseValue('nan:0x4000000000001', F64, instance, slots, 0);
  expect([slots.i32[0], slots.i32[1]! >>> 0]).toEqual([1, 0x7ff4_0000]);
});
