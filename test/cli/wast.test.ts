// `enclasm wast`: what holds passes, what does not is named with its line, in every mode that runs scripts here.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enclasm, temporaryFolder } from './support.js';

const folder = temporaryFolder();
function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const MODULE = `(module (import "spectest" "global_i32" (global $g i32))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "global") (result i32) (global.get $g)) (func (export "trap") unreachable))`;
const right = script(
  'right.wast',
  `${MODULE}
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
(assert_return (invoke "global") (i32.const 666))
(assert_trap (invoke "trap") "unreachable")
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected end")`,
);

describe.each(['interp', 'jit', 'host', 'auto'])('mode %s', (mode) => {
  it('passes what holds', async () => {
    expect(await enclasm(['wast', `--mode=${mode}`, right])).toEqual({
      code: 0,
      out: `${right}: 5 passed, 0 failed, 1 skipped\n`,
      err: '',
    });
  });
  it('names what does not', async () => {
    const wrong = script(
      'wrong.wast',
      `${MODULE}\n(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 4))`,
    );
    const { code, out } = await enclasm(['wast', `--mode=${mode}`, right, wrong]);
    expect(code).toBe(1);
    expect(out).toContain(`${wrong}:4: expected i32:4, got i32:3\n`);
    expect(out).toContain(`${wrong}: 1 passed, 1 failed, 0 skipped\n`);
  });
});

it('writes one object per script with --json', async () => {
  const { out } = await enclasm(['wast', '--json', right]);
  expect(JSON.parse(out)).toMatchObject({
    file: right,
    mode: 'interp',
    passed: 5,
    failures: [],
    skipped: [{ line: 8 }],
  });
});
it('takes features away', async () => {
  const wide = script('wide.wast', '(module (func (drop (v128.const i64x2 0 0))))');
  expect((await enclasm(['wast', wide])).code).toBe(0);
  expect((await enclasm(['wast', '--feature=no-simd', wide])).out).toContain('got invalid');
});
it.each([
  ['a script that ends too early', '(module', 'line 1: '],
  ['a command that nobody knows', '(assert_nothing)', 'assert_nothing'],
])('refuses %s', async (name, text, what) => {
  const { code, out, err } = await enclasm(['wast', script(`${name}.wast`, text)]);
  expect([code, out]).toEqual([255, '']);
  expect(err).toContain(what);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
});
it('refuses mode aot, which needs compiled files', async () => {
  const { code, err } = await enclasm(['wast', '--mode=aot', right]);
  expect([code, err]).toEqual([1, 'enclasm wast: mode aot does not run scripts here: it needs compiled files\n']);
});
