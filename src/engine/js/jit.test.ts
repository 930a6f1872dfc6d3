// What the official suite does not test about the JavaScript compiler: limits, forms of the code, refusals, bits of NaNs, traces.
import { describe, expect, it } from 'vitest';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import type { InstantiateOptions } from '../../embed/instance/instantiation.js';
import type { WasmInstance } from '../../embed/instance/wasm-instance.js';
import { Runtime } from '../../embed/runtime.js';
import type { Fallback } from '../../runtime/engine.js';
import type { FunctionInstance } from '../../runtime/function.js';
import { NativeFunctionInstance } from '../../runtime/function.js';
import { LimitError, Trap } from '../../wasm/errors.js';
import { jitEngine } from './jit.js';

function start(text: string, options: InstantiateOptions = {}, fallback?: Fallback): WasmInstance {
  const runtime = Runtime.init({}, { platform: testPlatform(), engines: [jitEngine(fallback)] });
  return runtime.instantiate(runtime.load(assemble(text)), { mode: 'jit', ...options });
}
function call(instance: WasmInstance, name: string, ...args: unknown[]): unknown {
  return instance.lookupFunction(name)!.call(...args)[0];
}
function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

const RECURSE = `(module (func $down (export "down") (param i32) (result i32)
  (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
    (else (i32.const 0)))))`;

describe('depth and stack', () => {
  it('stops at limits.callDepth exactly, and works again', () => {
    const instance = start(RECURSE, { limits: { callDepth: 100 } });
    expect(call(instance, 'down', 99)).toBe(99);
    const error = errorOf(() => call(instance, 'down', 100));
    expect(error).toBeInstanceOf(LimitError);
    expect((error as LimitError).limit).toBe('callDepth');
    expect(call(instance, 'down', 99)).toBe(99);
  });
  it('stops at limits.stackBytes, and works again', () => {
    const instance = start(RECURSE, { limits: { stackBytes: 10_000 } });
    expect(call(instance, 'down', 50)).toBe(50);
    expect((errorOf(() => call(instance, 'down', 5000)) as LimitError).limit).toBe('stackBytes');
    expect(call(instance, 'down', 50)).toBe(50);
  });
  it("makes the host's stack overflow the guest's trap, with frames", () => {
    const error = errorOf(() => call(start(RECURSE), 'down', 10_000_000)) as Trap;
    expect(error.id).toBe('stack-exhausted');
    expect(error.frames[0]).toMatchObject({ functionIndex: 0, functionName: 'down' });
  });
});

describe('a trap out of bounds', () => {
  const LOADS = `(module (memory 1)
    (func $read (param i32) (result i32) (i32.load offset=4 (local.get 0)))
    (func (export "read") (param i32) (result i32) (call $read (local.get 0)))
    (func (export "write") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
    (func (export "float") (param i32 f32) (result f32) (f32.store (local.get 0) (local.get 1)) (f32.load (local.get 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))`;
  it('names the functions it happened in, writes nothing, and leaves working code', () => {
    const instance = start(LOADS);
    for (let round = 0; round < 3; round++) {
      expect(call(instance, 'read', 65_528)).toBe(0);
      const error = errorOf(() => call(instance, 'read', 65_529)) as Trap;
      expect(error.id).toBe('memory-out-of-bounds');
      expect(error.frames.map((frame) => frame.functionIndex)).toEqual([0, 1]);
      expect((errorOf(() => call(instance, 'write', 65_532, -1n)) as Trap).id).toBe('memory-out-of-bounds');
      expect(call(instance, 'read', 65_528)).toBe(0);
      expect((errorOf(() => call(instance, 'write', -4, -1n)) as Trap).id).toBe('memory-out-of-bounds');
      expect(call(instance, 'float', 65_528, 1.5)).toBe(1.5);
      call(instance, 'write', 65_528, 0n);
    }
    expect(call(instance, 'grow')).toBe(1);
    expect(call(instance, 'read', 65_532)).toBe(0);
  });
});

describe('functions too large for JavaScript', () => {
  const deep = (depth: number): string =>
    `(module (func $deep (export "deep") (param i32) (result i32) ${'(block '.repeat(depth)} (nop) ${')'.repeat(depth)} (local.get 0))
      (func (export "through") (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0)))))`;
  it('run in JavaScript up to a nesting of 700', () => {
    expect(call(start(deep(690)), 'through', 4)).toBe(5);
  });
  it('run in the fallback beyond, called from both sides', () => {
    const fallback: Fallback = {
      mode: 'interp',
      prepare: (instance) => (index) =>
        new NativeFunctionInstance(instance.functions[index]!.type, 'fallback', (_, slots) => {
          slots.i32[0] = slots.i32[0]! * 10;
        }) as FunctionInstance,
    };
    const instance = start(deep(20_000), {}, fallback);
    expect(call(instance, 'deep', 4)).toBe(40);
    expect(call(instance, 'through', 4)).toBe(41);
  });
  it('trap without a fallback', () => {
    expect((errorOf(() => call(start(deep(20_000)), 'deep', 4)) as Trap).id).toBe('unsupported-operation');
  });
});

describe('signalling NaNs', () => {
  const BITS = `(module (memory 1)
    (func $id (param f32) (result f32) (local.get 0))
    (func (export "locals") (param i32) (result i32) (local f32 f32)
      (local.set 1 (f32.reinterpret_i32 (local.get 0)))
      (loop (local.set 2 (local.get 1)) (br_if 0 (i32.const 0)))
      (i32.store (i32.const 0) (i32.reinterpret_f32 (call $id (local.get 2))))
      (f32.store (i32.const 4) (select (f32.load (i32.const 0)) (f32.const 1) (local.get 0)))
      (i32.load (i32.const 4)))
    (func (export "quiet") (param i32) (result i32)
      (i32.reinterpret_f32 (f32.mul (f32.reinterpret_i32 (local.get 0)) (f32.const 1))))
    (func (export "neg") (param i64) (result i64)
      (i64.reinterpret_f64 (f64.neg (f64.reinterpret_i64 (local.get 0))))))`;
  it('keep their bits on every way that moves values, and lose them in arithmetic', () => {
    const instance = start(BITS);
    for (let round = 0; round < 200; round++) {
      expect(call(instance, 'locals', 0x7fa12345)).toBe(0x7fa12345);
      expect(call(instance, 'quiet', 0x7fa12345)).toBe(0x7fe12345);
      expect(call(instance, 'neg', 0x7ff4000000000001n)).toBe(BigInt.asIntN(64, 0xfff4000000000001n));
    }
  });
  it('keep them through tail calls', () => {
    const instance = start(`(module (memory 1)
      (func $store (param i32 f32 f64) (f32.store (local.get 0) (local.get 1)) (f64.store offset=8 (local.get 0) (local.get 2)))
      (func (export "run") (param i32 i64)
        (return_call $store (i32.const 16) (f32.reinterpret_i32 (local.get 0)) (f64.reinterpret_i64 (local.get 1))))
      (func (export "f32") (result i32) (i32.load (i32.const 16)))
      (func (export "f64") (result i64) (i64.load (i32.const 24))))`);
    for (let round = 0; round < 200; round++) {
      call(instance, 'run', 0x7fa12345, 0x7ff4000000000001n);
      expect(call(instance, 'f32')).toBe(0x7fa12345);
      expect(call(instance, 'f64')).toBe(0x7ff4000000000001n);
    }
  });
});

describe('memory that moves', () => {
  it('is found again after calls that grow it, in loops as well', () => {
    const instance = start(`(module (memory 1)
      (func $grow (drop (memory.grow (i32.const 1))))
      (func (export "run") (param i32) (result i32) (local i32)
        (loop
          (call $grow)
          (loop (i32.store (i32.mul (local.get 1) (i32.const 65536)) (local.get 1))
            (br_if 0 (i32.ne (i32.load (i32.mul (local.get 1) (i32.const 65536))) (local.get 1))))
          (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
        (i32.load (i32.mul (i32.sub (local.get 1) (i32.const 1)) (i32.const 65536)))))`);
    for (const count of [3, 5, 7]) expect(call(instance, 'run', count)).toBe(count - 1);
  });
});

describe('a memory that several instances share', () => {
  it('has one place for all of them, whatever was linked again', () => {
    const runtime = Runtime.init({}, { platform: testPlatform(), engines: [jitEngine()] });
    const owner = runtime.instantiate(
      runtime.load(
        assemble(`(module (memory (export "m") 1)
          (func (export "grow") (result i32) (memory.grow (i32.const 1)))
          (func (export "put") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
          (func (export "trap") (result i32) (i32.load (i32.const -4))))`),
      ),
      { mode: 'jit' },
    );
    const user = runtime.instantiate(
      runtime.load(
        assemble(`(module (import "owner" "m" (memory 1)) (import "owner" "grow" (func $grow (result i32)))
          (func (export "get") (param i32) (result i32) (i32.load (local.get 0)))
          (func (export "growAndGet") (param i32) (result i32) (drop (call $grow)) (i32.load (local.get 0))))`),
      ),
      { mode: 'jit', imports: { owner } },
    );
    for (let round = 1; round < 30; round++) {
      call(owner, 'put', 64, round);
      expect(call(user, 'get', 64)).toBe(round);
      if (round % 3 === 0) expect(errorOf(() => call(owner, 'trap'))).toBeInstanceOf(Trap);
      if (round % 2 === 0) call(owner, 'grow');
      call(owner, 'put', 64, -round);
      expect(call(user, 'get', 64)).toBe(-round);
      expect(call(user, 'growAndGet', 64)).toBe(-round);
    }
  });
});
