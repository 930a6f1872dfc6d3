// How small a micro runtime is: bytes of the package as a bundler makes it, resident memory after init, bytes of an instance, and how
// many instances one process holds. Memory is measured in processes of their own, as medians.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleEntry, bytesByRoom, gzippedBytes, LEAVE_OUTS } from '../test/footprint/bundle.js';
import { assemble } from '../test/helpers/wat.js';
import { atLeast, atMost, type BenchArgs, type BenchResult, type BenchRow, median, plain } from './harness.js';

const KB = 1000;
const MB = 1_000_000;
const INSTANCES = 10_000;
const PAGE = 65_536;

/** A library as programs use them: a memory, a table, globals, a few functions. */
const SMALL = `(module
  (memory (export "memory") 1)
  (table 4 funcref)
  (global $calls (mut i32) (i32.const 0))
  (elem (i32.const 0) $add $mul)
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $mul (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))
  (func (export "run") (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store (i32.const 8) (local.get 0))
    (call $add (call $mul (local.get 0) (i32.const 3)) (global.get $calls)))
  (func (export "calls") (result i32) (global.get $calls)))`;

/** Prints resident bytes once everything that can be collected is gone. */
const MEASURE_RESIDENT = `
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let i = 0; i < 4; i++) gc();
  console.log(process.memoryUsage().rss);`;

function child(folder: string, code: string): string {
  const file = join(folder, 'child.mjs');
  writeFileSync(file, code);
  return execFileSync(process.execPath, ['--expose-gc', file], { encoding: 'utf8', cwd: folder });
}

function residentAfter(folder: string, code: string, runs: number): number {
  return median(Array.from({ length: runs }, () => Number(child(folder, code + MEASURE_RESIDENT))));
}

function residentRows(folder: string, runs: number): BenchRow[] {
  const node = residentAfter(folder, '', runs);
  const platform = `{
    name: 'bench', monotonicNow: () => performance.now(), realtimeNow: () => 0n, cpuTimeNow: () => undefined,
    randomFill: () => {}, log: () => {}, sleep: () => false, yieldToEventLoop: () => Promise.resolve() }`;
  const init = (file: string, args: string): number =>
    residentAfter(
      folder,
      `import { Runtime, interpEngine } from './${file}.mjs'; globalThis.runtime = Runtime.init(${args});`,
      runs,
    );
  const everything = residentAfter(
    folder,
    `import { Runtime } from './index.mjs'; globalThis.runtime = Runtime.init();`,
    runs,
  );
  const small = init('interp', `{}, { platform: ${platform}, engines: [interpEngine()] }`);
  return [
    plain("Node's own resident memory", node / MB, 'MB'),
    atMost('resident memory after init above that, everything', (everything - node) / MB, 'MB', 15),
    atMost('resident memory after init above that, interpreter only', (small - node) / MB, 'MB', 15),
  ];
}

/** Makes instances and keeps them; prints bytes of each beyond its linear memory, how many there are, and whether all work. */
function instancesCode(bytes: Uint8Array, mode: string): string {
  return `
  import { Runtime } from './index.mjs';
  const runtime = Runtime.init();
  const module = runtime.load(Uint8Array.from(Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64')));
  const used = () => { for (let i = 0; i < 4; i++) gc(); const m = process.memoryUsage(); return m.heapUsed + m.external; };
  const make = () => runtime.instantiate(module, { mode: '${mode}' });
  const first = make();
  first.lookupFunction('run').call(1);
  const kept = [];
  const before = used();
  for (let i = 0; i < ${INSTANCES}; i++) kept.push(make());
  const after = used();
  let works = 0;
  kept.forEach((instance, i) => { if (instance.lookupFunction('run').call(i)[0] === i * 3 + 1) works++; });
  console.log(JSON.stringify({ each: (after - before) / ${INSTANCES} - ${PAGE}, works }));`;
}

function instanceRows(folder: string): BenchRow[] {
  const bytes = assemble(SMALL);
  return ['interp', 'jit'].flatMap((mode) => {
    const { each, works } = JSON.parse(child(folder, instancesCode(bytes, mode))) as { each: number; works: number };
    return [
      atMost(`${mode}: an instance beyond its linear memory`, each / 1024, 'KiB', 16),
      atLeast(`${mode}: instances alive at once that work`, works, '', INSTANCES),
    ];
  });
}

/** What leaving out one part saves. */
function leaveOutRows(all: number, size: (text: string) => number): Promise<BenchRow[]> {
  return Promise.all(
    LEAVE_OUTS.map(async (name) =>
      plain(`less with ${name}`, all - size(await bundleEntry('interp', { without: [name] })), 'KB'),
    ),
  );
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  const small = await bundleEntry('interp');
  const everything = await bundleEntry('index');
  const size = (text: string): number => gzippedBytes(text) / KB;
  const lean = await bundleEntry('interp', { without: LEAVE_OUTS });
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-footprint-'));
  try {
    writeFileSync(join(folder, 'interp.mjs'), small);
    writeFileSync(join(folder, 'index.mjs'), everything);
    return {
      name: 'footprint',
      results: [
        atMost('interpreter only, minified and gzipped', size(small), 'KB', 75),
        atMost('the same without what a build can leave out', size(lean), 'KB', 60),
        ...(await leaveOutRows(size(small), size)),
        plain('interpreter only, minified', small.length / KB, 'KB'),
        ...(await bytesByRoom('interp')).map(([room, bytes]) => plain(`of that ${room}`, bytes / KB, 'KB')),
        atMost('everything, minified and gzipped', size(everything), 'KB', 130),
        plain('everything, minified', everything.length / KB, 'KB'),
        ...(await bytesByRoom('index')).map(([room, bytes]) => plain(`of that ${room}`, bytes / KB, 'KB')),
        ...residentRows(folder, quick ? 3 : 9),
        ...instanceRows(folder),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
