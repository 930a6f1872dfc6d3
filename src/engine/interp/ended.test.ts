// A function outlives its instance in another instance's table: calling it must be an error, never freed code.
import { expect, test } from 'vitest';
import { assemble } from '../../../test/helpers/wat.js';
import { Runtime } from '../../embed/runtime.js';
import { nodePlatform } from '../../platform/node/platform.js';
import { UsageError } from '../../wasm/errors.js';
import { interpEngine } from './interp-engine.js';

test('a function of an ended instance is refused', () => {
  const runtime = Runtime.init({}, { platform: nodePlatform(), engines: [interpEngine()] });
  const giver = runtime.instantiate(
    runtime.load(
      assemble(
        '(module (func $f (result i32) (i32.const 7)) (elem declare func $f) (func (export "give") (result funcref) (ref.func $f)))',
      ),
    ),
  );
  const holder = runtime.instantiate(
    runtime.load(
      assemble(`(module (table 1 funcref) (func (export "hold") (param funcref) (table.set (i32.const 0) (local.get 0)))
        (func (export "run") (result i32) (call_indirect (result i32) (i32.const 0))))`),
    ),
  );
  holder.lookupFunction('hold')!.call(giver.lookupFunction('give')!.call()[0]);
  expect(holder.lookupFunction('run')!.call()).toEqual([7]);
  giver.deinstantiate();
  expect(() => holder.lookupFunction('run')!.call()).toThrow(UsageError);
});
