// The bytes of a guest's stack are limited in every mode: recursion of all kinds ends in a LimitError, and nothing of the stack is lost
// to calls that end in any other way than by returning.
import { expect } from 'vitest';
import type { ExecEnv } from '#src/runtime/exec-env.js';
import { LimitError, UsageError } from '#src/wasm/errors.js';
import { FRAME_BYTES_PER_VALUE } from '#src/wasm/implementation-limits.js';
import { failure } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

const DOWN = `(func $down (export "down") (param i32) (result i32)
  (if (result i32) (local.get 0)
    (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
    (else (i32.const 0))))`;
/** Of $down: a parameter and two operands. */
const FRAME = 3 * FRAME_BYTES_PER_VALUE;
const DEPTH = 100;
const STACK = FRAME * (DEPTH + 1);
const limits = { stackBytes: STACK };

function expectFull(action: () => unknown): void {
  const error = failure(action);
  expect(error).toBeInstanceOf(LimitError);
  expect([(error as LimitError).limit, (error as LimitError).value]).toEqual(['stackBytes', STACK]);
}

modeCases('stackBytes', [
  {
    name: 'holds for recursion, also when the guest is metered, and loses nothing',
    run({ start }) {
      for (const metered of [false, true]) {
        const down = start(`(module ${DOWN})`, { limits, metered }).lookupFunction('down')!;
        for (let again = 0; again < 50; again++) {
          expect(down.call(DEPTH)).toEqual([DEPTH]);
          expectFull(() => down.call(20 * DEPTH));
        }
      }
    },
  },
  {
    name: 'holds together with callDepth: whichever is reached first',
    run({ start }) {
      const down = start(`(module ${DOWN})`, { limits: { ...limits, callDepth: 50 } }).lookupFunction('down')!;
      expect(down.call(40)).toEqual([40]);
      expect((failure(() => down.call(60)) as LimitError).limit).toBe('callDepth');
      const low = start(`(module ${DOWN})`, { limits: { ...limits, callDepth: 10_000 } }).lookupFunction('down')!;
      expectFull(() => low.call(20 * DEPTH));
    },
  },
  {
    name: 'holds for calls through tables, and counts large frames as large',
    run({ start }) {
      const text = `(module (table funcref (elem $f)) (func $f (export "run") (local i64) (call_indirect (i32.const 0)))
        (func $large (export "large") (result i32) (local ${'i64 '.repeat(400)}) (i32.const 7))
        (func (export "deep") (call $f)))`;
      const instance = start(text, { limits });
      for (const name of ['run', 'large', 'deep']) expectFull(() => instance.lookupFunction(name)!.call());
    },
  },
  {
    name: 'is not taken by tail calls',
    run({ start }) {
      const text = `(module (table funcref (elem $odd)) (func $even (export "even") (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
          (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
        (func $odd (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
          (return_call $even (i32.sub (local.get 0) (i32.const 1)))))`;
      expect(start(text, { limits }).lookupFunction('even')!.call(100_000)).toEqual([1]);
    },
  },
  {
    name: 'is given back by exceptions and traps',
    run({ start }) {
      const text = `(module (tag $e) (func $throw (param i32)
          (if (local.get 0) (then (call $throw (i32.sub (local.get 0) (i32.const 1))))) (throw $e))
        (func (export "run") (result i32) (local $left i32) (local.set $left (i32.const 500))
          (loop $again (result i32)
            (block $caught (try_table (catch $e $caught) (call $throw (i32.const 50))))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))
            (local.get $left))))`;
      const run = start(text, { limits }).lookupFunction('run')!;
      for (let again = 0; again < 5; again++) expect(run.call()).toEqual([0]);
      const trapping = start(`(module (func $f (param i32) (if (local.get 0)
        (then (call $f (i32.sub (local.get 0) (i32.const 1))))) unreachable) (export "f" (func $f)))`);
      for (let again = 0; again < 50; again++) {
        expect(String(failure(() => trapping.lookupFunction('f')!.call(50)))).toContain('unreachable');
      }
    },
  },
  {
    name: 'is given back when a native catches what its guest did',
    run({ start }) {
      let inner: () => void = () => {};
      const host = { n: () => void failure(inner) };
      const instance = start(
        `(module (import "host" "n" (func $n)) ${DOWN}
          (func (export "run") (result i32) (local $left i32) (local.set $left (i32.const 100))
            (loop (call $n) (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (call $down (i32.const ${DEPTH / 2}))))`,
        { imports: { host }, limits },
      );
      inner = () => instance.lookupFunction('down')!.call(20 * DEPTH);
      expect(instance.lookupFunction('run')!.call()).toEqual([DEPTH / 2]);
    },
  },
  {
    name: 'holds for guests and natives that call each other, and is whole again afterwards',
    run({ start }) {
      let deepest = 0;
      const n = (_env: unknown, left: number): number => {
        deepest++;
        return instance.lookupFunction('run')!.call(left)[0] as number;
      };
      const instance = start(
        `(module (import "host" "n" (func $n (param i32) (result i32))) ${DOWN}
          (func $run (export "run") (param i32) (result i32)
            (if (result i32) (local.get 0)
              (then (i32.add (i32.const 1) (call $n (i32.sub (local.get 0) (i32.const 1)))))
              (else (i32.const 0)))))`,
        { imports: { host: { n } }, limits },
      );
      const run = instance.lookupFunction('run')!;
      for (let again = 0; again < 3; again++) {
        deepest = 0;
        expect(run.call(DEPTH / 2)).toEqual([DEPTH / 2]);
        expectFull(() => run.call(20 * DEPTH));
        // At least a register is taken by each.
        expect(deepest).toBeLessThan(STACK / FRAME_BYTES_PER_VALUE);
        expect(instance.lookupFunction('down')!.call(DEPTH)).toEqual([DEPTH]);
      }
    },
  },
  {
    name: 'holds for the start function',
    run({ start }) {
      expectFull(() => start('(module (func $f (local i64) (call $f)) (start $f))', { limits }));
    },
  },
  {
    name: 'an exec env allows the lesser of its own stack and the limit, for its calls alone',
    run({ start }) {
      const instance = start(`(module ${DOWN})`, { limits });
      const down = instance.lookupFunction('down')!;
      const small = instance.createExecEnv(STACK / 2);
      const large = instance.createExecEnv(40 * STACK);
      for (let again = 0; again < 20; again++) {
        expect(down.callOn(small, [DEPTH / 2 - 1])).toEqual([DEPTH / 2 - 1]);
        const error = failure(() => down.callOn(small, [20 * DEPTH]));
        expect(error).toMatchObject({ limit: 'stackBytes', value: STACK / 2 });
        expect([down.callOn(large, [DEPTH]), down.call(DEPTH)]).toEqual([[DEPTH], [DEPTH]]);
        expectFull(() => down.callOn(large, [20 * DEPTH]));
      }
    },
  },
  {
    name: 'stackSize of the instance is that of exec envs that ask for nothing, of its start function too',
    run({ start, mode }) {
      const instance = start(`(module ${DOWN})`, { stackSize: STACK });
      const down = instance.lookupFunction('down')!;
      expect(down.call(DEPTH)).toEqual([DEPTH]);
      expectFull(() => down.call(20 * DEPTH));
      expectFull(() => down.callOn(instance.createExecEnv(), [20 * DEPTH]));
      expect(down.callOn(instance.createExecEnv(40 * STACK), [20 * DEPTH])).toEqual([20 * DEPTH]);
      expect(down.callOn(instance.createExecEnv(0), [20 * DEPTH])).toEqual([20 * DEPTH]);
      expectFull(() => start('(module (func $f (local i64) (call $f)) (start $f))', { stackSize: STACK }));
      expect(failure(() => start(`(module ${DOWN})`).createExecEnv(STACK))).toBeInstanceOf(UsageError);
      expect(instance.mode).toBe(mode);
    },
  },
  {
    name: 'calls of natives go on on what is left of their exec env, or on the stack of another',
    run({ start }) {
      let env: ExecEnv | undefined;
      const n = (around: ExecEnv, depth: number): number =>
        instance.lookupFunction('down')!.callOn(env ?? around, [depth])[0] as number;
      const instance = start(
        `(module (import "host" "n" (func $n (param i32) (result i32))) ${DOWN}
          (func $run (export "run") (param i32 i32) (result i32)
            (if (result i32) (local.get 0)
              (then (call $run (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
              (else (call $n (local.get 1))))))`,
        { imports: { host: { n } }, stackSize: STACK },
      );
      const run = instance.lookupFunction('run')!;
      expect(run.call(10, DEPTH / 2)).toEqual([DEPTH / 2]);
      expectFull(() => run.call(10, 20 * DEPTH));
      env = instance.createExecEnv(STACK / 4);
      expect(run.call(10, DEPTH / 4 - 1)).toEqual([DEPTH / 4 - 1]);
      expect(failure(() => run.call(10, 20 * DEPTH))).toMatchObject({ limit: 'stackBytes', value: STACK / 4 });
      expect(instance.lookupFunction('down')!.call(DEPTH)).toEqual([DEPTH]);
    },
  },
]);
