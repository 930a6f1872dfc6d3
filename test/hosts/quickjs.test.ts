// The small package in another JavaScript engine, QuickJS: no WebAssembly, no Node, nothing but the language. What we use of a host
// is what the platform gives.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getQuickJS, type QuickJSContext, type QuickJSRuntime } from 'quickjs-emscripten';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleForQuickJs } from '../helpers/quickjs-bundle.js';
import { projectRoot } from '../helpers/wat.js';
import { SEEDED_RUNS } from './seeded-runs.js';

/** Runs inside: a platform of constants, one program, what it wrote. */
const INSIDE = `
import { interpEngine, LimitError, Runtime, Trap } from './src/entry/interp.ts';
import { wasi, wasiThreads } from './src/entry/libraries.ts';
import { jitEngine } from './src/engine/js/jit.ts';

const ENGINES = { interp: interpEngine, jit: jitEngine };
globalThis.run = (mode, bytes, args, limits, seed) => {
  let now = 0;
  let out = '';
  const platform = {
    name: 'quickjs',
    monotonicNow: () => now++,
    realtimeNow: () => 0n,
    cpuTimeNow: () => undefined,
    randomFill: (array) => array.fill(1),
    log: () => {},
    sleep: () => false,
    yieldToEventLoop: () => Promise.resolve(),
  };
  const runtime = Runtime.init({}, { platform, engines: [ENGINES[mode]()], libraries: [wasi, wasiThreads] });
  const instance = runtime.instantiate(runtime.load(new Uint8Array(bytes)), {
    limits,
    seed,
    wasi: { args, stdout: (chunk) => void (out += String.fromCharCode(...chunk)) },
  });
  const seeded = (end) => JSON.stringify({ end, schedule: instance.usage.schedule, fuel: instance.usage.fuel });
  try {
    const code = instance.executeMain();
    return seed === undefined ? JSON.stringify({ mode: instance.mode, code, out }) : seeded(code);
  } catch (error) {
    if (seed !== undefined && error instanceof Trap) return seeded(error.message);
    if (error instanceof LimitError) return JSON.stringify({ mode: instance.mode, limit: error.limit });
    throw error;
  } finally {
    runtime.destroy();
  }
};`;

let runtime: QuickJSRuntime;
let bundle: string;
let vm: QuickJSContext;

function evaluate(code: string, context = vm): unknown {
  return context.unwrapResult(context.evalCode(code, 'test.js')).consume((handle) => context.dump(handle));
}
function run(mode: string, sample: string, args: string[], limits = {}): unknown {
  return runFile(mode, `samples/${sample}.wasm`, [sample, ...args], limits);
}
function runFile(mode: string, file: string, args: string[], limits: object, seed?: number, context = vm): unknown {
  const bytes = JSON.stringify([...readFileSync(join(projectRoot(), file))]);
  const text = evaluate(
    `run('${mode}', ${bytes}, ${JSON.stringify(args)}, ${JSON.stringify(limits)}, ${seed})`,
    context,
  );
  return JSON.parse(text as string);
}

beforeAll(async () => {
  runtime = (await getQuickJS()).newRuntime();
  runtime.setMaxStackSize(1 << 20);
  bundle = await bundleForQuickJs(INSIDE);
  vm = runtime.newContext();
  vm.unwrapResult(vm.evalCode(bundle, 'enclasm.js')).dispose();
}, 60_000);
afterAll(() => {
  vm.dispose();
  runtime.dispose();
});

describe('in QuickJS', () => {
  test('there is no WebAssembly and no process', () => {
    expect(evaluate('typeof WebAssembly + " " + typeof process + " " + typeof setTimeout')).toBe(
      'undefined undefined undefined',
    );
  });
  test.each([
    ['', ''],
    [', without buffers that JavaScript threads share', 'delete globalThis.SharedArrayBuffer;'],
  ])('threads take turns%s: of one seed there is the same run as in Node', (_which, before) => {
    const context = runtime.newContext();
    context.unwrapResult(context.evalCode(`${before} ${bundle}`, 'enclasm.js')).dispose();
    for (const { file, args, seed, ...expected } of SEEDED_RUNS) {
      // QuickJS takes a second for some ten thousand instructions.
      if (expected.fuel < 100_000)
        expect(runFile('interp', file, [file, ...args], {}, seed, context)).toEqual(expected);
    }
    context.dispose();
  });
  describe.each(['interp', 'jit'])('mode %s', (mode) => {
    test('runs a WASI program', () => {
      expect(run(mode, 'primes', ['100'])).toEqual({
        mode,
        code: 0,
        out: '25 primes up to 100, the last is 97\n',
      });
    });
    test('stops it at its limit', () => {
      expect(run(mode, 'primes', ['100000'], { fuel: 100_000 })).toEqual({ mode, limit: 'fuel' });
    });
    test('does 64-bit arithmetic and floats', () => {
      expect(run(mode, 'sha256', [])).toMatchObject({ out: expect.stringMatching(/^e3b0c44298fc1c14/) });
      expect(run(mode, 'lisp', [])).toMatchObject({ code: 0 });
    });
  });
});
