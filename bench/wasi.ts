// File work of a WASI program through our imports against node:wasi, in the same run: ratios of time, below 1 is faster.
// --mode NAME runs our side in that running mode; unless given, in the fastest there is, else on the host's own WebAssembly without any
// engine ('direct'), where what is compared is WASI and nothing else.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { Runtime } from '#src/embed/runtime.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { createWasi, type WasiOptions } from '#src/imports/wasi/index.js';
import type { RunningMode } from '#src/runtime/running-mode.js';
import { directInstance } from '../test/wasi/direct.js';
import { platform } from '../test/wasi/guest.js';
import { atMost, type BenchArgs, type BenchResult, type BenchRow, median, must, plain } from './harness.js';

/** 64 KiB each: 100 MB. */
const BLOCKS = 1_526;
const ENTRIES = 10_000;

interface Work {
  readonly what: string;
  readonly argument: string;
  readonly count: number;
  /** Ratio to node:wasi that must not be exceeded. */
  readonly target: number;
}

const WORK: readonly Work[] = [
  { what: 'write 100 MB in 64 KiB pieces', argument: 'write-large', count: BLOCKS, target: 1.0 },
  { what: 'read 100 MB in 64 KiB pieces', argument: 'read-large', count: BLOCKS, target: 1.0 },
  { what: '100k writes of 16 bytes', argument: 'small-writes', count: 100_000, target: 1.2 },
  { what: '100k reads of 16 bytes', argument: 'small-reads', count: 100_000, target: 1.2 },
  { what: '100k seeks', argument: 'seeks', count: 100_000, target: 1.2 },
  { what: '10k opens and closes', argument: 'opens', count: 10_000, target: 1.2 },
  { what: '10k opens and closes three names deep', argument: 'opens-deep', count: 10_000, target: 1.2 },
  { what: '10k stats', argument: 'stats', count: 10_000, target: 1.2 },
  { what: 'list 10k entries', argument: 'list-many', count: ENTRIES, target: 1.2 },
];

type Runner = (argument: string, count: number) => number;

/** Milliseconds from _start to its end. */
function timed(what: string, start: () => unknown): number {
  const before = performance.now();
  const result = start();
  const ms = performance.now() - before;
  must(result === undefined || result === 0, what);
  return ms;
}

function optionsFor(argument: string, count: number, directory: string): WasiOptions {
  return { args: ['io', argument, String(count)], preopens: { '.': directory }, stderr: 'inherit' };
}

function direct(bytes: BufferSource, directory: string): Runner {
  const module = new WebAssembly.Module(bytes);
  return (argument, count) => {
    const wasi = createWasi(optionsFor(argument, count, directory), platform);
    try {
      return timed(argument, directInstance(module, wasi).start);
    } finally {
      wasi.close();
    }
  };
}

function inMode(mode: RunningMode, bytes: Uint8Array, directory: string): Runner {
  const engines = defaultEngines().filter((engine) => engine.mode === mode && engine.unavailable() === undefined);
  must(engines.length === 1, `no mode ${mode} on this host`);
  const runtime = Runtime.init({}, { platform, engines, libraries: ALL_LIBRARIES });
  const module = runtime.load(bytes);
  return (argument, count) => {
    const instance = runtime.instantiate(module, { mode, wasi: optionsFor(argument, count, directory) });
    try {
      return timed(argument, () => instance.executeMain());
    } finally {
      instance.deinstantiate();
    }
  };
}

/** The mode asked for, or 'host' where there is one. */
function modeOf(rest: readonly string[]): RunningMode | 'direct' {
  const at = rest.indexOf('--mode');
  if (at >= 0) return rest[at + 1] as RunningMode | 'direct';
  return defaultEngines().some(({ mode }) => mode === 'host') ? 'host' : 'direct';
}

function nodes(module: WebAssembly.Module, directory: string): Runner {
  return (argument, count) => {
    const wasi = new WASI({
      version: 'preview1',
      args: ['io', argument, String(count)],
      preopens: { '.': directory },
      returnOnExit: true,
    });
    const instance = new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports);
    return timed(argument, () => wasi.start(instance));
  };
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const rounds = args.quick ? 3 : 15;
  const bytes = readFileSync(new URL('../../bench/programs/wasi-io.wasm', import.meta.url));
  const mode = modeOf(args.rest);
  const directory = mkdtempSync(join(tmpdir(), 'enclasm-bench-wasi-'));
  const rows: BenchRow[] = [];
  try {
    const we = mode === 'direct' ? direct(bytes, directory) : inMode(mode, bytes, directory);
    const node = nodes(new WebAssembly.Module(bytes), directory);
    we('make-many', ENTRIES);
    for (const { what, argument, count, target } of WORK) {
      const ratios: number[] = [];
      const times: number[] = [];
      we(argument, count);
      node(argument, count);
      for (let round = 0; round < rounds; round++) {
        const theirs = node(argument, count);
        const mine = we(argument, count);
        ratios.push(mine / theirs);
        times.push(mine);
      }
      rows.push(atMost(`${what}, ratio to node:wasi`, median(ratios), 'x', target));
      rows.push(plain(what, median(times), 'ms'));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return { name: `wasi (${mode})`, results: rows };
}
