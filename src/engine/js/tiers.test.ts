// Functions that start in the interpreter and become JavaScript when they are hot: which do, that calls between both go both ways, and what they share.
import { expect, it } from 'vitest';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import type { InstantiateOptions } from '../../embed/instance/instantiation.js';
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import { Runtime } from '../../embed/runtime.js';
import type { Heat } from '../../runtime/engine.js';
import { interpEngine, interpFallback } from '../interp/interp-engine.js';
import { jitEngine } from './jit.js';
import type { JsFunction } from './js-function.js';

const SOON: Heat = { ticks: 100, perByte: 0 };

function start(text: string, { heat = SOON, ...options }: InstantiateOptions & { heat?: Heat } = {}): WasmInstance {
  const engines = [jitEngine(interpFallback(), { heat }), interpEngine()];
  const runtime = Runtime.init({}, { platform: testPlatform(), engines });
  return runtime.instantiate(runtime.load(assemble(text)), { mode: 'jit', ...options });
}
function call(instance: WasmInstance, name: string, ...args: unknown[]): unknown {
  return instance.lookupFunction(name)!.call(...args)[0];
}
/** Whether a function runs in the interpreter still; undefined: nothing was called yet, or nothing starts there. */
function isInterpreted({ instance }: WasmInstance, index: number): boolean {
  return (instance.functions[index] as JsFunction).firstTier !== undefined;
}

const SUM = `(module
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $never (result i32) (i32.const 7))
  (func (export "sum") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (call $add (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "once") (result i32) (call $never)))`;

it('compiles what is called often, and what loops for long, with what it calls', () => {
  const instance = start(SUM);
  expect(call(instance, 'once')).toBe(7);
  expect([0, 1, 2, 3].map((index) => isInterpreted(instance, index))).toEqual([true, true, true, true]);
  expect(call(instance, 'sum', 5_000)).toBe(12_502_500);
  expect([0, 1, 2, 3].map((index) => isInterpreted(instance, index))).toEqual([false, true, false, true]);
  expect(call(instance, 'sum', 4)).toBe(10);
  for (let i = 0; i < 3; i++) expect(call(instance, 'once')).toBe(7);
  expect(isInterpreted(instance, 3)).toBe(false);
});

it('counts the same fuel, whoever runs', () => {
  const used = [SOON, { ticks: 1e9, perByte: 0 }].map((heat) => {
    const instance = start(SUM, { metered: true, heat });
    return [1, 3_000, 10, 7, 2_000].map((n) => {
      call(instance, 'sum', n);
      return instance.lastCallUsage!.fuel;
    });
  });
  expect(used[0]).toEqual(used[1]);
});

it('follows memories that move, globals and tables, from one to the other and back', () => {
  const text = `(module (memory (export "memory") 1 100) (global $g (mut i32) (i32.const 0)) (table funcref (elem $grow $count))
    (func $grow (result i32) (drop (memory.grow (i32.const 1))) (i32.store (i32.const 65536) (memory.size)) (memory.size))
    (func $count (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
    (func $load (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "both") (param i32) (result i32)
      (drop (call_indirect (result i32) (local.get 0)))
      (i32.add (call $load (i32.const 65536)) (call_indirect (result i32) (i32.const 1)))))`;
  const instance = start(text);
  expect(call(instance, 'both', 0)).toBe(2 + 1);
  for (let i = 0; i < 10; i++) expect(call(instance, 'load', 65_536)).toBe(2);
  for (let i = 1; i < 40; i++) expect(call(instance, 'both', 0)).toBe(2 + i + 1 + i);
  expect(call(instance, 'load', 65_536)).toBe(41);
});

it('compiles at the first call where frames are counted, and for tail calls', () => {
  for (const options of [{ limits: { callDepth: 50 } }, { limits: { stackBytes: 10_000 } }]) {
    const instance = start(SUM, options);
    call(instance, 'once');
    expect(isInterpreted(instance, 3)).toBe(false);
  }
  const tail = start('(module (func $f (result i32) (i32.const 3)) (func (export "g") (result i32) (return_call $f)))');
  expect(call(tail, 'g')).toBe(3);
  expect(isInterpreted(tail, 1)).toBe(false);
});

it('leaves to the interpreter what is too large to compile', () => {
  const deep = 800;
  const blocks = `${'(block '.repeat(deep)}${')'.repeat(deep)}`;
  const instance = start(`(module (func (export "deep") (result i32) ${blocks} (i32.const 9)))`);
  for (let i = 0; i < 10; i++) expect(call(instance, 'deep')).toBe(9);
  expect(isInterpreted(instance, 0)).toBe(true);
});

it('recursion from one to the other ends with the trap', () => {
  const text = `(module (func $f (export "f") (param i32) (call $g (local.get 0))) (func $g (param i32) (call $f (local.get 0)))
    (func (export "fine") (result i32) (i32.const 1)))`;
  const instance = start(text);
  for (let i = 0; i < 5; i++) expect(() => call(instance, 'f', 1)).toThrow('call stack exhausted');
  expect(call(instance, 'fine')).toBe(1);
});

/** A program whose main is one loop: blocks, an `if` with two parts and a loop around the one that is hot, values of every type, calls, memory. */
const LONG_LOOP = `(module (import "m" "seen" (func $seen)) (memory 1) (global $g (mut i32) (i32.const 0))
  (func $next (param i64) (result i64)
    (i64.add (i64.mul (local.get 0) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
  (func (export "main") (param i32 f32) (result f64) (local i64 f64 i32)
    (local.set 3 (f64.const 0.5))
    (block $out
      (if (local.get 0)
        (then
          (global.set $g (i32.add (global.get $g) (i32.const 1)))
          (loop $outer
            (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
            (local.set 4 (i32.const 2000))
            (block
              (loop $inner
                (local.set 2 (call $next (local.get 2)))
                (local.set 3 (f64.add (local.get 3) (f64.promote_f32 (local.get 1))))
                (br_if $out (i32.eqz (local.get 0)))
                (br_if $inner (local.tee 4 (i32.sub (local.get 4) (i32.const 1))))))
            (call $seen)
            (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (else (local.set 3 (f64.const -1)))))
    (f64.add (local.get 3) (f64.convert_i32_s (i32.wrap_i64 (i64.shr_u (local.get 2) (i64.const 40))))))
  (func (export "other") (param i32) (result i32) (local i32)
    (if (local.get 0) (then (return (i32.const 5)))
      (else
        (loop (br_if 0 (i32.lt_s (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 9000))))
        (call $seen)))
    (local.get 1))
  (func (export "waiting") (param i32) (result i32) (local i32)
    (i32.add (i32.const 7) (loop (result i32)
      (br_if 0 (i32.lt_s (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0)))
      (call $seen)
      (local.get 1))))
  (func (export "count") (result i32) (i32.add (global.get $g) (i32.load (i32.const 8)))))`;

/** Calls all of it. @returns results with their fuel, and for each import whether compiled code called it */
function runLongLoops(heat: Heat): { readonly results: readonly unknown[]; readonly compiled: readonly boolean[] } {
  const compiled: boolean[] = [];
  const seen = (): void => void compiled.push(/wasm:/.test(new Error().stack!));
  const instance = start(LONG_LOOP, { metered: true, heat, imports: { m: { seen } } });
  const results: unknown[] = [];
  const run = (name: string, ...args: unknown[]): void => {
    results.push(call(instance, name, ...args), instance.lastCallUsage!.fuel);
  };
  run('main', 3, 1.25);
  run('main', 0, 1);
  run('other', 0);
  run('other', 1);
  run('waiting', 5_000);
  run('count');
  return { results, compiled };
}

it('a call that is one long loop goes on in compiled code where it is, with the same result and fuel', () => {
  const tiered = runLongLoops(SOON);
  const interpreted = runLongLoops({ ticks: 1e9, perByte: 0 });
  expect(tiered.results).toEqual(interpreted.results);
  // Of the last one an operand waits below the loop, so that call stays where it is.
  expect(tiered.compiled).toEqual([true, true, true, true, false]);
  expect(interpreted.compiled).toEqual(new Array(5).fill(false));
});

it('a call that leaves is counted for its caller, which goes on in compiled code as well', () => {
  let compiled = false;
  const seen = (): void => {
    compiled = /wasm:/.test(new Error().stack!);
  };
  const text = `(module (import "m" "seen" (func $seen))
    (func $work (export "work") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "main") (param i32) (result i32) (local i32)
      (loop (br_if 0 (i32.lt_s (local.tee 1 (call $work (local.get 1))) (local.get 0))))
      (call $seen)
      (local.get 1)))`;
  const instance = start(text, { imports: { m: { seen } } });
  for (let i = 0; i < 10; i++) call(instance, 'work', i);
  expect(isInterpreted(instance, 1)).toBe(false);
  expect(call(instance, 'main', 5_000)).toBe(5_000);
  expect(compiled).toBe(true);
});

it('what the rest of a call throws passes the handlers of its function once', () => {
  const text = `(module (tag $e) (global $caught (mut i32) (i32.const 0))
    (func $long (param i32) (result i32)
      (block $handler (result exnref)
        (try_table (catch_all_ref $handler)
          (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (throw $e))
        (return (i32.const -1)))
      (global.set $caught (i32.add (global.get $caught) (i32.const 1)))
      (throw_ref))
    (func (export "outer") (param i32) (result i32)
      (block $handler
        (try_table (catch_all $handler) (return (call $long (local.get 0))))
        (return (i32.const -2)))
      (global.get $caught)))`;
  for (const heat of [SOON, { ticks: 1e9, perByte: 0 }]) {
    const instance = start(text, { heat });
    expect([1, 2].map(() => call(instance, 'outer', 20_000))).toEqual([1, 2]);
  }
});
