// The operations outside the step function: scalar instructions that compiled C rarely needs (generated from their semantics), and the
// hand-written ones of src/engine/interp/ops, with their lengths in words.
import { SEMANTICS } from '#src/wasm/semantics.js';
import { scalar } from './hot-ops.js';
import type { Operation } from './operation.js';

type ScalarName = keyof typeof SEMANTICS;

/** Returns the scalar instructions in their plain form that are not among the hot operations. */
export function coldScalars(hot: ReadonlySet<string>): Operation[] {
  const all: Operation[] = [];
  for (const name of Object.keys(SEMANTICS) as ScalarName[]) {
    const ident = name.replace('.', '_');
    if (hot.has(ident) || name === 'i32.wrap_i64' || name === 'i32.reinterpret_f32' || name === 'f32.reinterpret_i32')
      continue;
    const { load, checks, store, words } = scalar(name);
    const tests = checks.map(([text, id]) => `if (${text}) throw new Trap('${id}');`).join(' ');
    all.push({ name: ident, words, body: `${load} ${tests} ${store}` });
  }
  return all;
}

/** The name and length of each hand-written operation: src/engine/interp/ops has one handler for each, complete by type. */
export const HANDLED: Readonly<Record<string, number>> = {
  // Operations for the driver, which end the step function.
  halt: 1,
  switch_back: 1,
  lazy: 2,
  unreachable: 1,
  call_import: 3,
  call_ref: 3,
  return_call_import: 2,
  return_call_indirect: 4,
  return_call_ref: 2,
  throw: 3,
  throw_ref: 2,
  // Observed instances.
  observe_enter: 2,
  observe_leave: 2,
  observe_place: 2,
  // Registers and globals.
  refs_enter: 4,
  checkpoint: 1,
  mov_ref: 3,
  mov_v: 3,
  const_v: 6,
  select_ref: 5,
  select_v: 5,
  global_get_64: 3,
  global_get_f: 3,
  global_get_v: 3,
  global_get_ref: 3,
  global_set_64: 3,
  global_set_f: 3,
  global_set_v: 3,
  global_set_ref: 3,
  canonical_f32: 2,
  canonical_f64: 2,
  canonical_f32x4: 2,
  canonical_f64x2: 2,
  i64_add128: 6,
  i64_sub128: 6,
  i64_mul_wide_s: 4,
  i64_mul_wide_u: 4,
  // Memories.
  load_any: 7,
  store_any: 7,
  load_lane: 9,
  store_lane: 8,
  memory_size: 3,
  memory_grow: 4,
  memory_fill: 5,
  memory_copy: 6,
  memory_init: 6,
  data_drop: 2,
  atomic_access: 9,
  atomic_notify: 7,
  atomic_wait: 9,
  // Tables.
  table_get: 4,
  table_index: 3,
  table_set: 4,
  table_size: 3,
  table_grow: 5,
  table_fill: 5,
  table_copy: 6,
  table_init: 6,
  elem_drop: 2,
  // References and objects.
  ref_null: 2,
  ref_is_null: 3,
  ref_func: 3,
  ref_eq: 4,
  ref_as_non_null: 2,
  br_on_null: 3,
  br_on_non_null: 3,
  ref_test: 5,
  ref_cast: 4,
  br_on_cast: 5,
  br_on_cast_fail: 5,
  ref_i31: 3,
  i31_get_s: 3,
  i31_get_u: 3,
  struct_new: 4,
  struct_new_default: 3,
  struct_get: 6,
  struct_set: 5,
  array_new: 5,
  array_new_default: 4,
  array_new_fixed: 5,
  array_new_data: 6,
  array_new_elem: 6,
  array_get: 6,
  array_set: 5,
  array_len: 3,
  array_fill: 6,
  array_copy: 6,
  array_init_data: 7,
  array_init_elem: 7,
  // Vectors.
  vector: 7,
  shuffle: 8,
};
