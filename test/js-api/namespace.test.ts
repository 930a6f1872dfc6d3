// The namespace of the standard `WebAssembly` in every mode: conversions, identities, memory, what is thrown, and what is refused.
import { expect } from 'vitest';
import { lackingFeatures } from '#src/engine/native/probe-features.js';
import { createWebAssembly } from '#src/entry/webassembly.js';
import { assemble } from '../helpers/wat.js';
import { namespaceCases, type Standard } from './namespace-cases.js';

const ECHO = `(module
  (func (export "i32") (param i32) (result i32) (local.get 0))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "func") (param funcref) (result funcref) (local.get 0))
  (func (export "two") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))`;

namespaceCases('values', {
  'numbers are converted as the standard says'({ start }) {
    const { i32, i64, f32, f64 } = start(ECHO);
    expect(i32(2 ** 32 + 5)).toBe(5);
    expect(i32({ valueOf: () => '7' })).toBe(7);
    expect(i64(2n ** 63n)).toBe(-(2n ** 63n));
    expect(f32(0.1)).toBe(Math.fround(0.1));
    expect(f64()).toBeNaN();
    expect(() => i32(1n)).toThrow(TypeError);
    expect(() => i64(1)).toThrow(TypeError);
    expect(() => f64(Symbol('no number'))).toThrow(TypeError);
  },
  'references keep their identity, undefined too'({ start }) {
    const { extern, func, i32 } = start(ECHO);
    const object = {};
    for (const value of [object, undefined, null, 'text', -0, 1n]) expect(extern(value)).toBe(value);
    expect(func(i32)).toBe(i32);
    expect(func(null)).toBe(null);
    expect(() => func(undefined)).toThrow(TypeError);
    expect(() => func(() => 1)).toThrow(TypeError);
  },
  'several results are an array, and an import gives them as any iterable'({ start }) {
    expect(start(ECHO)['two'](1, 2n)).toEqual([2n, 1]);
    const text = '(module (import "m" "f" (func $f (result i32 f64))) (func (export "g") (result i32 f64) (call $f)))';
    expect(start(text, { m: { f: () => new Set([1, 2.5]) } })['g']()).toEqual([1, 2.5]);
    expect(() => start(text, { m: { f: () => [1] } })['g']()).toThrow(TypeError);
    expect(() => start(text, { m: { f: () => 1 } })['g']()).toThrow(TypeError);
  },
  'an exported function has the name of its index, and no prototype'({ start }) {
    const { two } = start(ECHO);
    expect([two.name, two.length, 'prototype' in two]).toEqual(['6', 2, false]);
    expect(() => new two(1, 2n)).toThrow(TypeError);
  },
  'arguments are all converted before the first is written'({ start }) {
    const { two, i32 } = start(ECHO);
    const nested = { valueOf: () => i32(99) };
    expect(two(nested, 3n)).toEqual([3n, 99]);
  },
});

const MEMORY = `(module (memory (export "memory") 1 4)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))`;

namespaceCases('memories', {
  'the buffer is exact, its own, and detached by each growth'({ start }) {
    const { memory, grow, load, store } = start(MEMORY);
    const first = memory.buffer as ArrayBuffer;
    store(8, 77);
    expect([first.byteLength, new Int32Array(first)[2], memory.buffer]).toEqual([65_536, 77, first]);
    new Int32Array(first)[3] = 78;
    expect(load(12)).toBe(78);
    expect(memory.grow(1)).toBe(1);
    expect(first.byteLength).toBe(0);
    expect(grow(1)).toBe(2);
    expect(new Int32Array(memory.buffer)[2]).toBe(77);
    const last = memory.buffer as ArrayBuffer;
    expect(memory.grow(0)).toBe(3);
    expect([last.byteLength, memory.buffer.byteLength, load(8)]).toEqual([0, 3 * 65_536, 77]);
    expect(() => memory.grow(2)).toThrow(RangeError);
    expect(() => memory.grow(-1)).toThrow(TypeError);
  },
  'a constructed memory is the guest’s'({ wasm, start }) {
    const memory = new wasm.Memory({ initial: 1, maximum: 2 });
    const text =
      '(module (import "m" "memory" (memory 1)) (func (export "f") (i32.store (i32.const 4) (i32.const 9))))';
    start(text, { m: { memory } })['f']();
    expect(new Uint32Array(memory.buffer)[1]).toBe(9);
  },
  'a buffer that was transferred takes the bytes along: accesses trap, growth gives zeros'({ wasm, start, control }) {
    const { memory, grow, load, store } = start(MEMORY);
    store(8, 77);
    // The host protects its own memories: it copies, or refuses by name.
    const isLost = control.mode !== 'host';
    try {
      structuredClone(memory.buffer, { transfer: [memory.buffer] });
    } catch (refusal) {
      expect([isLost, (refusal as Error).name]).toEqual([false, 'DataCloneError']);
    }
    if (isLost) {
      // Aligned or not: the interpreter has a way for each.
      for (const at of [8, 9]) {
        expect(() => load(at)).toThrow(wasm.RuntimeError);
        expect(() => store(at, 1)).toThrow(wasm.RuntimeError);
      }
    }
    expect(grow(1)).toBe(1);
    expect([load(8), memory.buffer.byteLength]).toEqual([isLost ? 0 : 77, 2 * 65_536]);
    store(70_000, 5);
    expect(load(70_000)).toBe(5);
  },
  'addresses of 64 bits are bigints, or refused by name'({ wasm, control }) {
    const Memory = wasm.Memory as unknown as new (descriptor: object) => { grow(pages: bigint): bigint };
    const Table = wasm.Table as unknown as new (descriptor: object) => { readonly length: bigint };
    const make = (): bigint[] => {
      const table = new Table({ element: 'anyfunc', address: 'i64', initial: 3n });
      return [new Memory({ address: 'i64', initial: 1n }).grow(1n), table.length];
    };
    const hasThem = control.mode !== 'host' || lackingFeatures(WebAssembly as never, ['memory64']).length === 0;
    if (hasThem) expect(make()).toEqual([1n, 3n]);
    else expect(make).toThrow(/^WebAssembly.Table\(\): mode 'host' of this host lacks memory64$/);
  },
  'code that converts an argument may grow the memory'({ start }) {
    const { memory, store, load } = start(MEMORY);
    store({ valueOf: () => memory.grow(1) * 4 }, 5);
    expect(load(4)).toBe(5);
  },
});

namespaceCases('tables, globals, tags', {
  'tables hold functions by identity, and refuse what does not fit'({ wasm, start }) {
    const { f } = start('(module (func (export "f") (result i32) (i32.const 3)))');
    const table = new wasm.Table({ element: 'anyfunc', initial: 2, maximum: 3 });
    table.set(1, f);
    expect([table.get(0), table.get(1), table.length]).toEqual([null, f, 2]);
    const call =
      '(module (import "m" "t" (table 2 funcref)) (func (export "g") (result i32) (call_indirect (result i32) (i32.const 1))))';
    expect(start(call, { m: { t: table } })['g']()).toBe(3);
    expect(table.grow(1, f)).toBe(2);
    expect(() => table.grow(1)).toThrow(RangeError);
    expect(() => table.get(3)).toThrow(RangeError);
    expect(() => table.set(0, (() => 1) as never)).toThrow(TypeError);
  },
  'globals are shared with guests both ways'({ wasm, start }) {
    const global = new wasm.Global({ value: 'i64', mutable: true }, 5n);
    const text =
      '(module (import "m" "g" (global $g (mut i64))) (func (export "f") (global.set $g (i64.add (global.get $g) (i64.const 1)))))';
    start(text, { m: { g: global } })['f']();
    expect(global.value).toBe(6n);
    expect(() => new wasm.Global({ value: 'i32' }, 1).value).not.toThrow();
    expect(() => Object.assign(new wasm.Global({ value: 'i32' }, 1), { value: 2 })).toThrow(TypeError);
  },
  'an exception of JavaScript goes through a guest and back as itself'({ wasm, start }) {
    const tag = new wasm.Tag({ parameters: ['i32'] });
    const text = '(module (import "m" "t" (tag (param i32))) (func (export "f") (throw 0 (i32.const 4))))';
    let caught: unknown;
    try {
      start(text, { m: { t: tag } })['f']();
    } catch (error) {
      if (error instanceof wasm.CompileError) throw error;
      caught = error;
    }
    const exception = caught as InstanceType<Standard['Exception']>;
    expect(exception).toBeInstanceOf(wasm.Exception);
    expect([exception.is(tag), exception.getArg(tag, 0)]).toEqual([true, 4]);
    const rethrow = '(module (import "m" "f" (func $f)) (func (export "g") (call $f)))';
    const thrower = (): never => {
      throw exception;
    };
    expect(() => start(rethrow, { m: { f: thrower } })['g']()).toThrow(exception as unknown as Error);
  },
});

namespaceCases('what is thrown', {
  'a trap is one RuntimeError, which no guest catches'({ wasm, start }) {
    const { f } = start('(module (func (export "f") unreachable))');
    expect(() => f()).toThrow(wasm.RuntimeError);
    const text = '(module (import "m" "f" (func $f)) (func (export "g") (call $f)))';
    expect(() => start(text, { m: { f } })['g']()).toThrow(wasm.RuntimeError);
  },
  'any value that JavaScript throws comes out of a guest as itself'({ start }) {
    const text = '(module (import "m" "f" (func $f)) (func (export "g") (call $f)))';
    for (const value of [undefined, null, 1, 'text', new Error('own')]) {
      let caught: unknown = 'nothing';
      try {
        start(text, {
          m: {
            f: () => {
              throw value;
            },
          },
        })['g']();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(value);
    }
  },
  'endless recursion is a RangeError'({ start }) {
    const { f } = start('(module (func $f (export "f") (call $f)))');
    expect(() => f()).toThrow(RangeError);
  },
  'bytes that are no module are a CompileError with the cause'({ wasm }) {
    const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0);
    expect(wasm.validate(bytes)).toBe(false);
    expect(() => new wasm.Module(bytes)).toThrow(wasm.CompileError);
    expect(() => new wasm.Module('bytes' as never)).toThrow(TypeError);
    expect(() => (wasm.Module as unknown as () => void)()).toThrow(TypeError);
  },
  'imports of another kind are a LinkError, missing objects a TypeError'({ wasm, start }) {
    const text = '(module (import "m" "f" (func)))';
    expect(() => start(text, { m: { f: 1 } })).toThrow(wasm.LinkError);
    expect(() => start(text, { m: 1 })).toThrow(TypeError);
    expect(() => start(text, {})).toThrow(TypeError);
    const { g } = start('(module (func (export "g") (param i32)))');
    expect(() => start(text, { m: { f: g } })).toThrow(wasm.LinkError);
  },
  'objects of another namespace are foreign'({ wasm, start }) {
    const other = createWebAssembly({ mode: 'interp' }) as unknown as Standard;
    const memory = new other.Memory({ initial: 1 });
    expect(() => start('(module (import "m" "m" (memory 1)))', { m: { m: memory } })).toThrow(wasm.LinkError);
    expect(() => wasm.Memory.prototype.grow.call(memory as never, 1)).toThrow(TypeError);
  },
  'what was cloned for a worker is refused with the reason'({ wasm, start }) {
    const [module, memory] = [
      structuredClone(new wasm.Module(assemble('(module)') as Uint8Array<ArrayBuffer>)),
      structuredClone(new wasm.Memory({ initial: 1 })),
    ];
    const reason = /is it a clone\? .* cannot be posted to workers/;
    expect(() => new wasm.Instance(module as WebAssembly.Module)).toThrow(reason);
    expect(() => new wasm.Module(module as never)).toThrow(reason);
    expect(() => start('(module (import "m" "memory" (memory 1)))', { m: { memory } })).toThrow(reason);
    expect(() => new wasm.Instance([] as never)).toThrow(/a WebAssembly.Module is wanted, not (?!an empty)/);
  },
  async 'promises are rejected, never thrown'({ wasm }) {
    await expect(wasm.compile(1 as never)).rejects.toThrow(TypeError);
    await expect(wasm.instantiate(new Uint8Array(3))).rejects.toThrow(wasm.CompileError);
    const bytes = assemble('(module (func (export "f") (result i32) (i32.const 1)))') as Uint8Array<ArrayBuffer>;
    const { module, instance } = await wasm.instantiate(bytes);
    expect(wasm.Module.exports(module)).toEqual([{ name: 'f', kind: 'function' }]);
    expect(Object.isFrozen(instance.exports)).toBe(true);
  },
});

namespaceCases('streaming', {
  async 'a module comes from a response, or the promise of one'({ wasm }) {
    const text = '(module (import "m" "n" (global i32)) (func (export "f") (result i32) (global.get 0)))';
    const headers = { 'Content-Type': ' Application/WASM' };
    const response = (): Response => new Response(assemble(text) as Uint8Array<ArrayBuffer>, { headers });
    const module = await wasm.compileStreaming(Promise.resolve(response()));
    expect(wasm.Module.imports(module)).toEqual([{ module: 'm', name: 'n', kind: 'global' }]);
    const { instance } = await wasm.instantiateStreaming(response(), { m: { n: 6 } });
    expect((instance.exports['f'] as () => number)()).toBe(6);
    await expect(wasm.instantiateStreaming(response(), {})).rejects.toThrow(TypeError);
  },
  async 'what is no good response is a TypeError, what is no module a CompileError'({ wasm }) {
    const bytes = assemble('(module)') as Uint8Array<ArrayBuffer>;
    const response = (type: string, status = 200): Response =>
      new Response(bytes, { status, headers: { 'Content-Type': type } });
    const used = response('application/wasm');
    await used.arrayBuffer();
    const bad = [bytes, undefined, used, response('text/plain'), response('application/wasm;x=1'), new Response(bytes)];
    for (const one of [...bad, response('application/wasm', 404), Promise.reject(new TypeError('own'))]) {
      await expect(wasm.compileStreaming(one as Response)).rejects.toThrow(TypeError);
    }
    const empty = new Response('', { headers: { 'Content-Type': 'application/wasm' } });
    await expect(wasm.compileStreaming(empty)).rejects.toThrow(wasm.CompileError);
  },
});

namespaceCases('builtins', {
  'functions on strings come from the namespace'({ wasm }) {
    const text = `(module
      (import "wasm:js-string" "concat" (func $concat (param externref externref) (result (ref extern))))
      (import "wasm:js-string" "length" (func $length (param externref) (result i32)))
      (import "strings" "and" (global $and externref))
      (func (export "f") (param externref) (result externref) (call $concat (local.get 0) (global.get $and)))
      (func (export "n") (param externref) (result i32) (call $length (local.get 0))))`;
    const options = { builtins: ['js-string'], importedStringConstants: 'strings' };
    const Module = wasm.Module as unknown as new (bytes: Uint8Array, options: object) => WebAssembly.Module;
    const module = new Module(assemble(text), options);
    expect(wasm.Module.imports(module)).toEqual([]);
    const { f, n } = new wasm.Instance(module).exports as Record<string, (value: unknown) => unknown>;
    expect([f!('this '), n!('four')]).toEqual(['this and', 4]);
    expect(() => n!(4)).toThrow(wasm.RuntimeError);
  },
});
