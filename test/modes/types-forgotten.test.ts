// A runtime that loads and unloads modules for ever: their types go with them, unless somebody still holds one.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import type { WasmModule } from '#src/embed/module/wasm-module.js';
import { assemble } from '../helpers/wat.js';
import { type ModeWorld, modeCases } from './mode-cases.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Types of its own: no other number makes the same. @param outside what hands references out */
const distinct = (k: number, outside = ''): Uint8Array => {
  const words = Array.from({ length: 12 }, (_, bit) => ((k >> bit) & 1 ? 'i64' : 'i32')).join(' ');
  const one = (i: number): string => `(type $t${i} (func (param ${words} ${'f32 '.repeat(i)})))`;
  return assemble(`(module ${Array.from({ length: 10 }, (_, i) => one(i)).join('')}
    (func (export "run") (type $t3)) ${outside})`);
};
const sizeOf = (module: WasmModule) => module.store.types.size;

function cycle({ runtime, mode }: ModeWorld, bytes: Uint8Array): void {
  const module = runtime.load(bytes);
  const guest = runtime.instantiate(module, { mode });
  guest.deinstantiate();
  module.unload();
}

modeCases('types of modules that are gone', [
  {
    name: 'a thousand modules leave the registry as it was',
    run(world) {
      const kept = world.runtime.load(distinct(4_000));
      world.runtime.instantiate(kept, { mode: world.mode });
      cycle(world, distinct(0));
      const before = sizeOf(kept);
      for (let k = 0; k < 1_000; k++) cycle(world, distinct(k));
      expect(sizeOf(kept)).toEqual(before);
    },
  },
  {
    name: 'modules that hand references out are forgotten once nobody holds any',
    async run(world) {
      const kept = world.runtime.load(distinct(4_000));
      world.runtime.instantiate(kept, { mode: world.mode });
      const before = sizeOf(kept);
      for (let k = 0; k < 100; k++) cycle(world, distinct(k, '(table (export "t") 1 funcref)'));
      expect(sizeOf(kept)).toMatchObject({ types: before.types, groups: before.groups });
      for (let again = 0; again < 50 && sizeOf(kept).unused > 20; again++) {
        await turn();
        collect();
      }
      expect(sizeOf(kept).unused).toBeLessThanOrEqual(20);
    },
  },
  {
    name: 'the same types stay while one of the modules that declare them is loaded',
    run({ runtime, mode }) {
      const [first, second] = [runtime.load(distinct(1)), runtime.load(distinct(1))];
      runtime.instantiate(first, { mode }).deinstantiate();
      const guest = runtime.instantiate(second, { mode });
      const before = sizeOf(second);
      first.unload();
      expect(sizeOf(second)).toEqual(before);
      const type = guest.instance.types[3]!;
      expect(second.store.types.get(type.id)).toBe(type);
    },
  },
  {
    name: 'an object of a module that is gone has the type of a module that declares the same',
    async run({ runtime, mode }) {
      const bytes = assemble(`(module
        (type $point (struct (field i32)))
        (type $line (struct (field (ref $point))))
        (func (export "make") (result anyref) (struct.new $line (struct.new $point (i32.const 7))))
        (func (export "is") (param anyref) (result i32) (ref.test (ref $line) (local.get 0)))
        (func (export "read") (param anyref) (result i32)
          (struct.get $point 0 (struct.get $line 0 (ref.cast (ref $line) (local.get 0))))))`);
      const module = runtime.load(bytes);
      const guest = runtime.instantiate(module, { mode });
      const [object] = guest.lookupFunction('make')!.call() as unknown[];
      guest.deinstantiate();
      module.unload();
      for (let again = 0; again < 3; again++) {
        await turn();
        collect();
      }
      const next = runtime.instantiate(runtime.load(bytes), { mode });
      expect(next.lookupFunction('is')!.call(object)).toEqual([1]);
      expect(next.lookupFunction('read')!.call(object)).toEqual([7]);
    },
  },
]);
