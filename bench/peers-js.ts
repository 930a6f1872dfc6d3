// npm run bench -- peers-js [--only NAME] [--mode jit|aot]: our JavaScript compiler beside the other two of npm, on the engine corpus, as ratios to the
// host's own WebAssembly. Each program runs in a process of its own: a memory that grows anywhere makes V8 slower for all the rest.
// polywasm traps nowhere and binaryen's wasm2js checks no bounds; results that JavaScript cannot hold are compared in their low 32 bits.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Runtime } from '#src/embed/runtime.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import type { Engine } from '#src/runtime/engine.js';
import { engineOf } from './engine-modes.js';
import {
  atLeast,
  atMost,
  type BenchArgs,
  type BenchResult,
  type BenchRow,
  geomean,
  must,
  option,
  plain,
  processorMs,
} from './harness.js';
import { type BenchProgram, programs, programsNamed } from './programs/programs.js';

export type PeerRun = (n: number) => unknown;

const require = createRequire(import.meta.url);

/** `run` of a module under polywasm. */
export async function polywasmRun(bytes: Uint8Array): Promise<PeerRun> {
  const { WebAssembly: peer } = await import('polywasm');
  return new peer.Instance(new peer.Module(bytes)).exports['run'] as PeerRun;
}

/** `run` of a module that binaryen's wasm2js -O2 has written as JavaScript. An i64 result is its low word. */
export async function wasm2jsRun(file: string): Promise<PeerRun> {
  const folder = mkdtempSync(join(tmpdir(), 'enclasm-peers-'));
  try {
    const out = join(folder, 'out.mjs');
    const tool = join(dirname(require.resolve('binaryen')), 'bin', 'wasm2js');
    execFileSync(process.execPath, [tool, '-O2', '--all-features', file, '-o', out]);
    const text = readFileSync(out, 'utf8');
    writeFileSync(out, text.replace("import * as env from 'env';", 'const env = { setTempRet0() {} };'));
    return ((await import(pathToFileURL(out).href)) as { run: PeerRun }).run;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export type JsMode = 'jit' | 'aot';

function ourRun(bytes: Uint8Array, engine: Engine): PeerRun {
  const runtime = Runtime.init({}, { platform: nodePlatform(), engines: [engine], libraries: ALL_LIBRARIES });
  const run = runtime.instantiate(runtime.load(bytes)).lookupFunction('run')!;
  return (n) => run.call(n)[0];
}
function hostRun(bytes: Uint8Array): PeerRun {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)).exports['run'] as PeerRun;
}

/** Whether a result is the expected one as far as the peer can say it. */
function agrees(result: unknown, expect: string): boolean {
  if (String(result) === expect) return true;
  return typeof result === 'number' && /^-?\d+$/.test(expect) && BigInt.asIntN(32, BigInt(expect)) === BigInt(result);
}

function time(run: PeerRun, { n, calls = 1 }: BenchProgram): number {
  return processorMs(() => {
    for (let i = 0; i < calls; i++) run(n);
  });
}

export interface PeerRatios {
  readonly ours: number;
  /** Null: its result is wrong, which is not worth timing. */
  readonly polywasm: number | null;
  readonly wasm2js: number | null;
}

/** One program in this process. All take turns, so that the machine's mood hits all. */
export async function measurePeers(program: BenchProgram, rounds: number, mode: JsMode): Promise<PeerRatios> {
  const file = fileURLToPath(new URL(`../../bench/programs/${program.file}`, import.meta.url));
  const bytes = new Uint8Array(readFileSync(file));
  const runs: Record<'host' | 'ours' | 'polywasm' | 'wasm2js', PeerRun> = {
    host: hostRun(bytes),
    ours: ourRun(bytes, await engineOf(mode)),
    polywasm: await polywasmRun(bytes),
    wasm2js: await wasm2jsRun(file),
  };
  const best = new Map<string, number>();
  for (const [name, run] of Object.entries(runs)) {
    if (agrees(run(program.quickN), program.quickExpect)) best.set(name, Number.POSITIVE_INFINITY);
    else must(name === 'polywasm' || name === 'wasm2js', `${program.name} under ${name}`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, before] of best) {
      best.set(name, Math.min(before, time(runs[name as keyof typeof runs], program)));
    }
  }
  const ratio = (name: string): number | null => (best.has(name) ? best.get(name)! / best.get('host')! : null);
  return { ours: ratio('ours')!, polywasm: ratio('polywasm'), wasm2js: ratio('wasm2js') };
}

const PEERS = ['polywasm', 'wasm2js'] as const;
/** How many times slower than ours each shall be. */
const SLOWER: Readonly<Record<(typeof PEERS)[number], number>> = { polywasm: 3, wasm2js: 1.7 };

/** Rows of each program and of how many times slower the peers are; the mean of ours. */
export function peerRows(
  mode: JsMode,
  only: string,
  quick: boolean,
): { readonly rows: BenchRow[]; readonly mean: number } {
  const rows: BenchRow[] = [];
  const all: PeerRatios[] = [];
  for (const program of programsNamed(only)) {
    const child = [fileURLToPath(import.meta.url), '--one', program.name, quick ? '4' : '8', mode];
    const ratios = JSON.parse(execFileSync(process.execPath, child, { encoding: 'utf8' })) as PeerRatios;
    all.push(ratios);
    rows.push(plain(`${program.name}: ${mode}, alone in a process`, ratios.ours, 'x host'));
    for (const peer of PEERS) {
      const value = ratios[peer];
      rows.push(plain(`${program.name}: ${peer}`, value ?? Number.NaN, value === null ? 'wrong result' : 'x host'));
    }
  }
  for (const peer of PEERS) {
    const factors = all.flatMap((one) => (one[peer] === null ? [] : [one[peer] / one.ours]));
    const what = `${peer} against ${mode}, ${factors.length} programs`;
    rows.push(atLeast(what, geomean(factors), 'times slower', SLOWER[peer]));
  }
  return { rows, mean: geomean(all.map(({ ours }) => ours)) };
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const mode = option(args, '--mode', 'jit');
  must(mode === 'jit' || mode === 'aot', `unknown mode ${mode}: jit or aot`);
  const { rows, mean } = peerRows(mode, option(args, '--only', ''), args.quick);
  const results = [...rows, atMost(`geomean: ${mode}, alone in a process`, mean, 'x host', 1.6)];
  return { name: `${mode} beside polywasm and wasm2js`, results };
}

if (process.argv[2] === '--one') {
  const program = programs.find(({ name }) => name === process.argv[3])!;
  console.log(JSON.stringify(await measurePeers(program, Number(process.argv[4]), process.argv[5] as JsMode)));
}
