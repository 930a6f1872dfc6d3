import { describe, expect, test } from 'vitest';
import { fakeEngine } from '../../test/helpers/fake-engine.js';
import { testPlatform } from '../../test/helpers/test-platform.js';
import { assemble } from '../../test/helpers/wat.js';
import type { Allocator } from '../alloc/allocator.js';
import { Pool } from '../alloc/pool.js';
import { SystemAllocator } from '../alloc/system.js';
import { decode } from '../binary/decode.js';
import { validate } from '../validate/validate.js';
import { LimitError, LinkError, Trap } from '../wasm/errors.js';
import type { LimitOptions } from '../wasm/limit-table.js';
import { EXTERNREF, FUNCREF, I32, I64 } from '../wasm/types.js';
import { Budget } from './budget.js';
import { NativeFunctionInstance } from './function.js';
import type { GcArray, GcStruct } from './gc.js';
import { GlobalInstance } from './global.js';
import { type ExternInstance, Instance, type MemoryPlan } from './instance.js';
import { linkImports } from './link.js';
import type { MemoryInstance } from './memory.js';
import { plainValue, refMatches } from './refs.js';
import { Slots } from './slots.js';
import { Store } from './store.js';
import type { TableInstance } from './table.js';
import { readSlot } from './value.js';

function makeStore(allocator: Allocator = new SystemAllocator(), bytes = Number.POSITIVE_INFINITY): Store {
  return new Store(allocator, testPlatform(), new Budget(bytes));
}

interface Given {
  store?: Store;
  imports?: Record<string, ExternInstance>;
  limits?: LimitOptions;
  memoryPlan?: MemoryPlan;
}

function instantiate(
  text: string,
  { store = makeStore(), imports = {}, limits = {}, memoryPlan }: Given = {},
): Instance {
  const module = validate(decode(assemble(text)));
  const instance = new Instance({
    store,
    module,
    name: 'test',
    types: store.types.addModuleTypes(module),
    limits,
    metered: false,
    deterministic: false,
    budget: new Budget(limits.memoryBytes ?? Number.POSITIVE_INFINITY, store.budget),
    memoryPlan,
    mode: 'interp',
    modeReason: 'test',
  });
  linkImports(instance, (wanted) => imports[wanted.name]);
  fakeEngine().compile(module, store).instantiate(instance);
  return instance;
}

function globalOf(instance: Instance, index: number): unknown {
  const slots = new Slots(1);
  const global = instance.globals[index]!;
  global.toSlot(slots, 0);
  return readSlot(slots, 0, global.type.type);
}

function exported<T extends ExternInstance>(instance: Instance, name: string): T {
  return instance.exports.get(name)!.value as T;
}

describe('constant expressions', () => {
  test('numbers, to the bit', () => {
    const instance = instantiate(`(module
      (global i32 (i32.const -5)) (global i64 (i64.const 0x8000000000000001))
      (global f32 (f32.const 1.5)) (global f64 (f64.const -0x1p-1074))
      (global f32 (f32.const nan:0x200001)) (global f64 (f64.const -nan:0x4000000000001))
      (global v128 (v128.const i32x4 1 2 3 0xffffffff))
      (global i32 (i32.add (i32.const 7) (i32.mul (i32.const 65537) (i32.sub (i32.const 3) (i32.const 65540)))))
      (global i64 (i64.mul (i64.const 0x123456789abcdef) (i64.sub (i64.const 3) (i64.add (i64.const 1) (i64.const 9)))))
      (global i32 (global.get 0)))`);
    expect(globalOf(instance, 0)).toBe(-5);
    expect(globalOf(instance, 1)).toBe(-0x7fff_ffff_ffff_ffffn);
    expect(globalOf(instance, 2)).toBe(1.5);
    expect(globalOf(instance, 3)).toBe(-(2 ** -1074));
    expect(instance.globals[4]!.i32[0]).toBe(0x7fa0_0001);
    expect([...instance.globals[5]!.i32.subarray(0, 2)]).toEqual([1, 0xfff4_0000 | 0]);
    expect([...instance.globals[6]!.i32]).toEqual([1, 2, 3, -1]);
    expect(globalOf(instance, 7)).toBe((7 + Math.imul(65537, 3 - 65540)) | 0);
    expect(globalOf(instance, 8)).toBe(BigInt.asIntN(64, 0x123456789abcdefn * -7n));
    expect(globalOf(instance, 9)).toBe(-5);
  });

  test('references and GC objects', () => {
    const instance = instantiate(`(module
      (type $s (struct (field i8) (field i64) (field f64) (field v128) (field anyref)))
      (type $a (array i16)) (type $l (array i64)) (type $r (array funcref))
      (func $f)
      (global funcref (ref.func $f)) (global externref (ref.null extern))
      (global i31ref (ref.i31 (i32.const 0x7fffffff)))
      (global (ref $s) (struct.new $s (i32.const 0xff) (i64.const -2) (f64.const 2.5) (v128.const i32x4 1 2 3 4)
        (ref.i31 (i32.const 5))))
      (global (ref $s) (struct.new_default $s))
      (global (ref $a) (array.new $a (i32.const 0x18001) (i32.const 3)))
      (global (ref $l) (array.new_fixed $l 2 (i64.const -1) (i64.const 0x100000002)))
      (global (ref $r) (array.new_default $r (i32.const 2)))
      (global anyref (any.convert_extern (ref.null extern)))
      (global (ref $l) (array.new $l (i64.const -3) (i32.const 2))))`);
    expect(globalOf(instance, 0)).toBe(instance.functions[0]);
    expect(globalOf(instance, 1)).toBeNull();
    expect(globalOf(instance, 2)).toBe(-1);
    const struct = globalOf(instance, 3) as GcStruct;
    expect(struct.fields).toEqual([-1, -2, -1, 2.5, 1, 2, 3, 4, 5]);
    expect(struct.type).toBe(instance.types[0]);
    expect((globalOf(instance, 4) as GcStruct).fields).toEqual([0, 0, 0, 0, 0, 0, 0, 0, null]);
    expect([...(globalOf(instance, 5) as GcArray).elements]).toEqual([-0x7fff, -0x7fff, -0x7fff]);
    expect([...(globalOf(instance, 6) as GcArray).elements]).toEqual([-1, -1, 2, 1]);
    expect((globalOf(instance, 7) as GcArray).elements).toEqual([null, null]);
    expect(globalOf(instance, 8)).toBeNull();
    expect([...(globalOf(instance, 9) as GcArray).elements]).toEqual([-3, -1, -3, -1]);
  });

  test('an expression deeper than the first operand stack', () => {
    const depth = 200;
    const text = `${'(i32.add (i32.const 1) '.repeat(depth)}(i32.const 0)${')'.repeat(depth)}`;
    expect(globalOf(instantiate(`(module (global i32 ${text}))`), 0)).toBe(depth);
  });

  test('a huge array is a LimitError, and its charge goes back', () => {
    const store = makeStore(new SystemAllocator(), 1000);
    const text = '(module (type $a (array i64)) (global (ref $a) (array.new_default $a (i32.const -1))))';
    expect(() => instantiate(text, { store })).toThrow(LimitError);
    expect(() => instantiate(text)).toThrow(LimitError);
    const small = instantiate(text.replace('-1', '20'), { store });
    expect(store.budget.used).toBeGreaterThan(0);
    small.disposeFrom(0);
    expect(store.budget.used).toBe(0);
  });
});

describe('tables, memories and segments', () => {
  test('are filled in order', () => {
    const instance = instantiate(`(module
      (func $a) (func $b)
      (table (export "t") 4 8 funcref) (table $u 2 2 (ref func) (ref.func $b))
      (memory (export "m") 1 2)
      (elem (i32.const 1) func $a $b) (elem func $b) (elem declare func $a)
      (elem (table 1) (offset (i32.const 1)) (ref func) (ref.func $a))
      (data (i32.const 65534) "hi") (data "passive"))`);
    const [a, b] = instance.functions;
    expect(exported<TableInstance>(instance, 't').elements).toEqual([null, a, b, null]);
    expect(instance.tables[1]!.elements).toEqual([b, a]);
    expect(instance.elements).toEqual([null, [b], null, null]);
    expect([...exported<MemoryInstance>(instance, 'm').views.u8.subarray(65_534)]).toEqual([104, 105]);
    expect(instance.data.map((bytes) => bytes.length)).toEqual([0, 7]);
  });

  test('an active segment out of bounds traps; what was written before stays, what was allocated goes back', () => {
    const store = makeStore();
    const shared = instantiate('(module (memory (export "m") 1))', { store });
    const used = store.budget.used;
    const imports = { m: exported(shared, 'm') };
    const head = '(module (import "x" "m" (memory 1)) (memory $own 3) (table 1 funcref) (func $f)';
    const badTable = `${head} (elem (i32.const 0) $f) (elem (i32.const 2) $f) (data (i32.const 0) "no"))`;
    expect(() => instantiate(badTable, { store, imports })).toThrow(new Trap('table-out-of-bounds'));
    expect(shared.memories[0]!.views.u8[0]).toBe(0);
    const badData = `${head} (data (i32.const 5) "yes") (data (i32.const 65536) "x"))`;
    expect(() => instantiate(badData, { store, imports })).toThrow(new Trap('memory-out-of-bounds'));
    expect(shared.memories[0]!.views.u8[5]).toBe('y'.charCodeAt(0));
    expect(store.budget.used).toBe(used);
  });

  test('what failed stays while others may hold functions of it, with what these need', () => {
    const store = makeStore();
    const shared = instantiate('(module (table (export "t") 2 funcref))', { store });
    const used = store.budget.used;
    const bad = `(module (import "x" "t" (table 2 funcref)) (memory 3) (func $f)
      (elem (i32.const 0) $f) (data (i32.const 196608) "x"))`;
    const imports = { t: exported(shared, 't') };
    expect(() => instantiate(bad, { store, imports })).toThrow(new Trap('memory-out-of-bounds'));
    expect(shared.tables[0]!.elements[0]).not.toBeNull();
    expect(store.budget.used).toBe(used + 3 * 65_536);
  });

  test('64-bit offsets beyond 2^53 are out of bounds', () => {
    const text = '(module (memory i64 1) (data (i64.const -1) ""))';
    expect(() => instantiate(text)).toThrow(new Trap('memory-out-of-bounds'));
  });

  test('limits are LimitErrors with the name, and nothing is kept', () => {
    const cases: [string, LimitOptions, string][] = [
      ['(module (memory 1) (memory 3))', { memoryBytes: 200_000 }, 'memoryBytes'],
      ['(module (memory 1) (table 11 funcref))', { tableElements: 10 }, 'tableElements'],
      ['(module (table 6 funcref) (table 5 externref))', { tableElements: 10 }, 'tableElements'],
      ['(module (table 1000 funcref))', { memoryBytes: 500 }, 'memoryBytes'],
      ['(module (table 20000000 funcref))', {}, 'tableElements'],
      ['(module (memory i64 0x1000000000000))', {}, 'memoryBytes'],
    ];
    for (const [text, limits, name] of cases) {
      const store = makeStore();
      let error: unknown;
      try {
        instantiate(text, { store, limits });
      } catch (thrown) {
        error = thrown;
      }
      expect(error, text).toBeInstanceOf(LimitError);
      expect((error as LimitError).limit, text).toBe(name);
      expect(store.budget.used, text).toBe(0);
    }
  });

  test('a pool that is too small says so, and is whole again', () => {
    const pool = new Pool({ size: 100_000 });
    const free = pool.getMemAllocInfo().totalFree;
    expect(() => instantiate('(module (memory 1) (memory 1))', { store: makeStore(pool) })).toThrow(
      /memoryBytes.*no room for a memory of 65536 bytes/,
    );
    expect(pool.getMemAllocInfo().totalFree).toBe(free);
  });

  test('the memory plan adds pages and lowers the maximum', () => {
    const memoryPlan = { extraPages: 2, maxPages: 4 };
    const memory = instantiate('(module (memory 1 10))', { memoryPlan }).memories[0]!;
    expect([memory.pages, memory.maxPages]).toEqual([3, 6]);
    expect(memory.grow(3)).toBe(3);
    expect(memory.grow(1)).toBe(-1);
    const tight = instantiate('(module (memory 5 10))', { memoryPlan: { extraPages: 0, maxPages: 2 } });
    expect(tight.memories[0]!.maxPages).toBe(5);
  });

  test('tables grow within their element and byte limits', () => {
    const instance = instantiate('(module (table 2 funcref) (table 1 externref))', { limits: { tableElements: 6 } });
    const [first, second] = instance.tables;
    expect(first!.grow(2, null)).toBe(2);
    expect(second!.grow(2, null)).toBe(-1);
    expect(second!.grow(1, 'x')).toBe(1);
    expect(second!.elements).toEqual([null, 'x']);
    instance.disposeFrom(0);
    expect(instance.budget.used).toBe(0);
    expect(instance.tableBudget.used).toBe(0);
  });
});

describe('linking', () => {
  const store = makeStore();
  const provider = instantiate(
    `(module
      (type $base (sub (func (result (ref null func))))) (type $sub (sub $base (func (result nullfuncref))))
      (func (export "sub") (type $sub) unreachable) (func (export "i2i") (param i32) (result i32) unreachable)
      (memory (export "memory") 1 4) (memory (export "wide") i64 1)
      (table (export "table") 3 10 funcref)
      (global (export "const") (ref func) (ref.func 0)) (global (export "mut") (mut i32) (i32.const 1))
      (tag (export "tag") (param i32)))`,
    { store },
  );
  const imports = Object.fromEntries([...provider.exports].map(([name, { value }]) => [name, value]));
  const link = (text: string): Instance => instantiate(`(module ${text})`, { store, imports });

  test.each([
    '(type $base (sub (func (result (ref null func))))) (import "p" "sub" (func (type $base)))',
    '(import "p" "memory" (memory 1))',
    '(import "p" "memory" (memory 0 5))',
    '(import "p" "wide" (memory i64 0))',
    '(import "p" "table" (table 1 10 funcref))',
    '(import "p" "const" (global funcref))',
    '(import "p" "mut" (global (mut i32)))',
    '(import "p" "tag" (tag (param i32)))',
  ])('fits: %s', (text) => {
    expect(() => link(text)).not.toThrow();
  });

  test.each([
    '(import "p" "i2i" (func (param i32)))',
    '(import "p" "sub" (func (result nullfuncref)))',
    '(import "p" "memory" (memory 2))',
    '(import "p" "memory" (memory 1 3))',
    '(import "p" "memory" (memory i64 1))',
    '(import "p" "wide" (memory i64 0 100))',
    '(import "p" "table" (table 4 funcref))',
    '(import "p" "table" (table 1 9 funcref))',
    '(import "p" "table" (table 1 10 externref))',
    '(import "p" "const" (global (mut funcref)))',
    '(import "p" "mut" (global i32))',
    '(import "p" "mut" (global (mut i64)))',
    '(import "p" "tag" (tag (param i64)))',
    '(import "p" "tag" (func (param i32)))',
    '(import "p" "memory" (global i32))',
  ])('does not fit: %s', (text) => {
    expect(() => link(text)).toThrow(LinkError);
    expect(() => link(text)).toThrow(/^incompatible import type/);
  });

  test('what is missing is named', () => {
    expect(() => link('(import "p" "none" (func))')).toThrow('unknown import: func "p"."none" is not provided');
  });

  test('the present size counts', () => {
    const grown = instantiate('(module (memory (export "memory") 1) (table (export "table") 0 funcref))', { store });
    grown.memories[0]!.grow(1);
    grown.tables[0]!.grow(5, null);
    const own = { memory: grown.memories[0]!, table: grown.tables[0]! };
    const text = '(module (import "p" "memory" (memory 2)) (import "p" "table" (table 5 funcref)))';
    expect(() => instantiate(text, { store, imports: own })).not.toThrow();
  });
});

test('references are tested by their run-time type', () => {
  const store = makeStore();
  const instance = instantiate(
    `(module (type $s (sub (struct))) (type $t (sub $s (struct (field i32)))) (type $a (array i8))
      (global (ref $t) (struct.new_default $t)) (global (ref $a) (array.new_default $a (i32.const 1))))`,
    { store },
  );
  const [s, t, a] = instance.types.map((type) => type.id);
  const struct = globalOf(instance, 0);
  const array = globalOf(instance, 1);
  const func = new NativeFunctionInstance(store.types.funcType([I32], []), 'f', () => {});
  const is = (value: unknown, heap: number, nullable = false): boolean =>
    refMatches(value, heap, nullable, store.types);
  const [any, eq, i31, structs, arrays, funcs, extern, none] = [-0x12, -0x13, -0x14, -0x15, -0x16, -0x10, -0x11, -0x0f];
  expect([is(struct, s!), is(struct, t!), is(struct, a!), is(array, a!)]).toEqual([true, true, false, true]);
  expect([is(struct, any!), is(struct, eq!), is(struct, structs!), is(struct, arrays!)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect([is(5, i31!), is(-(2 ** 30), i31!), is(2 ** 30, i31!), is(1.5, i31!), is(5, eq!)]).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
  expect([is(func, funcs!), is(func, func.type.id), is(func, eq!), is('x', extern!), is('x', any!)]).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
  expect([is(null, none!), is(null, none!, true), is(struct, none!, true)]).toEqual([false, true, false]);
  expect(() => plainValue('x', FUNCREF, store.types)).toThrow('a reference (func) is wanted; this string is none');
  expect(() => plainValue(undefined, EXTERNREF, store.types)).not.toThrow();
  expect(() => plainValue(array, 2 * (s! + 64), store.types)).toThrow('non-null reference (of the struct type');
});

test('a global keeps its bits', () => {
  const global = new GlobalInstance({ type: I64, mutable: true });
  const slots = new Slots(2);
  slots.i32.set([-1, 7], 4);
  global.fromSlot(slots, 1);
  global.toSlot(slots, 0);
  expect(readSlot(slots, 0, I64)).toBe(0x7_ffff_ffffn);
});
