// Memories of 2 GiB and more work in every mode, up to the 65,536 pages that 32-bit addresses reach: lengths and addresses are no i32 then.
// Pages that nobody touches cost nothing, so only the ends are touched.
import { expect } from 'vitest';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { failure, limitError } from '../helpers/failure.js';
import { type ModeCase, modeCases } from './mode-cases.js';

const PAGE = 65_536;
const GIB = 2 ** 30;

/** Value of each access at an address, as far as the memory goes: what is stored and loaded back. */
const ACCESSES = [
  ['i32.store8', 'i32.load8_u', 'i32', '0x9a', 1],
  ['i32.store16', 'i32.load16_u', 'i32', '0x9abc', 2],
  ['i32.store16', 'i32.load16_s', 'i32', '0x1abc', 2],
  ['i32.store', 'i32.load', 'i32', '0x12345678', 4],
  ['i64.store8', 'i64.load8_u', 'i64', '0x9a', 1],
  ['i64.store16', 'i64.load16_u', 'i64', '0x9abc', 2],
  ['i64.store32', 'i64.load32_u', 'i64', '0x9abcdef0', 4],
  ['i64.store', 'i64.load', 'i64', '0x123456789abcdef0', 8],
  ['f32.store', 'f32.load', 'f32', '1.5', 4],
  ['f64.store', 'f64.load', 'f64', '2.5', 8],
  ['v128.store', 'v128.load', 'v128', 'i32x4 1 2 3 4', 16],
] as const;

const equals = (type: string, value: string, text: string): string =>
  type === 'v128'
    ? `(i8x16.all_true (i8x16.eq ${text} (v128.const ${value})))`
    : `(${type}.eq ${text} (${type}.const ${value}))`;

/** For each access a function that stores a constant and says whether it is read back: at an address, and at one that is a sum. */
const text = (pages: number, max = 65_536): string => `(module (memory (export "m") ${pages} ${max})
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32) (memory.init 0 (local.get 0) (i32.const 0) (i32.const 4)))
  (func (export "far") (param i32) (result i32)
    (i32.store16 offset=2147483648 (local.get 0) (i32.const 77)) (i32.load16_u offset=2147483648 (local.get 0)))
  (func (export "far byte") (param i32) (result i32)
    (i32.store8 offset=4294967290 (local.get 0) (i32.const 78)) (i32.load8_u offset=4294967290 (local.get 0)))
  (func (export "atomic") (param i32) (result i32)
    (drop (i32.atomic.rmw.add (local.get 0) (i32.const 5))) (i32.atomic.load (local.get 0)))
  ${ACCESSES.map(
    ([store, load, type, value], i) => `(func (export "a${i}") (param i32) (result i32)
      (${store} (local.get 0) (${type}.const ${value}))
      ${equals(type, value, `(${load} (local.get 0))`)})`,
  ).join('\n')}
  ${ACCESSES.map(
    ([store, load, type, value], i) => `(func (export "s${i}") (param i32) (result i32)
      (${store} offset=0x70000000 (i32.add (local.get 0) (i32.const 3)) (${type}.const ${value}))
      ${equals(type, value, `(${load} offset=0x70000000 (i32.add (local.get 0) (i32.const 3)))`)})`,
  ).join('\n')}
  (data "\\01\\02\\03\\04"))`;

const call = (instance: WasmInstance, name: string, ...args: number[]): unknown =>
  instance.lookupFunction(name)!.call(...args)[0];
const traps = (instance: WasmInstance, name: string, ...args: number[]): void =>
  expect(String(failure(() => call(instance, name, ...args))), `${name} ${args.join()}`).toContain(
    'out of bounds memory access',
  );

/** All accesses at the end of the memory, and one byte beyond. */
function touchTheEnd(instance: WasmInstance, bytes: number): void {
  expect(call(instance, 'size')).toBe(bytes / PAGE);
  ACCESSES.forEach(([, , , , width], i) => {
    for (const at of [bytes - width, bytes - width - 1]) expect(call(instance, `a${i}`, at | 0), `a${i} ${at}`).toBe(1);
    for (const at of [0x7fff_fff5, 0x7fff_fff4, bytes - 0x7000_0000 - width - 3]) {
      if (0x7000_0000 + at + 3 + width > bytes) continue;
      expect(call(instance, `s${i}`, at | 0), `s${i} ${at}`).toBe(1);
    }
    traps(instance, `s${i}`, (bytes - 0x7000_0000 - width - 2) | 0);
    if (bytes - width + 1 < 2 ** 32) traps(instance, `a${i}`, (bytes - width + 1) | 0);
  });
  call(instance, 'fill', (bytes - 100) | 0, 7, 100);
  call(instance, 'copy', 0, (bytes - 50) | 0, 50);
  call(instance, 'copy', (bytes - 40) | 0, 10, 20);
  call(instance, 'init', (bytes - 4) | 0);
  for (const [name, ...args] of [
    ['fill', (bytes - 100) | 0, 8, 101],
    ['copy', 0, (bytes - 50) | 0, 51],
    ['init', (bytes - 3) | 0],
  ] as const) {
    traps(instance, name, ...args);
  }
  const view = instance.getMemory()!.bytes;
  expect([view.length, ...view.subarray(bytes - 5)]).toEqual([bytes, 7, 1, 2, 3, 4]);
  expect([view[0], view[49], view[50], view[bytes - 100], view[bytes - 101]]).toEqual([7, 7, 0, 7, 0]);
  expect(call(instance, 'atomic', (bytes - 8) | 0)).toBe(0x07070707 + 5);
  if (bytes < 4 * GIB) traps(instance, 'atomic', bytes | 0);
  expect(instance.validateAppAddr(bytes - 4, 4)).toBe(true);
  expect(instance.validateAppAddr(bytes - 4, 5)).toBe(false);
}

const cases: ModeCase[] = [
  ...[2 * GIB, 3 * GIB, 4 * GIB].map(
    (bytes): ModeCase => ({
      name: `a memory of ${bytes / GIB} GiB works to its last byte, and traps behind it`,
      run({ start, runtime }) {
        const instance = start(text(bytes / PAGE, bytes / PAGE));
        touchTheEnd(instance, bytes);
        if (bytes > 2 * GIB) expect(call(instance, 'far', 100)).toBe(77);
        else traps(instance, 'far', 100);
        if (bytes === 4 * GIB) expect(call(instance, 'far byte', 5)).toBe(78);
        traps(instance, 'far byte', 6);
        expect(runtime.usage.memoryBytes).toBe(bytes);
        instance.deinstantiate();
        expect(runtime.usage.memoryBytes).toBe(0);
      },
    }),
  ),
  {
    name: 'grows past 2 GiB up to all 65,536 pages, and not a page further',
    run({ start, runtime }) {
      const instance = start(text(1), { limits: { memoryBytes: 4 * GIB } });
      call(instance, 'fill', 0, 9, 1);
      expect(call(instance, 'grow', 32_767)).toBe(1);
      expect(call(instance, 'grow', 1)).toBe(32_768);
      expect(call(instance, 'a1', -PAGE * 32_767 - 2)).toBe(1);
      expect(call(instance, 'grow', 65_536 - 32_769)).toBe(32_769);
      touchTheEnd(instance, 4 * GIB);
      expect(call(instance, 'grow', 1)).toBe(-1);
      expect(call(instance, 'grow', -1)).toBe(-1);
      expect([instance.usage.memoryBytes, runtime.usage.memoryBytes]).toEqual([4 * GIB, 4 * GIB]);
    },
  },
  {
    name: 'grows past 2 GiB without a limit, in one step and by the embedder',
    run({ start }) {
      const instance = start(text(1));
      call(instance, 'fill', 0, 9, 1);
      expect(call(instance, 'grow', 40_000)).toBe(1);
      expect(instance.enlargeMemory(3)).toBe(true);
      expect(instance.getMemory()!.grow(4)).toBe(40_004);
      expect([call(instance, 'size'), instance.getMemory()!.bytes[0]]).toEqual([40_008, 9]);
      expect(call(instance, 'a3', -0x8000_0000)).toBe(1);
    },
  },
  {
    name: 'a limit above 2 GiB holds: -1 from growth, a LimitError at instantiation',
    run({ start, runtime }) {
      const limits = { memoryBytes: 3 * GIB };
      const instance = start(text(32_768), { limits });
      expect(call(instance, 'grow', 16_385)).toBe(-1);
      expect(call(instance, 'grow', 16_384)).toBe(32_768);
      instance.deinstantiate();
      const error = limitError(() => start(text(49_153), { limits }));
      expect([error.limit, error.value]).toEqual(['memoryBytes', 3 * GIB]);
      expect(runtime.usage.memoryBytes).toBe(0);
    },
  },
  {
    name: 'natives and WASI reach what lies above 2 GiB',
    run({ start, runtime }) {
      const seen: unknown[] = [];
      runtime.registerNatives('n', [
        { symbol: 'bytes', signature: '(*~)', func: (_env, bytes: Uint8Array) => seen.push([...bytes]) },
        { symbol: 'text', signature: '($)', func: (_env, given: string) => seen.push(given) },
      ]);
      const instance = start(
        `(module (import "n" "bytes" (func $bytes (param i32 i32))) (import "n" "text" (func $text (param i32)))
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (memory (export "m") 49152) (data (i32.const 0xbffffff0) "above\\00")
          (func (export "run") (result i32) (call $bytes (i32.const 0xbffffff0) (i32.const 2))
            (call $text (i32.const 0xbffffff0)) (call $random (i32.const 0xbfffffff) (i32.const 1)))
          (func (export "out") (call $bytes (i32.const 0xbffffff0) (i32.const 17))))`,
      );
      expect(call(instance, 'run')).toBe(0);
      expect(seen).toEqual([[97, 98], 'above']);
      traps(instance, 'out');
    },
  },
  {
    name: 'in the allocator of a runtime with a limit above 2 GiB',
    initArgs: { memAllocType: 'system', memAllocOption: { system: { limit: 3 * GIB } } },
    run({ start }) {
      const instance = start(text(40_000));
      expect(call(instance, 'grow', 20_000)).toBe(-1);
      expect(call(instance, 'grow', 5_000)).toBe(40_000);
    },
  },
];

modeCases('large memories', cases);
