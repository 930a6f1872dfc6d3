import { inspect } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { testPlatform } from '../../test/helpers/test-platform.js';
import { assemble } from '../../test/helpers/wat.js';
import { interpEngine } from '../engine/interp/interp-engine.js';
import { Runtime } from './runtime.js';

const TEXT = `(module
  (memory (export "memory") 1 4)
  (table (export "table") 3 funcref)
  (global (export "global") (mut i64) (i64.const 5))
  (global (export "fixed") f32 (f32.const 5))
  (tag (export "tag") (param i32 f64))
  (func (export "add") (param i32 i64) (result f64) unreachable)
  (func (export "odd\\1b[2Jname")))`;

let runtime: Runtime | undefined;
afterEach(() => {
  if (runtime?.destroyed === false) runtime.destroy();
});

function setUp() {
  runtime = Runtime.init({}, { platform: testPlatform(), engines: [interpEngine()] });
  const module = runtime.load(assemble(TEXT), { name: 'm' });
  return { runtime, module, instance: runtime.instantiate(module, { name: 'guest', mode: 'interp' }) };
}

test('what an instance exports shows in a log what it is, in one line without control characters', () => {
  const { instance } = setUp();
  const shown = Object.entries(instance.exports).map(([name, value]) => [name, inspect(value)]);
  expect(Object.fromEntries(shown)).toEqual({
    memory: '[Memory of 1 pages, 4 at most]',
    table: '[Table of 3 funcref]',
    global: '[Global mut i64]',
    fixed: '[Global f32]',
    tag: '[Tag (i32 f64)]',
    add: '[Function add (i32 i64) -> f64]',
    'odd\x1b[2Jname': '[Function odd\\u001b[2Jname () -> ()]',
  });
  expect(inspect({ all: [instance.lookupFunction('add')] })).toBe('{ all: [ [Function add (i32 i64) -> f64] ] }');
});

test('runtimes, modules, instances and exec envs show their names and whether they have ended', () => {
  const { runtime, module, instance } = setUp();
  const memory = instance.exports['memory'];
  const table = instance.exports['table'];
  const { execEnv } = instance;
  const shown = () => [runtime, module, instance, execEnv, memory, table].map((one) => inspect(one));
  expect(shown()).toEqual([
    '[Runtime of 1 instances]',
    "[Module 'm']",
    "[Instance 'guest', mode interp]",
    "[ExecEnv of 'guest']",
    '[Memory of 1 pages, 4 at most]',
    '[Table of 3 funcref]',
  ]);
  instance.deinstantiate();
  module.unload();
  runtime.destroy();
  expect(shown()).toEqual([
    '[Runtime, destroyed]',
    "[Module 'm', unloaded]",
    "[Instance 'guest', mode interp, ended]",
    "[ExecEnv of 'guest']",
    '[Memory of no pages, 4 at most]',
    '[Table of no funcref]',
  ]);
});
