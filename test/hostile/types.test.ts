// Type sections made to blow up: recursion groups, supertype chains, references to everything.
import { expect, test } from 'vitest';
import { TypeRegistry } from '#src/wasm/subtyping.js';
import { all, bytes, counted, load, times, type Write, wasm } from './build.js';

const SOON_MS = 8000;
const emptyStruct = bytes(0x5f, 0);

function timed(input: Uint8Array): unknown {
  const { error, milliseconds } = load(input);
  expect(milliseconds).toBeLessThan(SOON_MS);
  return error;
}

function subtypeOf(index: number, composite: Write): Write {
  return all(bytes(0x50, 1), (w) => w.u32(index), composite);
}

function each(count: number, write: (index: number) => Write): Write {
  return (writer) => {
    for (let i = 0; i < count; i++) write(i)(writer);
  };
}

test('a supertype chain of 100,000 in one recursion group', () => {
  const chain = each(100_000, (i) => (i === 0 ? all(bytes(0x50, 0), emptyStruct) : subtypeOf(i - 1, emptyStruct)));
  expect(timed(wasm([1, counted(1, all(bytes(0x4e), counted(100_000, chain)))]))).toMatchObject({ kind: 'invalid' });
});

test('a supertype chain as deep as it may be, and one deeper', () => {
  const chain = (depth: number): Uint8Array =>
    wasm([
      1,
      counted(
        depth + 1,
        each(depth + 1, (i) => (i === 0 ? all(bytes(0x50, 0), emptyStruct) : subtypeOf(i - 1, emptyStruct))),
      ),
    ]);
  expect(timed(chain(63))).toBeUndefined();
  expect(timed(chain(64))).toMatchObject({ kind: 'invalid' });
});

test('a recursion group of 200,000 types that refer to the next', () => {
  const count = 200_000;
  const ring = each(count, (i) => all(bytes(0x5f, 1, 0x63), (w) => w.s64(BigInt((i + 1) % count)), bytes(0)));
  expect(timed(wasm([1, counted(1, all(bytes(0x4e), counted(count, ring)))]))).toBeUndefined();
});

test('20,000 equal recursion groups of 10 types, each with another before it', () => {
  const group = all(bytes(0x4e, 10), times(10, bytes(0x60, 0, 0)));
  const input = wasm([1, counted(20_000, times(20_000, group))]);
  expect(timed(input)).toBeUndefined();
});

test('types that double at each step stay as small as they were written', () => {
  // Each struct refers twice to the one before: a type as a tree would have 2^30000 nodes.
  const count = 30_000;
  const doubling = each(count, (i) =>
    i === 0
      ? emptyStruct
      : all(
          bytes(0x5f, 2),
          times(
            2,
            all(bytes(0x63), (w) => w.s64(BigInt(i - 1)), bytes(0)),
          ),
        ),
  );
  const input = wasm([1, counted(count, doubling)]);
  const { module, error, milliseconds } = load(input);
  expect(error).toBeUndefined();
  expect(milliseconds).toBeLessThan(SOON_MS);
  const registry = new TypeRegistry();
  const first = registry.addModuleTypes(module!);
  const second = registry.addModuleTypes(module!);
  expect(first.every((type, i) => type === second[i])).toBe(true);
});

test('10,000 subtypes of a struct with many fields repeat them, so the work is what was written', () => {
  const fields = counted(100, times(100, bytes(0x7f, 0)));
  const wide = all(bytes(0x5f), fields);
  const input = wasm([
    1,
    counted(
      10_000,
      each(10_000, (i) => (i === 0 ? all(bytes(0x50, 0), wide) : subtypeOf(0, wide))),
    ),
  ]);
  expect(timed(input)).toBeUndefined();
});

test('types that refer beyond their group, or to themselves as supertypes', () => {
  expect(timed(wasm([1, counted(1, bytes(0x5f, 1, 0x63, 1, 0))]))).toMatchObject({ kind: 'invalid' });
  expect(timed(wasm([1, counted(1, subtypeOf(0, emptyStruct))]))).toMatchObject({ kind: 'invalid' });
  expect(timed(wasm([1, counted(1, bytes(0x5f, 1, 0x63, 0xff, 0xff, 0xff, 0xff, 0x0f, 0))]))).toMatchObject({
    kind: 'invalid',
  });
});
