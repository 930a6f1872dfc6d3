// Functions that JavaScript cannot hold run in the interpreter, in the middle of a compiled instance.
import { describe, expect, it } from 'vitest';
import { Runtime } from '#src/embed/runtime.js';
import { interpEngine, interpFallback } from '#src/engine/interp/interp-engine.js';
import { jitEngine } from '#src/engine/js/jit.js';
import type { Engine } from '#src/runtime/engine.js';
import { LimitError } from '#src/wasm/errors.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble } from '../helpers/wat.js';

// A loop far inside calls a compiled function, grows the memory, stores; what it stored is read outside.
const DEEP = `(module (memory 1)
  (func $grow (param i32) (result i32) (drop (memory.grow (i32.const 1))) (i32.mul (local.get 0) (i32.const 3)))
  (func $deep (param i32) (result i64) ${'(block '.repeat(2000)}
    (loop (i32.store (i32.const 70000) (i32.add (i32.load (i32.const 4)) (call $grow (local.get 0))))
      (br_if 0 (i32.lt_u (memory.size) (i32.const 3)))) ${')'.repeat(2000)}
    (i64.load (i32.const 70000)))
  (func (export "run") (param i32) (result i64)
    (i64.add (call $deep (local.get 0)) (i64.extend_i32_u (i32.load (i32.const 70000))))))`;

const ENGINES: Readonly<Record<string, () => Engine>> = {
  'jit with the fallback': () => jitEngine(interpFallback()),
  interp: interpEngine,
};

describe('a function with 2,000 nested blocks', () => {
  for (const [name, engine] of Object.entries(ENGINES)) {
    it(`gives the same, and the same fuel: ${name}`, () => {
      const runtime = Runtime.init({}, { platform: testPlatform(), engines: [engine()] });
      const module = runtime.load(assemble(DEEP));
      const instance = runtime.instantiate(module, { limits: { fuel: 100_000 } });
      const run = instance.lookupFunction('run')!;
      expect(run.call(7)).toEqual([42n]);
      expect(instance.usage.fuel).toBe(42 + 2_048);
      const poor = runtime.instantiate(module, { limits: { fuel: 20 } });
      expect(() => poor.lookupFunction('run')!.call(7)).toThrow(LimitError);
      instance.deinstantiate();
      poor.deinstantiate();
      module.unload();
    });
  }
});
