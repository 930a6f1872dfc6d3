// Where a host's stack traces do not tell the place of a trap, mode host counts as the interpreter does all the same.
import { expect, it } from 'vitest';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { hostEngine } from '#src/engine/native/native-engine.js';
import { MeteredGuest } from '../helpers/metered-guest.js';
import { assemble } from '../helpers/wat.js';

it('counts what a guest used that trapped or ran out of fuel', () => {
  const bytes = assemble(`(module (memory 1) (func $take (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "run") (param i32) (result i32) (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $take (local.get 0))))
        (if (i32.gt_u (local.get $sum) (i32.const 5)) (then (i32.store (i32.const 8) (local.get $sum))))
        (i32.store8 (local.get 0) (i32.add (i32.load8_u (local.get 0)) (i32.const 1)))
        (local.set 0 (i32.add (local.get 0) (i32.const 4001)))
        (br $next))
      (local.get $sum)))`);
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const whole = MeteredGuest.of(interpEngine(), bytes).call('run', 3);
    expect(whole.error).toBe('memory-out-of-bounds');
    for (let fuel = 1; fuel <= whole.used; fuel++) {
      const theirs = MeteredGuest.of(interpEngine(), bytes).call('run', 3, { fuel });
      expect(theirs.error).toBe(fuel < whole.used ? 'fuel' : whole.error);
      expect(MeteredGuest.of(hostEngine(), bytes).call('run', 3, { fuel })).toEqual(theirs);
    }
  } finally {
    Error.stackTraceLimit = before;
  }
});
