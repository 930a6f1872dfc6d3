import { describe, expect, test } from 'vitest';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import { instanceOf, type WasmInstance } from '../../embed/instance/wasm-instance.js';
import { Runtime } from '../../embed/runtime.js';
import { interpEngine } from '../../engine/interp/interp-engine.js';
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { GuestPointer } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import type { Slots } from '../../runtime/slots.js';
import { Trap, UsageError } from '../../wasm/errors.js';
import { matchesSignature, parseSignature } from './signature.js';

describe('signatures', () => {
  test('are parsed once', () => {
    expect(parseSignature('(ii*~$)i')).toMatchObject({
      params: ['i', 'i', 'pointer', 'length', 'string'],
      results: ['i'],
    });
    expect(parseSignature('()')).toMatchObject({ params: [], results: [] });
    expect(parseSignature('(IfFVr*)Ir').results).toEqual(['I', 'r']);
  });

  test.each([
    ['', "signature '': '(' parameters ')' is wanted"],
    ['ii', "signature 'ii': '(' parameters ')' is wanted"],
    ['(iq)', "signature '(iq)', position 2: 'q' is no type"],
    ['(i~)', "signature '(i~)', position 2: '~' belongs right after a '*'"],
    ['(*~~)', "signature '(*~~)', position 3: '~' belongs right after a '*'"],
    ['(i)*', "signature '(i)*', position 3: '*' is no result"],
    ['(i)i ', "signature '(i)i ', position 4: ' ' is no result"],
  ])('%j is refused', (text, message) => {
    expect(() => parseSignature(text)).toThrow(new UsageError(message));
  });

  test('fit types exactly; addresses are as wide as the memory says', () => {
    const [i32, i64, f64, externref] = [-1, -2, -4, 2 * (64 - 0x11) + 1];
    const fits = (text: string, params: number[], results: number[] = [], address = i32!): boolean =>
      matchesSignature(parseSignature(text), { kind: 'func', params, results }, address);
    expect(fits('(i*~$r)F', [i32!, i32!, i32!, i32!, externref!], [f64!])).toBe(true);
    expect(fits('(*~)', [i64!, i64!], [], i64!)).toBe(true);
    expect(fits('(*~)', [i32!, i32!], [], i64!)).toBe(false);
    expect(fits('(i)', [i64!])).toBe(false);
    expect(fits('(i)', [i32!, i32!])).toBe(false);
    expect(fits('(i)i', [i32!])).toBe(false);
  });
});

function setUp() {
  const platform = testPlatform();
  const runtime = Runtime.init({}, { platform, engines: [interpEngine()] });
  const start = (text: string): WasmInstance => runtime.instantiate(runtime.load(assemble(text)));
  const run = (natives: NativeSymbol[], imports: string, body: string, memory = '(memory 1)'): unknown => {
    runtime.registerNatives('host', natives);
    const instance = start(`(module ${imports} ${memory} (data (i32.const 16) "text\\00\\ff\\00") ${body})`);
    return instance.lookupFunction('f')!.call()[0];
  };
  return { runtime, platform, start, run };
}
const imported = (type: string): string => `(import "host" "n" (func $n ${type}))`;

describe('arguments', () => {
  test('numbers, pointers with and without length, strings', () => {
    const { run } = setUp();
    const seen: unknown[] = [];
    const n: NativeSymbol = {
      symbol: 'n',
      signature: '(iIfF*~*$)i',
      func(_env, i: number, I: bigint, f: number, F: number, bytes: Uint8Array, pointer: GuestPointer, text: string) {
        seen.push(i, I, f, F, [...bytes], pointer.address, pointer.text(), pointer.view(4).getInt32(0, true), text);
        bytes[0] = 0x54;
        return 7;
      },
    };
    const result = run(
      [n],
      imported('(param i32 i64 f32 f64 i32 i32 i32 i32) (result i32)'),
      `(func (export "f") (result i32)
        (i32.add (call $n (i32.const -1) (i64.const -2) (f32.const 1.5) (f64.const 2.5) (i32.const 16) (i32.const 3) (i32.const 17) (i32.const 16))
                 (i32.load8_u (i32.const 16))))`,
    );
    expect(seen).toEqual([-1, -2n, 1.5, 2.5, [0x74, 0x65, 0x78], 17, 'ext', 0x0074_7865, 'text']);
    expect(result).toBe(7 + 0x54);
  });

  test('what is out of bounds traps before the native runs; address 0 is null', () => {
    const { runtime, start } = setUp();
    let runs = 0;
    const args: unknown[] = [];
    const func = (_env: ExecEnv, ...given: never[]): void => {
      runs++;
      args.push(...given);
    };
    runtime.registerNatives('host', [
      { symbol: 'pair', signature: '(*~)', func },
      { symbol: 'one', signature: '(*)', func },
      { symbol: 'text', signature: '($)', func },
    ]);
    const instance = start(`(module
      (import "host" "pair" (func $pair (param i32 i32))) (import "host" "one" (func $one (param i32))) (import "host" "text" (func $text (param i32)))
      (memory 1) (data (i32.const 65534) "xy")
      (func (export "pair") (param i32 i32) (call $pair (local.get 0) (local.get 1)))
      (func (export "one") (param i32) (call $one (local.get 0)))
      (func (export "text") (param i32) (call $text (local.get 0))))`);
    const call =
      (name: string, ...given: number[]) =>
      () =>
        instance.lookupFunction(name)!.call(...given);
    const trap = 'out of bounds memory access';
    expect(call('pair', 65_530, 7)).toThrow(trap);
    expect(call('pair', -1, 2)).toThrow(trap);
    expect(call('one', 65_536)).toThrow(trap);
    expect(call('text', 65_534)).toThrow(trap);
    expect(call('text', 70_000)).toThrow(trap);
    expect(instance.getException()).toBe('Exception: out of bounds memory access');
    expect(runs).toBe(0);
    call('pair', 65_536, 0)();
    call('one', 0)();
    call('text', 0)();
    expect(args).toEqual([new Uint8Array(0), null, null]);
  });

  test('64-bit addresses', () => {
    const { runtime, start } = setUp();
    const n: NativeSymbol = {
      symbol: 'n',
      signature: '(*~$)i',
      func: (_env, bytes: Uint8Array, text: string) => bytes.length * 10 + text.length,
    };
    runtime.registerNatives('host', [n]);
    const text = (at: string): string => `(module ${imported('(param i64 i64 i64) (result i32)')}
      (memory i64 1) (data (i64.const 16) "text\\00")
      (func (export "f") (result i32) (call $n (i64.const ${at}) (i64.const 3) (i64.const 16))))`;
    expect(start(text('16')).lookupFunction('f')!.call()).toEqual([34]);
    expect(() => start(text('0x100000010')).lookupFunction('f')!.call()).toThrow('out of bounds memory access');
  });

  test('without a signature nothing is converted; raw natives get slots, checked all the same', () => {
    const { runtime, start } = setUp();
    runtime.registerNatives('host', [
      { symbol: 'plain', func: (_env: ExecEnv, a: number, b: bigint) => BigInt(a) + b },
      {
        symbol: 'raw',
        raw: true,
        signature: '(*~r)i',
        func(_env: ExecEnv, slots: Slots) {
          slots.i32[0] = slots.i32[0]! * 100 + slots.i32[4]! + (slots.refs[2] === null ? 0 : 1);
        },
      },
    ]);
    const instance = start(`(module
      (import "host" "plain" (func $plain (param i32 i64) (result i64))) (import "host" "raw" (func $raw (param i32 i32 externref) (result i32)))
      (memory 1)
      (func (export "plain") (result i64) (call $plain (i32.const 5) (i64.const -7)))
      (func (export "raw") (param i32 externref) (result i32) (call $raw (local.get 0) (i32.const 8) (local.get 1))))`);
    expect(instance.lookupFunction('plain')!.call()).toEqual([-2n]);
    expect(instance.lookupFunction('raw')!.call(3, 'value')).toEqual([309]);
    expect(instance.lookupFunction('raw')!.call(3, null)).toEqual([308]);
    expect(() => instance.lookupFunction('raw')!.call(65_530, null)).toThrow(Trap);
  });
});

describe('results', () => {
  test('several come as an array; wrong ones are named', () => {
    const { run } = setUp();
    const two: NativeSymbol = { symbol: 'n', signature: '()iI', func: () => [1, 2n] };
    const type = imported('(result i32 i64)');
    expect(run([two], type, '(func (export "f") (result i32 i64) (call $n))')).toBe(1);
    const one: NativeSymbol = { symbol: 'n', signature: '()iI', func: () => 1 };
    expect(() => run([one], type, '(func (export "f") (result i32 i64) (call $n))')).toThrow(
      "native 'n' returns an array of 2 values",
    );
    const wrong: NativeSymbol = { symbol: 'n', func: () => 'x' };
    expect(() => run([wrong], imported('(result i32)'), '(func (export "f") (result i32) (call $n))')).toThrow(
      "native 'n', result 0: an i32 is a number, not the string x",
    );
    const noFunction: NativeSymbol = { symbol: 'n', func: () => ({}) };
    expect(() => run([noFunction], imported('(result funcref)'), '(func (export "f") (drop (call $n)))')).toThrow(
      UsageError,
    );
  });
});

describe('the registry', () => {
  const constant = (symbol: string, value: number, signature = '()i'): NativeSymbol => ({
    symbol,
    signature,
    func: () => value,
  });
  const CALL = `(module (import "host" "_n" (func $n (result i32))) (func (export "f") (result i32) (call $n)))`;

  test('newest first, leading underscore, unregister by array', () => {
    const { runtime, start } = setUp();
    const value = () => start(CALL).lookupFunction('f')!.call()[0];
    const [older, newer, exact] = [[constant('n', 1)], [constant('n', 2)], [constant('_n', 3)]];
    runtime.registerNatives('host', older);
    const linked = start(CALL);
    expect(value()).toBe(1);
    runtime.registerNatives('host', newer);
    expect(value()).toBe(2);
    runtime.registerNatives('host', exact);
    expect(value()).toBe(3);
    expect(runtime.unregisterNatives('host', exact)).toBe(true);
    expect(runtime.unregisterNatives('host', exact)).toBe(false);
    expect(runtime.unregisterNatives('other', newer)).toBe(false);
    expect(runtime.unregisterNatives('host', newer)).toBe(true);
    expect(value()).toBe(1);
    runtime.unregisterNatives('host', older);
    expect(linked.lookupFunction('f')!.call()).toEqual([1]);
    expect(runtime.isImportFuncLinked('host', '_n')).toBe(false);
  });

  test('a signature that does not fit warns and stays unlinked, older tables are not tried', () => {
    const { runtime, start, platform } = setUp();
    runtime.registerNatives('host', [constant('n', 1)]);
    runtime.registerNatives('host', [constant('n', 2, '(i)i')]);
    const instance = start(CALL);
    expect(platform.lines).toEqual([
      "warning: signature '(i)i' does not fit import function (host, _n): it stays unlinked",
      'warning: failed to link import function (host, _n)',
    ]);
    expect(() => instance.lookupFunction('f')!.call()).toThrow('failed to call unlinked import function (host, _n)');
  });

  test('bad tables are refused by name', () => {
    const { runtime } = setUp();
    expect(() => runtime.registerNatives('host', [constant('n', 1), constant('n', 2)])).toThrow(
      "native 'host.n' stands twice in one table",
    );
    expect(() => runtime.registerNatives('host', [constant('n', 1, '(z)')])).toThrow(
      "native 'host.n': signature '(z)', position 1: 'z' is no type",
    );
    expect(() => runtime.registerNatives('host', [{ symbol: 'n' } as NativeSymbol])).toThrow(
      "'host.n' has no function",
    );
    expect(runtime.isImportFuncLinked('host', 'n')).toBe(false);
  });
});

test('attachment, exec env and instance are there during the call', () => {
  const { runtime, start } = setUp();
  const seen: unknown[] = [];
  runtime.registerNatives('host', [
    {
      symbol: 'n',
      attachment: { my: 'data' },
      func(env: ExecEnv) {
        seen.push(env.attachment, instanceOf(env), env.userData);
      },
    },
  ]);
  const instance = start('(module (import "host" "n" (func $n)) (memory 1) (func (export "f") (call $n)))');
  const env = instance.createExecEnv();
  env.userData = 5;
  instance.lookupFunction('f')!.callOn(env, []);
  expect(seen).toEqual([{ my: 'data' }, instance, 5]);
  expect(env.attachment).toBeUndefined();
});

test('a native finds the memory of the instance that called it', () => {
  const { runtime, start } = setUp();
  runtime.registerNatives('host', [
    { symbol: 'n', signature: '(*~)i', func: (_env: ExecEnv, bytes: Uint8Array) => bytes[0] },
  ]);
  const library =
    start(`(module (import "host" "n" (func $n (param i32 i32) (result i32))) (memory 1) (data (i32.const 0) "L")
    (func (export "own") (result i32) (call $n (i32.const 0) (i32.const 1))) (export "n" (func $n)))`);
  const text = `(module (import "lib" "own" (func $own (result i32))) (import "lib" "n" (func $n (param i32 i32) (result i32)))
    (memory 1) (data (i32.const 0) "U")
    (func (export "f") (result i32 i32) (call $own) (call $n (i32.const 0) (i32.const 1))))`;
  const user = runtime.instantiate(runtime.load(assemble(text)), { imports: { lib: library } });
  expect(user.lookupFunction('f')!.call()).toEqual(['L'.charCodeAt(0), 'U'.charCodeAt(0)]);
});

test('hostCalls limits calls to natives', () => {
  const { runtime } = setUp();
  runtime.registerNatives('host', [{ symbol: 'n', func: () => undefined }]);
  const module = runtime.load(
    assemble('(module (import "host" "n" (func $n)) (func (export "f") (loop (call $n) (br 0))))'),
  );
  const instance = runtime.instantiate(module, { limits: { hostCalls: 100 } });
  expect(() => instance.lookupFunction('f')!.call()).toThrow('limit hostCalls reached (100)');
  expect(instance.lastCallUsage!.hostCalls).toBe(101);
});

test("an instance's old exception does not end calls that come through another instance", () => {
  const { runtime, start } = setUp();
  runtime.registerNatives('host', [{ symbol: 'n', func: () => undefined }]);
  const library = start(
    `(module (import "host" "n" (func $n)) (func (export "ok") (call $n)) (func (export "bad") unreachable))`,
  );
  expect(() => library.lookupFunction('bad')!.call()).toThrow('unreachable');
  const text = '(module (import "lib" "ok" (func $ok)) (func (export "f") (call $ok)))';
  const user = runtime.instantiate(runtime.load(assemble(text)), { imports: { lib: library } });
  expect(user.lookupFunction('f')!.call()).toEqual([]);
  expect(library.getException()).toBe('Exception: unreachable');
});
