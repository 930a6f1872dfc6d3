// Several real threads in one heap in shared memory: nothing is lost, nothing overlaps.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { Pool } from '../pool.js';

const THREADS = 3;
const STEPS = 20_000;

// A worker runs JavaScript only, so it gets these rooms translated, and this program.
const PROGRAM = `
import { parentPort, workerData } from 'node:worker_threads';
import { bytesOf } from './allocator.js';
import { Pool } from './pool.js';
const { buffer, mark, steps } = workerData;
const pool = Pool.attach({ buffer });
const blocks = [];
let x = 77 + mark;
const random = (below) => ((x = (Math.imul(x, 1664525) + 1013904223) >>> 0) >>> 8) % below;
let damaged = 0;
for (let step = 0; step < steps; step++) {
  if (blocks.length < 20 || (random(2) === 0 && blocks.length < 40)) {
    const block = pool.malloc(random(200));
    if (block === null) continue;
    const bytes = bytesOf(block);
    if (bytes.some((byte) => byte !== 0)) damaged++;
    bytes.fill(mark);
    blocks.push(block);
  } else {
    const [block] = blocks.splice(random(blocks.length), 1);
    if (bytesOf(block).some((byte) => byte !== mark)) damaged++;
    pool.free(block);
  }
}
for (const block of blocks) pool.free(block);
parentPort.postMessage(damaged);
`;

const folder = mkdtempSync(join(tmpdir(), 'enclasm-threads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The rooms that the allocators need. */
const ROOMS = ['alloc', 'base', 'wasm'];

function translate(): void {
  const source = fileURLToPath(new URL('../..', import.meta.url));
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
  for (const room of ROOMS) {
    for (const file of readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const text = readFileSync(join(source, room, file), 'utf8');
      const to = join(folder, room, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, ts.transpileModule(text, { compilerOptions: options }).outputText);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'alloc', 'program.js'), PROGRAM);
}

function run(buffer: SharedArrayBuffer, mark: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(folder, 'alloc', 'program.js'), { workerData: { buffer, mark, steps: STEPS } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

describe('a heap in shared memory', () => {
  it('serves several threads at once', async () => {
    translate();
    const buffer = new SharedArrayBuffer(64 * 1024);
    const pool = new Pool({ buffer });
    const damaged = await Promise.all(Array.from({ length: THREADS }, (_, thread) => run(buffer, thread + 1)));
    expect(damaged).toEqual(Array(THREADS).fill(0));
    expect(pool.verify()).toMatchObject({ ok: true, usedBlocks: 0 });
    const { total, totalFree } = pool.getMemAllocInfo();
    expect(totalFree).toBe(total);
  });
});
