// `enclasm compile`, and running what it wrote: the same as the module itself, and refused when it was damaged.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enclasm, FUNCTIONS, SAMPLES, temporaryFolder, writeModule } from './support.js';

const folder = temporaryFolder();
const functions = writeModule(folder, 'functions.wasm', FUNCTIONS);
const wc = join(SAMPLES, 'wc.wasm');
const poem = join(SAMPLES, 'data', 'poem.txt');

describe('enclasm compile', () => {
  it('writes a file that runs like its module', async () => {
    const out = join(folder, 'wc.mjs');
    const { code, err } = await enclasm(['compile', wc, '-o', out]);
    expect([code, err]).toEqual([0, expect.stringMatching(/wc\.mjs: \d+ KiB for node\n$/)]);
    const given = ['--dir', SAMPLES];
    const run = await enclasm(['run', '--mode=aot', '--timeout=20s', ...given, out, poem]);
    expect(run).toEqual(await enclasm(['run', '--mode=interp', ...given, wc, poem]));
  });
  it('names it after the module, and calls functions of it', async () => {
    expect((await enclasm(['compile', '--metered', functions])).code).toBe(0);
    const compiled = join(folder, 'functions.mjs');
    const added = await enclasm(['run', '--mode=aot', '-f', 'add', compiled, '1', '2']);
    expect([added.out, added.err]).toEqual(['0x3:i32\n', '']);
    const spin = await enclasm(['run', '--mode=aot', '--fuel=1000', '-f', 'spin', compiled]);
    expect(spin.err).toContain('stopped at its limit of 1000 instructions');
    expect((await enclasm(['compile', '--target=hermes', functions])).err).toContain('functions.cjs');
    expect((await enclasm(['compile', '--target=jitless', functions])).code).toBe(0);
    expect(readFileSync(compiled, 'utf8')).toContain('"shape":"plain"');
    const plain = await enclasm(['run', '--mode=aot', '-f', 'add', compiled, '1', '2']);
    expect([plain.out, plain.err]).toEqual(['0x3:i32\n', '']);
    expect((await enclasm(['compile', functions])).code).toBe(0);
  });
  it('runs such a file only where that is asked for, and only whole', async () => {
    const compiled = join(folder, 'functions.mjs');
    const unasked = await enclasm(['run', '-f', 'add', compiled, '1', '2']);
    expect([unasked.code, unasked.err]).toEqual([255, expect.stringContaining('is a compiled file')]);
    const text = readFileSync(compiled, 'utf8');
    writeFileSync(join(folder, 'cut.mjs'), text.slice(0, text.length / 2));
    writeFileSync(
      join(folder, 'edited.mjs'),
      text.replace('export const end', 'globalThis.escaped = 1; export const end'),
    );
    for (const name of ['cut.mjs', 'edited.mjs']) {
      const { code, err } = await enclasm(['run', '--mode=aot', '-f', 'add', join(folder, name), '1', '2']);
      expect([code, err]).toEqual([
        255,
        expect.stringMatching(/(truncated|changed).*enclasm compile writes it anew\n$/),
      ]);
    }
    expect((globalThis as { escaped?: number }).escaped).toBeUndefined();
  });
  it('names functions that are too large to compile, and has the interpreter run them', async () => {
    const locals = 'i64 '.repeat(4500);
    const large = `(module (func (export "f") (result i32) (local ${locals}) (i32.const 42)) (func (export "g") (result i32) (call 0)))`;
    const { code, err } = await enclasm(['compile', writeModule(folder, 'large.wasm', large)]);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(
        'large.mjs: left to the interpreter, and a trap where there is none: function 0, which has 4500 locals\n',
      ),
    ]);
    const run = await enclasm(['run', '--mode=aot', '-f', 'g', join(folder, 'large.mjs')]);
    expect([run.code, run.out, run.err]).toEqual([0, '0x2a:i32\n', '']);
  });
  it('refuses what it cannot read or write', async () => {
    expect((await enclasm(['compile', join(folder, 'none.wasm')])).code).toBe(255);
    expect((await enclasm(['compile', functions, '-o', functions])).err).toContain('is the module itself');
    expect((await enclasm(['compile', functions, '-o', join(folder, 'none', 'x.mjs')])).err).toContain(
      'cannot be written',
    );
  });
});
