// What the commands print themselves holds nothing that a terminal obeys, and they wait for no file that never ends.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, temporaryFolder, writeModule } from './support.js';

const ENCLASM = join(ROOT, 'dist/bin/enclasm.cjs');
const folder = temporaryFolder();
const RAW = /[\p{Cc}\p{Bidi_Control}]/u;
/** ESC, BEL, newline, CSI, right-to-left override. */
const NAME = '\\1b[2J\\07\\0a\\c2\\9b\\e2\\80\\ae';

function run(words: readonly string[]) {
  const { status, stdout, stderr, signal } = spawnSync(process.execPath, [ENCLASM, ...words], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, signal, text: stdout + stderr };
}

it.each([
  ['a warning and a trap', `(module (import "${NAME}" "${NAME}" (func $f)) (func (export "_start") (call $f)))`, []],
  ['a link error', `(module (import "${NAME}" "${NAME}" (memory 1)) (func (export "_start")))`, []],
  ['frames', `(module (func $f (export "${NAME}") (unreachable)) (func (export "_start") (call $f)))`, ['-v=5']],
  ['a report', `(module (import "${NAME}" "${NAME}" (func $f)) (func (export "_start") (call $f)))`, ['--json']],
  ['a mode', `(module (import "${NAME}" "${NAME}" (func $f)) (func (export "_start") (call $f)))`, ['--mode=interp']],
])('%s', (what, text, options) => {
  const file = writeModule(folder, `${what}.wasm`, text);
  const result = run(['run', ...options, file]);
  expect(result.status).not.toBe(0);
  expect(result.text.length).toBeGreaterThan(0);
  for (const line of result.text.split('\n')) expect(line.replaceAll('\t', '')).not.toMatch(RAW);
  const printed = run(['print', file]);
  for (const line of printed.text.split('\n')) expect(line.replaceAll('\t', '')).not.toMatch(RAW);
});

it('a named pipe is no module: nothing limits how long one would wait for it', () => {
  const pipe = join(folder, 'pipe.wasm');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  for (const words of [
    ['run', '--timeout=500', pipe],
    ['run', '--mode=aot', pipe],
    ['validate', pipe],
    ['print', pipe],
  ]) {
    const result = run(words);
    expect([result.signal, result.status]).toEqual([null, words[0] === 'validate' ? expect.any(Number) : 255]);
    expect(result.text).toContain('is no regular file');
  }
});
