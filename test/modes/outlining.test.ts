// A function so large that modes jit and aot outline parts of it: results, traps, traces, exceptions, fuel and deadlines are those of a
// function that is whole.
import { expect, test } from 'vitest';
import { decode } from '#src/binary/decode.js';
import { emitChunk } from '#src/engine/js/emit-group.js';
import { ModuleInfo } from '#src/engine/js/module-info.js';
import { validate } from '#src/validate/validate.js';
import { LimitError, type Trap } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';
import { type ModeWorld, modeCases } from './mode-cases.js';

const ARMS = 64;
const STATEMENTS = 24;

/** Handlers of real size: each reads and changes locals of four types, some leave early. */
function arm(k: number): string {
  let text = '';
  for (let i = 0; i < STATEMENTS; i++) {
    const c = k * 31 + i * 7 + 1;
    text += `(local.set $a (i32.add (i32.mul (local.get $a) (i32.const ${c})) (i32.xor (local.get $b) (i32.const ${c * 3}))))
      (local.set $b (i32.rotl (i32.sub (local.get $b) (local.get $a)) (i32.const ${(c % 31) + 1})))
      (local.set $w (i64.add (i64.shl (local.get $w) (i64.const 3)) (i64.extend_i32_u (local.get $a))))`;
  }
  if (k % 3 === 0) {
    text += `(local.set $f (f64.add (f64.mul (local.get $f) (f64.const 0.5)) (f64.convert_i32_s (local.get $b))))
      (local.set $s (f32.add (local.get $s) (f32.const ${k}.25)))`;
  }
  if (k === 5) text += `(br_if $done (i32.lt_u (local.get $steps) (i32.const 2)))`;
  // Values that a label takes, from within an outlined region.
  if (k === 7) text += `(br $value (i32.const 77))`;
  if (k === 9)
    text += `(loop $inner (local.set $t (i32.add (local.get $t) (i32.const 1)))
      (br_if $inner (i32.and (local.get $t) (i32.const 63))))`;
  if (k === 11) text += `(if (i32.eq (local.get $mode) (i32.const 1)) (then unreachable))`;
  if (k === 12) text += `(if (i32.eq (local.get $mode) (i32.const 2)) (then (drop (i32.load (i32.const -4)))))`;
  if (k === 13) text += `(if (i32.eq (local.get $mode) (i32.const 3)) (then (return (i64.const -13))))`;
  if (k === 14) text += `(if (i32.eq (local.get $mode) (i32.const 4)) (then (loop $ever (br $ever))))`;
  if (k === 15) text += `(if (i32.eq (local.get $mode) (i32.const 5)) (then (drop (call $deep (i32.const 3)))))`;
  if (k === 16)
    text += `(i32.store (i32.const 8) (local.get $a)) (drop (memory.grow (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.load (i32.const 8))))`;
  return text;
}
const targets = Array.from({ length: ARMS }, (_, k) => `$arm${k}`);
const arms = targets.reduce(
  (inner, name, k) => `(block ${name} ${inner}) ${arm(k)} (br $next)`,
  `(br_table ${targets.join(' ')} $done (i32.rem_u (local.get $steps) (i32.const ${ARMS})))`,
);
const MODULE = `(module (memory 1 400)
  (func $deep (param i32) (result i32) (if (result i32) (local.get 0)
    (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))) (else unreachable)))
  (func $large (export "large") (param $steps i32) (param $mode i32) (result i64)
    (local $a i32) (local $b i32) (local $t i32) (local $w i64) (local $f f64) (local $s f32)
    (local.set $b (i32.const 12345))
    (block $done
      (loop $again
        (block $next
          (local.set $t (i32.add (local.get $t) (block $value (result i32) ${arms} (i32.const 0)))))
        (local.set $steps (i32.sub (local.get $steps) (i32.const 1)))
        (br_if $again (i32.gt_s (local.get $steps) (i32.const 0)))))
    (i64.add (i64.add (local.get $w) (i64.extend_i32_s (i32.add (local.get $t) (local.get $b))))
      (i64.add (i64.reinterpret_f64 (local.get $f)) (i64.extend_i32_u (i32.reinterpret_f32 (local.get $s)))))))`;

type Options = Parameters<ModeWorld['start']>[1];
function run(world: ModeWorld, steps: number, mode: number, options: Options = {}): unknown {
  return world.start(MODULE, options).lookupFunction('large')!.call(steps, mode)[0];
}
function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** What a function that is not cut returns. */
const RESULTS: Readonly<Record<number, bigint>> = {
  1: 3_994_766_054_953_959_143n,
  70: -6_066_455_763_475_349_829n,
  1000: 2_116_324_636_597_627_826n,
};
const FUEL = 545_412;

test('the function is cut', () => {
  const info = new ModuleInfo(validate(decode(assemble(MODULE))));
  const options = {
    shape: 'optimizing' as const,
    metered: false,
    ticks: false,
    deterministic: false,
    depth: false,
    checked: false,
  };
  const { text } = emitChunk(info, options, [1]);
  expect(text).toMatch(/^const p1_0=function/m);
  const rest = text.slice(text.indexOf('const f1='));
  expect(rest).toContain('p1_0(');
  // V8 optimises up to 60 KB of bytecode: about as many characters.
  for (const one of text.split(/^const (?=[pf]1)/m)) expect(one.length).toBeLessThan(52_000);
});

modeCases('a function with outlined parts', [
  {
    name: 'returns what it returns whole',
    run(world) {
      for (const steps of [1, 70, 1000]) expect(run(world, steps, 0)).toBe(RESULTS[steps]);
      expect(run(world, 1000, 3)).toBe(-13n);
    },
  },
  {
    name: 'traps with the same texts, and is in traces once',
    run(world) {
      for (const [mode, id, names] of [
        [1, 'unreachable', ['large']],
        [2, 'memory-out-of-bounds', ['large']],
        [5, 'unreachable', ['deep', 'deep', 'deep', 'deep', 'large']],
      ] as const) {
        const trap = errorOf(() => run(world, 200, mode)) as Trap;
        expect(trap.id).toBe(id);
        expect(trap.frames.map(({ functionName }) => functionName)).toEqual(names);
      }
    },
  },
  {
    name: 'counts the same fuel, and stops where it is used up',
    run(world) {
      expect(run(world, 1000, 0, { limits: { fuel: FUEL } })).toBe(RESULTS[1000]);
      const error = errorOf(() => run(world, 1000, 0, { limits: { fuel: FUEL - 1 } }));
      expect(error).toBeInstanceOf(LimitError);
    },
  },
  {
    name: 'is ended by a deadline in an outlined function',
    run(world) {
      const error = errorOf(() => run(world, 200, 4, { limits: { timeoutMs: 30 } }));
      expect((error as LimitError).limit).toBe('timeoutMs');
    },
  },
]);
