// Every wrong use and every bad file: one line that says what, where and what to do, and WAMR's exit code. Never a JavaScript stack.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enclasm, FUNCTIONS, iwasm, SAMPLES, temporaryFolder, writeModule } from './support.js';

const folder = temporaryFolder();
const functions = writeModule(folder, 'functions.wasm', FUNCTIONS);
const hello = join(SAMPLES, 'hello.wasm');

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Exactly one line, with the given text in it. */
async function fails(words: readonly string[], code: number, text: string): Promise<void> {
  const result = await enclasm(words);
  expect(result.err).toContain(text);
  expect(result.err.trimEnd().split('\n')).toHaveLength(1);
  expect(result.err).toMatch(/^enclasm/);
  expect([result.code, result.out]).toEqual([code, '']);
}

describe('wrong use', () => {
  it.each([
    [['frobnicate'], "unknown command 'frobnicate'; 'enclasm help' lists commands"],
    [['rnu', 'x.wasm'], "did you mean 'run'?"],
    [['--dir', '.'], "enclasm run: FILE [ARGS...] is missing; see 'enclasm help run'"],
    [['--fule=5', 'x.wasm'], "enclasm run: unknown option '--fule'; did you mean --fuel?"],
    [['run', '--feature=simt', 'x'], '--feature=simt: one of mutable-globals, '],
    [['run', '--deadline=hard', 'x'], 'give --enclave=worker or --enclave=process'],
    [['run', '--deadline=hard', '--enclave=same-thread', 'x'], 'give --enclave=worker or --enclave=process'],
    [['run', '--feature=simd', '--enclave', 'x'], '--feature works without --enclave alone'],
    [['compile', '-'], 'what comes from standard input has no name; -o says which file to write'],
    [['run'], "FILE [ARGS...] is missing; see 'enclasm help run'"],
    [['run', '--dri=.', 'x'], "unknown option '--dri'; did you mean --dir?"],
    [['run', '--dir'], '--dir needs a value: --dir=DIR'],
    [['run', '--repl=1', 'x'], '--repl takes no value'],
    [['run', '--repl', '--repl', 'x'], '--repl is given twice'],
    [['run', '--repl', '-f', 'g', 'x'], '--repl and --function exclude each other'],
    [['run', '--pool=many', 'x'], '--pool=many: a size in bytes, as 65536, 64K or 16M is wanted'],
    [['run', '--pool=-1', 'x'], '--pool=-1: a size in bytes'],
    [['run', '--pool=99999999999G', 'x'], 'a size in bytes'],
    [['run', '--fuel=1.5', 'x'], '--fuel=1.5: a number, as 500, 20K or 1M is wanted'],
    [['run', '--timeout=soon', 'x'], '--timeout=soon: a time in milliseconds'],
    [['run', '--mode=fast', 'x'], '--mode=fast: one of auto, interp, jit, aot, host is wanted'],
    [['run', '-v=9', 'x'], '-v=9: a level from 0 to 5 is wanted'],
    [['run', '--map-dir=/a', 'x'], '--map-dir=/a: GUEST::HOST'],
    [['run', '--env==x', 'x'], 'NAME=VALUE'],
    [['run', '--addr-pool=here', 'x'], 'addresses with masks'],
    [['run', '--dir=.', '--map-dir=.::src', hello], "the guest path '.' is given twice"],
    [['version', 'x'], "'x' is too much"],
    [['completion', 'tcsh'], "'tcsh' is not known; one of bash, zsh, fish is wanted"],
    [['help', 'nothing'], "unknown command 'nothing'"],
  ])('%j', (words, text) => fails(words, 1, text));

  it('shows the commands when nothing is asked for', async () => {
    const { code, out, err } = await enclasm([]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('usage: enclasm COMMAND');
  });
});

describe('files that cannot be loaded', () => {
  it.each([
    ['missing', () => join(folder, 'none.wasm'), 'none.wasm: no such file; check the path'],
    ['an empty standard input', () => '-', '-: the file is empty'],
    ['below a file', () => join(hello, 'x.wasm'), 'no such file; a part of its path is not a directory'],
    ['a directory', () => folder, 'is a directory; a .wasm file is wanted'],
    ['empty', () => file('empty.wasm', ''), 'the file is empty'],
    ['three bytes', () => file('three.wasm', '\0as'), 'cut off after 3 bytes'],
    [
      'another format',
      () => file('other.wasm', '\x7fELF..........'),
      'it starts with 7f 45 4c 46, not with 00 61 73 6d',
    ],
    ['a later version', () => file('later.wasm', '\0asm\x02\0\0\0'), 'not a valid WebAssembly module'],
    [
      'a component',
      () => file('component.wasm', '\0asm\x0d\0\x01\0'),
      'is a component (of the component model); a core module is wanted',
    ],
    ["WAMR's AOT", () => file('wamr.aot', '\0aot\x05\0\0\0'), "this is a file of WAMR's AOT compiler"],
    ['bad text', () => file('bad.wat', '(module (nonsense))'), 'the text cannot be assembled'],
  ])('%s', async (_, make, text) => {
    const path = make();
    await fails(['run', path], 255, text);
    const { code, out, err } = await iwasm([path]);
    expect([code, out]).toEqual([255, '']);
    expect(err).toMatch(/^iwasm: .*\n$/);
    expect((await enclasm(['validate', path])).code).toBe(1);
    await fails(['print', path], 255, text);
  });
  it('unreadable', async () => {
    const path = file('secret.wasm', 'x');
    chmodSync(path, 0);
    // The superuser reads everything.
    if (process.getuid?.() === 0) return;
    await fails(['run', path], 255, 'permission denied; it must be readable');
  });
  it('cut off anywhere', async () => {
    const whole = readFileSync(hello);
    for (let length = 0; length < whole.length; length += length < 64 ? 1 : 997) {
      const { code, out, err } = await enclasm(['run', file('cut.wasm', whole.subarray(0, length))]);
      // A cut between two sections leaves a module, which may lack its program.
      expect([length, code === 255 || code === 1, out]).toEqual([length, true, '']);
      expect(err.trimEnd().split('\n')).toHaveLength(1);
    }
  });
  it('says which function is invalid', async () => {
    const path = writeModule(folder, 'invalid.wasm', '(module (func (result i32) i64.const 1))');
    await fails(['run', path], 255, 'invalid module: type mismatch');
  });
});

describe('programs that cannot start', () => {
  const importing = (what: string): string =>
    writeModule(folder, 'importing.wasm', `(module (import "env" "what" ${what}) (func (export "_start")))`);
  it('an import that nobody has', async () => {
    await fails(['run', importing('(global i32)')], 255, 'cannot be linked: unknown import');
    await fails(['run', '--strict', importing('(func)')], 255, 'cannot be linked: unknown import');
  });
  it('an imported function that nobody has warns, and traps when it is called', async () => {
    const { code, err } = await enclasm(['run', importing('(func)')]);
    expect([code, err]).toEqual([0, 'enclasm: warning: failed to link import function (env, what)\n']);
    const calling = writeModule(
      folder,
      'calling.wasm',
      '(module (import "env" "what" (func $f)) (func (export "_start") call $f))',
    );
    const called = await enclasm(['run', calling]);
    expect(called.code).toBe(1);
    expect(called.err).toContain('trap: failed to call unlinked import function (env, what)');
  });
  it('no entry point', async () => {
    const path = writeModule(folder, 'empty-module.wasm', '(module)');
    await fails(['run', path], 1, 'lookup the entry point symbol (like _start, main, _main, __main_argc_argv) failed');
  });
  it('a start function that traps', async () => {
    const path = writeModule(folder, 'start.wasm', '(module (func $f unreachable) (start $f))');
    await fails(['run', path], 255, 'trap: unreachable');
  });
  it('directories that are none', async () => {
    mkdirSync(join(folder, 'there'), { recursive: true });
    await fails(['run', '--dir', join(folder, 'none'), hello], 255, 'none: no such directory; --dir and --map-dir');
    await fails(['run', '--map-dir', `/x::${hello}:ro`, hello], 255, 'hello.wasm: is not a directory');
  });
  it('mode aot without a compiled file', () =>
    fails(['run', '--mode=aot', hello], 255, 'this is no file that was compiled ahead of time; enclasm compile'));
});

describe('guests that fail', () => {
  it.each([
    [['-f', 'none', functions], 'lookup function none failed'],
    [['-f', 'add', functions, '1'], 'invalid input argument count'],
    [['-f', 'add', functions, '1', '2x'], 'invalid input argument 1: 2x'],
    [['-f', 'add', functions, '1', '5_000'], 'invalid input argument 1: 5_000'],
    [['-f', 'add', functions, '1', '4294967296'], 'invalid input argument 1: 4294967296'],
    [['-f', 'add', functions, '1', ''], 'invalid input argument 1'],
    [['-f', 'crash', functions], 'trap: unreachable, in function crash at offset 0x'],
    [['-f', 'deep', functions], 'trap: call stack exhausted'],
  ])('%j', (words, text) => fails(['run', ...words], 1, text));

  it('shows the calls and the origin only when asked to', async () => {
    const calls = await enclasm(['run', '-v=3', '-f', 'crash_below', functions]);
    expect(calls.err).toContain('  #0 crash (function');
    expect(calls.err).toContain('  #1 crash_below (function');
    expect(calls.err).not.toContain('.ts:');
    expect((await enclasm(['run', '--trace', '-f', 'crash', functions])).err).toContain('at ');
    expect((await enclasm(['run', '--trace', join(folder, 'none.wasm')])).err).toContain('.ts:');
  });
});
