// Host values as numbers: what a guest still holds is not forgotten, every cleanup runs, and null has one number.
import { expect } from 'vitest';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { failure } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const TEXT = `(module (global $g (mut externref) (ref.null extern)) (table $t 3 externref)
  (func (export "set") (param externref) (global.set $g (local.get 0)))
  (func (export "put") (param externref) (table.set $t (i32.const 1) (local.get 0))))`;

modeCases('externrefs as numbers', [
  {
    name: 'reclaim keeps what a global or table of the guest holds, and what is retained',
    run({ start, runtime }) {
      const instance = start(TEXT);
      const values = [{ in: 'global' }, { in: 'table' }, { is: 'retained' }, { is: 'nowhere' }, 7, 8];
      const refs = values.map((value) => instance.externrefObjToRef(value));
      const there = (): unknown[] => refs.map((ref) => runtime.externrefRefToObj(ref)?.value);
      runtime.externrefRetain(refs[2]!);
      const call = (name: string, value: unknown): unknown => instance.lookupFunction(name)!.call(value);
      call('set', values[0]);
      call('put', values[1]);
      instance.externrefReclaim();
      expect(there()).toEqual([values[0], values[1], values[2], undefined, undefined, undefined]);
      refs[4] = instance.externrefObjToRef(7);
      call('set', 7);
      call('put', null);
      instance.externrefReclaim();
      expect(there()).toEqual([undefined, undefined, values[2], undefined, 7, undefined]);
    },
  },
  {
    name: 'every cleanup runs, though one throws, and nothing is counted twice',
    run({ start, runtime }) {
      const ran: unknown[] = [];
      const fill = (instance: WasmInstance): void => {
        for (const value of [1, 2, 3]) {
          instance.externrefObjToRef(value);
          instance.externrefSetCleanup(value, (one) => {
            ran.push(one);
            if (one !== 3) throw new Error(`cleanup of ${one}`);
          });
        }
      };
      const instance = start(TEXT);
      fill(instance);
      expect(failure(() => instance.externrefReclaim())).toMatchObject({ message: 'cleanup of 1' });
      expect(ran.splice(0)).toEqual([1, 2, 3]);
      fill(instance);
      expect(failure(() => instance.externrefObjDel(2))).toMatchObject({ message: 'cleanup of 2' });
      expect(instance.externrefObjDel(2)).toBe(false);
      expect(failure(() => instance.deinstantiate())).toMatchObject({ message: 'cleanup of 1' });
      expect(ran.splice(0)).toEqual([2, 1, 3]);
      fill(start(TEXT));
      expect(failure(() => runtime.destroy())).toMatchObject({ message: 'cleanup of 1' });
      expect(ran).toEqual([1, 2, 3]);
    },
  },
  {
    name: 'a runtime that ends counts each host value once',
    run({ start, runtime }) {
      const [a, b] = [start(TEXT), start(TEXT)];
      for (const value of [1, 2]) a.externrefObjToRef(value);
      b.externrefObjToRef(1);
      expect(runtime.destroy().externrefs).toBe(3);
    },
  },
  {
    name: 'null is 0xffffffff, in every instance and for ever',
    run({ start, runtime }) {
      const [a, b] = [start(TEXT), start(TEXT)];
      for (const instance of [a, b]) {
        expect(instance.externrefObjToRef(null)).toBe(0xffff_ffff);
        expect([instance.externrefObjDel(null), instance.externrefSetCleanup(null, () => {})]).toEqual([false, false]);
        instance.externrefReclaim();
      }
      expect(runtime.externrefRefToObj(0xffff_ffff)).toEqual({ value: null });
      expect(runtime.externrefRetain(0xffff_ffff)).toBe(true);
      expect(a.externrefObjToRef(undefined)).not.toBe(0xffff_ffff);
    },
  },
]);
