import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checks, checkOptions } from '../../runtime/check-options.js';
import {
  checksOf,
  INIT_ARGS,
  INSTANTIATE_OPTIONS,
  NETWORK_OPTIONS,
  type OptionKinds,
  type OptionTable,
} from '../../runtime/option-tables.js';
import { UsageError } from '../../wasm/errors.js';
import { decode, encode, Layout, type Route } from './codec.js';
import { ProtocolError } from './enclave-errors.js';
import * as f from './fields.js';
import { PacketBuffer, PacketReader } from './packet.js';
import { initArgs, instantiateOptions, wasiArgs } from './structures.js';

/** There and back through a packet with these fields. */
function through(fields: f.Fields, values: object): Record<string, unknown> {
  const layout = new Layout(fields);
  const route: Route = { key: 'test', number: 1, name: 'TEST', args: layout, result: layout };
  const packet = PacketBuffer.allocate(32);
  encode(packet, 1, 1, route, layout, values);
  const reader = new PacketReader();
  reader.begin(packet);
  return decode(reader, route, layout);
}

describe('fields', () => {
  it('come back as they went, whatever their values', () => {
    const point = f.struct({ x: f.f64, name: f.optional(f.str) });
    const fields = {
      a: f.u32,
      b: f.i32,
      c: f.size,
      d: f.u64,
      e: f.bool,
      g: f.oneOf('red', 'green'),
      h: f.str,
      i: f.bytes,
      j: f.list(f.str, 100),
      k: f.optional(f.u32),
      l: f.list(point, 100),
      m: f.list(f.value, 100),
      n: f.list(f.list(f.bytes, 100), 100),
    };
    const text = fc.string({ unit: 'grapheme' });
    const bytes = fc.uint8Array({ maxLength: 40 });
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const values = fc.record({
      a: fc.nat({ max: 2 ** 32 - 1 }),
      b: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      c: fc.maxSafeNat(),
      d: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      e: fc.boolean(),
      g: fc.constantFrom('red', 'green'),
      h: text,
      i: bytes,
      j: fc.array(text),
      k: optional(fc.nat()),
      l: fc.array(fc.record({ x: fc.double(), name: optional(text) })),
      m: fc.array(
        fc.oneof(
          fc.double(),
          fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
          fc.constant(null),
          fc.uint8Array({ minLength: 16, maxLength: 16 }),
        ),
      ),
      n: fc.array(fc.array(bytes)),
    });
    fc.assert(
      fc.property(values, (given) => {
        expect(through(fields, given)).toEqual(given);
      }),
    );
  });

  it('refuse values of the wrong type, by name', () => {
    const wrong: [f.AnyField, unknown, string][] = [
      [f.u32, -1, "'x' must be a whole number from 0 to 2^32-1, not the number -1"],
      [f.u32, 1.5, 'not the number 1.5'],
      [f.u64, 5, 'must be a bigint, not the number 5'],
      [f.u64, 2n ** 64n, 'must be a bigint from 0n'],
      [f.bool, 1, 'must be a boolean'],
      [f.oneOf('a', 'b'), 'c', 'must be one of a, b, not the string c'],
      [f.str, null, 'must be a string, not null'],
      [f.bytes, [1], 'must be a Uint8Array, not an object'],
      [f.list(f.str, 1), 'text', 'must be an array'],
      [f.list(f.u32, 2), [1, 2, 3], 'must have at most 2 items, not 3'],
      [f.bytesUpTo(2), new Uint8Array(3), 'must be at most 2 bytes, not 3'],
      [f.text(4), 'äöü', 'must be text of at most 4 bytes'],
      [f.struct({ inner: f.u32 }), { inner: 'x' }, "'x' 'inner' must be a whole number"],
      [f.struct({ inner: f.u32 }), { inner: 1, other: 2 }, "unknown field 'other'"],
      [f.value, 'text', 'must be a wasm value'],
    ];
    for (const [field, value, text] of wrong) {
      expect(() => through({ x: field }, { x: value })).toThrow(text);
      expect(() => through({ x: field }, { x: value })).toThrow(UsageError);
    }
    expect(() => through({ x: f.u32 }, { x: 1, y: 2 })).toThrow("unknown field 'y'");
    expect(() => through({ x: f.optional(f.u32) }, { y: 2 })).toThrow("unknown field 'y'");
  });

  it('refuse bits that are no value of theirs', () => {
    const bits = (field: f.SlotField<unknown>, low: number, high: number) => () => field.of(low, high);
    expect(bits(f.u32, 1, 1)).toThrow('0x100000001 is not a u32');
    expect(bits(f.i32, -1, 0)).toThrow(ProtocolError);
    expect(bits(f.size, 0, 0x20_0000)).toThrow(ProtocolError);
    expect(bits(f.bool, 2, 0)).toThrow(ProtocolError);
    expect(bits(f.oneOf('a'), 1, 0)).toThrow(ProtocolError);
    expect(f.size.of(-1, 0x1f_ffff)).toBe(Number.MAX_SAFE_INTEGER);
    expect(f.f64.of(f.f64.low(-0), f.f64.high(-0))).toBe(-0);
  });

  it('keep their bounds on the side that reads, too', () => {
    const lie = (honest: f.PayloadField<never>, believed: f.PayloadField<unknown>, value: unknown) => () =>
      through({ x: { ...honest, read: believed.read } as f.AnyField }, { x: value });
    expect(
      lie(
        f.list(f.bytes, 9) as never,
        f.list(f.bytes, 2),
        [1, 2, 3].map(() => new Uint8Array(0)),
      ),
    ).toThrow('at most 2');
    expect(lie(f.bytes as never, f.bytesUpTo(2), new Uint8Array(3))).toThrow('at most 2');
    expect(lie(f.text(9) as never, f.text(2), 'abc')).toThrow('at most 2');
    expect(lie(f.text(99) as never, f.cutText(4), 'x'.repeat(13))).toThrow('at most 12');
  });

  it('cut text for people with an ellipsis, never within a character', () => {
    expect(through({ x: f.cutText(5) }, { x: 'abcdef' })).toEqual({ x: 'ab...' });
    expect(through({ x: f.cutText(6) }, { x: 'abcdef' })).toEqual({ x: 'abcdef' });
    expect(f.cut('ab😀defg', 6)).toBe('ab...');
  });
});

const SAMPLES: { readonly [Kind in keyof OptionKinds]: OptionKinds[Kind] } = {
  text: 'a text',
  texts: ['one', 'two'],
  count: 2 ** 40,
  flag: true,
  mode: 'interp',
  logLevel: 'debug',
  threads: 'cooperative',
  deadline: 'hard',
  instanceLimits: { fuel: 7, timeoutMs: 0.5 },
  runtimeLimits: { instances: 3 },
};
const OPTIONS: readonly (readonly [string, OptionTable, f.Field<object>])[] = [
  ['init args', INIT_ARGS, initArgs],
  ['instantiate options', INSTANTIATE_OPTIONS, instantiateOptions],
  ['network options', NETWORK_OPTIONS, wasiArgs],
];
describe.each(OPTIONS)('options of a table: %s', (what, table, options) => {
  const checks = checksOf(table) as Checks<object>;
  it.each(Object.entries(table))('%s is taken, and crosses the boundary as it is', (name, kind) => {
    const given = { [name]: SAMPLES[kind] };
    expect(checkOptions(given, checks, what)).toEqual(given);
    expect(through({ options }, { options: given })).toEqual({ options: given });
  });
  it.each(Object.keys(table))('%s of a wrong kind is refused by name, here and at the boundary', (name) => {
    const given = { [name]: Symbol('of no kind') };
    expect(() => checkOptions(given, checks, what)).toThrow(name);
    expect(() => through({ options }, { options: given })).toThrow(name);
  });
});
