// What a guest does is the same in every mode: results, traps and their text, frames, fuel, natives, the WASI path.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { WasmGlobal, WasmTable } from '#src/embed/instance/externs.js';
import { instanceOf } from '#src/embed/instance/wasm-instance.js';
import { WasmException } from '#src/runtime/exception.js';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import { ExitError, Trap } from '#src/wasm/errors.js';
import { type ModeCase, modeCases } from './mode-cases.js';

const TRAPS: readonly (readonly [body: string, spec: string, wamr: string])[] = [
  ['unreachable', 'unreachable', 'unreachable'],
  ['(drop (i32.div_s (i32.const 1) (i32.const 0)))', 'integer divide by zero', 'integer divide by zero'],
  ['(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))', 'integer overflow', 'integer overflow'],
  ['(drop (i32.trunc_f32_s (f32.const nan)))', 'invalid conversion to integer', 'invalid conversion to integer'],
  ['(drop (i32.load (i32.const 65533)))', 'out of bounds memory access', 'out of bounds memory access'],
  ['(drop (table.get (i32.const 2)))', 'out of bounds table access', 'out of bounds table access'],
  ['(call_indirect (i32.const 7))', 'undefined element', 'undefined element'],
  ['(call_indirect (i32.const 0))', 'uninitialized element', 'uninitialized element'],
  [
    '(call_indirect (param i32) (i32.const 1) (i32.const 1))',
    'indirect call type mismatch',
    'indirect call type mismatch',
  ],
  ['(call $deep)', 'call stack exhausted', 'native stack overflow'],
  ['(drop (ref.as_non_null (ref.null func)))', 'null reference', 'null reference'],
];

const traps = TRAPS.map(
  ([body, spec, wamr]): ModeCase => ({
    name: `traps: ${spec}`,
    run({ start }) {
      const instance =
        start(`(module (memory 1) (table 2 funcref) (elem (i32.const 1) $ok) (func $ok) (func $deep (call $deep))
        (func $inner ${body}) (func (export "run") (call $inner)) (func (export "ok") (result i32) (i32.const 1)))`);
      let error: unknown;
      try {
        instance.lookupFunction('run')!.call();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(Trap);
      expect((error as Trap).message).toMatch(spec);
      expect(instance.getException()).toBe(`Exception: ${wamr}`);
      if (spec !== 'call stack exhausted') {
        expect((error as Trap).frames.map((frame) => frame.functionName)).toEqual(['inner', 'run']);
      }
      expect(instance.lookupFunction('ok')!.call()).toEqual([1]);
    },
  }),
);
modeCases('traps', traps);

const wasiHello = `(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (data (i32.const 8) "\\10\\00\\00\\00\\06\\00\\00\\00hello\\n")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))) (call $exit (i32.const 9))))`;

modeCases('behaviour', [
  {
    name: 'values of all types go through',
    run({ start }) {
      const instance =
        start(`(module (func (export "f") (param i32 i64 f32 f64 externref) (result externref f64 f32 i64 i32)
        (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))`);
      const value = { my: 'object' };
      expect(instance.lookupFunction('f')!.call(-1, -(2n ** 63n), 0.5, -0, value)).toEqual([
        value,
        -0,
        0.5,
        -(2n ** 63n),
        -1,
      ]);
    },
  },
  {
    name: 'fuel is exact: blocks, loops and ends are free, bulk operations pay for their length',
    run({ start }) {
      const instance = start(
        `(module (memory 1) (func (export "empty")) (func (export "three") (drop (i32.const 1)) (block) (nop) (drop (i32.const 2)))
          (func (export "fill") (memory.fill (i32.const 0) (i32.const 0) (i32.const 6400)))
          (func (export "loop") (local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get 0) (i32.const 10))))))`,
        { metered: true },
      );
      const fuel = (name: string): number => {
        instance.lookupFunction(name)!.call();
        return instance.lastCallUsage!.fuel!;
      };
      expect(['empty', 'three', 'fill', 'loop'].map(fuel)).toEqual([0, 4, 104, 80]);
      expect(instance.usage.fuel).toBe(188);
    },
  },
  {
    name: 'fuel of new arrays: those of a length at run time pay for it, those of fixed length have paid with their operands',
    run({ start }) {
      const instance = start(
        `(module (type $a (array i32))
          (func (export "default") (drop (array.new_default $a (i32.const 640))))
          (func (export "fixed") (drop (array.new_fixed $a 100 ${'(i32.const 1)'.repeat(100)}))))`,
        { metered: true },
      );
      const fuel = (name: string): number => {
        instance.lookupFunction(name)!.call();
        return instance.lastCallUsage!.fuel!;
      };
      expect(['default', 'fixed'].map(fuel)).toEqual([13, 102]);
    },
  },
  {
    name: 'operands that a branch leaves behind still trap',
    run({ start }) {
      const instance = start(
        `(module (memory 1) (func (export "br") (block (i32.load (i32.const -8)) (br 0)))
          (func (export "return") (i32.load (i32.const -8)) (return))
          (func (export "br_table") (block (i32.load (i32.const -8)) (br_table 0 (i32.const 0))))
          (func (export "value") (result i32) (block (result i32) (i32.load (i32.const -8)) (br 0 (i32.const 1)))))`,
      );
      for (const name of ['br', 'return', 'br_table', 'value']) {
        expect(() => instance.lookupFunction(name)!.call()).toThrow('out of bounds memory access');
      }
    },
  },
  {
    name: 'fuel covers the functions of other instances: those that count none are refused',
    run({ start }) {
      const spin = '(module (func (export "spin") (loop (br 0))))';
      const caller = '(module (import "lib" "spin" (func $spin)) (func (export "run") (call $spin)))';
      const limits = { fuel: 1_000 };
      const free = start(spin);
      expect(() => start(caller, { imports: { lib: free }, limits })).toThrow('counts no fuel');
      const counting = start(spin, { metered: true });
      const instance = start(caller, { imports: { lib: counting }, limits });
      expect(() => instance.lookupFunction('run')!.call()).toThrow('limit fuel reached (1000)');
    },
  },
  {
    name: 'fuel covers functions that come by reference: from instances that count none they are refused',
    run({ start }) {
      const spin = '(func $spin (export "spin") (loop (br 0))) (elem declare func $spin)';
      const refused = 'counts fuel and would get functions';
      const counting = start(
        `(module (table (export "table") 1 funcref) (global (export "global") (mut funcref) (ref.null func))
          (global (export "number") (mut i32) (i32.const 0)) (func (export "plain"))
          (func (export "take") (param funcref) (table.set (i32.const 0) (local.get 0)))
          (func (export "run") (call_indirect (i32.const 0))))`,
        { limits: { fuel: 1_000 } },
      );
      const imports = { lib: counting };
      const ways = [
        '(import "lib" "table" (table 1 funcref))',
        '(import "lib" "global" (global (mut funcref)))',
        '(import "lib" "take" (func $take (param funcref)))',
      ];
      for (const way of ways) {
        expect(() => start(`(module ${way} ${spin})`, { imports })).toThrow(refused);
        start(`(module ${way} ${spin})`, { imports, metered: true });
      }
      start('(module (import "lib" "number" (global (mut i32))) (import "lib" "plain" (func)))', { imports });

      const free = start(`(module ${spin} (global (export "constant") funcref (ref.func $spin)))`);
      const wants = '(module (import "lib" "constant" (global funcref)))';
      expect(() => start(wants, { imports: { lib: free }, metered: true })).toThrow('counts no fuel');
      const given = free.lookupFunction('spin')!;
      expect(() => counting.lookupFunction('take')!.call(given)).toThrow('counts no fuel');
      expect(() => (counting.exports['table'] as WasmTable).set(0, given)).toThrow('counts no fuel');
      expect(() => (counting.exports['global'] as WasmGlobal).set(given)).toThrow('counts no fuel');

      const paying = start(`(module ${spin})`, { metered: true });
      counting.lookupFunction('take')!.call(paying.lookupFunction('spin')!);
      expect(() => counting.lookupFunction('run')!.call()).toThrow('limit fuel reached (1000)');
    },
  },
  {
    name: 'limits too large to count in 32 bits are as good as none',
    run({ start }) {
      const instance = start(
        `(module (func $f (export "f") (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7)))))`,
        { limits: { callDepth: 2 ** 31, stackBytes: 2 ** 32 } },
      );
      expect(instance.lookupFunction('f')!.call(100)).toEqual([7]);
    },
  },
  {
    name: 'a native can call back, trap by setException, and exit',
    run({ start }) {
      const host = {
        back: (env: ExecEnv, value: number) => instanceOf(env).lookupFunction('double')!.call(value)[0],
        fail: (env: ExecEnv) => instanceOf(env).setException('said the native'),
        leave: (_env: ExecEnv, code: number) => {
          throw new ExitError(code);
        },
      };
      const instance = start(
        `(module (import "host" "back" (func $back (param i32) (result i32))) (import "host" "fail" (func $fail))
          (import "host" "leave" (func $leave (param i32)))
          (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
          (func (export "f") (result i32) (i32.add (call $back (i32.const 5)) (i32.const 1)))
          (func (export "g") (call $fail)) (func (export "_start") (call $leave (i32.const 77))))`,
        { imports: { host } },
      );
      expect(instance.lookupFunction('f')!.call()).toEqual([11]);
      expect(() => instance.lookupFunction('g')!.call()).toThrow('said the native');
      expect(instance.executeMain()).toBe(77);
      expect(instance.getException()).toBeNull();
    },
  },
  {
    name: "main of a memory64 program gets its arguments as pointers of 64 bits, and one of the other width is no program's",
    async run({ start }) {
      const text = (pointer: string): string => `(module (memory i64 1)
        (func (export "main") (param i32 ${pointer}) (result i32)
          ${
            pointer === 'i64'
              ? `(i32.add (i32.mul (local.get 0) (i32.const 1000))
                  (i32.load8_u (i64.load (i64.add (local.get 1) (i64.const 8)))))`
              : '(i32.const 0)'
          }))`;
      const instance = start(text('i64'), { heapSize: 1000 });
      expect(instance.executeMain(['prog', 'A'])).toBe(2065);
      if (instance.mode === 'interp') expect(await instance.executeMainAsync(['prog', 'B', 'c'])).toBe(3066);
      expect(() => start(text('i32'), { heapSize: 1000 }).executeMain(['prog'])).toThrow(
        'invalid function type of main function',
      );
    },
  },
  {
    name: 'an uncaught exception comes out with tag and payload',
    run({ start }) {
      const instance = start(
        `(module (tag $t (export "t") (param i32 i64)) (func (export "f") (throw $t (i32.const 1) (i64.const -2))))`,
      );
      let error: unknown;
      try {
        instance.lookupFunction('f')!.call();
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(WasmException);
      expect((error as WasmException).payload).toEqual([1, -2n]);
      expect(instance.getException()).toBe('Exception: uncaught wasm exception');
    },
  },
  {
    name: 'instances share memories, tables and globals',
    run({ start }) {
      const owner =
        start(`(module (memory (export "m") 1 3) (table (export "t") 2 funcref) (global (export "g") (mut i64) (i64.const 1))
        (func (export "read") (result i32) (i32.load (i32.const 0))) (func (export "size") (result i32) (memory.size))
        (func (export "call") (result i32) (call_indirect (result i32) (i32.const 1))))`);
      const user = start(
        `(module (import "o" "m" (memory 1)) (import "o" "t" (table 2 funcref)) (import "o" "g" (global (mut i64)))
          (func $f (result i32) (i32.const 42)) (elem (i32.const 1) $f)
          (func (export "write") (i32.store (i32.const 0) (i32.const 0x01020304)) (global.set 0 (i64.const 9)) (drop (memory.grow (i32.const 1)))))`,
        { imports: { o: owner } },
      );
      user.lookupFunction('write')!.call();
      expect(owner.lookupFunction('read')!.call()).toEqual([0x01020304]);
      expect(owner.lookupFunction('size')!.call()).toEqual([2]);
      expect(owner.lookupFunction('call')!.call()).toEqual([42]);
      expect((owner.exports['g'] as { get(): unknown }).get()).toBe(9n);
    },
  },
  {
    name: 'the app heap survives growth of the memory',
    run({ start }) {
      const instance = start(
        '(module (memory (export "m") 1) (func (export "grow") (result i32) (memory.grow (i32.const 20))) (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0))))',
        { heapSize: 1000 },
      );
      const address = instance.moduleDupData(Uint8Array.of(5, 6, 7));
      expect(instance.lookupFunction('grow')!.call()).toEqual([2]);
      expect(instance.lookupFunction('get')!.call(address + 2)).toEqual([7]);
      instance.moduleFree(address);
      expect(instance.moduleMalloc(800)).not.toBe(0);
    },
  },
  {
    name: 'a WASI program writes and exits',
    run({ start }) {
      let text = '';
      const stdout = (chunk: Uint8Array): void => {
        text += new TextDecoder().decode(chunk);
      };
      const instance = start(wasiHello, { wasi: { stdout } });
      expect(instance.isWasiMode).toBe(true);
      expect(instance.executeMain()).toBe(9);
      expect(text).toBe('hello\n');
      expect(start(wasiHello).executeMain()).toBe(9);
    },
  },
  {
    name: 'a C program from the samples runs',
    run({ startBytes }) {
      let text = '';
      const stdout = (chunk: Uint8Array): void => {
        text += new TextDecoder().decode(chunk);
      };
      const bytes = readFileSync(new URL('../../samples/hello.wasm', import.meta.url));
      expect(startBytes(bytes, { wasi: { stdout, args: ['hello'] } }).executeMain()).toBe(0);
      expect(text).toMatch(/hello/i);
    },
  },
  {
    name: 'deterministic instances do the same twice',
    run({ start }) {
      const text = `(module (import "env" "clock" (func $clock (result i64)))
        (func (export "f") (result i64 i32) (i64.add (call $clock) (call $clock)) (i32.reinterpret_f32 (f32.div (f32.const 0) (f32.const 0)))))`;
      const once = start(text, { deterministic: true }).executeFunc('f');
      expect(start(text, { deterministic: true }).executeFunc('f')).toEqual(once);
      expect(once[1]).toBe('0x7fc00000:i32');
    },
  },
]);
