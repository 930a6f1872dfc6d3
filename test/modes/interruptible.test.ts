// Guests that nothing can interrupt: what ends them still ends them, limits that need no checks in their code hold, and whatever would need such
// checks is refused by name, when the instance is made, called or linked.
import { expect } from 'vitest';
import type { WasmTable } from '#src/embed/instance/externs.js';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import type { WasmValue } from '#src/runtime/value.js';
import { Trap, UsageError } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const FREE: InstantiateOptions = { interruptible: false };
const GUEST = `(module
  (import "env" "native" (func $native))
  (memory (export "memory") 1 100)
  (global (export "global") (mut i32) (i32.const 7))
  (func (export "count") (param i32) (result i32) (local i32)
    (loop $again (local.set 1 (i32.add (local.get 1) (i32.const 3))) (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "convert") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "out") (call $native)))`;

modeCases('interruptible: false', [
  {
    name: 'the guest does what it did, and its traps are the same',
    run({ runtime, start }) {
      runtime.registerNatives('env', [{ symbol: 'native', signature: '()', func: () => {} }]);
      const guest = start(GUEST, FREE);
      const call = (name: string, ...args: number[]) => guest.lookupFunction(name)!.call(...args);
      expect(call('count', 1_000)).toEqual([3_000]);
      expect([call('grow', 2), call('grow', 200), call('grow', 0)]).toEqual([[1], [-1], [3]]);
      call('fill', 3 * 65_536);
      expect(call('load', 3 * 65_536 - 4)).toEqual([0x0101_0101]);
      const trap = (name: string, ...args: number[]) => (failure(() => call(name, ...args)) as Trap).message;
      expect(trap('load', 3 * 65_536 - 3)).toContain('out of bounds memory access');
      expect(trap('fill', 3 * 65_536 + 1)).toContain('out of bounds memory access');
      expect(trap('convert', Number.NaN)).toContain('invalid conversion to integer');
      expect(trap('convert', 1e300)).toContain('integer overflow');
      expect(trap('deep', 0)).toContain('call stack exhausted');
      expect(call('count', 2)).toEqual([6]);
    },
  },
  {
    name: 'limits that need no checks in the code hold',
    run({ runtime, start }) {
      runtime.registerNatives('env', [{ symbol: 'native', signature: '()', func: () => {} }]);
      const guest = start(GUEST, { ...FREE, limits: { memoryBytes: 3 * 65_536, hostCalls: 2 } });
      expect(guest.lookupFunction('grow')!.call(2)).toEqual([1]);
      expect(guest.lookupFunction('grow')!.call(1)).toEqual([-1]);
      const twice = start(
        `(module (import "env" "native" (func $native)) (func (export "run") (call $native) (call $native) (call $native)))`,
        { ...FREE, limits: { hostCalls: 2 } },
      );
      expect(failure(() => twice.lookupFunction('run')!.call())).toMatchObject({ limit: 'hostCalls' });
    },
  },
  {
    name: 'natives stop it, call it again, and what they throw is not caught by it',
    run({ runtime, start }) {
      let action = (): void => {};
      runtime.registerNatives('env', [{ symbol: 'native', signature: '()', func: () => action() }]);
      const guest = start(GUEST, FREE);
      const out = guest.lookupFunction('out')!;
      action = () => guest.terminate();
      expect((failure(() => out.call()) as Trap).message).toBe('terminated by user');
      let calls = 0;
      action = () => {
        calls++;
        out.call();
      };
      expect(failure(() => out.call())).toBeInstanceOf(Trap);
      expect(calls).toBeGreaterThan(10);
      const thrown = new Error('mine');
      action = () => {
        throw thrown;
      };
      expect(failure(() => out.call())).toBe(thrown);
      action = () => {};
      expect(out.call()).toEqual([]);
    },
  },
  {
    name: 'what a native throws passes catch_all',
    run({ runtime, start }) {
      const thrown = new Error('mine');
      runtime.registerNatives('env', [
        {
          symbol: 'native',
          signature: '()',
          func: () => {
            throw thrown;
          },
        },
      ]);
      const guest = start(
        `(module (import "env" "native" (func $native)) (tag $e)
          (func $f (param i32) (if (local.get 0) (then (call $native))) (throw $e))
          (func (export "run") (param i32) (result i32)
            (block (try_table (catch_all 0) (call $f (local.get 0)))) (i32.const 1)))`,
        FREE,
      );
      expect(guest.lookupFunction('run')!.call(0)).toEqual([1]);
      expect(failure(() => guest.lookupFunction('run')!.call(1))).toBe(thrown);
    },
  },
  {
    name: 'a call that asks for a deadline or a signal is refused',
    run({ start }) {
      const guest = start('(module (func (export "run")))', FREE);
      const run = guest.lookupFunction('run')!;
      for (const options of [{ timeoutMs: 100 }, { signal: new AbortController().signal }, { fuel: 10 }]) {
        const error = failure(() => guest.executeFunc('run', [], options));
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).toContain(Object.keys(options)[0]);
      }
      expect(run.call()).toEqual([]);
    },
  },
  {
    name: 'instances with limits that need checks are refused',
    run({ start }) {
      const refused: readonly InstantiateOptions[] = [
        { limits: { fuel: 1_000 } },
        { limits: { timeoutMs: 1_000 } },
        { limits: { callDepth: 10 } },
        { limits: { stackBytes: 10_000 } },
        { metered: true },
        { stackSize: 10_000 },
        { signal: new AbortController().signal },
      ];
      for (const options of refused) {
        const error = failure(() => start('(module)', { ...options, ...FREE }));
        expect(error).toBeInstanceOf(UsageError);
        const { limits = options } = options;
        expect((error as Error).message).toContain(Object.keys(limits)[0]);
      }
    },
  },
  {
    name: 'nobody else gets its functions; its memory may be shared',
    run({ start }) {
      const exporter = start(
        `(module (memory (export "memory") 1) (func (export "run") (loop (br 0))) (table (export "table") 1 funcref))`,
        FREE,
      );
      const imports = { exporter };
      for (const wanted of ['"run" (func)', '"table" (table 1 funcref)']) {
        const error = failure(() => start(`(module (import "exporter" ${wanted}))`, { imports }));
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).toContain('interruptible: true');
      }
      const other = start(
        `(module (import "exporter" "memory" (memory 1)) (table (export "table") 2 funcref)
          (func (export "read") (result i32) (i32.load (i32.const 8)))
          (func (export "take") (param funcref)))`,
        { imports, limits: { timeoutMs: 60_000 } },
      );
      expect(other.lookupFunction('read')!.call()).toEqual([0]);
      const run = exporter.lookupFunction('run')!;
      expect(failure(() => other.lookupFunction('take')!.call(run))).toBeInstanceOf(UsageError);
    },
  },
  {
    name: 'it may import functions of instances that can be interrupted',
    run({ start }) {
      const exporter = start('(module (func (export "seven") (result i32) (i32.const 7)))');
      const guest = start(
        `(module (import "exporter" "seven" (func $seven (result i32)))
          (func (export "run") (result i32) (i32.add (call $seven) (i32.const 1))))`,
        { ...FREE, imports: { exporter } },
      );
      expect(guest.lookupFunction('run')!.call()).toEqual([8]);
    },
  },
  {
    name: 'nobody with limits gets its functions: from the embedder, from a native, as an import, or through a native that calls them',
    run({ start }) {
      let forever: WasmValue = null;
      const keep = (_env: unknown, func: WasmValue): void => {
        forever = func;
      };
      const giver = start(
        `(module (import "env" "keep" (func $keep (param funcref))) (func $forever (export "forever") (loop (br 0)))
          (func (export "give") (call $keep (ref.func $forever))))`,
        { ...FREE, imports: { env: { keep } } },
      );
      giver.lookupFunction('give')!.call();
      expect(forever).not.toBeNull();
      const imports = {
        env: { get: () => forever, native: () => giver.lookupFunction('forever')!.call() },
      };
      const other = start(
        `(module (import "env" "get" (func $get (result funcref))) (import "env" "native" (func $native))
          (table (export "table") 1 funcref)
          (func (export "take") (param funcref) (table.set (i32.const 0) (local.get 0)) (call_indirect (i32.const 0)))
          (func (export "fetch") (table.set (i32.const 0) (call $get)) (call_indirect (i32.const 0)))
          (func (export "out") (call $native)))`,
        { imports, limits: { timeoutMs: 200 } },
      );
      const table = other.exports['table'] as WasmTable;
      const call = (name: string, ...args: WasmValue[]) => other.lookupFunction(name)!.call(...args);
      const imported = { imports: { env: { f: forever } }, limits: { timeoutMs: 200 } };
      for (const attempt of [
        () => call('take', forever),
        () => call('fetch'),
        () => call('out'),
        () => table.set(0, forever),
        () => start('(module (import "env" "f" (func)) (start 0))', imported),
      ]) {
        const error = failure(attempt);
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).toContain('interruptible: true');
      }
    },
  },
  {
    name: 'a native may call it where nothing limits the call',
    run({ start }) {
      const seven = start('(module (func (export "seven") (result i32) (i32.const 7)))', FREE);
      const native = (): unknown => seven.lookupFunction('seven')!.call()[0];
      const text = `(module (import "env" "native" (func $native (result i32))) (func (export "run") (result i32) (call $native)))`;
      const run = (options: InstantiateOptions) =>
        start(text, { ...options, imports: { env: { native } } }).lookupFunction('run')!;
      expect(run({}).call()).toEqual([7]);
      const signal = new AbortController().signal;
      for (const options of [{ limits: { fuel: 1_000 } }, { limits: { callDepth: 100 } }, { signal }]) {
        expect(failure(() => run(options).call())).toBeInstanceOf(UsageError);
      }
    },
  },
  {
    name: 'its functions say that it has ended',
    run({ start }) {
      const guest = start('(module (func (export "run")))', FREE);
      const run = guest.lookupFunction('run')!;
      guest.deinstantiate();
      expect(failure(() => run.call())).toBeInstanceOf(UsageError);
    },
  },
]);

const LOOP = `(module (func (export "count") (param i32) (result i32) (local i32)
  (loop $again (local.set 1 (i32.add (local.get 1) (i32.const 3))) (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (local.get 1)))`;
modeCases("deadline: 'hard'", [
  {
    name: 'the guest has no checks for it: neither its own limit of time nor that of the runtime is kept inside',
    isEndedFromOutside: true,
    initArgs: { limits: { timeoutMs: 5 } },
    clockStepMs: 10,
    run({ start }) {
      const guest = start(LOOP, { deadline: 'hard', limits: { timeoutMs: 1 } });
      expect(guest.instance.interruptible).toBe(false);
      expect(guest.limits.timeoutMs).toBeUndefined();
      expect(guest.lookupFunction('count')!.call(300_000)).toEqual([900_000]);
      const soft = start(LOOP, { limits: { timeoutMs: 1_000_000 } });
      expect(soft.instance.interruptible).toBe(true);
    },
  },
  {
    name: 'what needs checks has them: other limits, and who asks for it',
    isEndedFromOutside: true,
    run({ start }) {
      const fuel = start(LOOP, { deadline: 'hard', limits: { fuel: 1_000, timeoutMs: 1 } });
      expect(failure(() => fuel.lookupFunction('count')!.call(1_000_000))).toMatchObject({ limit: 'fuel' });
      for (const options of [{ metered: true }, { limits: { callDepth: 9 } }, { interruptible: true }] as const) {
        expect(start(LOOP, { ...options, deadline: 'hard' }).instance.interruptible).toBe(true);
      }
    },
  },
  {
    name: 'a runtime that nothing ends refuses it, with what to use',
    run({ start }) {
      const refused = failure(() => start(LOOP, { deadline: 'hard' }));
      expect(refused).toBeInstanceOf(UsageError);
      expect((refused as Error).message).toContain("in an enclave with transport 'worker' or 'process'");
    },
  },
]);
