import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assemble } from '../../test/helpers/wat.js';
import { decode } from '../binary/decode.js';
import { encode } from '../binary/encode.js';
import { validate } from '../validate/validate.js';
import { ALL_FEATURES } from '../wasm/features.js';
import type { Module } from '../wasm/module.js';
import { print } from './print.js';

const features = ALL_FEATURES;
const read = (bytes: Uint8Array): Module => validate(decode(bytes, { features }), { features });

/** Goes from text to module to text, and once more: through the assembler and through the project's own encoder. */
function roundTrip(bytes: Uint8Array): string {
  const module = read(bytes);
  const text = print(module);
  expect(print(read(assemble(text)))).toBe(text);
  expect(print(read(encode(module, { customSections: module.customSections })))).toBe(text);
  return text;
}

const EVERYTHING = `(module $everything
  (rec (type $list (sub (struct (field (ref null $list)) (field (mut i8))))) (type $pair (sub final $list (struct (field (ref null $list)) (field (mut i8)) (field f64)))))
  (type $array (array (mut i16)))
  (type $f (func (param i32) (result i32 i64)))
  (import "a \\"b\\"" "\\u{e9}\\00" (func $imported (type $f)))
  (import "m" "t" (table $it i64 1 2 funcref))
  (table $t 2 (ref func) (ref.func $g))
  (memory $m 1 2 shared)
  (memory i64 1 (pagesize 1))
  (tag $e (param i32))
  (global $c (mut f32) (f32.const nan:0x200001))
  (global (ref i31) (ref.i31 (i32.const 7)))
  (export "g" (func $g))
  (start $s)
  (elem $el (table $t) (offset i32.const 0) func $g $s)
  (elem funcref (item ref.null func))
  (elem declare func $s)
  (func $s)
  (func $g (param $x i32) (result i32)
    (local $y i64) (local f64)
    block $out (result i32)
      block $none
        try_table (catch $e $out) (catch_all $none)
          (throw $e (local.get $x))
        end
      end
      i32.const -1
    end
    (i32.const 0) (i32.const 1)
    if (type $g2) (nop) else (nop) end
    drop drop
    (i64.store offset=4294967295 align=1 (i32.const 0) (i64.const -9223372036854775808))
    (f64.store 0 (i32.const 0) (f64.const -0x1.fffffffffffffp+1023))
    (drop (i32.load8_u 1 offset=18446744073709551615 (i64.const 0)))
    (drop (v128.load8_lane 1 offset=3 15 (i64.const 0) (v128.const i32x4 1 2 3 4)))
    (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (v128.const f32x4 1 2 3 nan) (v128.const i64x2 0 -1)))
    (memory.init 1 $d (i64.const 0) (i32.const 0) (i32.const 0))
    (memory.copy 1 0 (i64.const 0) (i32.const 0) (i32.const 0))
    (table.init $t $el (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (drop (call_indirect $it (type $f) (i32.const 0) (i64.const 0))))
    (drop (select (result i64) (i64.const 1) (local.get $y) (i32.const 0)))
    (drop (ref.test (ref null $list) (struct.new_default $pair)))
    (drop (ref.cast (ref eq) (array.new_fixed $array 2 (i32.const 1) (i32.const 2))))
    block (result anyref)
      (br_on_cast 0 anyref (ref $pair) (ref.null any))
    end
    drop
    (br_table 0 0 0 (local.get $x) (local.get $x)))
  (type $g2 (func (param i32) (result i32)))
  (data $d "\\00\\ff\\"plain\\n")
  (data (memory 1) (offset i64.const 3) "x")
  (@custom "other" "\\01\\02")
)`;

test('everything comes back', () => {
  const text = roundTrip(assemble(EVERYTHING));
  expect(text).toContain('(module $everything');
  expect(text).toContain('call_indirect $it (type $f)');
  expect(text).toContain('f32.const nan:0x200001');
  expect(text).toContain('(@custom "other" (after last) "\\01\\02")');
});

test('branch hints come back, as annotations', () => {
  const text = roundTrip(
    assemble(`(module (func (param i32) (block (br_if 0 (local.get 0)) local.get 0
      (@metadata.code.branch_hint "\\00") if nop end local.get 0 (@metadata.code.branch_hint "\\01") br_if 0)))`),
  );
  expect(text).toMatch(/\(@metadata.code.branch_hint "\\00"\)\n +if/);
  expect(text).toMatch(/\(@metadata.code.branch_hint "\\01"\)\n +br_if 0/);
});

test('legacy exceptions come back', () => {
  roundTrip(assemble('(module (tag $e) (func try catch $e rethrow 0 catch_all end try delegate 0))'));
});

test('names that are not identifiers, or not unique, become indices', () => {
  const text = roundTrip(assemble('(module (func $a) (func $"b c") (func (call 1)))'));
  expect(text).toContain('func $a (;0;)');
  expect(text).toContain('func (;1;)');
});

test('the printed form', () => {
  expect(
    print(
      read(
        assemble(
          '(module (func (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))))',
        ),
      ),
    ),
  ).toBe(
    `(module
  (type (;0;) (func (param i32) (result i32)))
  (func (;0;) (type 0) (param i32) (result i32)
    local.get 0
    if (result i32)
      i32.const 1
    else
      i32.const 2
    end
  )
)
`,
  );
});

const samples = new URL('../../samples/', import.meta.url);
test.each(readdirSync(samples).filter((name) => name.endsWith('.wasm')))('%s comes back', (file) => {
  roundTrip(readFileSync(new URL(file, samples)));
});
