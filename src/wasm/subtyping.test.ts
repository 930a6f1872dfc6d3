import { expect, test } from 'vitest';
import type { Module, RecGroup } from './module.js';
import { isSubtypeOf, resolveType, TypeRegistry } from './subtyping.js';
import * as t from './types.js';

const func = (params: number[], results: number[]): t.SubType => ({
  final: true,
  supers: [],
  composite: { kind: 'func', params, results },
});
const struct = (fields: number[], supers: number[] = []): t.SubType => ({
  final: false,
  supers,
  composite: { kind: 'struct', fields: fields.map((type) => ({ type, mutable: false })) },
});
const module = (types: t.SubType[], recGroups: Pick<RecGroup, 'start' | 'length'>[]): Module =>
  ({ types, recGroups }) as unknown as Module;
const alone = (types: t.SubType[]): Module =>
  module(
    types,
    types.map((_, start) => ({ start, length: 1 })),
  );

test('equal types of different modules are one object', () => {
  const registry = new TypeRegistry();
  const [a, b] = registry.addModuleTypes(alone([func([t.I32], []), func([t.I64], [])]));
  const [c, d, e] = registry.addModuleTypes(alone([func([t.I64], []), func([t.I32], []), func([t.I32], [t.I32])]));
  expect(a).toBe(d);
  expect(b).toBe(c);
  expect(e).not.toBe(a);
  expect(registry.funcType([t.I32], [])).toBe(a);
});

test('a group is equal to a group of the same shape only', () => {
  const registry = new TypeRegistry();
  const self = (index: number): number => t.refType(index, true);
  const one = registry.addModuleTypes(alone([struct([self(0)])]));
  const same = registry.addModuleTypes(alone([func([], []), struct([self(1)])]));
  expect(same[1]).toBe(one[0]);
  // A pair whose first member refers to the second: not the same as a type that refers to itself.
  const pair = registry.addModuleTypes(module([struct([self(1)]), struct([self(0)])], [{ start: 0, length: 2 }]));
  expect(pair[0]).not.toBe(one[0]);
  expect(pair[0]).not.toBe(pair[1]);
  const outside = registry.addModuleTypes(alone([struct([self(0)]), struct([self(0)])]));
  expect(outside[0]).toBe(one[0]);
  expect(outside[1]).not.toBe(one[0]);
});

test('subtypes by declaration', () => {
  const registry = new TypeRegistry();
  const [a, b, c, d] = registry.addModuleTypes(
    alone([struct([]), struct([t.I32], [0]), struct([t.I32, t.I32], [1]), struct([t.I32], [0])]),
  ) as [never, never, never, never];
  expect(isSubtypeOf(c, a)).toBe(true);
  expect(isSubtypeOf(c, b)).toBe(true);
  expect(isSubtypeOf(a, c)).toBe(false);
  expect(b).toBe(d);
});

test('abstract heap types', () => {
  const registry = new TypeRegistry();
  const [s, f] = registry.addModuleTypes(alone([struct([]), func([], [])]));
  const heaps = [
    t.HEAP_ANY,
    t.HEAP_EQ,
    t.HEAP_I31,
    t.HEAP_STRUCT,
    t.HEAP_ARRAY,
    t.HEAP_NONE,
    t.HEAP_FUNC,
    t.HEAP_NOFUNC,
    t.HEAP_EXTERN,
    t.HEAP_NOEXTERN,
    t.HEAP_EXN,
    t.HEAP_NOEXN,
    s!.id,
    f!.id,
  ];
  const above: Record<number, number[]> = {
    [t.HEAP_EQ]: [t.HEAP_ANY],
    [t.HEAP_I31]: [t.HEAP_EQ, t.HEAP_ANY],
    [t.HEAP_STRUCT]: [t.HEAP_EQ, t.HEAP_ANY],
    [t.HEAP_ARRAY]: [t.HEAP_EQ, t.HEAP_ANY],
    [t.HEAP_NONE]: [t.HEAP_I31, t.HEAP_STRUCT, t.HEAP_ARRAY, t.HEAP_EQ, t.HEAP_ANY, s!.id],
    [t.HEAP_NOFUNC]: [t.HEAP_FUNC, f!.id],
    [t.HEAP_NOEXTERN]: [t.HEAP_EXTERN],
    [t.HEAP_NOEXN]: [t.HEAP_EXN],
    [s!.id]: [t.HEAP_STRUCT, t.HEAP_EQ, t.HEAP_ANY],
    [f!.id]: [t.HEAP_FUNC],
  };
  for (const sub of heaps) {
    for (const sup of heaps) {
      expect([sub, sup, registry.matchesHeap(sub, sup)]).toEqual([
        sub,
        sup,
        sub === sup || (above[sub] ?? []).includes(sup),
      ]);
    }
  }
  expect(registry.matches(t.refType(t.HEAP_FUNC, false), t.FUNCREF)).toBe(true);
  expect(registry.matches(t.FUNCREF, t.refType(t.HEAP_FUNC, false))).toBe(false);
  expect(registry.matches(t.I32, t.I64)).toBe(false);
  expect(registry.matches(t.I32, t.FUNCREF)).toBe(false);
});

test('module indices become ids', () => {
  const registry = new TypeRegistry();
  registry.addModuleTypes(alone([func([], [])]));
  const types = registry.addModuleTypes(alone([func([t.I32], [])]));
  expect(resolveType(t.refType(0, true), types)).toBe(t.refType(1, true));
  expect(resolveType(t.EXTERNREF, types)).toBe(t.EXTERNREF);
  expect(resolveType(t.I8, types)).toBe(t.I8);
});
