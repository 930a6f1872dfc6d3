import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { fakeEngine } from '../../../test/helpers/fake-engine.js';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { assemble } from '../../../test/helpers/wat.js';
import { UsageError } from '../../wasm/errors.js';
import { Runtime } from '../runtime.js';
import { VERSION } from '../version.js';
import type { RuntimeHost } from './full-init.js';
import type { RuntimeInitArgs } from './init-args.js';
import { INIT_STEPS, InitError, type InitStep } from './init-steps.js';

function host(failAt?: InitStep) {
  const started: InitStep[] = [];
  const undone: InitStep[] = [];
  const platform = testPlatform();
  const made: RuntimeHost = {
    platform,
    engines: [fakeEngine()],
    observer: {
      beforeStep(step) {
        started.push(step);
        if (step === failAt) throw new Error(`${step} is broken`);
      },
      afterUndo: (step) => undone.push(step),
    },
  };
  return { ...made, started, undone, lines: platform.lines };
}

const noop = (): number => 0;
const natives = [{ symbol: 'f', func: noop, signature: '(i)i' }];

test('a buffer is the pool of one live runtime at a time; parts of it may be several', () => {
  const heapBuf = new ArrayBuffer(40_000);
  const init = (of: ArrayBuffer | Uint8Array) =>
    Runtime.init({ memAllocType: 'pool', memAllocOption: { pool: { heapBuf: of } } }, host());
  const first = init(heapBuf);
  const block = first.malloc(16)!;
  const bytes = new Uint8Array(block.buffer, block.offset, 16).fill(7);
  for (const again of [heapBuf, new Uint8Array(heapBuf, 20_000)]) {
    let error: unknown;
    try {
      init(again);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InitError);
    expect((error as InitError).cause).toBeInstanceOf(UsageError);
    expect((error as InitError).message).toContain('the pool of another runtime');
  }
  expect([...bytes]).toEqual(new Array(16).fill(7));
  first.destroy();
  const [left, right] = [init(new Uint8Array(heapBuf, 0, 20_000)), init(new Uint8Array(heapBuf, 20_000))];
  expect(() => init(heapBuf)).toThrow('another runtime');
  right.destroy();
  left.destroy();
  expect(() => init(new Uint8Array(heapBuf, 0, 10))).toThrow(InitError);
  init(heapBuf).destroy();
});

describe('full init', () => {
  test('runs the steps in order and destroys in reverse', () => {
    const h = host();
    const runtime = Runtime.init({ nativeSymbols: natives, maxThreadNum: 7 }, h);
    expect(h.started).toEqual([...INIT_STEPS]);
    expect(runtime.maxThreadNum).toBe(7);
    expect(runtime.isImportFuncLinked('env', 'f')).toBe(true);
    const report = runtime.destroy();
    expect(h.undone).toEqual([...INIT_STEPS].reverse());
    expect(report).toMatchObject({ execEnvs: 0, instances: [], modules: [], externrefs: 0, sharedMemories: 0 });
    expect(report.leaks).toMatchObject({ blocks: 0, charges: 0 });
  });

  test.each(INIT_STEPS)('a failing step %s undoes those before it, and a following init works', (step) => {
    const pool = new ArrayBuffer(10_000);
    const args: RuntimeInitArgs = {
      memAllocType: 'pool',
      memAllocOption: { pool: { heapBuf: pool } },
      nativeSymbols: natives,
    };
    const h = host(step);
    let error: unknown;
    try {
      Runtime.init(args, h);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InitError);
    const failure = error as InitError;
    expect(failure.step).toBe(step);
    expect(failure.message).toBe(`runtime initialisation failed at step '${step}': ${step} is broken`);
    expect((failure.cause as Error).message).toBe(`${step} is broken`);
    expect(h.undone).toEqual(INIT_STEPS.slice(0, INIT_STEPS.indexOf(step)).reverse());
    expect(new Uint8Array(pool).every((byte) => byte === 0)).toBe(true);
    const runtime = Runtime.init(args, host());
    expect(runtime.isImportFuncLinked('env', 'f')).toBe(true);
    runtime.destroy();
  });

  test('failures of the steps themselves are reported with their reason', () => {
    expect(() =>
      Runtime.init({ memAllocType: 'pool', memAllocOption: { pool: { heapBuf: new ArrayBuffer(16) } } }, host()),
    ).toThrow(/step 'memory'/);
    expect(() => Runtime.init({ nativeSymbols: [{ symbol: 'f', func: noop, signature: '(q)' }] }, host())).toThrow(
      "step 'natives': native 'env.f': signature '(q)', position 1: 'q' is no type",
    );
    const { platform: _, ...rest } = host();
    expect(() => Runtime.init({}, rest as unknown as RuntimeHost)).toThrow(/step 'platform'.*no platform/);
    const wrong = { ...host(), libraries: {} } as unknown as RuntimeHost;
    expect(() => Runtime.init({}, wrong)).toThrow(/step 'platform'.*libraries are not a list/);
  });

  test('every pool size either works or is a clear error', () => {
    let works = -1;
    for (let heapSize = 0; heapSize <= 200; heapSize++) {
      try {
        Runtime.init({ memAllocType: 'pool', memAllocOption: { pool: { heapSize } } }, host()).destroy();
        if (works < 0) works = heapSize;
      } catch (error) {
        expect(works, `size ${heapSize} fails, ${works} works`).toBe(-1);
        expect(error).toBeInstanceOf(InitError);
        expect((error as Error).message).toContain('bytes');
      }
    }
    expect(works).toBeGreaterThan(0);
  });
});

describe('init arguments', () => {
  test.each<[unknown, string]>([
    [{ memAllocTyp: 'pool' }, "init args: unknown option 'memAllocTyp'; known: memAllocType"],
    [{ memAllocType: 'heap' }, "init args.memAllocType: one of pool, allocator, system is wanted, not 'heap'"],
    [{ memAllocType: 'pool' }, "memAllocType 'pool' needs memAllocOption.pool"],
    [{ memAllocOption: { pool: { heapSize: 5 } } }, "memAllocOption.pool is given, but memAllocType is 'system'"],
    [{ memAllocType: 'pool', memAllocOption: { pool: { size: 5 } } }, "memAllocOption.pool: unknown option 'size'"],
    [{ maxThreadNum: -1 }, 'init args.maxThreadNum: a whole number, 0 or more, is wanted, not -1'],
    [{ maxThreadNum: '4' }, "init args.maxThreadNum: a whole number, 0 or more, is wanted, not '4'"],
    [{ nativeSymbols: {} }, 'init args.nativeSymbols: an array is wanted, not an object'],
    [{ limits: { memory: 1 } }, "limits: unknown option 'memory'"],
    [{ limits: { instances: 1.5 } }, 'limits.instances: a whole number'],
    [{ features: { simd2: true } }, "unknown feature 'simd2'"],
    [{ runningMode: 'fast' }, 'init args.runningMode: one of auto, interp'],
    [[], 'init args is no object'],
  ])('%j is refused by name', (args, text) => {
    expect(() => Runtime.init(args as RuntimeInitArgs, host())).toThrow(UsageError);
    expect(() => Runtime.init(args as RuntimeInitArgs, host())).toThrow(text);
  });

  test("WAMR's fields without effect are accepted, with a warning", () => {
    const h = host();
    Runtime.init({ fastJitCodeCacheSize: 1000, ipAddr: '127.0.0.1', llvmJitOptLevel: 3 }, h).destroy();
    expect(h.lines).toEqual([
      "warning: init args: 'ipAddr' has no effect in this runtime",
      "warning: init args: 'fastJitCodeCacheSize' has no effect in this runtime",
    ]);
  });
});

test('two runtimes share nothing', () => {
  const one = Runtime.init({ nativeModuleName: 'host', nativeSymbols: natives }, host());
  const two = Runtime.init({ maxThreadNum: 9 }, host());
  expect(two.isImportFuncLinked('host', 'f')).toBe(false);
  expect(one.maxThreadNum).toBe(4);
  const module = one.load(assemble('(module)'));
  expect(() => two.instantiate(module)).toThrow('the module belongs to another runtime');
  one.destroy();
  expect(two.destroyed).toBe(false);
  two.destroy();
});

test('use after destroy is a named error', () => {
  const runtime = Runtime.init({}, host());
  runtime.destroy();
  for (const use of [
    () => runtime.load(new Uint8Array()),
    () => runtime.malloc(8),
    () => runtime.registerNatives('m', []),
    () => runtime.setLogLevel('debug'),
    () => runtime.destroy(),
  ]) {
    expect(use).toThrow(new UsageError('this runtime has been destroyed'));
  }
});

test('memory: the three ways, through the runtime', () => {
  const memory = new ArrayBuffer(100_000);
  let next = 8;
  const all: RuntimeInitArgs[] = [
    { memAllocType: 'pool', memAllocOption: { pool: { heapSize: 100_000 } } },
    { memAllocType: 'system', memAllocOption: { system: { limit: 50_000 } } },
    {
      memAllocType: 'allocator',
      memAllocOption: {
        allocator: {
          malloc: (size) => {
            const at = next;
            next += Math.ceil(size / 8) * 8;
            return at;
          },
          free: () => {},
          buffer: memory,
        },
      },
    },
  ];
  for (const args of all) {
    const runtime = Runtime.init(args, host());
    const block = runtime.malloc(100)!;
    expect(block.size).toBe(100);
    const larger = runtime.realloc(block, 200)!;
    expect(larger.size).toBe(200);
    runtime.free(larger);
    const aligned = runtime.alignedAlloc(64, 64)!;
    expect(aligned.offset % 64).toBe(0);
    expect(runtime.verifyMemory().ok).toBe(true);
    expect(runtime.destroy().leaks).toMatchObject({ blocks: 1 });
  }
});

test('version and log level', () => {
  expect(VERSION).toBe(packageJson.version);
  const runtime = Runtime.init({ logLevel: 'error' }, host());
  expect(`${runtime.version.major}.${runtime.version.minor}.${runtime.version.patch}`).toBe(VERSION);
  expect(runtime.logLevel).toBe('error');
  runtime.setLogLevel('verbose');
  expect(runtime.logLevel).toBe('verbose');
  expect(() => runtime.setLogLevel('loud' as 'error')).toThrow("log level 'loud'");
  runtime.destroy();
});
