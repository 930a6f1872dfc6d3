// terminate() from a native is the same trap in every mode, as soon as the native returns, whatever the guest would do next.
import { expect } from 'vitest';
import type { InstantiateOptions } from '#src/embed/instance/instantiation.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { Trap } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { type ModeWorld, modeCases } from './mode-cases.js';

const TEXT = `(module (import "n" "stop" (func $stop)) (memory (export "m") 1)
  (func $note (param i32) (i32.store8 (local.get 0) (i32.const 1)))
  (func (export "last") (call $stop))
  (func (export "first") (call $stop) (call $note (i32.const 0)))
  (func (export "loop") (loop (call $stop) (call $note (i32.const 0)) (br 0)))
  (func (export "table") (call_indirect (i32.const 0)) (call $note (i32.const 0)))
  (func (export "fine") (result i32) (i32.const 3))
  (table funcref (elem $stop)))`;

function subject({ start }: ModeWorld, options: InstantiateOptions = {}): WasmInstance {
  const instance: WasmInstance = start(TEXT, { ...options, imports: { n: { stop: () => instance.terminate() } } });
  return instance;
}
function expectTerminated(action: () => unknown): void {
  const error = failure(action);
  expect(error).toBeInstanceOf(Trap);
  expect(error).toMatchObject({ id: 'terminated-by-user' });
}

modeCases('terminate()', [
  ...[{}, { metered: true }, { limits: { fuel: 1_000_000, timeoutMs: 60_000 } }].map((options) => ({
    name: `from a native ends the call as soon as it returns, with ${JSON.stringify(options)}`,
    run(world: ModeWorld) {
      const instance = subject(world, options);
      for (const name of ['last', 'first', 'loop', 'table']) {
        expectTerminated(() => instance.lookupFunction(name)!.call());
        expect(instance.getMemory()!.bytes[0], name).toBe(0);
        expect(instance.getException()).toBe('Exception: terminated by user');
        expect(instance.lookupFunction('fine')!.call()).toEqual([3]);
        expect(instance.getException()).toBeNull();
      }
    },
  })),
  {
    name: 'is caught by no guest, and holds for tail calls',
    run({ start }) {
      const instance: WasmInstance = start(
        `(module (import "n" "stop" (func $stop)) (memory 1)
          (func (export "caught") (block (try_table (catch_all 0) (call $stop)) (return)) (i32.store8 (i32.const 0) (i32.const 1)))
          (func (export "tail") (return_call $stop)))`,
        { imports: { n: { stop: () => instance.terminate() } } },
      );
      for (const name of ['caught', 'tail']) expectTerminated(() => instance.lookupFunction(name)!.call());
      expect(instance.getMemory()!.bytes[0]).toBe(0);
    },
  },
  {
    name: 'ends the calls around the one that it was called in, though natives between them go on',
    run({ start }) {
      const seen: unknown[] = [];
      const inner: WasmInstance = start(
        '(module (import "n" "stop" (func $stop)) (func (export "run") (call $stop)))',
        {
          imports: { n: { stop: () => outer.terminate() } },
        },
      );
      const nested = (): void => {
        seen.push(failure(() => inner.lookupFunction('run')!.call()));
      };
      const outer: WasmInstance = start(TEXT, { imports: { n: { stop: nested } } });
      expectTerminated(() => outer.lookupFunction('first')!.call());
      expect(seen).toMatchObject([{ id: 'terminated-by-user' }]);
      expect(outer.getMemory()!.bytes[0]).toBe(0);
    },
  },
  {
    name: 'of an instance that does not run ends nothing',
    run({ start }) {
      const idle = start(TEXT, { imports: { n: { stop: () => {} } } });
      const instance = start(TEXT, { imports: { n: { stop: () => idle.terminate() } } });
      instance.lookupFunction('first')!.call();
      expect(instance.getMemory()!.bytes[0]).toBe(1);
      idle.terminate();
      expect(idle.lookupFunction('fine')!.call()).toEqual([3]);
    },
  },
  {
    name: 'of an instance whose call waits ends that call, and not the one that runs meanwhile',
    async run({ start, mode, runtime }) {
      if (mode !== 'interp') return;
      let go = (): void => {};
      runtime.registerNatives('w', [
        { symbol: 'wait', signature: '()', async: true, func: () => new Promise<void>((resolve) => (go = resolve)) },
      ]);
      const waits = start('(module (import "w" "wait" (func $wait)) (func (export "run") (call $wait)))');
      const call = waits.lookupFunction('run')!.callAsync();
      const instance = start(TEXT, { imports: { n: { stop: () => waits.terminate() } } });
      instance.lookupFunction('first')!.call();
      expect(instance.getMemory()!.bytes[0]).toBe(1);
      await expect(call).rejects.toMatchObject({ id: 'terminated-by-user' });
      go();
    },
  },
]);
