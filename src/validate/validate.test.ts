import { describe, expect, test } from 'vitest';
import { assemble } from '../../test/helpers/wat.js';
import { decode } from '../binary/decode.js';
import { InvalidError, MalformedError } from '../wasm/errors.js';
import { ALL_FEATURES, DEFAULT_FEATURES, type Feature } from '../wasm/features.js';
import type { ValidatedModule } from '../wasm/module.js';
import { OPCODES, type OpName, opcodeRow, type StatefulOp } from '../wasm/opcodes.js';
import { validate } from './validate.js';
import { rules } from './validation-rules.js';

function check(text: string, features: ReadonlySet<Feature> = DEFAULT_FEATURES): ValidatedModule {
  return validate(decode(assemble(text), { features }), { features });
}

function refusal(text: string, features?: ReadonlySet<Feature>): InvalidError {
  try {
    check(text, features);
  } catch (error) {
    if (error instanceof InvalidError) return error;
    throw error;
  }
  throw new Error('the module is valid');
}

const body = (code: string): string => `(module (memory 1) (func (param i32 i64) (result i32) ${code}))`;

test('a row has a signature or a rule, never both', () => {
  for (const name of Object.keys(OPCODES) as OpName[]) {
    expect([name, rules[name as StatefulOp] !== undefined]).toEqual([name, opcodeRow(name).sig === undefined]);
  }
});

test('what is wrong, where, in which function', () => {
  const error = refusal('(module (func) (func (result i32) i64.const 1))');
  expect(error.message).toContain('type mismatch: instruction requires [i32] but stack has [i64]');
  expect(error.functionIndex).toBe(1);
  expect(error.offset).toBeGreaterThan(20);
  expect(refusal(body('local.get 2')).message).toContain('unknown local 2');
  expect(refusal(body('call 7')).message).toContain('unknown function 7');
  expect(refusal(body('br 1')).message).toContain('unknown label 1');
  expect(refusal(body('i32.load 3 (local.get 0)')).message).toContain('unknown memory 3');
  expect(refusal(body('(i32.load align=8 (local.get 0))')).message).toContain(
    'alignment must not be larger than natural',
  );
  expect(refusal(body('local.get 0 local.get 0')).message).toContain('block requires [] but stack has [i32]');
});

test('code that is never reached may take any operand, and still must fit together', () => {
  check(body('unreachable i32.add'));
  check(body('br 0 (select) drop (local.get 0)').replace('br 0', 'local.get 0 br 0'));
  expect(refusal(body('unreachable i64.const 1 i32.add')).message).toContain('type mismatch');
  expect(refusal(body('unreachable ref.as_non_null i32.eqz')).message).toContain('type mismatch');
});

test('facts of a body', () => {
  const module = check(body('block block end end local.get 0 local.get 0 local.get 0 i32.add i32.add'));
  expect(module.functionInfo(0)).toEqual({ maxStack: 3, maxLabels: 3, carried: 0 });
});

test('locals without a default must be set before they are read, in this block or one around it', () => {
  const typed = (code: string): string => `(module (type $f (func)) (func $g) (elem declare func $g)
    (func (param i32) (local $r (ref $f)) ${code}))`;
  check(typed('ref.func $g local.set $r local.get $r drop'));
  check(typed('ref.func $g local.set $r block local.get $r drop end'));
  expect(refusal(typed('local.get $r drop')).message).toContain('uninitialized local 1');
  expect(refusal(typed('block ref.func $g local.set $r end local.get $r drop')).message).toContain(
    'uninitialized local 1',
  );
  const inElse = '(if (local.get 0) (then ref.func $g local.set $r) (else local.get $r drop))';
  expect(refusal(typed(inElse)).message).toContain('uninitialized local 1');
});

describe('features', () => {
  const cases: [Feature, string][] = [
    ['mutable-globals', '(module (import "a" "b" (global (mut i32))))'],
    ['sign-extension', '(module (func (drop (i32.extend8_s (i32.const 0)))))'],
    ['saturating-float-to-int', '(module (func (drop (i32.trunc_sat_f32_s (f32.const 0)))))'],
    ['multi-value', '(module (func (result i32 i32) unreachable))'],
    ['bulk-memory', '(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))'],
    ['reference-types', '(module (func (param externref)))'],
    ['simd', '(module (func (param v128)))'],
    ['relaxed-simd', '(module (func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))'],
    ['tail-call', '(module (func (return_call 0)))'],
    ['extended-const', '(module (global i32 (i32.add (i32.const 1) (i32.const 2))))'],
    ['multi-memory', '(module (memory 1) (memory 1))'],
    ['exceptions', '(module (func (try_table)))'],
    ['legacy-exceptions', '(module (func try catch_all end))'],
    ['function-references', '(module (type (func)) (func (param (ref 0))))'],
    ['gc', '(module (type (struct)))'],
    ['wide-arithmetic', '(module (func (param i64 i64) (drop (drop (i64.mul_wide_u (local.get 0) (local.get 1))))))'],
  ];

  test.each(cases)('%s is recorded, and named when it is off', (feature, text) => {
    expect(check(text, ALL_FEATURES).usedFeatures.has(feature)).toBe(true);
    const error = refusal(text, new Set([...ALL_FEATURES].filter((one) => one !== feature)));
    expect(error.feature).toBe(feature);
    if (feature !== 'multi-memory') expect(error.message).toContain(`'${feature}'`);
  });

  test('bits of limits that belong to a feature that is off do not exist', () => {
    const without = (feature: Feature): Set<Feature> => new Set([...ALL_FEATURES].filter((one) => one !== feature));
    expect(() => check('(module (memory i64 1))', without('memory64'))).toThrow(MalformedError);
    expect(() => check('(module (memory 1 1 shared))', without('threads'))).toThrow(MalformedError);
    expect(() => check('(module (memory 1 (pagesize 1)))')).toThrow(MalformedError);
    expect(check('(module (memory i64 1 1 shared (pagesize 1)))', ALL_FEATURES).usedFeatures).toEqual(
      new Set(['memory64', 'threads', 'custom-page-sizes']),
    );
  });

  test('throw and tags belong to both forms of exceptions', () => {
    const legacy = '(module (tag $e) (func try throw $e catch_all end))';
    const only = (feature: Feature): Set<Feature> => new Set(['multi-value', feature]);
    expect(check(legacy, only('legacy-exceptions')).usedFeatures).toEqual(new Set(['legacy-exceptions']));
    expect(check('(module (tag $e) (func throw $e))', only('exceptions')).usedFeatures).toEqual(
      new Set(['exceptions']),
    );
    expect(refusal('(module (tag $e) (func throw $e))', only('simd')).feature).toBe('exceptions');
  });

  test('a plain module uses none', () => {
    expect(check(body('local.get 0')).usedFeatures.size).toBe(0);
  });
});

test('functions named by ref.func must be declared', () => {
  const named = (rest: string): string => `(module (func $f) ${rest} (func (drop (ref.func $f))))`;
  expect(refusal(named('')).message).toContain('undeclared function reference');
  for (const rest of ['(elem declare func $f)', '(export "f" (func $f))', '(global funcref (ref.func $f))'])
    check(named(rest));
});

test('subtypes of the declared element and global types', () => {
  check(
    '(module (type $s (sub (struct))) (type $t (sub $s (struct (field i32)))) (global (ref null $s) (ref.null $t)))',
  );
  expect(
    refusal('(module (type $s (struct)) (type $t (struct (field i32))) (global (ref null $s) (ref.null $t)))').message,
  ).toContain('type mismatch');
});

test('limits count what is imported, and parameters among the locals', () => {
  const memories = (imported: number): string =>
    `(module ${'(import "m" "m" (memory 1))'.repeat(imported)} (memory 1))`;
  check(memories(99));
  expect(refusal(memories(100)).message).toContain('implementation limit of 100 memories exceeded: 101');
  const locals = (count: number): string => `(module (func (param i32) (local ${'i32 '.repeat(count)})))`;
  check(locals(49_999));
  expect(refusal(locals(50_000)).message).toContain('50000 parameters and locals exceeded: 50001');
});
