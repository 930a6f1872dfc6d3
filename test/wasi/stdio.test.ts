// The process's own standard streams: pipes, files, nothing at all, a reader that goes away, and a deadline while waiting for input.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const CHILD = new URL('./stdio-child.mjs', import.meta.url).pathname;
/** The child runs what was compiled: it has no test runner to translate for it. */
const built = existsSync(new URL('../../dist/imports/wasi/index.js', import.meta.url));

test.skipIf(!built)('from a pipe to a pipe, more than either holds', () => {
  const input = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join('');
  const result = spawnSync(process.execPath, [CHILD, '4000', '60000'], { input, maxBuffer: 1 << 24 });
  expect([result.status, result.stderr.toString()]).toEqual([0, '']);
  expect(result.stdout.toString() === input).toBe(true);
});

test.skipIf(!built)('from a file to a file, and from nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-stdio-'));
  writeFileSync(join(folder, 'in'), 'from a file');
  const [input, output] = [openSync(join(folder, 'in'), 'r'), openSync(join(folder, 'out'), 'w')];
  expect(spawnSync(process.execPath, [CHILD, '3', '60000'], { stdio: [input, output, 'inherit'] }).status).toBe(0);
  closeSync(input);
  closeSync(output);
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('from a file');
  rmSync(folder, { recursive: true });
  expect(spawnSync(process.execPath, [CHILD, '3', '60000'], { stdio: 'ignore' }).status).toBe(0);
});

// Elsewhere a read blocks (docs/wasi.md, Streams).
test.skipIf(!built || process.platform !== 'linux')('a deadline ends waiting for input that never comes', async () => {
  const child = spawn(process.execPath, [CHILD, '10', '300'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write('some');
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(3);
  expect(Buffer.concat(chunks).toString()).toBe('some');
});

test.skipIf(!built)('a reader that went away is EPIPE', async () => {
  const child = spawn(process.execPath, [CHILD, '1000', '20000'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => {});
  child.stdout.destroy();
  child.stdin.write('x'.repeat(1_000));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect([code, Buffer.concat(errors).toString()]).toEqual([4, 'EPIPE']);
});
