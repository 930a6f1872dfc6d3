// File work of a WASI program through our imports against node:wasi, in the same run: ratios of time, below 1 is faster.
// Both run on the host's own WebAssembly here, so that what is compared is WASI and nothing else.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { createWasi } from '#src/imports/wasi/index.js';
import { directInstance } from '../test/wasi/direct.js';
import { platform } from '../test/wasi/guest.js';
import { atMost, type BenchArgs, type BenchResult, type BenchRow, must, plain } from './harness.js';

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

function ours(module: WebAssembly.Module, directory: string): Runner {
  return (argument, count) => {
    const wasi = createWasi(
      { args: ['io', argument, String(count)], preopens: { '.': directory }, stderr: 'inherit' },
      platform,
    );
    try {
      return timed(argument, directInstance(module, wasi).start);
    } finally {
      wasi.close();
    }
  };
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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

export async function bench(args: BenchArgs): Promise<BenchResult> {
  const rounds = args.quick ? 3 : 15;
  const module = new WebAssembly.Module(readFileSync(new URL('../../bench/programs/wasi-io.wasm', import.meta.url)));
  const directory = mkdtempSync(join(tmpdir(), 'enclasm-bench-wasi-'));
  const rows: BenchRow[] = [];
  try {
    const we = ours(module, directory);
    const node = nodes(module, directory);
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
  return { name: 'wasi', results: rows };
}
