// Exported functions are functions of JavaScript: called as such they return as such, in every mode.
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { WasmFunction } from '#src/embed/call/wasm-function.js';
import { UsageError } from '#src/wasm/errors.js';
import { modeCases } from './mode-cases.js';

const GUEST = `(module
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "four") (result i32) (call $twice (i32.const 2)))
  (memory (export "memory") 1))`;
const natives = { env: [{ symbol: 'twice', signature: '(i)i', func: (_env: unknown, value: number) => value * 2 }] };

modeCases('exports as functions', [
  {
    name: 'one result as itself, several as an array, none as undefined',
    run({ start }) {
      const { add, swap, nothing } = start(GUEST, { natives }).exports as Record<string, WasmFunction>;
      expect(add!(2, 3)).toBe(5);
      expect(swap!(1, 2n)).toEqual([2n, 1]);
      expect(nothing!()).toBeUndefined();
      expect(add!.call(2, 3)).toEqual([5]);
      expect([2, 3].map((value) => add!(value, value))).toEqual([4, 6]);
    },
  },
  {
    name: 'they check their arguments, and are of their class',
    run({ start }) {
      const instance = start(GUEST, { natives });
      const { add, memory } = instance.exports as Record<string, WasmFunction>;
      expect(() => add!(1)).toThrow(UsageError);
      expect(add).toBeInstanceOf(WasmFunction);
      expect(add).toBe(instance.lookupFunction('add'));
      expect(memory).not.toBeInstanceOf(WasmFunction);
      expect([typeof add, add!.name, (add as unknown as { length: number }).length]).toEqual(['function', 'add', 2]);
      expect(inspect(add)).toBe('[Function add (i32 i32) -> i32]');
      instance.deinstantiate();
      expect(() => add!(2, 3)).toThrow(UsageError);
    },
  },
  {
    name: 'natives of one instance are not those of another',
    run({ start, runtime }) {
      runtime.registerNatives('env', [{ symbol: 'twice', signature: '(i)i', func: () => 7 }]);
      expect(start(GUEST, { natives }).exports['four']).toSatisfy((four: WasmFunction) => four() === 4);
      expect(start(GUEST).exports['four']).toSatisfy((four: WasmFunction) => four() === 7);
      const wrong = { env: [{ symbol: 'twice', signature: '(x)', func: () => 7 }] };
      expect(() => start(GUEST, { natives: wrong })).toThrow(UsageError);
    },
  },
]);
