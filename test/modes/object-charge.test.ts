// Charged bytes against those of the host's heap, for objects and exceptions of many shapes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Budget } from '#src/runtime/budget.js';
import { newElements } from '#src/runtime/bulk.js';
import { TagInstance, WasmException } from '#src/runtime/exception.js';
import { defaultFields, fieldsOf, GcArray, GcStruct, newFields } from '#src/runtime/gc.js';
import { Meter } from '#src/runtime/meter.js';
import { makeCharged, makeChargedException } from '#src/runtime/object-charge.js';
import { arrayBytes, ENTRY_BYTES } from '#src/wasm/object-size.js';
import type { DefinedType } from '#src/wasm/subtyping.js';
import { ANYREF, F64, I8, I32, I64 } from '#src/wasm/types.js';
import { testPlatform } from '../helpers/test-platform.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const COUNT = 20_000;

const type = {} as DefinedType;
const meter = new Meter(testPlatform());
const filled = (count: number, value: (k: number) => unknown): unknown[] => {
  const fields = newFields(count);
  for (let k = 0; k < count; k++) fields[k] = value(k);
  return fields;
};
type Make = (i: number) => object;
const struct = (count: number, make: (i: number) => unknown[]): [number, Make] => [
  count * ENTRY_BYTES,
  (i) => new GcStruct(type, make(i)),
];
const array = (length: number, element: number): [number, Make] => [
  arrayBytes(length, element),
  () => new GcArray(type, length, newElements(meter, element, length)),
];
const SHAPES: Readonly<Record<string, [number, Make]>> = {
  'no fields': struct(0, () => newFields(0)),
  'one integer': struct(1, (i) => fieldsOf(i)),
  'eight large integers': struct(8, (i) => filled(8, (k) => 0x7fff_ffff - i - k)),
  'one float': struct(1, (i) => fieldsOf(i + 0.5)),
  'eight floats': struct(8, (i) => filled(8, (k) => i + k + 0.5)),
  '64 floats': struct(64, (i) => filled(64, (k) => i + k + 0.5)),
  defaults: struct(64, () => defaultFields(Array(64).fill(I32))),
  ...Object.fromEntries(
    [0, 1, 18, 42, 79, 300].flatMap((length) =>
      [I8, I32, I64, F64, ANYREF].map((element) => [`${length} elements of type ${element}`, array(length, element)]),
    ),
  ),
};
const tag = new TagInstance({ composite: { params: [] } } as unknown as DefinedType);
const EXCEPTIONS: Readonly<Record<string, [number, Make]>> = {
  'an exception of nothing': [0, () => new WasmException(tag, [])],
  'an exception with floats': [
    8,
    (i) =>
      new WasmException(
        tag,
        filled(8, (k) => i + k + 0.5),
      ),
  ],
};

function taken(make: (i: number) => object): number {
  const list = new Array<unknown>(COUNT).fill(null);
  const before = held();
  for (let i = 0; i < COUNT; i++) list[i] = make(i);
  const bytes = held() - before;
  expect(list.length).toBe(COUNT);
  return bytes / COUNT;
}
function held(): number {
  for (let again = 0; again < 3; again++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (const [name, [contents, make]] of Object.entries({ ...SHAPES, ...EXCEPTIONS })) {
  test(`${name}: what is charged covers what it takes`, () => {
    const budget = new Budget(Number.POSITIVE_INFINITY);
    const owner = { limits: { memoryBytes: Number.MAX_SAFE_INTEGER }, budget };
    const charged = name in EXCEPTIONS ? makeChargedException : makeCharged;
    const bytes = taken((i) => charged(owner, contents, () => make(i)));
    expect(budget.used / COUNT).toBeGreaterThanOrEqual(bytes);
    expect(budget.used / COUNT).toBeLessThan(4 * bytes);
  });
}
