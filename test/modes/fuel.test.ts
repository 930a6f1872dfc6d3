// Modes host and jit count as the interpreter does: on whole programs, at every place where fuel runs out, when a trap ends the call.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { jitEngine } from '#src/engine/js/jit.js';
import { hostEngine } from '#src/engine/native/native-engine.js';
import type { MeterSettings } from '#src/runtime/meter.js';
import { programs } from '../../bench/programs/programs.js';
import { MeteredGuest, MeteredModule, type Outcome } from '../helpers/metered-guest.js';
import { assemble } from '../helpers/wat.js';

const files = [...new Map(programs.map((program) => [program.file, program])).values()];
const read = (file: string): Uint8Array => readFileSync(new URL(`../../bench/programs/${file}`, import.meta.url));

describe.each([
  ['host', () => hostEngine()],
  ['jit', () => jitEngine()],
] as const)('fuel in mode %s', (_mode, engine) => {
  /** Compiled once, in the interpreter and in this mode; each call has instances of its own. */
  const compiled = new WeakMap<Uint8Array, readonly [MeteredModule, MeteredModule]>();
  function expectSame(bytes: Uint8Array, name: string, argument: number, settings: MeterSettings = {}): Outcome {
    let modules = compiled.get(bytes);
    if (modules === undefined) {
      modules = [new MeteredModule(interpEngine(), bytes), new MeteredModule(engine(), bytes)];
      compiled.set(bytes, modules);
    }
    const [theirs, ours] = modules.map((module) => new MeteredGuest(module).call(name, argument, settings));
    expect(ours).toEqual(theirs);
    return ours!;
  }

  it.each(files.map((program) => [program.name, program] as const))(
    '%s: the same count, and out of fuel alike',
    (_, { file, quickN }) => {
      const bytes = read(file);
      const { used, error } = expectSame(bytes, 'run', quickN);
      expect(error).toBe('');
      expect(used).toBeGreaterThan(100);
      for (const fuel of [1, 7, 50, 333, 2047, 2049, 4999, used - 1, Math.floor(used / 2)]) {
        if (fuel < used) expect(expectSame(bytes, 'run', quickN, { fuel }).error).toBe('fuel');
      }
      expect(expectSame(bytes, 'run', quickN, { fuel: used }).error).toBe('');
    },
  );

  it('stops before the very block that does not fit, in nested loops with side exits', () => {
    const bytes =
      assemble(`(module (memory 1) (func (export "run") (param i32) (result i32) (local $i i32) (local $j i32)
      (block $out
        (loop $outer
          (local.set $j (i32.const 0))
          (loop $inner
            (i32.store (local.get $j) (i32.add (i32.load (local.get $j)) (local.get $i)))
            (if (i32.eq (i32.rem_u (local.get $j) (i32.const 12)) (i32.const 8))
              (then (i32.store offset=256 (local.get $j) (i32.const 1)) (br_if $out (i32.gt_u (local.get $i) (local.get 0)))))
            (local.set $j (i32.add (local.get $j) (i32.const 4)))
            (br_if $inner (i32.lt_u (local.get $j) (i32.const 64))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $outer)))
      (local.get $i)))`);
    for (let fuel = 1; fuel < 700; fuel++) expectSame(bytes, 'run', 5, { fuel });
  });

  it('counts the same where a trap, a deep recursion or a bulk instruction ends the call', () => {
    const bytes = assemble(`(module (memory 1)
      (func (export "oob") (param i32)
        (loop $l (i32.store (local.get 0) (i32.const 1)) (local.set 0 (i32.add (local.get 0) (i32.const 999))) (br $l)))
      (func $div (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
      (func (export "divide") (param i32) (loop $l (drop (call $div (local.get 0))) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br $l)))
      (func $deep (export "deep") (param i32) (call $deep (i32.add (local.get 0) (i32.const 1))))
      (func (export "fill") (param i32)
        (loop $l (memory.fill (i32.const 0) (i32.const 1) (local.get 0)) (local.set 0 (i32.add (local.get 0) (i32.const 5000))) (br $l))))`);
    expect(expectSame(bytes, 'oob', 3).error).toBe('memory-out-of-bounds');
    expect(expectSame(bytes, 'divide', 30).error).toBe('integer-divide-by-zero');
    expect(expectSame(bytes, 'deep', 0, { callDepth: 50 }).error).toBe('callDepth');
    expect(expectSame(bytes, 'fill', 0).error).toBe('memory-out-of-bounds');
    for (let fuel = 1; fuel < 3000; fuel += 13) {
      expectSame(bytes, 'fill', 0, { fuel });
      expectSame(bytes, 'divide', 30, { fuel });
    }
  });

  it('counts the same where paths that owe different amounts meet: arms, tables of branches, calls, catch clauses', () => {
    const bytes = assemble(`(module (memory 1) (tag $e)
      (func $half (param i32) (result i32)
        (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e)))
        (i32.shr_u (local.get 0) (i32.const 1)))
      (func (export "run") (param i32) (result i32) (local $i i32)
        (loop $next
          (block $three (block $two (block $one (block $zero
            (br_table $zero $one $two $three (i32.and (local.get $i) (i32.const 3))))
            (i32.store (local.get $i) (i32.const 7)))
            (if (i32.lt_u (local.get $i) (i32.const 9)) (then (i32.store (i32.const 64) (local.get $i)))
              (else (i32.store (i32.const 68) (i32.load (i32.const 64)))))
            (br_if $three (i32.eqz (local.get 0))))
            (local.set 0 (i32.add (local.get 0) (i32.load8_u (local.get $i)))))
          (try (do (i32.store (i32.const 72) (call $half (local.get $i))) (i32.store (i32.const 76) (local.get 0)))
            (catch $e (i32.store (i32.const 80) (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 17))))
        (i32.div_u (i32.const 1000) (i32.sub (local.get 0) (i32.const 3)))))`);
    for (let fuel = 1; fuel < 600; fuel++) expectSame(bytes, 'run', fuel % 5, { fuel });
    expect(expectSame(bytes, 'run', 0).used).toBeLessThan(600);
  });

  it('counts the same where exceptions are thrown out of loops', () => {
    const bytes = assemble(`(module (memory 1) (tag $e)
      (func (export "run") (param i32) (result i32) (local $i i32) (local $j i32)
        (loop $o (local.set $i (i32.const 0)) (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (try (do (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (i32.store (local.get $i) (local.get $j))
              (if (i32.eq (local.get $i) (local.get 0)) (then (throw $e))) (br $l)))
            (catch $e (i32.store offset=400 (local.get $j) (local.get $i))))
          (br_if $o (i32.lt_u (local.get $j) (i32.const 9)))) (local.get $j)))`);
    for (let argument = 1; argument < 20; argument++) {
      expect(expectSame(bytes, 'run', argument).error).toBe('');
      expectSame(bytes, 'run', argument, { fuel: 90 + argument * 11 });
      expectSame(bytes, 'run', argument, { fuel: 40 + argument });
    }
    for (let fuel = 2040; fuel < 2060; fuel++) expect(expectSame(bytes, 'run', 400, { fuel }).error).toBe('fuel');
  });
});
