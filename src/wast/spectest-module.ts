// The text of the `spectest` module that scripts import from. Every target gets it in the same way, as a wasm module.
import type { SpecTarget } from './script-target.js';

const PRINTS = ['', 'i32', 'i64', 'f32', 'f64', 'i32 f32', 'f64 f64'];

function print(types: string): string {
  const name = types === '' ? 'print' : `print_${types.replace(' ', '_')}`;
  return `(func (export "${name}") (param ${types}))`;
}

/** Returns the text of the module without the exports that need a feature that the target lacks. */
export function spectestText(features: SpecTarget['spectest']): string {
  return `(module
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    ${features.table64 ? '(table (export "table64") i64 10 20 funcref)' : ''}
    (memory (export "memory") 1 2)
    ${features.sharedMemory ? '(memory (export "shared_memory") 1 2 shared)' : ''}
    ${PRINTS.map(print).join('\n')})`;
}
