// Every public method with arguments that are wrong: what it throws is an error of this API, whatever it is given.
import { afterAll, describe, expect, test } from 'vitest';
import { testPlatform } from '../../test/helpers/test-platform.js';
import { assemble } from '../../test/helpers/wat.js';
import { interpEngine } from '../engine/interp/interp-engine.js';
import { compileToModule, loadAot } from '../entry/aot.js';
import { createEnclavePool } from '../entry/enclave.js';
import { ALL_LIBRARIES } from '../entry/libraries.js';
import { EnclasmError } from '../wasm/errors.js';
import type { ContextKey } from './instance/context-key.js';
import type { WasmGlobal, WasmMemory, WasmTable } from './instance/externs.js';
import type { WasmInstance } from './instance/wasm-instance.js';
import type { WasmModule } from './module/wasm-module.js';
import { Runtime } from './runtime.js';

const HOST = { platform: testPlatform(), engines: [interpEngine()], libraries: ALL_LIBRARIES };
const BYTES =
  assemble(`(module (memory (export "m") 1 4) (table (export "t") 1 2 funcref) (global (export "g") (mut i64) (i64.const 0))
  (func (export "f") (param i32) (result i32) (local.get 0)) (func (export "v") (param v128 externref funcref)) (func (export "main") (result i32) (i32.const 0)))`);

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
const WITHOUT_TEXT = {
  toString(): never {
    throw new RangeError('no text');
  },
  get constructor(): never {
    throw new RangeError('no constructor');
  },
};

const BAD: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  zero: 0,
  five: 5,
  negative: -1,
  fraction: 0.5,
  NaN: Number.NaN,
  infinite: Number.POSITIVE_INFINITY,
  huge: 2 ** 60,
  bigint: 5n,
  text: 'f',
  'empty text': '',
  'hostile text': '\u001b[31m\u202e',
  symbol: Symbol('s'),
  function: () => {},
  'an empty array': [],
  'an array of null': [null],
  'an array of five': [5],
  'an array of a symbol': [Symbol('s')],
  'an empty object': {},
  'no prototype': Object.create(null),
  'a revoked Proxy': revoked(),
  'an object without text': WITHOUT_TEXT,
  'a detached buffer': detached(),
  'a view of a detached buffer': (() => {
    const view = new Uint8Array(new ArrayBuffer(8));
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  })(),
  bytes: new Uint8Array(3),
  'another view': new Float64Array(2),
  true: true,
};

// Each argument position is tried with every value, the others being right.
type Any = (...args: never[]) => unknown;
const runtime = Runtime.init({}, HOST);
const module = runtime.load(BYTES);
const instance = runtime.instantiate(module, { heapSize: 4_096 });
const withThreads = runtime.instantiate(module, { threads: 'cooperative' });
const key = runtime.createContextKey();
afterAll(() => {
  if (!runtime.destroyed) runtime.destroy();
});

const memory = instance.exports['m'] as WasmMemory;
const table = instance.exports['t'] as WasmTable;
const global = instance.exports['g'] as WasmGlobal;
const func = instance.lookupFunction('f')!;
const vectors = instance.lookupFunction('v')!;
const bind =
  (owner: object, name: string): Any =>
  (...args: unknown[]) =>
    (owner as Record<string, (...args: unknown[]) => unknown>)[name]!(...args);

/** The right arguments of each method; a method without arguments has nothing to get wrong. */
const METHODS: readonly (readonly [what: string, call: Any, right: () => unknown[]])[] = [
  [
    'Runtime.init',
    (...args: never[]) => Runtime.init(...(args as unknown as [never, never])).destroy(),
    () => [{}, HOST],
  ],
  ...(
    [
      ['load', () => [BYTES, {}]],
      ['registerModule', () => ['x', module]],
      ['findModuleRegistered', () => ['x']],
      ['setModuleReader', () => [undefined, undefined]],
      ['instantiate', () => [module, {}]],
      ['registerNatives', () => ['n', []]],
      ['unregisterNatives', () => ['n', []]],
      ['isImportFuncLinked', () => ['n', 'f']],
      ['malloc', () => [8]],
      ['realloc', () => [runtime.malloc(8), 16]],
      ['free', () => [runtime.malloc(8)]],
      ['alignedAlloc', () => [8, 8]],
      ['createContextKey', () => [undefined]],
      ['createSharedMemory', () => [{ initial: 0, maximum: 1 }]],
      ['externrefRefToObj', () => [1]],
      ['externrefRetain', () => [1]],
      ['setMaxThreadNum', () => [4]],
      ['setLogLevel', () => ['fatal']],
    ] as const
  ).map(([name, right]) => [`Runtime.${name}`, bind(runtime, name), right] as const),
  ...(
    [
      ['lookupFunction', () => ['f']],
      ['lookupMemory', () => ['m']],
      ['getMemory', () => [0]],
      ['createExecEnv', () => [0]],
      ['destroyExecEnv', () => [instance.createExecEnv()]],
      ['executeMain', () => [[], {}]],
      ['executeMainAsync', () => [[], {}]],
      ['executeFunc', () => ['f', ['1'], {}]],
      ['executeFuncAsync', () => ['f', ['1'], {}]],
      ['canPause', () => ['f']],
      ['setException', () => ['text']],
      ['moduleMalloc', () => [8]],
      ['moduleRealloc', () => [0, 8]],
      ['moduleFree', () => [0]],
      ['moduleDupData', () => [new Uint8Array(2)]],
      ['validateAppAddr', () => [0, 1]],
      ['validateAppStrAddr', () => [0]],
      ['validateNativeAddr', () => [new Uint8Array(1)]],
      ['addrAppToNative', () => [0, 1]],
      ['addrNativeToApp', () => [new Uint8Array(1)]],
      ['getAppAddrRange', () => [0]],
      ['enlargeMemory', () => [0]],
      ['setContext', () => [key, 1]],
      ['getContext', () => [key]],
      ['externrefObjToRef', () => [1]],
      ['externrefObjDel', () => [1]],
      ['externrefSetCleanup', () => [1, undefined]],
    ] as const
  ).map(([name, right]) => [`WasmInstance.${name}`, bind(instance, name), right] as const),
  [
    'WasmInstance.spawnThread',
    (...args: never[]) => withThreads.spawnThread(...(args as unknown as ['f', [1]])).cancel(),
    () => ['f', [1]],
  ],
  ['WasmModule.customSections', bind(module, 'customSections'), () => ['name']],
  ['WasmFunction.call', bind(func, 'call'), () => [1]],
  ['WasmFunction.call of others', bind(vectors, 'call'), () => [new Uint8Array(16), null, null]],
  ['WasmFunction.callOn', bind(func, 'callOn'), () => [instance.execEnv, [1], {}]],
  ['WasmFunction.callAsync', bind(func, 'callAsync'), () => [[1], {}]],
  ['WasmMemory.grow', bind(memory, 'grow'), () => [0]],
  ['WasmTable.get', bind(table, 'get'), () => [0]],
  ['WasmTable.set', bind(table, 'set'), () => [0, null]],
  ['WasmTable.grow', bind(table, 'grow'), () => [0, null]],
  ['WasmGlobal.set', bind(global, 'set'), () => [1n]],
  ['loadAot', loadAot as Any, () => [{}, true]],
  ['compileToModule', compileToModule as Any, () => [module.validated, {}]],
  ['createEnclavePool', ((options: never) => createEnclavePool(options)) as Any, () => [{ size: 0 }]],
];

/** What it throws, at once or by its promise. */
async function failureOf(call: Any, args: readonly unknown[]): Promise<unknown> {
  try {
    await call(...(args as never[]));
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(METHODS)('%s', (what, call, right) => {
  const count = right().length;
  test.each(Array.from({ length: count }, (_, k) => k))('argument %i', async (k) => {
    for (const [name, value] of Object.entries(BAD)) {
      const args = right();
      args[k] = value;
      const error = await failureOf(call, args);
      const where = `${what}, argument ${k}: ${name}: ${String((error as Error | undefined)?.stack)}`;
      if (error === undefined) continue;
      expect(error instanceof EnclasmError, where).toBe(true);
      const { message } = error as EnclasmError;
      expect(message, where).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(JSON.parse(JSON.stringify(error)), where).toMatchObject({ name: (error as Error).name, message });
    }
  });
});

test('every method is in the table', () => {
  const without = new Set([
    ...['constructor', 'getMemAllocInfo', 'verifyMemory', 'destroy', 'deinstantiate', 'end', 'lookupWasiStartFunction'],
    ...['terminate', 'getException', 'clearException', 'externrefReclaim', 'unload', 'get', 'compiledFor'],
    ...['fail', 'endWithOthers', 'holdCode', 'typesFor'],
  ]);
  const listed = new Set(METHODS.map(([what]) => what.split(' ')[0]));
  const classes: readonly (readonly [string, object])[] = [
    ['Runtime', runtime],
    ['WasmInstance', instance satisfies WasmInstance],
    ['WasmModule', module satisfies WasmModule],
    ['WasmFunction', func],
    ['WasmMemory', memory],
    ['WasmTable', table],
    ['WasmGlobal', global],
  ];
  for (const [name, one] of classes) {
    const prototype = Object.getPrototypeOf(one) as object;
    for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value !== 'function' || (without.has(method) && `${name}.${method}` !== 'WasmTable.get')) continue;
      expect(listed).toContain(`${name}.${method}`);
    }
  }
});

test('keys of other runtimes and things that are no keys are refused', () => {
  for (const given of [undefined, null, 5, {}, 'key']) {
    expect(() => instance.getContext(given as unknown as ContextKey<unknown>)).toThrow(EnclasmError);
  }
});
