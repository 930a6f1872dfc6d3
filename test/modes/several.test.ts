// Mode auto over several modules: what they share decides together, nothing runs twice, and what one lacks all give up.
import { expect, test } from 'vitest';
import { Runtime } from '#src/embed/runtime.js';
import { defaultEngines } from '#src/entry/engines.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { testPlatform } from '../helpers/test-platform.js';
import { assemble } from '../helpers/wat.js';

/** Needs what Node 20's WebAssembly lacks. */
const WIDE = '(memory i64 1)';
/** Says when its start function runs. */
const STARTS = '(import "env" "started" (func $started)) (start $started)';
const CALLS_TABLE =
  '(type $f (func (result i32))) (func (export "run") (result i32) (call_indirect (type $f) (i32.const 0)))';
const HAS_TABLE = '(table (export "t") funcref (elem $g)) (func $g (result i32) (i32.const 42))';

/** Runs "run" of the last module; the others are registered by their names. */
function run(modules: Readonly<Record<string, string>>, mode: RunningMode | 'auto' = 'auto') {
  const runtime = Runtime.init({}, { platform: testPlatform(), engines: defaultEngines() });
  let started = 0;
  runtime.registerNatives('env', [{ symbol: 'started', func: () => void started++ }]);
  const loaded = Object.entries(modules).map(([name, text]) => {
    const module = runtime.load(assemble(`(module ${text})`), { name });
    runtime.registerModule(name, module);
    return module;
  });
  try {
    const instance = runtime.instantiate(loaded.at(-1)!, { mode });
    return { result: instance.lookupFunction('run')!.call()[0], started, mode: instance.mode };
  } finally {
    const left = runtime.destroy();
    expect([left.leaks?.blocks, left.leaks?.charges]).toEqual([0, 0]);
  }
}

const [first] = defaultEngines().filter((engine) => engine.unavailable() === undefined);

test.each([
  [
    'the one that imports',
    { lib: `${STARTS} ${HAS_TABLE}`, main: `(import "lib" "t" (table 1 funcref)) ${WIDE} ${CALLS_TABLE}` },
  ],
  [
    'the one that is imported',
    { lib: `${STARTS} ${HAS_TABLE} ${WIDE}`, main: `(import "lib" "t" (table 1 funcref)) ${CALLS_TABLE}` },
  ],
  [
    'one behind another',
    {
      far: `${HAS_TABLE} ${WIDE}`,
      lib: `${STARTS} (import "far" "t" (table $t 1 funcref)) (export "t" (table $t))`,
      main: `(import "lib" "t" (table 1 funcref)) ${CALLS_TABLE}`,
    },
  ],
  [
    'one that shares nothing with the others, beside a shared table',
    {
      apart: `${STARTS} (func (export "nothing"))`,
      lib: `${HAS_TABLE} ${WIDE}`,
      main: `(import "apart" "nothing" (func)) (import "lib" "t" (table 1 funcref)) ${CALLS_TABLE}`,
    },
  ],
  [
    'one that shares a tag and a global',
    {
      lib: `${STARTS} ${WIDE} (tag (export "e")) (global (export "g") (mut externref) (ref.null extern))`,
      main: `(import "lib" "e" (tag)) (import "lib" "g" (global (mut externref)))
        (func (export "run") (result i32) (i32.add (i32.const 41) (ref.is_null (global.get 0))))`,
    },
  ],
])('a feature that not every mode has: %s', (_, modules) => {
  expect(run(modules)).toMatchObject({ result: 42, started: 1 });
});

test('modules that share functions and memories alone run in a mode of their own each', () => {
  const lib = `${STARTS} ${WIDE} (func (export "f") (result i32) (i32.const 42))`;
  const main = '(import "lib" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f))';
  expect(run({ lib, main })).toEqual({ result: 42, started: 1, mode: first!.mode });
});

test('auto takes the next mode where the host refuses what became of a module: V8 takes 100,000 exports', (context) => {
  if (Number.parseInt(process.versions.v8, 10) > 12) context.skip('newer V8s take more');
  const globals = '(global i32 (i32.const 1))'.repeat(100_001);
  const text = `${globals} (func (export "run") (result i32) (global.get 100000))`;
  expect(run({ main: text })).toMatchObject({ result: 1, mode: 'jit' });
  expect(() => run({ main: text }, 'host')).toThrow('native WebAssembly refuses the instrumented module');
});

test('auto takes the next mode where a module has more types than older hosts take in time', () => {
  const kinds = ['i32', 'i64', 'f32', 'f64'];
  const params = (i: number): string => Array.from({ length: 7 }, (_, k) => kinds[(i >> (2 * k)) & 3]).join(' ');
  const types = Array.from({ length: 10_001 }, (_, i) => `(type (func (param ${params(i)})))`).join('');
  const text = `${types} (func (export "run") (result i32) (i32.const 5))`;
  expect(run({ main: text })).toMatchObject({ result: 5, mode: 'jit' });
  expect(() => run({ main: text }, 'host')).toThrow('mode host takes 10000');
});

test.each([
  ['interp', 'jit'],
  ['jit', 'interp'],
] as const)('guests of modes %s and %s that call each other for ever end in the trap of the stack', (first, second) => {
  const runtime = Runtime.init({}, { platform: testPlatform(), engines: defaultEngines() });
  const start = (text: string, mode: RunningMode, imports = {}) =>
    runtime.instantiate(runtime.load(assemble(`(module ${text})`)), { mode, imports });
  const a = start(
    '(table (export "t") 2 funcref) (elem (i32.const 0) $f) (func $f (export "run") (call_indirect (i32.const 1)))',
    first,
  );
  start('(import "a" "t" (table 2 funcref)) (elem (i32.const 1) $f) (func $f (call_indirect (i32.const 0)))', second, {
    a,
  });
  for (let again = 0; again < 3; again++) {
    expect(() => a.lookupFunction('run')!.call()).toThrow('call stack exhausted');
  }
  runtime.destroy();
});
