// Loops that mode host unrolls: whatever way leads out of whichever copy, fuel, traps with their places, memory and calls of the host are those of the
// interpreter, with fuel that ends at every unit.
import { describe, expect, it } from 'vitest';
import type { WasmModule } from '#src/embed/module/wasm-module.js';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { hostEngine } from '#src/engine/native/native-engine.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { LimitError, Trap } from '#src/wasm/errors.js';
import type { LimitOptions } from '#src/wasm/limit-table.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble } from '../helpers/wat.js';

const STEP = '(local.set $i (i32.add (local.get $i) (i32.const 1)))';
const STORE = '(i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $i))';
const LESS = '(i32.lt_u (local.get $i) (local.get 0))';

/** Bodies of functions (param i32) (result i32) (local $i i32) (local $j i32) (local $x f32) in a module with a memory of a page. */
const LOOPS: Readonly<Record<string, string>> = {
  'one block, stores before fuel ends': `(loop $l ${STORE} ${STEP} (br_if $l ${LESS})) (local.get $i)`,
  'a result that falls out': `(loop $l (result i32) ${STEP} (br_if $l ${LESS}) (i32.load (local.get $i))) (i32.load (i32.const 8)) i32.add`,
  'a trap behind the loop': `(loop $l ${STEP} ${STORE} (br_if $l ${LESS}) nop nop) (i32.load (i32.sub (local.get $i) (i32.const 9)))`,
  'ways back that owe different amounts': `(loop $l ${STEP} (br_if $l (i32.and (local.get $i) (i32.const 1))) ${STORE}
    (if (i32.and (local.get $i) (i32.const 2)) (then nop nop nop (br $l))) (br_if $l ${LESS})) (local.get $i)`,
  'a trap in any copy: memory': `(loop $l ${STEP} (local.set $j (i32.mul (local.get $i) (i32.sub (i32.const 70000) (i32.mul (local.get 0) (i32.const 5000)))))
    (i32.store8 (local.get $j) (i32.const 1)) (br_if $l (i32.lt_u (local.get $i) (i32.const 30)))) (local.get $i)`,
  'a trap in any copy: division': `(loop $l ${STORE} (local.set $j (i32.div_u (i32.const 9) (i32.sub (local.get 0) (local.get $i)))) ${STEP} (br $l)) unreachable`,
  'a trap in any copy: unreachable in an if': `(loop $l ${STEP} ${STORE}
    (if (i32.eq (local.get $i) (local.get 0)) (then nop unreachable) (else (i32.store8 offset=400 (local.get $i) (i32.const 5)))) (br $l)) unreachable`,
  'a trap in any copy: conversion': `(loop $l ${STEP} ${STORE} (local.set $x (f32.div (f32.const 4) (f32.convert_i32_u (i32.sub (local.get 0) (local.get $i)))))
    (i32.store offset=400 (local.get $i) (i32.trunc_f32_s (local.get $x))) (br $l)) unreachable`,
  'nested loops, left at once': `(block $out (loop $o (local.set $i (i32.const 0))
    (loop $l ${STORE} ${STEP} (br_if $out (i32.gt_u (local.get $j) (i32.const 3))) (br_if $l ${LESS}))
    (local.set $j (i32.add (local.get $j) (i32.const 1))) (br $o))) (i32.add (local.get $i) (local.get $j))`,
  'nested loops, the outer one again from the inner one': `(loop $o (local.set $j (i32.add (local.get $j) (i32.const 1))) (local.set $i (i32.const 0))
    (loop $l ${STEP} (br_if $o (i32.eq (local.get $i) (local.get $j))) ${STORE} (br_if $l ${LESS})) ) (local.get $j)`,
  'an outer loop with a parameter': `(i32.const 3) (loop $o (param i32) (result i32) (local.set $j (i32.sub (i32.const 1))) (local.set $i (i32.const 0))
    (loop $l ${STEP} ${STORE} (br_if $l ${LESS})) (br_if $o (local.get $j) (local.get $j)))`,
  'a way out with a value': `(block $out (result i32) (loop $l ${STEP} ${STORE} (local.get $i) (br_if $out (i32.ge_u (local.get $i) (local.get 0)))
    drop (br $l)) unreachable) (i32.add (i32.const 1))`,
  'a way out to the end of an if': `(if ${LESS} (then (loop $l ${STEP} (br_if 1 (i32.gt_u (local.get $i) (i32.const 5))) ${STORE} (br_if 1 (i32.eq (local.get $i) (local.get 0))) (br $l))))
    ${STORE} (local.get $i)`,
  'a return from any copy': `(loop $l ${STEP} ${STORE} (if (i32.eq (local.get $i) (local.get 0)) (then (return (local.get $i)))) nop (br $l)) unreachable`,
  'a table of ways inside': `(loop $l ${STEP} (block $c (block $b (block $a (br_table $a $b $c (i32.and (local.get $i) (i32.const 3)))) ${STORE} nop (br $c)) nop nop)
    (br_if $l ${LESS})) (local.get $i)`,
  'a table of ways back and out': `(block $out (loop $l ${STEP} (br_if $out (i32.gt_u (local.get $i) (i32.const 20))) (block $b
    (br_table $l $b $l $out (i32.and (i32.add (local.get 0) (local.get $i)) (i32.const 3)))) ${STORE} (br $l))) (local.get $i)`,
  'inner blocks, ifs with values': `(loop $l ${STEP} (block $b (br_if $b (i32.and (local.get $i) (i32.const 1))) ${STORE})
    (local.set $j (i32.add (local.get $j) (if (result i32) (i32.and (local.get $i) (i32.const 2)) (then (i32.load8_u (local.get $i))) (else (i32.const 2) nop))))
    (br_if $l ${LESS})) (local.get $j)`,
  'calls of the host between loops': `(loop $o (local.set $i (i32.const 0)) (loop $l ${STEP} ${STORE} (br_if $l ${LESS}))
    (call $say (local.get $j)) (local.set $j (i32.add (local.get $j) (i32.const 1))) (br_if $o (i32.lt_u (local.get $j) (i32.const 3)))) (local.get $j)`,
  'calls of a function that loops': `(loop $o (local.set $j (i32.add (local.get $j) (call $sum (i32.add (local.get 0) (local.get $i))))) ${STEP}
    (br_if $o (i32.lt_u (local.get $i) (i32.const 4)))) (local.get $j)`,
  'a global that counts': `(loop $l ${STEP} (global.set $g (i32.add (global.get $g) (i32.const 1))) (br_if $l ${LESS})) (global.get $g)`,
};
const AROUND = `(import "env" "say" (func $say (param i32))) (memory (export "memory") 1) (global $g (mut i32) (i32.const 7))
  (func $sum (param i32) (result i32) (local $s i32)
    (loop $l (local.set $s (i32.add (local.get $s) (i32.load8_u (local.get 0)))) (i32.store8 (local.get 0) (local.get 0))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get $s))`;

interface Ending {
  readonly results: readonly unknown[];
  readonly error: string;
  readonly fuel: number;
  /** A hash. */
  readonly memory: number;
  readonly said: readonly number[];
}
interface Settings {
  readonly limits?: LimitOptions;
  readonly deterministic?: boolean;
}

class World {
  readonly #runtimes = {
    interp: this.#runtime('interp'),
    host: this.#runtime('host'),
  };
  /** Each is compiled once a mode. */
  readonly #modules = { interp: new Map<Uint8Array, WasmModule>(), host: new Map<Uint8Array, WasmModule>() };
  #said: number[] = [];

  #runtime(mode: 'interp' | 'host'): Runtime {
    const engines = [mode === 'interp' ? interpEngine() : hostEngine()];
    const runtime = Runtime.init({}, { platform: testPlatform(), engines, libraries: ALL_LIBRARIES });
    const say = (_env: unknown, word: number): void => void this.#said.push(word);
    runtime.registerNatives('env', [{ symbol: 'say', func: say, signature: '(i)' }]);
    return runtime;
  }
  run(
    mode: 'interp' | 'host',
    bytes: Uint8Array,
    [argument, rounds]: readonly number[],
    fuel: number,
    settings: Settings,
  ): Ending {
    const runtime = this.#runtimes[mode];
    this.#said = [];
    const { limits, ...rest } = settings;
    const module = this.#modules[mode].get(bytes) ?? runtime.load(bytes);
    this.#modules[mode].set(bytes, module);
    const instance = runtime.instantiate(module, { mode, ...rest, limits: { ...limits, fuel } });
    let results: readonly unknown[] = [];
    let error = '';
    try {
      results = instance.lookupFunction('run')!.call(argument!, rounds!);
    } catch (thrown) {
      if (thrown instanceof LimitError) error = thrown.limit;
      else if (thrown instanceof Trap) error = `${thrown.id} ${thrown.frames.map(({ offset }) => offset)}`;
      else throw thrown;
    }
    let memory = 0;
    for (const word of new Int32Array(instance.getMemory()!.bytes.slice().buffer))
      memory = (Math.imul(memory, 31) + word) | 0;
    const ending = { results, error, fuel: instance.lastCallUsage!.fuel, memory, said: this.#said };
    instance.deinstantiate();
    return ending as Ending;
  }
  destroy(): void {
    for (const runtime of Object.values(this.#runtimes)) runtime.destroy();
  }
}

const SETTINGS: readonly (readonly [name: string, args: readonly number[], settings: Settings])[] = [
  ['fuel alone', [4, 18], {}],
  ['and depth, frames, canonical NaNs', [9], { limits: { callDepth: 9, stackBytes: 100_000 }, deterministic: true }],
];

describe.each(SETTINGS)('unrolled loops, %s', (_, args, settings) => {
  it.each(Object.entries(LOOPS))('%s', (_, text) => {
    const bytes = assemble(
      `(module ${AROUND} (func $body (param i32) (result i32) (local $i i32) (local $j i32) (local $x f32) ${text})
        (func (export "run") (param i32 i32) (result i32) (local $sum i32)
          (loop $round (local.set $sum (i32.add (local.get $sum) (call $body (local.get 0))))
            (br_if $round (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) (local.get $sum)))`,
    );
    const world = new World();
    const same = (given: readonly number[], fuel: number): Ending => {
      const expected = world.run('interp', bytes, given, fuel, settings);
      expect(world.run('host', bytes, given, fuel, settings), `${given}, fuel ${fuel}`).toEqual(expected);
      return expected;
    };
    try {
      for (const argument of args) {
        // All of the little fuel is spent in the copy that checks.
        const once = same([argument, 1], 1_000_000).fuel;
        for (let fuel = 1; fuel <= Math.min(once, 36); fuel++) same([argument, 1], fuel);
        // Much fuel is spent in the others, up to the last 2048 units and some.
        const all = same([argument, 60], 1_000_000).fuel;
        for (const start of [all - 4, all >> 1, 2044, 2900]) {
          for (let fuel = Math.max(1, start); fuel <= Math.min(all, start + 5); fuel++) same([argument, 60], fuel);
        }
      }
    } finally {
      world.destroy();
    }
  });
});

it('a slice that ends in an unrolled loop is refilled, and the end of all fuel comes at its unit', () => {
  const bytes = assemble(
    `(module ${AROUND} (func (export "run") (param i32 i32) (result i32) (local $i i32)
      (loop $l ${STEP} (i32.store (i32.const 0) (local.get $i)) (br_if $l (i32.lt_u (local.get $i) (local.get 0)))) (local.get $i)))`,
  );
  const world = new World();
  const run = (mode: 'interp' | 'host', fuel: number): Ending => world.run(mode, bytes, [250_000, 0], fuel, {});
  try {
    const whole = run('interp', 10_000_000);
    expect(whole.fuel).toBeGreaterThan(2_000_000);
    expect(run('host', 10_000_000)).toEqual(whole);
    for (let less = 0; less < 20; less++) {
      const fuel = whole.fuel - less * 37;
      expect(run('host', fuel)).toEqual(run('interp', fuel));
    }
  } finally {
    world.destroy();
  }
});

/** Instructions that take two units together, and three bytes. */
const filler = (count: number): string => '(drop (i32.const 0))'.repeat(count);
const ITERATION = `${STEP} (i32.store (i32.const 0) (local.get $i)) (br_if $l ${LESS})`;

it('the check of an unrolled loop covers what is owed before it', () => {
  const bytes = assemble(
    `(module ${AROUND} (func (export "run") (param i32 i32) (result i32) (local $i i32)
      ${filler(1500)} (loop $l ${ITERATION}) (local.get $i)))`,
  );
  const world = new World();
  try {
    for (let fuel = 5000; fuel < 8000; fuel += 100) {
      const args = [1000, 0];
      expect(world.run('host', bytes, args, fuel, {})).toEqual(world.run('interp', bytes, args, fuel, {}));
    }
  } finally {
    world.destroy();
  }
});

it('the check of an unrolled loop covers every copy, so that enough is left for the caller', () => {
  // What comes first lets the slice end in another place of the rounds.
  const bytes = assemble(
    `(module ${AROUND} (func $body (call $loop (i32.const 32))
        (if (i32.load (i32.const 0)) (then ${filler(1015)} (i32.store (i32.const 4) (i32.const 1)))))
      (func $loop (param i32) (local $i i32) (loop $l ${filler(40)} ${ITERATION}))
      (func (export "run") (param i32 i32) (result i32) (local $i i32)
        (loop $l ${ITERATION})
        (loop $round (call $body) (br_if $round (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) (local.get 0)))`,
  );
  const world = new World();
  try {
    for (let first = 1; first < 600; first += 6) {
      const args = [first, 30];
      expect(world.run('host', bytes, args, 1e9, {})).toEqual(world.run('interp', bytes, args, 1e9, {}));
    }
  } finally {
    world.destroy();
  }
});
