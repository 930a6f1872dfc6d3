// `iwasm` as scripts for WAMR's know it: option names, results and exceptions on standard output, exit codes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, iwasm, SAMPLES, temporaryFolder, writeModule } from './support.js';

const folder = temporaryFolder();
const functions = writeModule(folder, 'functions.wasm', FUNCTIONS);

describe('iwasm', () => {
  it('runs a program with arguments, variables and directories', async () => {
    const hello = await iwasm(['--env=NAME=Ada', join(SAMPLES, 'hello.wasm'), 'one']);
    expect(hello.out).toContain('  1: one\n');
    expect(hello.out).toContain('NAME=Ada');
    const words = [
      `--map-dir=/d::${SAMPLES}/data`,
      '--heap-size=8192',
      '--stack-size=16384',
      '--max-threads=2',
      '-v=1',
    ];
    const { code, out } = await iwasm([...words, join(SAMPLES, 'wc.wasm'), '/d/poem.txt']);
    expect([code, out.trim().split(/\s+/).at(-1)]).toEqual([0, '/d/poem.txt']);
  });
  it("gives WASI's exit code, and that of a plain main", async () => {
    expect((await iwasm([join(SAMPLES, 'grep.wasm')])).code).toBe(2);
    expect((await iwasm([functions, 'a', 'b', 'c'])).code).toBe(4);
  });
  it.each([
    [['add', '3', '0x10'], '0x13:i32'],
    [['add', '-1', '010'], '0x7:i32'],
    [['two'], '0x1:i32,0x2:i64'],
    [['nothing'], ''],
    [['same_f64', '0.1'], '0.1:f64'],
    [['same_extern', '5'], '0x5:ref.extern'],
  ])('-f %j', async ([name, ...args], expected) => {
    expect(await iwasm(['-f', name!, functions, ...args])).toEqual({ code: 0, out: `${expected}\n`, err: '' });
    expect((await iwasm([`--function=${name}`, functions, ...args])).out).toBe(`${expected}\n`);
  });
  it.each([
    [['-f', 'none', functions], 'Exception: lookup function none failed'],
    [['-f', 'add', functions, '1'], 'Exception: invalid input argument count'],
    [['-f', 'add', functions, '1', '5_000'], 'Exception: invalid input argument 1: 5_000'],
    [['-f', 'crash', functions], 'Exception: unreachable'],
    [['-f', 'deep', functions], 'Exception: native stack overflow'],
  ])('%j ends with 1 and an exception on standard output', async (words, expected) => {
    const { code, out, err } = await iwasm(words);
    expect([code, out.trimEnd().split('\n').at(-1), err]).toEqual([1, expected, '']);
  });
  it('ends after --timeout', async () => {
    const { code, out } = await iwasm(['--timeout=50', '-f', 'spin', functions]);
    expect(code).toBe(1);
    expect(out).toContain('Exception: ');
  });
  it('reads line by line', async () => {
    const { code, out } = await iwasm(['--repl', functions], { input: 'add 1 2\n\ncrash\n__exit__\n' });
    expect(out).toBe(
      'webassembly> 0x3:i32\nwebassembly> webassembly> Exception: unreachable\nwebassembly> exit repl mode\n',
    );
    expect(code).toBe(0);
  });
  it('shows its options for wrong ones, and none', async () => {
    for (const words of [[], ['--none'], ['-f'], ['-v=9', functions]]) {
      const { code, out } = await iwasm(words);
      expect(code).toBe(1);
      expect(out).toContain('usage: iwasm [options] FILE');
    }
    expect((await iwasm(['--version'])).out).toMatch(/^iwasm \d+\.\d+\.\d+\n$/);
    expect((await iwasm(['--help'])).code).toBe(0);
  });
  it('takes natives from a JavaScript module', async () => {
    const library = join(folder, 'natives.mjs');
    const source = `let ready = false;
      export const init_native_lib = () => { ready = true; return 0; };
      export const get_native_lib = () => ({ moduleName: 'env', nativeSymbols: [
        { symbol: 'triple', signature: '(i)i', func: (env, value) => (ready ? value * 3 : 0) }] });`;
    writeFileSync(library, source);
    const user = writeModule(
      folder,
      'native-user.wasm',
      `(module (import "env" "triple" (func $f (param i32) (result i32)))
        (func (export "f") (param i32) (result i32) local.get 0 call $f))`,
    );
    expect((await iwasm([`--native-lib=${library}`, '-f', 'f', user, '5'])).out).toBe('0xf:i32\n');
    const wrong = await iwasm(['--native-lib=libx.so', '-f', 'f', user, '5']);
    expect([wrong.code, wrong.err]).toEqual([255, expect.stringContaining('takes a JavaScript module')]);
  });
});
