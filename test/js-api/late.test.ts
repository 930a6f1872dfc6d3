// Bodies that are validated when they are first called, because the host's own WebAssembly has found the module valid: what is said at once all the same,
// what a body that is not valid does, and tail calls that are seen late.
import { expect, test } from 'vitest';
import { interpEngine, interpFallback } from '#src/engine/interp/interp-engine.js';
import { jitEngine } from '#src/engine/js/jit.js';
import { createWebAssembly, type NamespaceOptions } from '#src/entry/webassembly.js';
import type { Engine } from '#src/runtime/engine.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble } from '../helpers/wat.js';

type Standard = typeof WebAssembly;
const MODES = ['interp', 'jit'] as const;

/** Finds everything valid, as an engine of another standard might. */
const voucher: Engine = {
  mode: 'host',
  unavailable: () => 'it only vouches',
  missingFeatures: () => [],
  vouchesFor: () => true,
  compile() {
    throw new Error('it only vouches');
  },
};
function namespaceWith(options: NamespaceOptions): Standard {
  const engines = [voucher, jitEngine(interpFallback(), { heat: { ticks: 100, perByte: 0 } }), interpEngine()];
  return createWebAssembly(options, { platform: testPlatform(), engines }) as Standard;
}

/** Beyond the size up to which every module is validated at once. */
const LONG = `(memory 1) (data (i32.const 0) "${'x'.repeat(20_000)}")`;
const DROP = 0x1a;
const NOP = 0x01;
/** A function that leaves an operand too many, beside one that is valid. */
function invalid(): Uint8Array<ArrayBuffer> {
  const bytes = assemble(`(module ${LONG} (func (export "good") (result i32) (i32.const 5))
    (func (export "bad") (result i32) (drop (i32.const 1234)) (i32.const 6)))`);
  const at = bytes.findIndex((byte, i) => byte === 0xd2 && bytes[i + 1] === 0x09 && bytes[i + 2] === DROP);
  bytes[at + 2] = NOP;
  return bytes as Uint8Array<ArrayBuffer>;
}

test.each(MODES)('what the host finds invalid is refused at once, mode %s', (mode) => {
  const wasm = createWebAssembly({ mode }) as Standard;
  expect(wasm.validate(invalid())).toBe(false);
  expect(() => new wasm.Module(invalid())).toThrow(wasm.CompileError);
});

test.each(MODES)('a body on which the host and this runtime differ is refused when it is called, mode %s', (mode) => {
  const wasm = namespaceWith({ mode });
  const { good, bad } = new wasm.Instance(new wasm.Module(invalid())).exports as Record<string, () => number>;
  expect(good!()).toBe(5);
  for (let i = 0; i < 3; i++) expect(bad!).toThrow(wasm.CompileError);
  expect(bad!).toThrow('function 1');
  for (let i = 0; i < 10; i++) expect(good!()).toBe(5);
});

test('everything is validated at once where time is limited, or a feature is off', () => {
  for (const options of [
    { limits: { timeoutMs: 1e6 } },
    { total: { timeoutMs: 1e6 } },
    { features: { simd: false } },
  ]) {
    const wasm = namespaceWith({ mode: 'interp', ...options });
    expect(() => new wasm.Module(invalid())).toThrow(wasm.CompileError);
  }
});

test('tail calls of bodies that are seen late keep no frames', () => {
  const wasm = namespaceWith({ mode: 'jit' });
  const bytes = assemble(`(module ${LONG}
    (func $even (export "even") (param i32) (result i32)
      (if (result i32) (local.get 0) (then (return_call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
    (func $odd (param i32) (result i32)
      (if (result i32) (local.get 0) (then (return_call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
    (func (export "plain") (param i32) (result i32) (local.get 0)))`);
  const { even, plain } = new wasm.Instance(new wasm.Module(bytes as Uint8Array<ArrayBuffer>)).exports as Record<
    string,
    (n: number) => number
  >;
  for (let i = 0; i < 10; i++) expect(plain!(i)).toBe(i);
  for (const n of [100_000, 99_999, 300_000]) expect(even!(n)).toBe(n % 2 === 0 ? 1 : 0);
  expect(plain!(7)).toBe(7);
});
