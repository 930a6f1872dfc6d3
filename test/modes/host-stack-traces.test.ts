// Mode host learns from stack traces where a guest trapped: what an application does with its own traces changes nothing, and where a host has none,
// fuel is counted as the interpreter does all the same.
import { afterEach, expect, it } from 'vitest';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { hostEngine } from '#src/engine/native/native-engine.js';
import { MeteredGuest } from '../helpers/metered-guest.js';
import { assemble } from '../helpers/wat.js';

const SETTINGS = ['stackTraceLimit', 'prepareStackTrace'] as const;
const before = SETTINGS.map((name) => Object.getOwnPropertyDescriptor(Error, name));
const { WebAssembly: native } = globalThis;
afterEach(() => {
  for (const [k, name] of SETTINGS.entries()) {
    if (before[k]) Object.defineProperty(Error, name, before[k]);
    else Reflect.deleteProperty(Error, name);
  }
  globalThis.WebAssembly = native;
});
const set = (name: (typeof SETTINGS)[number], value: unknown, writable = true): void =>
  void Object.defineProperty(Error, name, { value, writable, configurable: true, enumerable: true });

const bytes = assemble(`(module (memory 1) (func $take (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "run") (param i32) (result i32) (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $take (local.get 0))))
        (if (i32.gt_u (local.get $sum) (i32.const 5)) (then (i32.store (i32.const 8) (local.get $sum))))
        (i32.store8 (local.get 0) (i32.add (i32.load8_u (local.get 0)) (i32.const 1)))
        (local.set 0 (i32.add (local.get 0) (i32.const 4001)))
        (br $next))
      (local.get $sum)))`);

it.each([
  ['has traces', () => {}],
  ['turned traces off', () => set('stackTraceLimit', 0)],
  ['formats traces', () => set('prepareStackTrace', () => 'a trace of its own')],
  [
    'has a host without traces',
    () => {
      // What the host can do is tried once for each of its `WebAssembly` objects.
      globalThis.WebAssembly = Object.create(native) as typeof native;
      set('stackTraceLimit', 0, false);
    },
  ],
])('counts what a guest used that trapped or ran out of fuel, where the application %s', (_, prepare) => {
  prepare();
  const host = hostEngine();
  const settings = SETTINGS.map((name) => Reflect.get(Error, name) as unknown);
  const whole = MeteredGuest.of(interpEngine(), bytes).call('run', 3);
  expect(whole.error).toBe('memory-out-of-bounds');
  for (let fuel = 1; fuel <= whole.used; fuel++) {
    const theirs = MeteredGuest.of(interpEngine(), bytes).call('run', 3, { fuel });
    expect(theirs.error).toBe(fuel < whole.used ? 'fuel' : whole.error);
    expect(MeteredGuest.of(host, bytes).call('run', 3, { fuel })).toEqual(theirs);
  }
  expect(SETTINGS.map((name) => Reflect.get(Error, name) as unknown)).toEqual(settings);
});
