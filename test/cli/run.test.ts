// `enclasm run` on real programs: what they print, their exit codes, limits, reports, grants.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enclasm, FUNCTIONS, iwasm, SAMPLES, temporaryFolder, writeModule } from './support.js';

/** Needs what Node 20's WebAssembly lacks. */
const WIDE = `(module (memory i64 1) (data (i64.const 8) "\\2a") (table (export "t") funcref (elem $f))
  (func $f (export "f") (result i32) (i32.load (i64.const 8))))`;
/** Writes its arguments and its environment, each with a zero behind it. */
const NAMES = `(module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $argSizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $envSizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $text (param $length i32)
    (i32.store (i32.const 0) (i32.const 4096)) (i32.store (i32.const 4) (local.get $length))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (drop (call $argSizes (i32.const 16) (i32.const 20)))
    (drop (call $args (i32.const 1024) (i32.const 4096)))
    (call $text (i32.load (i32.const 20)))
    (drop (call $envSizes (i32.const 16) (i32.const 20)))
    (drop (call $env (i32.const 1024) (i32.const 4096)))
    (call $text (i32.load (i32.const 20)))))`;
const folder = temporaryFolder();
const functions = writeModule(folder, 'functions.wasm', FUNCTIONS);
const sample = (name: string): string => join(SAMPLES, `${name}.wasm`);
const poem = join(SAMPLES, 'data', 'poem.txt');

describe('programs', () => {
  it('runs one with arguments and variables', async () => {
    const words = ['run', '--env', 'NAME=Ada', '--env', 'HOME', '--env=MISSING', sample('hello'), 'one', '--two'];
    const { code, out, err } = await enclasm(words, { env: { HOME: '/home/ada', SECRET: 'x' } });
    expect(out).toContain('arguments: 2\n  1: one\n  2: --two\n');
    expect(out).toContain('environment: 2\n');
    expect(out).toContain('NAME=Ada');
    expect(out).toContain('HOME=/home/ada');
    expect([code, err]).toEqual([0, '']);
  });
  it('counts the words of a granted file', async () => {
    const { code, out } = await enclasm(['run', '--map-dir', `/d::${SAMPLES}/data:ro`, sample('wc'), '/d/poem.txt']);
    const text = readFileSync(poem, 'utf8');
    const [lines, words, bytes, name] = out.trim().split(/\s+/);
    expect([Number(lines), Number(words), Number(bytes)]).toEqual([
      text.split('\n').length - 1,
      text.split(/\s+/).filter(Boolean).length,
      Buffer.byteLength(text),
    ]);
    expect([code, name]).toEqual([0, '/d/poem.txt']);
  });
  it('grants nothing by itself', async () => {
    const { code, err } = await enclasm(['run', sample('wc'), poem]);
    expect(code).toBe(1);
    expect(err).toMatch(/No such file or directory|Capabilities insufficient/);
  });
  it('grants no folder from which code would get into later starts, but for reading only', async () => {
    const home = join(folder, 'home');
    const codeFolder = join(home, '.cache', 'enclasm', 'commands.code');
    mkdirSync(codeFolder, { recursive: true });
    symlinkSync(home, join(folder, 'link'));
    const hello = sample('hello');
    for (const main of [
      (words: string[]) => enclasm(['run', ...words], { codeFolder }),
      (words: string[]) => iwasm(words, { codeFolder }),
    ]) {
      for (const granted of [home, join(folder, 'link'), join(home, '.cache', 'enclasm'), codeFolder]) {
        for (const words of [[`--dir=${granted}`], [`--map-dir=/d::${granted}`]]) {
          const { code, err } = await main([...words, hello]);
          expect([code, err]).toEqual([1, expect.stringContaining('the guest could change the code that is kept in')]);
        }
        expect((await main([`--map-dir=/d::${granted}:ro`, hello])).code).toBe(0);
      }
      mkdirSync(join(folder, 'hom'), { recursive: true });
      expect((await main([`--dir=${join(folder, 'hom')}`, hello])).code).toBe(0);
    }
    expect((await enclasm(['run', `--dir=${home}`, hello])).code).toBe(0);
  });
  it('runs a file without a command, with options before it', async () => {
    const { code, out } = await enclasm(['--fuel=10M', sample('hello'), 'one', '--fuel']);
    expect([code, out]).toEqual([0, expect.stringContaining('arguments: 2\n  1: one\n  2: --fuel\n')]);
    expect((await enclasm([sample('hello')])).out).toContain('arguments: 0\n');
    expect(await enclasm(['none.wasm'])).toMatchObject({
      code: 255,
      err: 'enclasm: none.wasm: no such file; check the path\n',
    });
  });
  it('takes a module from standard input, and has none from a terminal', async () => {
    const input = readFileSync(sample('hello'));
    for (const words of [['-'], ['run', '-', 'x']]) expect((await enclasm(words, { input })).out).toContain('Hello');
    expect((await enclasm(['validate', '-'], { input })).out).toContain('-: valid');
    expect((await enclasm(['validate', '-'], { input: '(module)' })).out).toBe('-: valid\n');
    const { code, err } = await enclasm(['run', '-'], { input, terminal: true });
    expect([code, err]).toEqual([1, expect.stringContaining('standard input is a terminal')]);
  });
  it('gives the guest another name, and variables from files and from this process', async () => {
    const file = join(folder, 'variables');
    writeFileSync(file, '# for a test\nA=file\nB="of two words"\n');
    const env = { HOME: '/home/ada', A: 'inherited', C: 'inherited' };
    const names = writeModule(folder, 'names.wasm', NAMES);
    const given = async (...words: string[]) =>
      (await enclasm([...words, names], { env })).out.split('\0').slice(0, -1);
    expect(await given('run', '--argv0', 'grep')).toEqual(['grep']);
    expect(await given('run', `--env-file=${file}`)).toEqual([names, 'A=file', 'B=of two words']);
    expect(await given('run', '--inherit-env')).toEqual([names, 'HOME=/home/ada', 'A=inherited', 'C=inherited']);
    expect(await given('run', '--inherit-env', `--env-file=${file}`, '--env=A=option', '--argv0=-')).toEqual([
      ...['-', 'HOME=/home/ada', 'A=option', 'C=inherited', 'B=of two words'],
    ]);
    expect(await given('run', '--enclave=same-thread', '--argv0=x', '--env=A=1')).toEqual(['x', 'A=1']);
    const { code, err } = await enclasm(['run', '--env-file=none', names]);
    expect([code, err]).toEqual([255, 'enclasm: none: no such file; check the path\n']);
  });
  it('refuses modules with features that are switched off, and takes those that are switched on', async () => {
    const vectors = writeModule(
      folder,
      'vectors.wasm',
      '(module (func (export "_start") (drop (v128.const i64x2 0 0))))',
    );
    const wide = writeModule(
      folder,
      'wide.wasm',
      '(module (func (export "f") (result i64 i64) (i64.mul_wide_u (i64.const 3) (i64.const 4))))',
    );
    expect((await enclasm(['run', vectors])).code).toBe(0);
    for (const command of ['run', 'validate', 'print', 'objdump', 'compile']) {
      const { code, err } = await enclasm([command, '--feature=no-simd', vectors]);
      expect([command, code === 0, err]).toEqual([command, false, expect.stringContaining('simd')]);
      expect((await enclasm([command, '--feature', 'no-simd', '--feature=simd', vectors])).err).not.toContain(
        'invalid',
      );
    }
    expect((await enclasm(['run', '-f', 'f', wide])).code).toBe(255);
    expect((await enclasm(['run', '-f', 'f', '--feature=wide-arithmetic', wide])).out).toBe('0xc:i64,0x0:i64\n');
  });
  it('feeds standard input', async () => {
    const { out } = await enclasm(['run', sample('wc')], { input: 'one two\nthree\n' });
    expect(out.trim().split(/\s+/)).toEqual(['2', '3', '14']);
  });
  it("gives the guest's own exit code", async () => {
    const grep = ['run', '--dir', SAMPLES, sample('grep')];
    expect((await enclasm([...grep, 'zzz', poem])).code).toBe(1);
    expect((await enclasm([...grep, 'e', poem])).code).toBe(0);
    expect((await enclasm([...grep, 'e', `${poem}.none`])).code).toBe(2);
    expect((await enclasm(['run', functions, 'a', 'b'])).code).toBe(3);
  });
  it('does the same inside an enclave', async () => {
    const words = ['run', '--enclave=same-thread', '--dir', SAMPLES, sample('grep'), 'e', poem];
    const here = await enclasm(words.filter((word) => !word.startsWith('--enclave')));
    expect(await enclasm(words)).toEqual(here);
    const counted = await enclasm(['run', '--enclave=same-thread', sample('wc')], { input: 'one two\n' });
    expect(counted.out.trim().split(/\s+/)).toEqual(['1', '2', '8']);
    const crash = await enclasm(['run', '--enclave=same-thread', '-f', 'crash', functions]);
    expect(crash).toEqual(await enclasm(['run', '-f', 'crash', functions]));
  });
});

describe('running modes', () => {
  it.each(['host', 'jit', 'interp'])('are the same to a program, its limits and its report (%s)', async (mode) => {
    const words = ['--json', '--dir', SAMPLES, sample('sha256'), poem];
    const { code, out, err } = await enclasm(['run', `--mode=${mode}`, ...words]);
    const report = JSON.parse(err);
    const other = await enclasm(['run', '--mode=interp', ...words]);
    expect([code, out, report.mode]).toEqual([0, other.out, mode]);
    expect(report.usage.fuel).toBe(JSON.parse(other.err).usage.fuel);
    const spin = await enclasm(['run', `--mode=${mode}`, '--fuel=1000', '-f', 'spin', functions]);
    expect(spin).toEqual(await enclasm(['run', '--mode=interp', '--fuel=1000', '-f', 'spin', functions]));
  });
});

describe('functions', () => {
  it.each([
    [['add', '1', '0x10'], '0x11:i32'],
    [['add', '-1', '0'], '0xffffffff:i32'],
    [['same64', '-1'], '0xffffffffffffffff:i64'],
    [['same_f32', '1.5'], '1.5:f32'],
    [['same_f64', '0.1'], '0.1:f64'],
    [['same_f64', 'nan'], 'nan:f64'],
    [['same_v128', '1\\2'], '<0x0000000000000001 0x0000000000000002>:v128'],
    [['same_extern', 'null'], 'extern:ref.null'],
    [['two'], '0x1:i32,0x2:i64'],
    [['nothing'], ''],
  ])('calls %j', async ([name, ...args], expected) => {
    const { code, out, err } = await enclasm(['run', '-f', name!, functions, ...args]);
    expect([code, out, err]).toEqual([0, `${expected}\n`, '']);
  });
  it('calls one after the other in --repl, and goes on after errors', async () => {
    const input = 'add 1 2\n\nnone\ncrash\nadd 1\nadd 3 4\n__exit__\nadd 5 6\n';
    const { code, out } = await enclasm(['run', '--repl', functions], { input });
    expect(out.split('\n')).toEqual([
      '0x3:i32',
      'Exception: lookup function none failed',
      'Exception: unreachable',
      'Exception: invalid input argument count',
      '0x7:i32',
      '',
    ]);
    expect(code).toBe(0);
    const shown = await enclasm(['run', '--repl', functions], { input: 'add 1 2\n', terminal: true });
    expect(shown.out).toBe('webassembly> 0x3:i32\nwebassembly> \n');
  });
  it('imports from modules of --module-path', async () => {
    writeModule(
      folder,
      'math.wasm',
      '(module (func (export "twice") (param i32) (result i32) local.get 0 i32.const 2 i32.mul))',
    );
    const user = writeModule(
      folder,
      'user.wasm',
      `(module (import "math" "twice" (func $twice (param i32) (result i32)))
        (func (export "four") (param i32) (result i32) local.get 0 call $twice call $twice))`,
    );
    for (const enclave of [[], ['--enclave=same-thread']]) {
      const { out } = await enclasm(['run', ...enclave, '--module-path', folder, '-f', 'four', user, '5']);
      expect(out).toBe('0x14:i32\n');
    }
  });
  it('finds a mode for each module of several, also where one needs another than the rest', async () => {
    writeModule(folder, 'wide.wasm', WIDE);
    const call = writeModule(
      folder,
      'call.wasm',
      '(module (import "wide" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))',
    );
    const share = (from: string): string =>
      writeModule(
        folder,
        `share-${from}.wasm`,
        `(module (import "${from}" "t" (table $t 1 funcref)) (export "t" (table $t)) (type $f (func (result i32)))
          (func (export "run") (result i32) (call_indirect (type $f) (i32.const 0))))`,
      );
    for (const enclave of [[], ['--enclave=same-thread']]) {
      for (const module of [call, share('wide'), share('share-wide')]) {
        const { out, err } = await enclasm(['run', ...enclave, '--module-path', folder, '-f', 'run', module]);
        expect([out, err]).toEqual(['0x2a:i32\n', '']);
      }
    }
  });
});

describe('limits', () => {
  it.each([
    [['--fuel', '1000'], 'stopped at its limit of 1000 instructions (fuel); --fuel gives it more'],
    [['--timeout', '50ms'], 'stopped at its limit of 50 ms (timeoutMs); --timeout gives it more'],
  ])('holds %j', async (limit, expected) => {
    for (const enclave of [[], ['--enclave=same-thread']]) {
      const { code, err } = await enclasm(['run', ...enclave, ...limit, '-f', 'spin', functions]);
      expect([code, err]).toEqual([1, `enclasm: ${functions}: ${expected}\n`]);
    }
  });
  it('holds --stack-size in every mode, alone and in an enclave', async () => {
    const deep = writeModule(
      folder,
      'deep.wasm',
      `(module (func $down (export "down") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
          (else (i32.const 0)))))`,
    );
    const compiled = join(folder, 'deep.mjs');
    await enclasm(['compile', '--metered', deep, '-o', compiled]);
    const ways: string[][] = ['interp', 'jit', 'host'].map((mode) => [`--mode=${mode}`, '-f', 'down', deep]);
    ways.push(['--mode=aot', '-f', 'down', compiled], ['--enclave=same-thread', '-f', 'down', deep]);
    for (const words of ways) {
      const stopped = await enclasm(['run', '--stack-size=64K', ...words, '10000']);
      expect([words, stopped.code, stopped.err]).toEqual([words, 1, expect.stringContaining('(stackBytes); --stack')]);
      const enough = await enclasm(['run', '--stack-size=64K', ...words, '1000']);
      expect([words, enough.err, enough.out]).toEqual([words, '', '0x3e8:i32\n']);
    }
    expect((await iwasm(['--stack-size=65536', '-f', 'down', deep, '10000'])).out).toContain('stackBytes');
    expect((await iwasm(['-f', 'down', deep, '5000'])).out).toBe('0x1388:i32\n');
  });
  it('holds --memory and --output', async () => {
    const memory = await enclasm(['run', '--memory=64K', sample('hello')]);
    expect(memory.code).toBe(255);
    expect(memory.err).toContain('stopped at its limit of 65536 bytes (memoryBytes)');
    const output = await enclasm(['run', '--output=10', sample('hello')]);
    expect(output.code).toBe(1);
    expect(output.err).toContain('stopped at its limit of 10 bytes (outputBytes)');
  });
  it('says where a pool is too small, at every size', async () => {
    const sizes = [...Array.from({ length: 430 }, (_, k) => k), 1_000, 4_096, 65_535, 65_536, 131_072, 140_000];
    let smallest: number | undefined;
    for (const size of sizes) {
      const { code, err } = await enclasm(['run', `--pool=${size}`, '-f', 'add', functions, '1', '2']);
      if (code === 0) smallest ??= size;
      else expect([size, code, err]).toEqual([size, 255, expect.stringMatching(/^enclasm: .*pool.*; --pool .*\n$/)]);
      if (smallest !== undefined) expect([size, code]).toEqual([size, 0]);
    }
    expect(smallest).toBeGreaterThan(65_536);
  });
});

describe('reports', () => {
  it('tells what was used', async () => {
    const { err } = await enclasm(['run', '--usage', '--map-dir', `/d::${SAMPLES}/data`, sample('wc'), '/d/poem.txt']);
    expect(err).toMatch(/^usage\n {2}mode +\w+\n {2}instructions +[\d,]+\n {2}time +[\d.]+ ms\n/);
    expect(err).toContain(`read          ${readFileSync(poem).length} bytes`);
  });
  it('writes the outcome as JSON', async () => {
    const good = JSON.parse((await enclasm(['run', '--json', '-f', 'add', functions, '1', '2'])).err);
    expect(good).toMatchObject({ file: functions, mode: expect.any(String), exitCode: 0, results: ['0x3:i32'] });
    expect(good.usage.fuel).toBe(3);
    const { code, err } = await enclasm(['run', '--json', '-f', 'crash', functions]);
    const bad = JSON.parse(err.trim().split('\n').at(-1)!);
    expect(bad).toMatchObject({ exitCode: 1, error: { kind: 'trap' } });
    expect(code).toBe(1);
  });
  it('is the same every time where that is asked for', async () => {
    const once = await enclasm(['run', '--deterministic', sample('hello')]);
    expect(await enclasm(['run', '--deterministic', sample('hello')])).toEqual(once);
    expect(once.out).toMatch(/20..-01-01 00:00:00/);
  });
});
