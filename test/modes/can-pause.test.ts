// Whether a call can run in slices is a question to its function: what says yes runs so, what says no refuses to.
import { expect } from 'vitest';
import { type ModeWorld, modeCases } from './mode-cases.js';

const PROGRAM = `(module
  (import "env" "native" (func $native (result i32)))
  (export "native" (func $native))
  (func (export "one") (result i32) i32.const 1)
  (func (export "main") (result i32) i32.const 3))`;

/** Whether the call ran; only a mode that cannot pause may keep it from that. */
async function runs(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    expect(String(error)).toMatch(/cannot pause a call/);
    return false;
  }
}

function subject({ runtime, start }: ModeWorld) {
  runtime.registerNatives('env', [{ symbol: 'native', signature: '()i', func: () => 2 }]);
  return start(PROGRAM);
}

modeCases('canPause', [
  {
    name: 'of a function says whether callAsync runs it, of an instance whether its async methods do',
    async run(world) {
      const instance = subject(world);
      const one = instance.lookupFunction('one')!;
      expect(await runs(one.callAsync())).toBe(one.canPause);
      expect(await runs(instance.executeFuncAsync('one'))).toBe(instance.canPause('one'));
      expect(await runs(instance.executeMainAsync())).toBe(instance.canPause());
      expect(instance.canPause('one')).toBe(one.canPause);
      expect(instance.canPause()).toBe(one.canPause);
    },
  },
  {
    name: 'of a native is true: what it waits for is awaited',
    async run(world) {
      const instance = subject(world);
      const native = instance.lookupFunction('native')!;
      expect([native.canPause, instance.canPause('native')]).toEqual([true, true]);
      expect(await native.callAsync()).toEqual([2]);
    },
  },
]);
