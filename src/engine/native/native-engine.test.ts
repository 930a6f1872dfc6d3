import { describe, expect, it } from 'vitest';
import { inTime } from '../../../test/helpers/failure.js';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import type { LoadOptions } from '../../embed/module/wasm-module.js';
import { Runtime } from '../../embed/runtime.js';
import { ExitError, InvalidError, LimitError, type LinkError, type Trap } from '../../wasm/errors.js';
import { interpEngine } from '../interp/interp-engine.js';
import { jitEngine } from '../js/jit.js';
import { type CodeStore, contentKey, featuresKey, packEntry, unpackEntry } from './code-cache.js';
import { hostEngine } from './native-engine.js';

type Options = Parameters<Runtime['instantiate']>[1];

function start(text: string, options: Options = {}, engines = [hostEngine(), interpEngine()]) {
  const runtime = Runtime.init({}, { platform: testPlatform(), engines });
  return { runtime, instance: runtime.instantiate(runtime.load(assemble(text)), { mode: 'host', ...options }) };
}
function call(text: string, name: string, args: readonly unknown[] = [], options: Options = {}): unknown[] {
  return [
    ...start(text, options)
      .instance.lookupFunction(name)!
      .call(...args),
  ];
}
function thrown(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('mode host', () => {
  it('gives traps their kind, their frames and their offsets in the original module', () => {
    const text = `(module (memory 1) (table 3 funcref) (elem (i32.const 0) $leaf) (type $other (func (param f32)))
      (func $leaf (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
      (func $middle (export "middle") (param i32) (result i32) (call $leaf (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "indirect") (param i32) (call_indirect (type $other) (f32.const 0) (local.get 0)))
      (func (export "convert") (param f32) (result i32) (i32.trunc_f32_s (local.get 0))))`;
    const { instance } = start(text);
    const trap = (name: string, argument: number): Trap =>
      thrown(() => instance.lookupFunction(name)!.call(argument)) as Trap;
    const divided = trap('middle', 0);
    expect(divided.id).toBe('integer-divide-by-zero');
    expect(divided.frames.map(({ functionIndex }) => functionIndex)).toEqual([0, 1]);
    const bytes = assemble(text);
    expect(bytes[divided.frames[0]!.offset]).toBe(0x6e);
    expect(bytes[divided.frames[1]!.offset]).toBe(0x10);
    expect(trap('load', -1).id).toBe('memory-out-of-bounds');
    expect(trap('indirect', 0).id).toBe('indirect-call-type-mismatch');
    expect(trap('indirect', 1).id).toBe('uninitialized-element');
    expect(trap('indirect', 9).id).toBe('undefined-element');
    expect(trap('convert', Number.NaN).id).toBe('invalid-conversion');
    expect(trap('convert', 1e30).id).toBe('integer-overflow');
  });

  it('counts the same as interp where a native calls back into an instance that waits for another', () => {
    const used = (mode: 'host' | 'interp'): number => {
      const runtime = Runtime.init({}, { platform: testPlatform(), engines: [hostEngine(), interpEngine()] });
      const imports = { e: { back: () => outer.lookupFunction('back')!.call() } };
      const inner = runtime.instantiate(
        runtime.load(assemble(`(module (import "e" "back" (func $back)) (func (export "f") (call $back)))`)),
        { mode, limits: { fuel: 1900, timeoutMs: 2000 }, imports },
      );
      const outer = runtime.instantiate(
        runtime.load(
          assemble(`(module (import "i" "f" (func $f)) (func (export "back") (nop) (drop (i32.const 1)))
            (func (export "run") (loop (call $f) (br 0))))`),
        ),
        { mode, limits: { fuel: 1900, timeoutMs: 2000 }, imports: { i: inner } },
      );
      const error = thrown(() => outer.lookupFunction('run')!.call()) as LimitError;
      expect(error.limit).toBe('fuel');
      return error.usage!.fuel!;
    };
    expect(used('host')).toBe(used('interp'));
    expect(used('host')).toBeGreaterThan(1000);
  });

  it('lets no guest catch a limit, an exit or a trap', () => {
    const text = `(module (import "e" "exit" (func $exit)) (import "e" "bad" (func $bad))
      (func $spin (loop $l (br $l)))
      (func (export "spin") (loop $again try call $spin catch_all end (br $again)))
      (func (export "exit") try try call $exit catch_all end catch_all end)
      (func (export "bad") (result i32) try (result i32) call $bad i32.const 0 catch_all i32.const 1 end))`;
    const ownError = new TypeError('mine');
    const imports = {
      e: {
        exit: () => {
          throw new ExitError(7);
        },
        bad: () => {
          throw ownError;
        },
      },
    };
    const { instance } = inTime(() => start(text, { limits: { timeoutMs: 50 }, imports }));
    const error = (name: string): unknown => thrown(() => instance.lookupFunction(name)!.call());
    expect((error('spin') as LimitError).limit).toBe('timeoutMs');
    expect((error('exit') as ExitError).code).toBe(7);
    expect(error('bad')).toBe(ownError);
  });

  it('keeps fuel and depth right when exceptions are caught', () => {
    const text = `(module (tag $t (param i32))
      (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $t (i32.const 5)))))
      (func $catch (result i32) try (result i32) i32.const 20 call $deep i32.const 0 catch $t end)
      (func (export "run") (param i32) (result i32) (local i32)
        (loop $l (local.set 1 (i32.add (local.get 1) (call $catch)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))`;
    const outcome = (mode: 'host' | 'interp', fuel: number) => {
      const { instance } = start(text, { mode, metered: true, limits: { fuel, callDepth: 24 } });
      const error = thrown(() => expect([...instance.lookupFunction('run')!.call(100)]).toEqual([500]));
      return { fuel: instance.usage.fuel, error: error === undefined ? '' : (error as LimitError).limit };
    };
    for (const fuel of [1e6, 5000, 777]) expect(outcome('host', fuel)).toEqual(outcome('interp', fuel));
    expect(outcome('host', 1e6).error).toBe('');
  });

  it('keeps every bit of numbers and vectors through natives and calls', () => {
    const text = `(module (import "e" "f32" (func $f32 (param f32) (result f32))) (import "e" "i64" (func $i64 (param i64) (result i64)))
      (func (export "nan") (result i32) (i32.reinterpret_f32 (call $f32 (f32.reinterpret_i32 (i32.const 0x7fa12345)))))
      (func (export "long") (param i64) (result i64) (call $i64 (local.get 0)))
      (func (export "swap") (param v128 i64 f64) (result f64 v128 i64)
        (local.get 2) (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get 0) (local.get 0)) (local.get 1)))`;
    const { runtime, instance } = start(text, {
      imports: { e: { f32: (_: unknown, x: number) => x, i64: (_: unknown, x: bigint) => x + 1n } },
    });
    expect(instance.lookupFunction('long')!.call(-(2n ** 62n))).toEqual([-(2n ** 62n) + 1n]);
    const vector = Uint8Array.from({ length: 16 }, (_, i) => i);
    expect(instance.lookupFunction('swap')!.call(vector, -5n, 0.5)).toEqual([0.5, vector.slice().reverse(), -5n]);
    runtime.destroy();
  });

  it('grows memories and tables within the budgets', () => {
    const text = `(module (memory (export "m") 1 100) (table 1 100 funcref)
      (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))`;
    const { instance, runtime } = start(text, { limits: { memoryBytes: 4 * 65_536, tableElements: 10 } });
    const grow = (name: string, by: number): unknown => instance.lookupFunction(name)!.call(by)[0];
    expect([grow('memory', 2), grow('memory', 5), grow('table', 9), grow('table', 1)]).toEqual([1, -1, 1, -1]);
    expect(instance.usage.memoryBytes).toBeGreaterThanOrEqual(3 * 65_536);
    instance.deinstantiate();
    expect(runtime.destroy().leaks?.charges).toBe(0);
    expect(thrown(() => start(text, { limits: { memoryBytes: 1000 } }))).toBeInstanceOf(LimitError);
  });

  it('calls other instances of the mode directly, and refuses what lives elsewhere by name', () => {
    const runtime = Runtime.init({}, { platform: testPlatform(), engines: [hostEngine(), interpEngine()] });
    const load = (text: string, options: LoadOptions = {}) => runtime.load(assemble(text), options);
    const library = `(module (memory (export "memory") 1) (table (export "table") 1 funcref) (global (export "global") (mut i32) (i32.const 4))
      (func $sum (export "sum") (param i32) (result i32) (local i32)
        (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0))) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)) (elem (i32.const 0) $sum))`;
    const user = `(module (import "lib" "sum" (func $sum (param i32) (result i32))) (import "lib" "table" (table 1 funcref))
      (func (export "run") (param i32) (result i32) (local i32)
        (loop $l (local.set 1 (i32.add (call $sum (i32.const 10)) (call_indirect (param i32) (result i32) (local.get 1) (i32.const 0))))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1)))`;
    const outcome = (mode: 'host' | 'interp', fuel: number) => {
      const options: Options = { mode, metered: true, limits: { fuel } };
      const lib = runtime.instantiate(load(library), options);
      const { sum, table } = lib.exports;
      const imports = { lib: { sum, table } } as never;
      const instance = runtime.instantiate(load(user), { ...options, imports });
      const error = thrown(() => instance.lookupFunction('run')!.call(3));
      return { fuel: instance.usage.fuel, error: error === undefined ? '' : String(error) };
    };
    for (const fuel of [1e6, 3000, 500, 90, 20]) expect(outcome('host', fuel)).toEqual(outcome('interp', fuel));
    const elsewhere = runtime.instantiate(load(library), { mode: 'interp' }).exports;
    const module = load('(module (import "lib" "table" (table 1 funcref)))');
    const imports = { lib: { table: elsewhere['table'] } } as never;
    const error = thrown(() => runtime.instantiate(module, { mode: 'host', imports })) as LinkError;
    expect(error.message).toContain('"lib"."table": a table that does not run in mode host');
  });

  it('shares compiled code by content and options', () => {
    const kept = new Map<string, Uint8Array>();
    let reads = 0;
    const codeStore: CodeStore = {
      get: (key) => {
        reads++;
        return kept.get(key);
      },
      put: (key, entry) => void kept.set(key, entry),
    };
    const text = '(module (func (export "f") (result i32) (i32.const 6)))';
    const run = (): unknown => {
      const { instance } = start(text, {}, [hostEngine({ codeStore })]);
      return instance.lookupFunction('f')!.call()[0];
    };
    expect([run(), run()]).toEqual([6, 6]);
    // The code, and which features the module uses.
    expect([kept.size, reads]).toEqual([2, 4]);
    const [key, entry] = [...kept][0]!;
    for (const broken of [
      entry.slice(0, 30),
      entry.map((byte, i) => (i === entry.length - 9 ? byte ^ 1 : byte)),
      new Uint8Array(3),
    ]) {
      kept.set(key, broken);
      expect(run()).toBe(6);
    }
  });

  it('validates no body again whose code is kept, and every one else', () => {
    const kept = new Map<string, Uint8Array>();
    const codeStore: CodeStore = { get: (key) => kept.get(key), put: (key, entry) => void kept.set(key, entry) };
    const load = (
      bytes: Uint8Array,
      features: LoadOptions['features'] = {},
    ): { usedFeatures: string[]; run(): unknown } => {
      const runtime = Runtime.init({}, { platform: testPlatform(), engines: [hostEngine({ codeStore })] });
      const module = runtime.load(bytes, { features });
      return {
        usedFeatures: [...module.usedFeatures],
        run: () => runtime.instantiate(module).lookupFunction('f')!.call()[0],
      };
    };
    const good = assemble('(module (func (export "f") (result i32) (i32.extend8_s (i32.const 200))))');
    expect(load(good).run()).toBe(-56);
    const again = load(good);
    expect([again.usedFeatures, again.run()]).toEqual([['sign-extension'], -56]);
    expect(() => load(good, { 'sign-extension': false })).toThrow(/sign-extension/);

    // A module for which the store says the same although it is another, and not valid: `f` gives an i64.
    const bad = good.map((byte, i) => (byte === 0x41 && good[i + 1] === 0xc8 ? 0x42 : byte));
    expect(() => load(bad)).toThrow(InvalidError);
    const key = featuresKey(contentKey(bad));
    kept.set(key, packEntry(key, new Uint8Array(0), new Uint8Array(0)));
    const late = load(bad);
    expect(() => late.run()).toThrow(InvalidError);
  });

  it('knows a whole entry of the store from any other', () => {
    const original = Uint8Array.of(1, 2, 3);
    const entry = packEntry('key', original, Uint8Array.of(9, 8));
    expect(unpackEntry('key', entry, original)).toEqual(Uint8Array.of(9, 8));
    expect(unpackEntry('key', entry, Uint8Array.of(1, 2, 4))).toBeUndefined();
    expect(unpackEntry('other', entry, original)).toBeUndefined();
    for (let i = 0; i < entry.length; i++) {
      const broken = entry.slice();
      broken[i]! ^= 0x10;
      expect(unpackEntry('key', broken, original)).toBeUndefined();
    }
  });

  it('makes NaNs canonical where that is asked', () => {
    const text = `(module (func (export "f") (param f64) (result i64)
      (i64.reinterpret_f64 (f64.add (local.get 0) (f64.reinterpret_i64 (i64.const 0xfff8000000000123))))))`;
    expect(call(text, 'f', [1], { deterministic: true })).toEqual([0x7ff8_0000_0000_0000n]);
  });

  const OWNER = `(module (memory (export "m") 1 3) (global (export "i") (mut i64) (i64.const 5)) (global (export "f") (mut f32) (f32.const 1))
    (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "add") (global.set 0 (i64.add (global.get 0) (i64.const 1))))
    (func (export "nan") (result i32) (i32.reinterpret_f32 (global.get 1))))`;
  const USER = `(module (memory (import "o" "m") 1 3) (global $i (import "o" "i") (mut i64)) (global $f (import "o" "f") (mut f32))
    (func $add (import "o" "add")) (func $poke (import "o" "poke") (param i32 i32))
    (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "sum") (result i64)
      (global.set $i (i64.add (global.get $i) (i64.const 10))) (call $add) (global.get $i))
    (func (export "through") (result i32) (call $poke (i32.const 65536) (i32.const 77)) (i32.load (i32.const 65536)))
    (func (export "nan") (global.set $f (f32.reinterpret_i32 (i32.const 0x7fa12345)))))`;
  for (const mode of ['interp', 'jit'] as const) {
    it(`imports memories and mutable globals of mode ${mode}, which both see from then on`, () => {
      const runtime = Runtime.init(
        {},
        { platform: testPlatform(), engines: [hostEngine(), jitEngine(), interpEngine()] },
      );
      const owner = runtime.instantiate(runtime.load(assemble(OWNER)), { mode });
      const callOwner = (name: string, ...args: unknown[]) => owner.lookupFunction(name)!.call(...args)[0];
      callOwner('poke', 8, 1234);
      const user = runtime.instantiate(runtime.load(assemble(USER)), { mode: 'host', imports: { o: owner } });
      const callUser = (name: string, ...args: unknown[]) => user.lookupFunction(name)!.call(...args)[0];
      for (let round = 1; round < 20; round++) {
        callUser('poke', 12, round);
        callOwner('poke', 16, -round);
        expect([callUser('peek', 8), callOwner('peek', 12), callUser('peek', 16)]).toEqual([1234, round, -round]);
      }
      expect(callUser('grow')).toBe(1);
      expect(callUser('through')).toBe(77);
      expect(callOwner('peek', 65536)).toBe(77);
      expect(callOwner('grow')).toBe(2);
      callOwner('poke', 131072, 5);
      expect(callUser('peek', 131072)).toBe(5);
      expect(callUser('grow')).toBe(-1);
      expect(owner.lookupMemory('m')!.byteLength).toBe(196608);
      expect(callUser('sum')).toBe(16n);
      callOwner('add');
      expect(callUser('sum')).toBe(28n);
      callUser('nan');
      expect(callOwner('nan')).toBe(0x7fa12345);
      user.deinstantiate();
      expect(callOwner('peek', 131072)).toBe(5);
      owner.deinstantiate();
    });
  }
  it('is passed over by auto where a table of another mode is imported, and says why', () => {
    const runtime = Runtime.init({}, { platform: testPlatform(), engines: [hostEngine(), interpEngine()] });
    const owner = runtime.instantiate(runtime.load(assemble('(module (table (export "t") 1 funcref))')), {
      mode: 'interp',
    });
    const module = runtime.load(assemble('(module (table (import "o" "t") 1 funcref))'));
    const user = runtime.instantiate(module, { mode: 'auto', imports: { o: owner } });
    expect(user.mode).toBe('interp');
    expect(user.modeReason).toContain('a table that does not run in mode host');
    expect(() => runtime.instantiate(module, { mode: 'host', imports: { o: owner } })).toThrow(
      'does not run in mode host',
    );
  });
});

it('a host that compiles no modules, as under a content security policy, is passed over with the reason', () => {
  const real = globalThis.WebAssembly;
  for (const name of ['CompileError', 'EvalError']) {
    class Module {
      constructor() {
        throw Object.assign(new Error('Wasm code generation disallowed by embedder'), { name });
      }
    }
    // With the members of the real one, which are not enumerable.
    const strict = Object.create(real, { Module: { value: Module } }) as typeof WebAssembly;
    globalThis.WebAssembly = strict;
    const engine = hostEngine();
    globalThis.WebAssembly = real;
    expect(engine.unavailable()).toBe('this host compiles no WebAssembly: Wasm code generation disallowed by embedder');
    const runtime = Runtime.init({}, { platform: testPlatform(), engines: [engine, interpEngine()] });
    const instance = runtime.instantiate(runtime.load(assemble('(module)')));
    expect(instance.mode).toBe('interp');
    expect(instance.modeReason).toContain('not host: this host compiles no WebAssembly');
    runtime.destroy();
  }
});
