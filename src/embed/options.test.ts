// Options are taken once and copied: what was checked is what holds, whatever object they came in.
import { describe, expect, test } from 'vitest';
import { failure } from '../../test/helpers/failure.js';
import { testPlatform } from '../../test/helpers/test-platform.js';
import { assemble } from '../../test/helpers/wat.js';
import { interpEngine } from '../engine/interp/interp-engine.js';
import { createEnclavePool, createEnclaveSync } from '../entry/enclave.js';
import { ALL_LIBRARIES } from '../entry/libraries.js';
import { LimitError, UsageError } from '../wasm/errors.js';
import type { RuntimeInitArgs } from './init/init-args.js';
import { Runtime } from './runtime.js';

const MODULE = assemble('(module (func (export "spin") (loop (br 0))) (func (export "nothing")))');

function start(args: RuntimeInitArgs = {}) {
  const runtime = Runtime.init(args, {
    platform: testPlatform(),
    engines: [interpEngine()],
    libraries: ALL_LIBRARIES,
  });
  return { runtime, module: runtime.load(MODULE) };
}

/** The same options in every guise: each must be honoured like the plain object, or refused. */
const GUISES: Readonly<Record<string, (options: object) => object>> = {
  plain: (options) => options,
  inherited: (options) => Object.create(options) as object,
  'from a class': (options) =>
    new (class {
      constructor() {
        Object.assign(this, options);
      }
    })(),
  'without a prototype': (options) => Object.assign(Object.create(null) as object, options),
  'not enumerable': (options) =>
    Object.defineProperties(
      {},
      Object.fromEntries(Object.entries(options).map(([key, value]) => [key, { value, enumerable: false }])),
    ),
  'behind getters': (options) =>
    Object.defineProperties(
      {},
      Object.fromEntries(Object.entries(options).map(([key, value]) => [key, { get: () => value, enumerable: true }])),
    ),
  'a Proxy without keys': (options) => new Proxy(options, { ownKeys: () => [] }),
};

/** An object whose key has the first value once, and then the second. */
function changing(key: string, first: unknown, then: unknown): object {
  let looks = 0;
  return {
    get [key]() {
      return looks++ === 0 ? first : then;
    },
  };
}

describe.each(Object.entries(GUISES))('options %s', (name, guise) => {
  test('limits of instances and calls hold, wrong ones are refused', () => {
    const { runtime, module } = start();
    const instance = runtime.instantiate(module, guise({ limits: guise({ fuel: 1_000 }) }));
    const spin = instance.lookupFunction('spin')!;
    expect(instance.limits.fuel).toBe(1_000);
    expect(failure(() => spin.call())).toBeInstanceOf(LimitError);
    expect(failure(() => spin.callOn(instance.execEnv, [], guise({ fuel: 10 })))).toMatchObject({ value: 10 });
    for (const fuel of [Number.NaN, -1, 0.5, '5', Number.POSITIVE_INFINITY]) {
      expect(() => runtime.instantiate(module, { limits: guise({ fuel }) })).toThrow(UsageError);
      expect(() => spin.callOn(instance.execEnv, [], guise({ fuel }))).toThrow(UsageError);
      expect(() => start({ limits: guise({ fuel }) })).toThrow(UsageError);
    }
    runtime.destroy();
  });

  test('of async calls too', async () => {
    const { runtime, module } = start();
    const instance = runtime.instantiate(module, { metered: true });
    const spin = instance.lookupFunction('spin')!;
    await expect(spin.callAsync([], guise({ fuel: 500 }))).rejects.toMatchObject({ limit: 'fuel', value: 500 });
    await expect(spin.callAsync([], guise({ fuel: Number.NaN }))).rejects.toThrow(UsageError);
    runtime.destroy();
  });

  test('of runtimes, enclaves and pools', () => {
    const { runtime, module } = start(guise({ limits: guise({ instances: 1 }) }));
    const instance = runtime.instantiate(module);
    expect(failure(() => runtime.instantiate(module))).toMatchObject({ limit: 'instances' });
    instance.deinstantiate();
    expect(() => runtime.instantiate(module, { wasi: guise({ maxOutputBytes: Number.NaN }) })).toThrow(UsageError);
    expect(() =>
      runtime.instantiate(module, { wasi: { preopens: { '/': guise({ path: '.', readOnly: 1 }) as never } } }),
    ).toThrow('readOnly');
    expect(() => createEnclaveSync(guise({ transport: 'same-thread', trusted: guise({ clock: 'mine' }) }))).toThrow(
      'clock',
    );
    expect(() => createEnclavePool(guise({ size: 1, budget: guise({ fuel: -1 }) }) as never)).toThrow('fuel');
    runtime.destroy();
  });

  test('misspelt keys are refused by name, unless nobody can see them', () => {
    if (name === 'a Proxy without keys') return;
    const { runtime, module } = start();
    const instance = runtime.instantiate(module);
    const call = instance.lookupFunction('nothing')!;
    expect(() => runtime.instantiate(module, guise({ limit: {} }))).toThrow("unknown option 'limit'");
    expect(() => runtime.instantiate(module, { limits: guise({ feul: 1 }) })).toThrow("unknown option 'feul'");
    expect(() => call.callOn(instance.execEnv, [], guise({ timeoutMS: 1 }))).toThrow("unknown option 'timeoutMS'");
    expect(() => runtime.load(MODULE, guise({ nam: '' }))).toThrow("unknown option 'nam'");
    expect(() => runtime.load(MODULE, { features: guise({ simd2: true }) })).toThrow("unknown feature 'simd2'");
    expect(() =>
      runtime.registerNatives('m', [guise({ symbol: 'f', func: () => 0, signatur: '()' }) as never]),
    ).toThrow("unknown option 'signatur'");
    expect(() => start(guise({ limit: {} }))).toThrow("unknown option 'limit'");
    runtime.destroy();
  });
});

describe('values that change', () => {
  test('the one that was checked is the one that holds', () => {
    const { runtime, module } = start(changing('limits', { moduleBytes: 1_000 }, { moduleBytes: Number.NaN }));
    const instance = runtime.instantiate(module, changing('limits', { fuel: 100 }, { fuel: Number.NaN }));
    expect(instance.limits.fuel).toBe(100);
    const inner = runtime.instantiate(module, { limits: changing('fuel', 100, Number.NaN) });
    expect(inner.limits.fuel).toBe(100);
    const spin = inner.lookupFunction('spin')!;
    expect(failure(() => spin.callOn(inner.execEnv, [], changing('fuel', 7, Number.NaN)))).toMatchObject({ value: 7 });
    runtime.destroy();
  });

  test('changes afterwards change nothing', () => {
    const limits = { fuel: 50 };
    const initArgs = { limits: { fuel: 60 } };
    const { runtime, module } = start(initArgs);
    const instance = runtime.instantiate(module, { limits });
    limits.fuel = Number.NaN;
    initArgs.limits.fuel = Number.NaN;
    expect(failure(() => instance.lookupFunction('spin')!.call())).toMatchObject({ limit: 'fuel', value: 50 });
    expect(runtime.instantiate(module).limits.fuel).toBe(60);
    expect(() => {
      (instance.limits as { fuel: number }).fuel = 5;
    }).toThrow(TypeError);
    runtime.destroy();
  });

  test('a native is what it was when it was registered', () => {
    const { runtime } = start();
    const native = { symbol: 'f', signature: '()i', func: () => 1 };
    runtime.registerNatives('m', [native]);
    native.func = () => 2;
    native.signature = '(i)';
    const module = runtime.load(
      assemble('(module (import "m" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))'),
    );
    expect(runtime.instantiate(module).lookupFunction('run')!.call()).toEqual([1]);
    runtime.destroy();
  });
});

test('what reading throws is the cause of an error of this API', () => {
  const { runtime, module } = start();
  const broken = {
    get limits(): never {
      throw new RangeError('mine');
    },
  };
  expect(failure(() => runtime.instantiate(module, broken))).toMatchObject({
    name: 'UsageError',
    message: 'instantiate options.limits: cannot be read',
    cause: { message: 'mine' },
  });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(() => runtime.instantiate(module, proxy)).toThrow(UsageError);
  expect(() => runtime.instantiate(module, { limits: proxy })).toThrow(UsageError);
  runtime.destroy();
});
