import { describe, expect, test } from 'vitest';
import { type FakeProgram, fakeEngine } from '../../test/helpers/fake-engine.js';
import { testPlatform } from '../../test/helpers/test-platform.js';
import { assemble } from '../../test/helpers/wat.js';
import { ALL_LIBRARIES, wasi } from '../entry/libraries.js';
import type { ExecEnv } from '../runtime/exec-env.js';
import { ExitError, LimitError, LinkError, MalformedError, Trap, UsageError } from '../wasm/errors.js';
import { I32 } from '../wasm/types.js';
import type { RuntimeInitArgs } from './init/init-args.js';
import type { Library } from './init/library.js';
import type { WasmGlobal, WasmMemory, WasmTable } from './instance/externs.js';
import type { InstantiateOptions } from './instance/instantiation.js';
import { instanceOf, type WasmInstance } from './instance/wasm-instance.js';
import { Runtime } from './runtime.js';

function setUp(program: FakeProgram = {}, args: RuntimeInitArgs = {}) {
  const platform = testPlatform();
  const disposed: number[] = [];
  const engine = fakeEngine(program, { onDispose: () => disposed.push(1) });
  const runtime = Runtime.init(args, { platform, engines: [engine], libraries: ALL_LIBRARIES });
  const start = (text: string, options?: InstantiateOptions): WasmInstance =>
    runtime.instantiate(runtime.load(assemble(text), { name: 'm' }), options);
  return { runtime, start, platform, disposed };
}

const ADD = '(module (func (export "add") (param i32 i64) (result i32) unreachable))';
const add: FakeProgram = {
  add: ({ slots }) => {
    slots.i32[0] = slots.i32[0]! + slots.i32[4]!;
  },
};

describe('calls', () => {
  test('typed values in and out; wrong ones are named', () => {
    const { start } = setUp(add);
    const func = start(ADD).lookupFunction('add')!;
    expect(func.call(2, 3n)).toEqual([5]);
    expect(() => func.call(2)).toThrow(new UsageError('add: 2 arguments wanted, 1 given'));
    expect(() => func.call(2, 3)).toThrow('add: argument 1: an i64 is a bigint, not the number 3 (write 5n, not 5)');
    expect(() => func.call('2', 3n)).toThrow('add: argument 0: an i32 is a number, not the string 2');
    expect(start(ADD).lookupFunction('sub')).toBeNull();
  });

  test('options of a call are checked by name: a misspelt limit is none', async () => {
    const instance = setUp(add).start(ADD, { metered: true });
    const func = instance.lookupFunction('add')!;
    const wrong: readonly (readonly [options: object, message: string])[] = [
      [{ timeoutMS: 5 }, "call options: unknown option 'timeoutMS'; known: fuel, timeoutMs, signal"],
      [{ timeoutMs: Number.NaN }, 'call options.timeoutMs: a number, 0 or more, is wanted, not NaN'],
      [{ fuel: '5' }, "call options.fuel: a whole number, 0 or more, is wanted, not '5'"],
      [{ signal: true }, 'call options.signal: an AbortSignal is wanted'],
    ];
    for (const [options, message] of wrong) {
      expect(() => func.callOn(instance.execEnv, [1, 1n], options)).toThrow(message);
      expect(() => instance.executeFunc('add', ['1', '1'], options)).toThrow(message);
      await expect(func.callAsync([1, 1n], options)).rejects.toThrow(message);
    }
    expect(() => func.callOn(instance.execEnv, [1, 1n], { onFuel: () => 1 } as object)).toThrow("'onFuel'");
    expect(func.callOn(instance.execEnv, [1, 1n], { fuel: 5, timeoutMs: undefined })).toEqual([2]);
  });

  test('usage is reported per call and since creation; an unmetered instance refuses fuel', () => {
    const program: FakeProgram = {
      *work() {
        for (let i = 0; i < 10; i++) yield 'slice';
      },
    };
    const { start } = setUp(program);
    const text = '(module (memory 1) (func (export "work")))';
    const instance = start(text, { metered: true });
    const work = instance.lookupFunction('work')!;
    work.call();
    work.call();
    expect(instance.lastCallUsage).toMatchObject({ fuel: 10, hostCalls: 0, memoryBytes: 65_536 });
    expect(instance.usage).toMatchObject({ fuel: 20, peakMemoryBytes: 65_536 });
    expect(() => work.callOn(instance.execEnv, [], { fuel: 5 })).toThrow('limit fuel reached (5)');
    expect(instance.getException()).toBe('Exception: limit fuel reached (5)');
    const plain = start(text);
    expect(plain.usage.fuel).toBeUndefined();
    expect(() => plain.lookupFunction('work')!.callOn(plain.execEnv, [], { fuel: 5 })).toThrow(UsageError);
  });

  test('nested calls share the meter of the outermost', () => {
    const { start } = setUp({
      *inner() {
        yield 'slice';
      },
      outer({ env }) {
        for (let i = 0; i < 3; i++) instanceOf(env).lookupFunction('inner')!.call();
      },
    });
    const instance = start('(module (func (export "inner")) (func (export "outer")))', { limits: { fuel: 2 } });
    expect(() => instance.lookupFunction('outer')!.call()).toThrow(LimitError);
    expect(instance.lastCallUsage!.fuel).toBe(2);
    instance.lookupFunction('inner')!.call();
  });

  test('limits cover the start function, which then undoes the instance', () => {
    const { runtime, start } = setUp({
      *0() {
        while (true as boolean) yield 'slice';
      },
    });
    const text = '(module (memory 1) (func) (start 0))';
    expect(() => start(text, { limits: { fuel: 1000 } })).toThrow('limit fuel reached (1000)');
    expect(() => start(text, { limits: { timeoutMs: 10 } })).toThrow('limit timeoutMs reached (10)');
    const signal = AbortSignal.abort();
    expect(() => start(text, { signal })).toThrow(LimitError);
    expect(runtime.instances).toEqual([]);
    expect(runtime.usage.memoryBytes).toBe(0);
    expect(runtime.destroy().leaks).toMatchObject({ blocks: 0, charges: 0 });
  });

  test("the host's stack overflow is the guest's trap", () => {
    const { start } = setUp({
      deep({ env }) {
        instanceOf(env).lookupFunction('deep')!.call();
      },
    });
    const instance = start('(module (func (export "deep")))');
    expect(() => instance.lookupFunction('deep')!.call()).toThrow(new Trap('stack-exhausted'));
    expect(instance.getException()).toBe('Exception: native stack overflow');
  });
});

describe('exceptions', () => {
  test("have WAMR's text, can be set and cleared, and are gone with the next call", () => {
    const { start } = setUp();
    const instance = start('(module (func (export "f")))');
    expect(instance.getException()).toBeNull();
    expect(() => instance.lookupFunction('f')!.call()).toThrow(new Trap('unreachable'));
    expect(instance.getException()).toBe('Exception: unreachable');
    instance.clearException();
    expect(instance.getException()).toBeNull();
    instance.setException('my own');
    expect(instance.getException()).toBe('Exception: my own');
    expect(instance.exception).toBeInstanceOf(Trap);
  });
  test('whatever a native throws has a text', () => {
    const without: unknown[] = [
      Object.create(null),
      { toString: () => Symbol('none') },
      Object.defineProperty(new Error(), 'message', {
        get() {
          throw new TypeError('no message');
        },
      }),
    ];
    let thrown: unknown;
    const { start } = setUp({
      f() {
        throw thrown;
      },
    });
    const instance = start('(module (func (export "f")))');
    const run = () => {
      try {
        instance.lookupFunction('f')!.call();
      } catch (error) {
        return error;
      }
    };
    for (thrown of without) {
      expect(run() === thrown).toBe(true);
      expect(instance.getException()).toBe('Exception: a value without text');
    }
    thrown = Symbol('s');
    run();
    expect(instance.getException()).toBe('Exception: Symbol(s)');
  });
  test('imports of null are named', () => {
    const text = '(module (import "a" "f" (func)))';
    const imports = { a: null } as unknown as InstantiateOptions['imports'];
    expect(() => setUp().start(text, { imports })).toThrow(
      "imports['a']: an object or an instance is wanted, not null",
    );
  });

  test('a native that sets one makes the call trap; errors of natives come through unchanged', () => {
    const { start } = setUp({
      f({ env, slots, instance }) {
        instance.functions[0]!.invoke(env, slots);
      },
    });
    const text = '(module (import "env" "n" (func)) (func (export "f")))';
    const set = start(text, { imports: { env: { n: (env: ExecEnv) => instanceOf(env).setException('from native') } } });
    expect(() => set.lookupFunction('f')!.call()).toThrow('from native');
    expect(set.getException()).toBe('Exception: from native');
    const own = new RangeError('mine');
    const thrown = start(text, {
      imports: {
        env: {
          n() {
            throw own;
          },
        },
      },
    });
    expect(() => thrown.lookupFunction('f')!.call()).toThrow(own);
    expect(thrown.getException()).toBe('Exception: mine');
  });
});

describe('linking', () => {
  test('an unlinked import warns, and traps when called; strict linking refuses it', () => {
    const { start, platform } = setUp({
      f: ({ env, slots, instance }) => instance.functions[0]!.invoke(env, slots),
    });
    const text = '(module (import "mod" "name" (func)) (func (export "f")))';
    const instance = start(text);
    expect(platform.lines).toEqual(['warning: failed to link import function (mod, name)']);
    expect(() => instance.lookupFunction('f')!.call()).toThrow(Trap);
    expect(instance.getException()).toBe('Exception: failed to call unlinked import function (mod, name)');
    expect(() => start(text, { strictLinking: true })).toThrow(
      new LinkError('unknown import: func "mod"."name" is not provided'),
    );
    expect(() => start('(module (import "mod" "g" (global i32)))')).toThrow(LinkError);
  });

  test('exports of an instance, functions, values and built-ins can be imported', () => {
    const { start, runtime } = setUp();
    const provider = start(
      '(module (memory (export "m") 1) (table (export "t") 2 funcref) (global (export "g") (mut i64) (i64.const 5)) (func (export "f")))',
    );
    const text = `(module (import "p" "m" (memory 1)) (import "p" "t" (table 2 funcref)) (import "p" "g" (global (mut i64)))
      (import "p" "f" (func)) (import "host" "c" (global i32)) (import "spectest" "global_f32" (global f32))
      (import "spectest" "table" (table 10 20 funcref)) (import "spectest" "memory" (memory 1 2)) (import "global" "NaN" (global f64))
      (export "g" (global 0)) (export "c" (global 1)) (export "f32" (global 2)) (export "st" (table 1)) (export "nan" (global 3)))`;
    const user = start(text, { imports: { p: provider, host: { c: 42 } }, strictLinking: true });
    const value = (name: string) => (user.exports[name] as WasmGlobal).get();
    expect([value('g'), value('c'), value('f32'), value('nan')]).toEqual([5n, 42, Math.fround(666.6), Number.NaN]);
    (user.exports['g'] as WasmGlobal).set(6n);
    expect((provider.exports['g'] as WasmGlobal).get()).toBe(6n);
    expect((user.exports['st'] as WasmTable).length).toBe(10);
    expect(() => provider.deinstantiate()).toThrow("instance 'm' is imported by 1 live instances");
    user.deinstantiate();
    provider.deinstantiate();
    expect(runtime.destroy()).toMatchObject({ instances: [], modules: ['m', 'm'], leaks: { blocks: 0, charges: 0 } });
  });

  test('values that do not fit are LinkErrors', () => {
    const { start } = setUp();
    const wrong = (text: string, given: unknown) => () => start(text, { imports: { a: { b: given } } });
    expect(wrong('(module (import "a" "b" (global i32)))', 5n)).toThrow(/incompatible import type: a.b: an i32/);
    expect(wrong('(module (import "a" "b" (global funcref)))', {})).toThrow(LinkError);
    expect(wrong('(module (import "a" "b" (memory 1)))', 5)).toThrow(
      'incompatible import type: a.b: a memory is wanted',
    );
    expect(wrong('(module (import "a" "b" (func)))', 5)).toThrow(LinkError);
  });
});

describe('multi-module', () => {
  const LIB =
    '(module (memory 1) (func (export "f") (result i32) unreachable) (global (export "g") i32 (i32.const 3)))';
  const USER =
    '(module (import "lib" "g" (global i32)) (import "lib" "f" (func (result i32))) (export "g" (global 0)))';

  test('registered modules are instantiated with whoever imports from them, and end with it', () => {
    const { runtime } = setUp();
    const lib = runtime.load(assemble(LIB), { name: 'library' });
    runtime.registerModule('lib', lib);
    runtime.registerModule('lib', lib);
    expect(runtime.findModuleRegistered('lib')).toBe(lib);
    const user = runtime.load(assemble(USER));
    const instance = runtime.instantiate(user);
    expect(runtime.instances.map((one) => one.name)).toEqual(['lib', '']);
    expect(() => runtime.instances[0]!.deinstantiate()).toThrow("instance 'lib' is imported by 1 live instances");
    expect((instance.exports['g'] as WasmGlobal).get()).toBe(3);
    expect(() => lib.unload()).toThrow("module 'library' has 1 live instances: deinstantiate them first");
    instance.deinstantiate();
    expect(runtime.instances).toEqual([]);
    expect(() => lib.unload()).toThrow("module 'library' is imported by module '': unload that first");
    expect(() => runtime.registerModule('env', user)).toThrow("'env' is a built-in module name");
    user.unload();
    lib.unload();
    expect(runtime.findModuleRegistered('lib')).toBeUndefined();
    expect(() => runtime.registerModule('lib', lib)).toThrow(UsageError);
    expect(runtime.destroy().leaks).toMatchObject({ blocks: 0 });
  });

  test('the reader loads what is missing; its modules really go when nobody needs them', () => {
    const { runtime, disposed } = setUp();
    const events: string[] = [];
    runtime.setModuleReader(
      (name) => {
        events.push(`read ${name}`);
        return name === 'lib' ? assemble(LIB) : undefined;
      },
      (name) => events.push(`gone ${name}`),
    );
    const one = runtime.load(assemble(USER));
    const two = runtime.load(assemble(USER));
    runtime.instantiate(one).deinstantiate();
    expect(runtime.modules.length).toBe(3);
    one.unload();
    expect(events).toEqual(['read lib']);
    two.unload();
    expect(events).toEqual(['read lib', 'gone lib']);
    expect(runtime.modules).toEqual([]);
    expect(disposed.length).toBe(2);
  });

  test('circular dependencies are named', () => {
    const { runtime } = setUp();
    const importing = (name: string) => assemble(`(module (import "${name}" "f" (func)) (func (export "f")))`);
    runtime.setModuleReader((name) => importing(name === 'a' ? 'b' : 'a'));
    expect(() => runtime.load(importing('a'))).toThrow(new LinkError('found circular dependency on a'));
    expect(runtime.modules).toEqual([]);
    runtime.setModuleReader(undefined);
    const x = runtime.load(importing('y'));
    runtime.registerModule('x', x);
    runtime.registerModule('y', runtime.load(importing('x')));
    expect(() => runtime.instantiate(x)).toThrow('found circular dependency on y');
    expect(runtime.instances).toEqual([]);
  });
});

describe('the end of things', () => {
  test('misuse is named', () => {
    const { runtime, start } = setUp({
      f({ env }) {
        instanceOf(env).deinstantiate();
      },
      g() {
        runtime.destroy();
      },
    });
    const instance = start('(module (func (export "f")) (func (export "g")) (memory (export "m") 1))');
    const { module } = instance;
    expect(() => module.unload()).toThrow("module 'm' has 1 live instances");
    expect(() => instance.lookupFunction('f')!.call()).toThrow("instance 'm' cannot end while a call runs in it");
    expect(() => instance.lookupFunction('g')!.call()).toThrow(
      'the runtime cannot be destroyed while a call runs in it',
    );
    const func = instance.lookupFunction('f')!;
    const memory = instance.exports['m'] as WasmMemory;
    instance.deinstantiate();
    const ended = new UsageError("instance 'm' has been deinstantiated");
    for (const use of [() => func.call(), () => memory.bytes, () => instance.exports, () => instance.deinstantiate()]) {
      expect(use).toThrow(ended);
    }
    module.unload();
    expect(() => module.unload()).toThrow("module 'm' has been unloaded already");
    expect(() => runtime.instantiate(module)).toThrow("module 'm' has been unloaded");
    expect(runtime.destroy()).toMatchObject({ instances: [], modules: [] });
  });

  test('destroy reports what was alive, and the pool is all zero', () => {
    const heapBuf = new ArrayBuffer(1_000_000);
    const { runtime, start } = setUp({}, { memAllocType: 'pool', memAllocOption: { pool: { heapBuf } } });
    const text = '(module (memory (export "m") 2) (table 3 externref) (data (i32.const 0) "secret"))';
    const first = start(text, { name: 'first' });
    const second = start(text, { name: 'second', heapSize: 5000 });
    first.createExecEnv();
    second.externrefObjToRef({});
    expect(second.moduleMalloc(100)).toBeGreaterThan(0);
    second.getMemory()!.bytes.fill(7);
    const report = runtime.destroy();
    expect(report).toMatchObject({ execEnvs: 1, instances: ['first', 'second'], modules: ['m', 'm'], externrefs: 1 });
    expect(report.leaks).toMatchObject({ blocks: 0, charges: 0 });
    expect(new Uint8Array(heapBuf).every((byte) => byte === 0)).toBe(true);
    expect(() => second.exports).toThrow('this runtime has been destroyed');
  });

  test('a memory given to the next instance is zero', () => {
    const { start } = setUp({}, { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 200_000 } } });
    for (let i = 0; i < 3; i++) {
      const instance = start('(module (memory (export "m") 2))');
      const { bytes } = instance.getMemory()!;
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      bytes.fill(0xaa);
      instance.deinstantiate();
    }
  });

  test('context keys are given up with the instance; a throwing destructor keeps nothing else alive', () => {
    const { runtime, start } = setUp();
    const gone: unknown[] = [];
    const key = runtime.createContextKey<string>((value) => gone.push(value));
    const bad = runtime.createContextKey(() => {
      throw new Error('bad destructor');
    });
    const instance = start('(module (memory 1))', { customData: { mine: 1 } });
    expect(instance.customData).toEqual({ mine: 1 });
    instance.setContext(key, 'value');
    instance.setContext(bad, 1);
    expect(instance.getContext(key)).toBe('value');
    expect(() => runtime.destroy()).toThrow('bad destructor');
    expect(gone).toEqual(['value']);
    expect(runtime.destroyed).toBe(true);
    key.destroy();
    expect(() => instance.getContext(key)).toThrow('this context key has been destroyed');
  });

  test('instances are counted against the limit', () => {
    const { runtime, start } = setUp({}, { limits: { instances: 2, moduleBytes: 100 } });
    start('(module)');
    start('(module)');
    expect(() => start('(module)')).toThrow('limit instances reached (2)');
    expect(() => runtime.load(new Uint8Array(101))).toThrow('limit moduleBytes reached (100)');
  });

  test('the memory budget of the runtime holds for all instances together', () => {
    const { start } = setUp({}, { limits: { memoryBytes: 200_000 } });
    const first = start('(module (memory (export "m") 2))');
    expect(() => start('(module (memory 2))')).toThrow(LimitError);
    expect((first.exports['m'] as WasmMemory).grow(1)).toBe(2);
    expect((first.exports['m'] as WasmMemory).grow(1)).toBe(-1);
    first.deinstantiate();
    start('(module (memory 3))');
  });
});

describe('exec envs and threads', () => {
  test('stale ones are refused; those of a cluster are limited', () => {
    const { runtime, start } = setUp(add, { maxThreadNum: 1 });
    const instance = start(ADD, { stackSize: 8192 });
    const env = instance.createExecEnv(4096);
    expect(env.stackSize).toBe(4096);
    expect(instance.lookupFunction('add')!.callOn(env, [1, 1n])).toEqual([2]);
    env.cluster.spawnExecEnv(env);
    expect(() => env.cluster.spawnExecEnv(env)).toThrow('limit threads reached (1)');
    instance.destroyExecEnv(env);
    expect(() => instance.lookupFunction('add')!.callOn(env, [1, 1n])).toThrow('this exec env has been destroyed');
    expect(() => instance.destroyExecEnv(env)).toThrow(UsageError);
    expect(() => runtime.setMaxThreadNum(-2)).toThrow(UsageError);
    expect(() => start(ADD, { stackSize: 100, limits: { stackBytes: 50 } })).toThrow('stackSize 100 is more than');
  });
});

describe('modules', () => {
  test('bad files are refused with what is wrong', () => {
    const { runtime } = setUp();
    expect(() => runtime.load(new Uint8Array())).toThrow(MalformedError);
    expect(() => runtime.load(Uint8Array.of(0, 0x61, 0x6f, 0x74, 5, 0, 0, 0))).toThrow("WAMR's AOT compiler");
    expect(() => runtime.load('x' as unknown as Uint8Array)).toThrow(UsageError);
    expect(() => runtime.load(assemble('(module (func i32.const 1))'))).toThrow(/type mismatch/);
    expect(() => runtime.load(assemble('(module)'), { nam: 'x' } as object)).toThrow("unknown option 'nam'");
    expect(() => runtime.load(assemble('(module (memory i64 1))'), { features: { memory64: false } })).toThrow();
  });

  test('imports, exports and custom sections can be looked at', () => {
    const { runtime } = setUp();
    const module = runtime.load(
      assemble(`(module (import "a" "f" (func (param i32))) (import "a" "m" (memory 1 2)) (global (export "g") (mut f64) (f64.const 0))
        (func (export "h") (result i64) unreachable) (export "f2" (func 0)) (@custom "note" "hello"))`),
    );
    expect(module.imports).toMatchObject([
      { module: 'a', name: 'f', kind: 'func', type: { params: [-1], results: [] } },
      { module: 'a', name: 'm', kind: 'memory', type: { limits: { min: 1n, max: 2n } } },
    ]);
    expect(module.exports).toMatchObject([
      { name: 'g', kind: 'global', type: { type: -4, mutable: true } },
      { name: 'h', kind: 'func', type: { results: [-2] } },
      { name: 'f2', kind: 'func', type: { params: [-1] } },
    ]);
    expect(module.customSections('note').map((bytes) => new TextDecoder().decode(bytes))).toEqual(['hello']);
    expect(module.customSections('none')).toEqual([]);
  });
});

describe('modes', () => {
  test('auto takes the first that can, and says why not the others', () => {
    const engines = [fakeEngine({}, { mode: 'host', unavailable: 'no WebAssembly here' }), fakeEngine(add)];
    const runtime = Runtime.init({}, { platform: testPlatform(), engines, libraries: ALL_LIBRARIES });
    const module = runtime.load(assemble(ADD));
    const instance = runtime.instantiate(module);
    expect(instance.mode).toBe('interp');
    expect(instance.modeReason).toContain('not host: no WebAssembly here');
    expect(runtime.instantiate(module, { mode: 'interp' }).modeReason).toBe('asked for');
    expect(() => runtime.instantiate(module, { mode: 'host' })).toThrow(
      "mode 'host' cannot run this module: no WebAssembly here",
    );
    expect(() => runtime.instantiate(module, { mode: 'jit' })).toThrow(
      "mode 'jit' is not part of this runtime; it has",
    );
    expect(() => runtime.instantiate(module, { limits: { fule: 5 } as object })).toThrow(
      "limits: unknown option 'fule'",
    );
  });
});

describe('the heap in guest memory', () => {
  test('lies in pages of its own behind the initial ones, and survives growth', () => {
    const { start, platform } = setUp();
    const instance = start('(module (memory (export "m") 1 3))', { heapSize: 10_000 });
    const memory = instance.getMemory()!;
    expect([memory.pages, memory.maxPages]).toEqual([2, 4]);
    const address = instance.moduleDupData(Uint8Array.of(1, 2, 3));
    expect(address).toBeGreaterThanOrEqual(65_536);
    expect(memory.grow(1)).toBe(2);
    const other = instance.moduleMalloc(1000);
    expect(other).toBeGreaterThan(address);
    expect([...instance.addrAppToNative(address, 3)!]).toEqual([1, 2, 3]);
    expect(instance.moduleRealloc(address, 3000)).not.toBe(0);
    expect(instance.moduleMalloc(20_000)).toBe(0);
    expect(platform.lines).toEqual(['warning: allocate 20000 bytes of module memory failed']);
    instance.moduleFree(other);
    expect(() => instance.moduleFree(other)).toThrow(/^app heap corrupted: free at offset/);
    expect(instance.getException()).toMatch(/^Exception: app heap corrupted/);
    expect(() => instance.moduleMalloc(8)).toThrow('app heap corrupted');
  });

  test("gives way to the guest's malloc and free", () => {
    const { start } = setUp({
      malloc({ slots }) {
        slots.i32[0] = slots.i32[0]! + 1000;
      },
      free() {},
    });
    const text =
      '(module (memory (export "m") 1) (func (export "malloc") (param i32) (result i32) unreachable) (func (export "free") (param i32)))';
    const instance = start(text, { heapSize: 10_000 });
    expect(instance.getMemory()!.pages).toBe(1);
    expect(instance.moduleMalloc(24)).toBe(1024);
    instance.moduleFree(1024);
    expect(instance.moduleMalloc(64_600)).toBe(0);
  });

  test('addresses are validated and converted', () => {
    const { start } = setUp();
    const instance = start('(module (memory (export "m") 1) (data (i32.const 65530) "abc\\00xy"))');
    expect([instance.validateAppAddr(0, 65_536), instance.validateAppAddr(65_536, 0)]).toEqual([true, true]);
    expect(instance.getException()).toBeNull();
    expect(instance.validateAppAddr(65_535, 2)).toBe(false);
    expect(instance.getException()).toBe('Exception: out of bounds memory access');
    expect([instance.validateAppStrAddr(65_530), instance.validateAppStrAddr(65_534)]).toEqual([true, false]);
    const view = instance.addrAppToNative(65_530, 3)!;
    expect(instance.addrNativeToApp(view)).toBe(65_530);
    expect(instance.addrAppToNative(0)!.length).toBe(65_536);
    expect(instance.addrAppToNative(65_536)).toBeNull();
    expect(instance.addrNativeToApp(new Uint8Array(3))).toBeNull();
    expect(instance.getAppAddrRange(5)).toEqual({ start: 0, end: 65_536 });
    expect(instance.enlargeMemory(1)).toBe(true);
    expect(start('(module)').moduleMalloc(5)).toBe(0);
  });
});

describe('main and functions by text', () => {
  test('_start gives the exit code, main its result', () => {
    const command = setUp({
      _start() {
        throw new ExitError(42);
      },
    }).start('(module (func (export "_start")))');
    expect(command.executeMain()).toBe(42);
    expect(command.wasiExitCode).toBe(42);
    const { start } = setUp({
      main({ slots, instance }) {
        const [argc, argv] = [slots.i32[0]!, slots.i32[4]!];
        const { data, u8 } = instance.memories[0]!.views;
        const last = data.getUint32(argv + (argc - 1) * 4, true);
        expect(data.getUint32(argv + argc * 4, true)).toBe(0);
        slots.i32[0] = argc * 100 + u8[last]!;
      },
    });
    const text = '(module (memory 1) (func (export "main") (param i32 i32) (result i32) unreachable))';
    expect(start(text, { heapSize: 1000 }).executeMain(['prog', 'A'])).toBe(265);
    expect(() => start(text).executeMain(['prog'])).toThrow('no room for the arguments');
    const none = start('(module)');
    expect(() => none.executeMain()).toThrow(/^lookup the entry point symbol/);
    expect(none.getException()).toMatch(/^Exception: lookup the entry point/);
  });

  test('_initialize, __post_instantiate and constructors run once, in order', () => {
    const ran: string[] = [];
    const program: FakeProgram = Object.fromEntries(
      ['0', '_initialize', '__post_instantiate', '__wasm_call_ctors', '_start'].map((name) => [
        name,
        () => {
          ran.push(name);
        },
      ]),
    );
    const { start } = setUp(program);
    const exported = (...names: string[]): string => names.map((name) => `(func (export "${name}"))`).join('');
    start(`(module (func) (start 0) ${exported('_initialize', '__post_instantiate', '__wasm_call_ctors')})`);
    start(`(module ${exported('__wasm_call_ctors')})`);
    start(`(module ${exported('_start', '__wasm_call_ctors')})`);
    expect(ran).toEqual(['0', '_initialize', '__post_instantiate', '__wasm_call_ctors']);
  });

  test('executeFunc reads arguments and prints results', () => {
    const { start } = setUp({ ...add, none: () => {} });
    const instance = start(`${ADD.slice(0, -1)} (func (export "none")))`);
    expect(instance.executeFunc('add', ['5', '0x10'])).toEqual(['0x15:i32']);
    expect(instance.executeFunc('none')).toEqual([]);
    expect(() => instance.executeFunc('sub', [])).toThrow('lookup function sub failed');
    expect(() => instance.executeFunc('add', ['1'])).toThrow('invalid input argument count');
    expect(() => instance.executeFunc('add', ['5_000', '1'])).toThrow('invalid input argument 0: 5_000');
    expect(() => instance.executeFunc('add', ['5', ''])).toThrow(/^invalid input argument 1$/);
    expect(instance.getException()).toBe('Exception: invalid input argument 1');
  });
});

test('externrefs as numbers', () => {
  const { runtime, start } = setUp();
  const instance = start('(module (table (export "t") 1 externref))');
  const [kept, held, free] = [{ a: 1 }, { b: 2 }, { c: 3 }];
  const gone: unknown[] = [];
  const index = instance.externrefObjToRef(kept);
  expect(instance.externrefObjToRef(kept)).toBe(index);
  expect(runtime.externrefRefToObj(index)).toMatchObject({ value: kept });
  expect(runtime.externrefRetain(index)).toBe(true);
  const heldIndex = instance.externrefObjToRef(held);
  const freeIndex = instance.externrefObjToRef(free);
  instance.externrefSetCleanup(free, (value) => gone.push(value));
  (instance.exports['t'] as WasmTable).set(0, held);
  instance.externrefReclaim();
  expect(gone).toEqual([free]);
  expect([index, heldIndex, freeIndex].map((one) => runtime.externrefRefToObj(one) !== undefined)).toEqual([
    true,
    true,
    false,
  ]);
  expect(instance.externrefObjDel(held)).toBe(true);
  expect(instance.externrefObjDel(held)).toBe(false);
  instance.deinstantiate();
  expect(runtime.externrefRefToObj(index)).toBeUndefined();
});

test('where two libraries have a name, the later one counts, and the embedder before both', () => {
  const library = (value: number, more: Library = {}): Library => ({
    natives: { env: [{ symbol: 'pick', func: () => value }] },
    externs: { env: { globals: { picked: { type: I32, value } } } },
    ...more,
  });
  const created: number[] = [];
  const withWasi = (value: number) =>
    library(value, {
      wasi: {
        ...wasi.wasi!,
        create(...given) {
          created.push(value);
          return wasi.wasi!.create(...given);
        },
      },
    });
  const text = `(module (import "env" "pick" (func (result i32))) (import "env" "picked" (global i32))
    (export "pick" (func 0)) (export "picked" (global 0)))`;
  const pickFrom = (libraries: readonly Library[], args: RuntimeInitArgs = {}): readonly unknown[] => {
    const runtime = Runtime.init(args, { platform: testPlatform(), engines: [fakeEngine({})], libraries });
    const instance = runtime.instantiate(runtime.load(assemble(text)), { wasi: {} });
    const value = (instance.exports['picked'] as WasmGlobal).get();
    const [picked] = instance.lookupFunction('pick')!.call();
    runtime.destroy();
    return [picked, value];
  };
  expect(pickFrom([withWasi(1), withWasi(2), library(3)])).toEqual([3, 3]);
  expect(pickFrom([withWasi(3), library(2), withWasi(1)])).toEqual([1, 1]);
  const nativeSymbols = [{ symbol: 'pick', func: () => 4 }];
  expect(pickFrom([withWasi(1)], { nativeModuleName: 'env', nativeSymbols })).toEqual([4, 1]);
  expect(created).toEqual([2, 1, 1]);
});

describe('a runtime without libraries', () => {
  const bare = () => Runtime.init({}, { platform: testPlatform(), engines: [fakeEngine({})] });
  test('refuses the option wasi by name, and leaves imports of WASI unlinked', () => {
    const runtime = bare();
    const module = runtime.load(assemble('(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))'));
    expect(() => runtime.instantiate(module, { wasi: {} })).toThrow(/made without the WASI library/);
    expect(() => runtime.instantiate(module, { strictLinking: true })).toThrow(LinkError);
    runtime.instantiate(module);
    runtime.destroy();
  });
  test('has no built-in natives', () => {
    const runtime = bare();
    expect(runtime.isImportFuncLinked('env', 'printf')).toBe(false);
    expect(runtime.isImportFuncLinked('spectest', 'print')).toBe(false);
    runtime.destroy();
  });
});
