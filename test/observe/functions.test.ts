// Functions that an observed guest enters and leaves, with the fuel used so far: the same events in every mode, however a function ends.
import { expect } from 'vitest';
import { Trap } from '#src/wasm/errors.js';
import { modeCases } from '../modes/mode-cases.js';
import { isBalanced, recorder } from './events.js';

const CALLS = `(module
  (func $leaf (param i32) (result i32) local.get 0 i32.const 1 i32.add)
  (func $fib (export "fib") (param i32) (result i32)
    (if (i32.lt_s (local.get 0) (i32.const 2)) (then (return (local.get 0))))
    (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))
  (func $many (export "many") (param i32) (result i32 i64) (call $leaf (local.get 0)) i64.const 7)
  (func (export "branches") (param i32) (result i32)
    (block (result i32) (br_if 1 (i32.const 5) (i32.eq (local.get 0) (i32.const 2)))) drop
    (block $a (result i32) (br_table $a 1 (i32.const 6) (local.get 0))) (call $leaf)))`;

const TAILS = `(module
  (type $t (func (param i32) (result i32)))
  (table funcref (elem $last))
  (func $last (param i32) (result i32) local.get 0)
  (func $self (export "self") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 9))))
    (return_call $self (i32.sub (local.get 0) (i32.const 1))))
  (func $other (export "other") (param i32) (result i32) (return_call $last (i32.add (local.get 0) (i32.const 1))))
  (func (export "indirect") (param i32) (result i32) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
  (func (export "both") (param i32) (result i32) (i32.add (call $self (local.get 0)) (call $other (local.get 0)))))`;

const EXCEPTIONS = `(module
  (tag $e (param i32))
  (func $throw (param i32) (if (local.get 0) (then (call $throw (i32.sub (local.get 0) (i32.const 1))))) (throw $e (local.get 0)))
  (func $catch (param i32) (result i32)
    (try (result i32) (do (call $throw (local.get 0)) (i32.const 0)) (catch $e (i32.const 10) (i32.add))))
  (func (export "caught") (param i32) (result i32) (i32.add (call $catch (local.get 0)) (call $catch (i32.const 1))))
  (func (export "thrown") (param i32) (call $throw (local.get 0))))`;

modeCases('observed functions', [
  {
    name: 'calls and returns',
    run({ start }) {
      const { observer, events } = recorder();
      const guest = start(CALLS, { observe: observer, metered: true });
      expect(guest.lookupFunction('fib')!.call(3)).toEqual([2]);
      expect(events).toEqual([
        ...['>1 0', '>1 13', '>1 26', '<1 32', '>1 32', '<1 38', '<1 38', '>1 38', '<1 44', '<1 44'],
      ]);
      events.length = 0;
      guest.lookupFunction('many')!.call(1);
      for (const value of [0, 1, 2]) guest.lookupFunction('branches')!.call(value);
      expect(events.map((event) => event.slice(0, 2))).toEqual([
        ...['>2', '>0', '<0', '<2', '>3', '>0', '<0', '<3', '>3', '<3', '>3', '<3'],
      ]);
      expect(isBalanced(events)).toBe(true);
      expect(Number(events.at(-1)!.slice(3))).toBe(guest.usage.fuel);
    },
  },
  {
    name: 'tail calls end the function that makes them',
    run({ start }) {
      const { observer, events } = recorder();
      const guest = start(TAILS, { observe: observer, metered: true });
      expect(guest.lookupFunction('both')!.call(2)).toEqual([12]);
      expect(events).toEqual([
        ...['>4 0', '>1 5', '<1 12', '>1 12', '<1 19', '>1 19', '<1 24', '>2 24', '<2 28', '>0 28', '<0 29', '<4 29'],
      ]);
      events.length = 0;
      expect(guest.lookupFunction('indirect')!.call(4)).toEqual([4]);
      expect(events.map((event) => event.slice(0, 2))).toEqual(['>3', '<3', '>0', '<0']);
    },
  },
  {
    name: 'exceptions end the functions up to the one that catches',
    run({ start }) {
      const { observer, events } = recorder();
      const guest = start(EXCEPTIONS, { observe: observer, metered: true });
      expect(guest.lookupFunction('caught')!.call(2)).toEqual([20]);
      expect(events.map((event) => event.slice(0, 2))).toEqual([
        ...['>2', '>1', '>0', '>0', '>0', '<0', '<0', '<0', '<1', '>1', '>0', '>0', '<0', '<0', '<1', '<2'],
      ]);
      expect(isBalanced(events)).toBe(true);
      events.length = 0;
      expect(() => guest.lookupFunction('thrown')!.call(1)).toThrow();
      expect(events.map((event) => event.slice(0, 2))).toEqual(['>3', '>0', '>0', '<0', '<0', '<3']);
      expect(isBalanced(events)).toBe(true);
      expect(Number(events.at(-1)!.slice(3))).toBe(guest.usage.fuel);
    },
  },
  {
    name: 'traps end everything, also of calls that a native makes and survives',
    run({ start }) {
      const { observer, events } = recorder();
      const guest = start(
        `(module
          (import "host" "again" (func $again))
          (func $bad (export "bad") unreachable)
          (func $below (export "below") (call $bad))
          (func (export "run") (call $again) (call $again) (drop (i32.const 1))))`,
        {
          observe: observer,
          metered: true,
          imports: {
            host: {
              again: () => {
                expect(() => guest.lookupFunction('below')!.call()).toThrow(Trap);
              },
            },
          },
        },
      );
      guest.lookupFunction('run')!.call();
      expect(events.map((event) => event.slice(0, 2))).toEqual([
        ...['>3', '>2', '>1', '<1', '<2', '>2', '>1', '<1', '<2', '<3'],
      ]);
      expect(isBalanced(events)).toBe(true);
      expect(() => guest.lookupFunction('below')!.call()).toThrow(Trap);
      expect(isBalanced(events)).toBe(true);
    },
  },
  {
    name: 'a runaway ends at its limit of fuel or of calls',
    run({ start }) {
      const runaway = `(module (func $f (param i32) (call $f (i32.add (local.get 0) (i32.const 1))))
        (func (export "run") (call $f (i32.const 0))))`;
      const { observer, events } = recorder();
      const guest = start(runaway, { observe: observer, limits: { fuel: 30 } });
      expect(() => guest.lookupFunction('run')!.call()).toThrow('fuel');
      expect(isBalanced(events)).toBe(true);
      expect(events.join(' ')).toBe(`>1 0 >0 2 >0 6 >0 10 >0 14 >0 18 >0 22 >0 26 >0 30 ${'<0 30 '.repeat(8)}<1 30`);
      const deep = recorder();
      const other = start(runaway, { observe: deep.observer, metered: true, limits: { callDepth: 3 } });
      expect(() => other.lookupFunction('run')!.call()).toThrow();
      expect(deep.events.map((event) => event.slice(0, 2))).toEqual(['>1', '>0', '>0', '<0', '<0', '<1']);
    },
  },
  {
    name: 'an instance that counts no fuel is observed all the same',
    run({ start }) {
      const { observer, events } = recorder();
      const guest = start(CALLS, { observe: observer, interruptible: false });
      guest.lookupFunction('fib')!.call(2);
      expect(events).toEqual(['>1 0', '>1 0', '<1 0', '>1 0', '<1 0', '<1 0']);
    },
  },
]);
