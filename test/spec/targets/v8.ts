// V8's WebAssembly seen from outside: how to tell which features it has, and what its messages mean. Data only.
import type { Feature } from '#src/wasm/features.js';

/** Modules that show whether the host has a feature. */
export const PROBES: Partial<Record<Feature, string>> = {
  'sign-extension': '(module (func (param i32) local.get 0 i32.extend8_s drop))',
  'saturating-float-to-int': '(module (func (param f32) local.get 0 i32.trunc_sat_f32_s drop))',
  'multi-value': '(module (func (result i32 i32) unreachable))',
  'bulk-memory': '(module (memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.copy))',
  'reference-types': '(module (table 1 externref) (table 1 externref))',
  simd: '(module (func (param v128)))',
  'relaxed-simd': '(module (func (param v128) local.get 0 local.get 0 i8x16.relaxed_swizzle drop))',
  'tail-call': '(module (func return_call 0))',
  'extended-const': '(module (global i32 (i32.add (i32.const 1) (i32.const 2))))',
  'multi-memory': '(module (memory 1) (memory 1))',
  memory64: '(module (memory i64 1) (table i64 1 funcref))',
  exceptions: '(module (func (block (try_table (catch_all 0)))))',
  'legacy-exceptions': '(module (func try end))',
  'function-references': '(module (type $f (func)) (func (param (ref $f)) local.get 0 call_ref $f))',
  gc: '(module (type (struct)))',
  threads: '(module (memory 1 1 shared))',
  'wide-arithmetic': '(module (func (param i64) local.get 0 local.get 0 i64.mul_wide_u drop drop))',
  'custom-page-sizes': '(module (memory 1 (pagesize 1)))',
};

/** V8's words for traps, with every text of the specification they stand for. */
export const TRAPS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^unreachable/, ['unreachable']],
  [/memory access out of bounds/, ['out of bounds memory access']],
  // V8 checks an array and the segment it is filled from in an order of its own.
  [/data segment .*out of bounds/, ['out of bounds memory access', 'out of bounds array access']],
  [/(divide|remainder) by zero/, ['integer divide by zero']],
  [/divide result unrepresentable/, ['integer overflow']],
  [/float unrepresentable/, ['integer overflow', 'invalid conversion to integer']],
  [/table index is out of bounds/, ['undefined element', 'out of bounds table access']],
  [/table (access|index|initializer .*) out of bounds/, ['out of bounds table access', 'undefined element']],
  [/element segment .*out of bounds/, ['out of bounds table access', 'out of bounds array access']],
  [/array element access out of bounds/, ['out of bounds array access']],
  [/null function/, ['uninitialized element', 'null function reference']],
  [/function signature mismatch/, ['uninitialized element', 'indirect call type mismatch']],
  [/dereferencing a null pointer/, ['null']],
  [/rethrowing null value/, ['null exception reference', 'null reference']],
  [/illegal cast/, ['cast failure']],
  [/unaligned accesses/, ['unaligned atomic']],
  [/Atomics.wait cannot be called/, ['expected shared memory']],
];
