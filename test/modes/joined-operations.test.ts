// Neighbouring operations that the interpreter joins: values that stay in a local are there for accesses that are not aligned, calls that leave the step
// function, and branches to the second of two; traps have the place of the second. Every mode gives the same values.
import { expect } from 'vitest';
import { Trap } from '#src/wasm/errors.js';
import { modeCases } from './mode-cases.js';

const MODULE = `(module (memory 1) (type $t (func (param i32) (result i32))) (table 2 funcref) (elem (i32.const 0) $double)
  (global $g (mut i32) (i32.const 3))
  (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func (export "store") (param i32 i32) (result i32)
    (i32.store (local.get 0) (i32.xor (local.get 1) (i32.add (local.get 1) (i32.const 7)))) (i32.store (local.get 0) (i32.add (local.get 1) (i32.const 7)))
    (i32.load (i32.add (local.tee 1 (i32.load (local.get 0))) (local.get 0))) drop (i32.load (local.get 0)))
  (func (export "count") (param i32) (result i32)
    (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1))) (i32.load (local.get 0)))
  (func (export "mixed") (param i32) (result i32)
    (i32.store8 offset=9 (i32.add (local.get 0) (i32.const 2)) (i32.xor (local.get 0) (i32.add (local.get 0) (i32.const 5))))
    (select (i32.const 4) (i32.load8_u offset=9 (i32.add (local.get 0) (i32.const 2))) (i32.and (i32.shr_u (local.get 0) (i32.const 3)) (i32.const 1))))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect (type $t) (local.get 0) (i32.add (local.get 0) (i32.const 1))))
  (func (export "branch") (param i32) (result i32)
    (i32.add (block (result i32) (drop (br_if 0 (i32.const 40) (local.get 0))) (i32.add (local.get 0) (i32.const 2))) (i32.const 3)))
  (func (export "kept") (param i32) (result i32)
    (block (result i32) (br_if 0 (i32.add (local.get 0) (i32.const 1)) (local.get 0)) (i32.add (i32.const 9))))
  (func (export "global") (param i32) (result i32)
    (global.set $g (i32.add (global.get $g) (local.get 0))) (if (result i32) (global.get $g) (then (global.get $g)) (else (i32.const -1))))
  (func (export "wide") (param i64 i64) (result i64)
    (i64.add (i64.mul (local.get 0) (i64.const 0x9e3779b97f4a7c15)) (i64.xor (local.get 1) (i64.rotl (local.get 0) (i64.const 13))))))`;

/** Where the interpreter traps; so must mode host. The others may know the function only. */
let known: readonly (number | undefined)[] | undefined;

modeCases('joined operations', [
  {
    name: 'give the same values at every address',
    run({ start }) {
      const instance = start(MODULE);
      const call = (name: string, ...args: (number | bigint)[]): unknown =>
        instance.lookupFunction(name)!.call(...args)[0];
      for (const at of [8, 9, 10, 11]) {
        expect(call('store', at, 50)).toBe(57);
        expect(call('count', at)).toBe(58);
        expect(call('mixed', at)).toBe(4);
      }
      expect(call('mixed', 1)).toBe(7);
      expect(call('indirect', -1)).toBe(-2);
      expect([call('branch', 0), call('branch', 1)]).toEqual([5, 43]);
      expect([call('kept', 0), call('kept', 5)]).toEqual([10, 6]);
      expect([call('global', 2), call('global', -5)]).toEqual([5, -1]);
      expect(call('wide', 5n, 7n)).toBe(BigInt.asIntN(64, 5n * 0x9e3779b97f4a7c15n + (7n ^ (5n << 13n))));
    },
  },
  {
    name: 'trap where the second stands, and can be called again',
    run({ mode, start }) {
      const instance = start(MODULE);
      const offset = (name: string, ...args: number[]): number | undefined => {
        try {
          instance.lookupFunction(name)!.call(...args);
        } catch (error) {
          if (error instanceof Trap) return error.frames[0]?.offset;
          throw error;
        }
        return undefined;
      };
      const places = [
        offset('store', 65533, 1),
        offset('count', -2),
        offset('mixed', 65526),
        offset('indirect', 0),
        offset('indirect', 5),
      ];
      expect(places.every((place) => place !== undefined)).toBe(true);
      if (mode === 'interp') known = places;
      if (mode === 'host') expect(places).toEqual(known);
      expect(instance.lookupFunction('store')!.call(65532 - 65500, 1)).toEqual([8]);
    },
  },
]);
