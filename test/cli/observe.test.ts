// The options of `enclasm run` that show what a guest does, and their files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decode } from '#src/binary/decode.js';
import { enclasm, ROOT, SAMPLES, temporaryFolder, writeModule } from './support.js';

const folder = temporaryFolder();
const SHAPES = join(ROOT, 'test/observe/c/shapes.wasm');
const HELLO = join(SAMPLES, 'hello.wasm');
const MODES = ['interp', 'jit', 'host'] as const;

test.each(MODES)('--trace-calls in mode %s', async (mode) => {
  const { code, out, err } = await enclasm(['run', '--mode', mode, '--trace-calls', HELLO]);
  expect([code, out.length > 0]).toEqual([0, true]);
  const lines = err.trim().split('\n');
  expect(
    lines.some((line) =>
      /^enclasm: fd_write\(fd=1, iovs=0x[0-9a-f]+, iovs_len=\d+, nwritten=0x[0-9a-f]+\) = ESUCCESS <\d+\.\d\d ms>$/.test(
        line,
      ),
    ),
  ).toBe(true);
});
test('--trace-calls in an enclave shows packets', async () => {
  const { code, err } = await enclasm(['run', '--enclave=same-thread', '--trace-calls', HELLO]);
  expect(code).toBe(0);
  expect(err).toMatch(/^enclasm: command HANDSHAKE: \d+ bytes, answer \d+ bytes <\d+\.\d\d ms>$/m);
  expect(err).toMatch(/^enclasm: ocall PRINT: /m);
});
test('--profile, --coverage and --coredump write the same files in every mode that knows where traps are', async () => {
  const made = [];
  for (const mode of MODES) {
    const path = (name: string): string => join(folder, `${mode}-${name}`);
    const files = ['--profile', path('p.json'), '--coverage', path('c.info'), '--coredump', path('core')];
    const { code, err } = await enclasm(['run', '--mode', mode, ...files, SHAPES, 'crash']);
    expect(code).toBe(1);
    expect(err).toContain(`core dumped to ${path('core')}\n`);
    expect(err).toMatch(
      /trap: unreachable, in function crash at offset 0x[0-9a-f]+ \(test\/observe\/c\/shapes\.c:\d+\)/,
    );
    expect(decode(new Uint8Array(readFileSync(path('core')))).customSections[0]!.name).toBe('core');
    const [profile, coverage] = ['p.json', 'c.info'].map((name) =>
      readFileSync(path(name), 'utf8').replaceAll(mode, ''),
    );
    expect(JSON.parse(profile!).profiles[0].events.length).toBeGreaterThan(5);
    expect(coverage).toContain('SF:test/observe/c/shapes.c\n');
    made.push(`${profile}${coverage}`);
  }
  expect(new Set(made).size).toBe(1);
});
test('a guest that does not trap leaves no core dump', async () => {
  const core = join(folder, 'none.core');
  expect((await enclasm(['run', '--coredump', core, SHAPES])).code).toBe(0);
  expect(() => readFileSync(core)).toThrow();
});
test('formats by name and by option', async () => {
  const firefox = join(folder, 'a.firefox.json');
  const other = join(folder, 'b.json');
  await enclasm(['run', '--profile', firefox, SHAPES]);
  await enclasm(['run', '--profile', other, '--profile-by=time', '--profile-format=firefox', SHAPES]);
  expect(JSON.parse(readFileSync(firefox, 'utf8')).threads[0].samples.weightType).toBe('samples');
  expect(JSON.parse(readFileSync(other, 'utf8')).threads[0].samples.weightType).toBe('tracing-ms');
});
test('what cannot be: in an enclave, without --profile, into no folder, without debug information', async () => {
  const refused = await enclasm(['run', '--enclave', '--profile', 'x', HELLO]);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('--profile works without --enclave alone')]);
  const lone = await enclasm(['run', '--profile-by=time', HELLO]);
  expect([lone.code, lone.err]).toEqual([1, expect.stringContaining('--profile-by needs --profile')]);
  const lost = await enclasm(['run', '--profile', join(folder, 'no/such/folder'), HELLO]);
  expect([lost.code, lost.err]).toEqual([1, expect.stringContaining('cannot be written')]);
  const plain = writeModule(folder, 'plain.wasm', '(module (func (export "_start")))');
  const empty = await enclasm(['run', '--coverage', join(folder, 'empty.info'), plain]);
  expect([empty.code, empty.err]).toEqual([0, expect.stringContaining('says nothing of its source')]);
});
