// `iwasm` as scripts for WAMR's know it: option names, results and exceptions on standard output, exit codes.
import { readFileSync, writeFileSync } from 'node:fs';
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
  it('runs programs for lib-pthread with --max-threads as WAMR means it: threads beside the first, four unless given', async () => {
    const program = (name: string) => join(SAMPLES, '..', 'test', 'threads', 'lib-pthread', name);
    const { code: end, err, out: handedOver } = await iwasm([program('handover.wasm')]);
    // Threads run at once: who prints first is not known.
    const lines = (text: string): string[] => text.split('\n').sort();
    expect([end, err, lines(handedOver)]).toEqual([0, '', lines(readFileSync(program('handover.txt'), 'utf8'))]);
    for (const [words, count] of [
      [[], 4],
      [['--max-threads=2'], 2],
      [['--max-threads=6'], 6],
      // WAMR passes over zero.
      [['--max-threads=0'], 4],
    ] as const) {
      const { code, out } = await iwasm([...words, program('errors.wasm')]);
      expect([code, out]).toEqual([
        0,
        readFileSync(program('errors.txt'), 'utf8').replace('4 threads, then', `${count} threads, then`),
      ]);
    }
    // The C stack of 32 KiB has no 256 bytes for each of so many.
    const many = await iwasm(['--max-threads=200', program('handover.wasm')]);
    expect(many.code).toBe(3);
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
    [['add', ' +5', '-0x1'], '0x4:i32'],
    [['same_f32', ' -INF'], '-inf:f32'],
    [['same_f32', '0x1.8p1'], '3:f32'],
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
    [['-f', 'add', functions, '1', '5 '], 'Exception: invalid input argument 1: 5'],
    [['-f', 'add', functions, '1', '08'], 'Exception: invalid input argument 1: 08'],
    [['-f', 'add', functions, '1', '0x'], 'Exception: invalid input argument 1: 0x'],
    [['-f', 'add', functions, '', '1'], 'Exception: invalid input argument 0'],
    [['-f', 'same_f32', functions, '1.5x'], 'Exception: invalid input argument 0: 1.5x'],
    [['-f', 'crash', functions], 'Exception: unreachable'],
    [['-f', 'deep', functions], 'Exception: native stack overflow'],
  ])('%j ends with 1 and an exception on standard output', async (words, expected) => {
    const { code, out, err } = await iwasm(words);
    expect([code, out.trimEnd().split('\n').at(-1), err]).toEqual([1, expected, '']);
  });
  it("ends after --timeout, with WAMR's text", async () => {
    for (const words of [[], ['--interp']]) {
      const { code, out } = await iwasm(['--timeout=50', ...words, '-f', 'spin', functions]);
      expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([1, 'Exception: terminated by user']);
    }
  });
  it('takes the last of an option given twice, also of the modes', async () => {
    const twice = ['-f', 'two', '-f', 'nothing', '--function=add', '--stack-size=1', '--stack-size=65536'];
    expect(await iwasm([...twice, functions, '1', '2'])).toEqual({ code: 0, out: '0x3:i32\n', err: '' });
    for (const [words, mode] of [
      [['--interp', '--fast-jit'], 'jit'],
      [['--fast-jit', '--llvm-jit', '--interp'], 'interp'],
      [['--interp', '--fast-jit', '--interp'], 'interp'],
      [['--interp', '--multi-tier-jit'], '(host|jit)'],
    ] as const) {
      expect((await iwasm(['-v=3', ...words, '-f', 'nothing', functions])).err).toMatch(new RegExp(`mode ${mode}:`));
    }
    const directory = `--dir=${SAMPLES}/data`;
    const words = [directory, directory, '--env=NAME=first', '--env=NAME=last', '--env=NAME=', '--env=NAME=Ada'];
    expect((await iwasm([...words, join(SAMPLES, 'hello.wasm')])).out).toContain('NAME=Ada');
  });
  it('passes on nothing of its own environment', async () => {
    for (const words of [['--env=HOME'], ['--env==x'], ['--env=']]) {
      const { code, out, err } = await iwasm([...words, join(SAMPLES, 'hello.wasm')], { env: { HOME: '/secret' } });
      expect([code, err]).toEqual([1, expect.stringContaining('NAME=VALUE is wanted')]);
      expect(out).toMatch(/^usage: iwasm/);
    }
  });
  it('tells the calls of an exception, but not at -v=0', async () => {
    const text = 'Exception: unreachable\n';
    expect((await iwasm(['-f', 'crash_below', functions])).out).toMatch(
      /^#0 .*\n#1 crash_below .*\nException: unreachable\n$/,
    );
    expect(await iwasm(['-v=0', '-f', 'crash_below', functions])).toEqual({ code: 1, out: text, err: '' });
  });
  it('reads line by line', async () => {
    const { code, out } = await iwasm(['--repl', functions], { input: 'add 1 2\n\ncrash\n__exit__\n' });
    expect(out).toBe(
      'webassembly> 0x3:i32\nwebassembly> webassembly> Exception: unreachable\nwebassembly> exit repl mode\n',
    );
    expect(code).toBe(0);
  });
  it('shows its options for wrong ones, and none', async () => {
    const wrong = [
      '--stack-size=',
      '--heap-size=x',
      '--timeout=soon',
      '--dir=',
      '--map-dir=/a',
      '--repl=1',
      '-v=-1',
      '-v=',
    ];
    for (const words of [[], ['--none'], ['-f'], ['-v=9', functions], ...wrong.map((word) => [word, functions])]) {
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
