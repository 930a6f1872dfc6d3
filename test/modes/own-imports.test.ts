// Memories and tables of "env" that nobody gives are the instance's own, as in WAMR: what compilers import by default needs no embedder.
import { expect } from 'vitest';
import { failure, limitError } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const PAGE = 65_536;
const PROGRAM = `(module (type $f (func (result i32)))
  (import "env" "memory" (memory 2 3)) (import "env" "__indirect_function_table" (table 4 funcref))
  (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
  (elem (i32.const 1) $one $two) (data (i32.const 8) "hi")
  (func (export "call") (param i32) (result i32) (call_indirect (type $f) (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load16_u (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow table") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0)))
  (func (export "sizes") (result i32 i32) (memory.size) (table.size 0)))`;

modeCases('memories and tables of env', [
  {
    name: 'are given with the minimum and maximum of the import, and hold segments',
    run({ start, runtime }) {
      const instance = start(PROGRAM, { strictLinking: true });
      const call = (name: string, ...args: number[]): unknown[] => instance.lookupFunction(name)!.call(...args);
      expect([call('call', 1), call('call', 2), call('load', 8), call('sizes')]).toEqual([[1], [2], [0x6968], [2, 4]]);
      expect(String(failure(() => call('call', 0)))).toContain('uninitialized element');
      expect([call('grow', 1), call('grow', 1), call('grow table', 5), call('sizes')]).toEqual([
        [2],
        [-1],
        [4],
        [3, 9],
      ]);
      expect(instance.getMemory()!.bytes.length).toBe(3 * PAGE);
      expect(runtime.usage.memoryBytes).toBeGreaterThanOrEqual(3 * PAGE + 9 * 8);
      instance.deinstantiate();
      expect(runtime.usage.memoryBytes).toBe(0);
    },
  },
  {
    name: "are each instance's own, and count towards its limits",
    run({ start, runtime }) {
      const [a, b] = [start(PROGRAM), start(PROGRAM)];
      a.getMemory()!.bytes[8] = 1;
      expect(b.lookupFunction('load')!.call(8)).toEqual([0x6968]);
      a.deinstantiate();
      b.deinstantiate();
      expect(limitError(() => start(PROGRAM, { limits: { memoryBytes: PAGE } })).limit).toBe('memoryBytes');
      expect(limitError(() => start(PROGRAM, { limits: { tableElements: 3 } })).limit).toBe('tableElements');
      expect(runtime.usage.memoryBytes).toBe(0);
    },
  },
  {
    name: 'leave nothing behind when the start function fails',
    initArgs: { limits: { instances: 1 } },
    run({ start, runtime }) {
      const text = PROGRAM.replace(/\)$/, '(func $trap unreachable) (start $trap))');
      for (let i = 0; i < 3; i++) expect(String(failure(() => start(text)))).toContain('unreachable');
      expect(runtime.usage.memoryBytes).toBe(0);
    },
  },
  {
    name: 'may be shared, be of host values, stand between other imports, and be given to others by name',
    run({ start }) {
      const provider = start('(module (memory (export "m") 5) (table (export "t") 6 funcref))');
      const text = `(module (import "p" "m" (memory 1)) (import "env" "memory" (memory 1 2 shared)) (import "env" "t" (table 3 externref))
        (import "p" "t" (table 1 funcref)) (memory 7) (table 8 funcref)
        (export "own" (memory 1)) (export "host values" (table 0))
        (func (export "sizes") (result i32 i32 i32 i32 i32 i32)
          (memory.size 0) (memory.size 1) (memory.size 2) (table.size 0) (table.size 1) (table.size 2))
        (func (export "null") (result i32) (ref.is_null (table.get 0 (i32.const 0)))))`;
      const instance = start(text, { imports: { p: provider } });
      expect(instance.lookupFunction('sizes')!.call()).toEqual([5, 1, 7, 3, 6, 8]);
      expect(instance.lookupFunction('null')!.call()).toEqual([1]);
      const user = start(
        '(module (import "a" "own" (memory 1 2 shared)) (func (export "size") (result i32) (memory.size)))',
        {
          imports: { a: instance },
        },
      );
      expect(user.lookupFunction('size')!.call()).toEqual([1]);
    },
  },
  {
    name: 'come from the embedder where it gives them, and from nobody under other names of modules',
    run({ start }) {
      const given = start(
        '(module (memory (export "memory") 9) (table (export "__indirect_function_table") 9 funcref))',
      );
      const open = PROGRAM.replace('2 3', '2');
      expect(
        start(open, { imports: { env: given } })
          .lookupFunction('sizes')!
          .call(),
      ).toEqual([9, 9]);
      for (const text of ['(import "other" "memory" (memory 1))', '(import "env" "g" (global i32))']) {
        expect(String(failure(() => start(`(module ${text})`)))).toContain('unknown import');
      }
    },
  },
]);
