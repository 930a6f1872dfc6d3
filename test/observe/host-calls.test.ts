// Calls of natives and WASI, growth and outermost calls, as an observer sees them, in every mode.
import { expect } from 'vitest';
import { callLine } from '#src/debug/call-lines.js';
import type { ObservedCall, ObservedGrowth, ObservedHostCall } from '#src/runtime/observer.js';
import { LimitError, UsageError } from '#src/wasm/errors.js';
import { modeCases } from '../modes/mode-cases.js';

const GUEST = `(module
  (import "host" "add" (func $add (param i32 i64) (result i64)))
  (import "host" "fail" (func $fail))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "poem\\0a.txt")
  (data (i32.const 32) "\\10\\00\\00\\00\\04\\00\\00\\00")
  (func (export "add") (result i64) (call $add (i32.const -1) (i64.const 5)))
  (func (export "fail") (call $fail))
  (func (export "unlink") (result i32) (call $unlink (i32.const 3) (i32.const 16) (i32.const 9)))
  (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 64))))`;

const GROWTH = `(module (memory (export "memory") 1 10) (table (export "table") 1 10 funcref)
  (func (export "memory_grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table_grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))`;

modeCases('observed calls', [
  {
    name: 'natives and WASI, with arguments, results and errors',
    run({ start }) {
      const calls: ObservedHostCall[] = [];
      const guest = start(GUEST, {
        name: 'guest',
        observe: { hostCall: (call) => void calls.push(call) },
        imports: {
          host: {
            add: (_: unknown, a: number, b: bigint) => BigInt(a) + b,
            fail: () => {
              throw new RangeError('no\nmore');
            },
          },
        },
        wasi: { stdout: () => {} },
      });
      for (const name of ['add', 'unlink', 'write']) guest.lookupFunction(name)!.call();
      expect(() => guest.lookupFunction('fail')!.call()).toThrow('no');
      expect(calls.map((call) => callLine(call).replace(/ <[\d.]+ ms>$/, ''))).toEqual([
        'host.add(-1, 5) = 4',
        'path_unlink_file(fd=3, path="poem\\\\u000a.txt") = EBADF',
        'fd_write(fd=1, iovs=0x20, iovs_len=1, nwritten=0x40) = ESUCCESS',
        'host.fail() threw RangeError: no\\u000amore',
      ]);
      const [first] = calls;
      expect([first!.module, first!.name, first!.args, first!.results]).toEqual(['host', 'add', [-1, 5n], [4n]]);
      expect(first!.thread.instance).toBe('guest');
      for (const { ms, startedAt } of calls) expect(ms >= 0 && startedAt >= 0).toBe(true);
    },
  },
  {
    name: 'growth, and what limits refuse',
    run({ start }) {
      const seen: ObservedGrowth[] = [];
      const limits = { memoryBytes: 4 * 65_536, tableElements: 5 };
      const guest = start(GROWTH, { name: 'g', limits, observe: { grew: (growth) => void seen.push(growth) } });
      const call = (name: string, by: number): unknown => guest.lookupFunction(name)!.call(by)[0];
      expect([call('memory_grow', 2), call('memory_grow', 5), call('memory_grow', 100)]).toEqual([1, -1, -1]);
      expect([call('table_grow', 3), call('table_grow', 4)]).toEqual([1, -1]);
      expect(seen.map(({ instance, of, size, refusedBy }) => [instance, of, size, refusedBy])).toEqual([
        ['g', 'memory', 3 * 65_536, undefined],
        ['g', 'bytes', expect.any(Number), 4 * 65_536],
        ['g', 'table', 4, undefined],
        ['g', 'elements', 4, 5],
      ]);
    },
  },
  {
    name: 'outermost calls with what they used, and with their error',
    run({ start }) {
      const seen: ObservedCall[] = [];
      let began = 0;
      const guest = start('(module (func (export "spin") (loop br 0)) (func (export "ok")))', {
        metered: true,
        observe: { callBegan: () => void began++, callEnded: (call) => void seen.push(call) },
      });
      guest.lookupFunction('ok')!.call();
      expect(() => guest.lookupFunction('spin')!.callOn(guest.execEnv, [], { fuel: 100 })).toThrow(LimitError);
      expect(began).toBe(2);
      expect(seen.map(({ usage, thrown }) => [usage.fuel, (thrown?.error as LimitError | undefined)?.limit])).toEqual([
        [0, undefined],
        [100, 'fuel'],
      ]);
    },
  },
  {
    name: 'an observer that throws ends the call, and unknown members are refused',
    run({ start }) {
      const text = '(module (func $f) (func (export "run") call $f))';
      const failing = (): never => {
        throw new Error('enough');
      };
      for (const observe of [{ entered: failing }, { left: failing }, { reached: failing }]) {
        expect(() => start(text, { observe }).lookupFunction('run')!.call()).toThrow('enough');
      }
      expect(() => start(text, { observe: { hostcall: failing } as object })).toThrow(UsageError);
      expect(() => start(text, { observe: { left: 5 } as object })).toThrow(UsageError);
    },
  },
]);
