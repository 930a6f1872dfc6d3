// The EMS heap: time per operation and how full a pool gets, against @thi.ng/malloc in the same run.
// Refuses to time what is wrong: the same traces run first with contents checked and the heap walked.

import { MemPool } from '@thi.ng/malloc';
import { EmsHeap } from '#src/alloc/ems/heap.js';
import { controlWords } from '#src/alloc/ems/layout.js';
import { Pool } from '#src/alloc/pool.js';
import { atLeast, atMost, type BenchArgs, type BenchResult, type BenchRow, fastest, must, plain } from './harness.js';

const LIVE = 10_000;
const POOL = 64 << 20;
const FILL_POOL = 10 << 20;

/** What a trace needs; 0 from malloc is "does not fit". */
interface Heap {
  malloc(bytes: number): number;
  free(offset: number): unknown;
}

/** xorshift32: cheap next to an allocation, and the same on every run. */
class Random {
  private state = 0x2545_f491;
  below(limit: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % limit;
  }
}

function heapOver(bytes: number, zeroing = false): EmsHeap {
  const control = new Int32Array(controlWords(bytes));
  return EmsHeap.create({ buffer: new ArrayBuffer(bytes), start: 0, bytes, control, zeroing });
}

/** `live` blocks, and steps that free a random one and allocate another in its place. */
class Trace {
  private readonly random = new Random();
  private readonly blocks: Uint32Array;
  private readonly places: Uint16Array;
  private readonly sizes: Uint16Array;
  private readonly heap: Heap;
  private readonly low: number;
  private readonly span: number;

  constructor(heap: Heap, low: number, high: number, steps: number) {
    this.heap = heap;
    this.low = low;
    this.span = high - low + 1;
    this.places = new Uint16Array(steps);
    this.sizes = new Uint16Array(steps);
    this.blocks = new Uint32Array(LIVE);
    for (let at = 0; at < LIVE; at++) this.blocks[at] = heap.malloc(low + this.random.below(this.span));
    must(!this.blocks.includes(0), 'the first blocks do not fit');
  }

  /** Draws the next steps; not part of what is timed. */
  draw(): void {
    const { random, places, sizes, low, span } = this;
    for (let step = 0; step < places.length; step++) {
      places[step] = random.below(LIVE);
      sizes[step] = low + random.below(span);
    }
  }

  run(): void {
    const { heap, blocks, places, sizes } = this;
    for (let step = 0; step < places.length; step++) {
      const at = places[step]!;
      heap.free(blocks[at]!);
      blocks[at] = heap.malloc(sizes[step]!);
    }
  }

  check(): void {
    must(!this.blocks.includes(0), 'an allocation failed in the trace');
  }
}

/** Nanoseconds per malloc or free: the fastest of `runs` runs, each of other steps. */
function timeTrace(heap: Heap, low: number, high: number, steps: number, runs: number): number {
  const trace = new Trace(heap, low, high, steps);
  let ms = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    trace.draw();
    ms = Math.min(
      ms,
      fastest(1, () => trace.run()),
    );
  }
  trace.check();
  return (ms * 1e6) / (2 * steps);
}

/** The same kind of trace with every payload written and compared, the heap walked on the way. */
function checkTrace(low: number, high: number, steps: number): void {
  const heap = heapOver(8 << 20);
  const random = new Random();
  const blocks: { offset: number; size: number; mark: number }[] = [];
  const bytes = new Uint8Array(heap.words.buffer);
  const add = (at: number): void => {
    const size = low + random.below(high - low + 1);
    const offset = heap.malloc(size);
    const mark = random.below(256);
    must(offset !== 0 && offset % 8 === 0, 'malloc');
    bytes.fill(mark, offset, offset + size);
    blocks[at] = { offset, size, mark };
  };
  for (let at = 0; at < 1000; at++) add(at);
  for (let step = 0; step < steps; step++) {
    const at = random.below(1000);
    const { offset, size, mark } = blocks[at]!;
    for (let byte = offset; byte < offset + size; byte++) must(bytes[byte] === mark, 'a payload was overwritten');
    must(heap.free(offset), 'free');
    add(at);
    if (step % 500 === 0) must(heap.verify().ok, 'verify');
  }
  const report = heap.verify();
  const { total, totalFree } = heap.stats();
  must(report.ok && report.usedBlocks === 1000 && report.usedBytes === total - totalFree, 'the totals');
}

interface Filled {
  /** Percent of the pool that is payload when the first allocation fails. */
  readonly first: number;
  /** The same, after freeing half of the blocks at random and filling up again. */
  readonly again: number;
}

function fill(heap: Heap, next: (random: Random) => number): Filled {
  const random = new Random();
  const blocks: { offset: number; size: number }[] = [];
  let payload = 0;
  const fillUp = (): number => {
    for (;;) {
      const size = next(random);
      const offset = heap.malloc(size);
      if (offset === 0) return (payload / FILL_POOL) * 100;
      payload += size;
      blocks.push({ offset, size });
    }
  };
  const first = fillUp();
  for (let half = blocks.length >>> 1; half > 0; half--) {
    const at = random.below(blocks.length);
    const { offset, size } = blocks[at]!;
    blocks[at] = blocks[blocks.length - 1]!;
    blocks.pop();
    heap.free(offset);
    payload -= size;
  }
  return { first, again: fillUp() };
}

/** Percent to two decimals, as the table shows them: 80 % is what 32 of 40 bytes are, headers of the pool aside. */
function percent(value: number): number {
  return Math.round(value * 100) / 100;
}

const RANGES = [
  { what: '8..4096 B', low: 8, high: 4096, target: 50 },
  { what: '8..127 B', low: 8, high: 127, target: 17 },
];

function timings(quick: boolean): BenchRow[] {
  const steps = 10_000;
  const runs = quick ? 40 : 400;
  // All of one heap before the other: code that has seen two kinds of heap is slower for both.
  const own = RANGES.map(({ low, high }) => timeTrace(heapOver(POOL), low, high, steps, runs));
  const zeroing = RANGES.map(({ low, high }) => timeTrace(heapOver(POOL, true), low, high, steps, runs));
  const peer = RANGES.map(({ low, high }) => timeTrace(peerHeap(POOL), low, high, quick ? 50 : 500, quick ? 1 : 3));
  const rows = RANGES.flatMap(({ what, target }, at) => [
    atMost(`${what}, 10k live`, own[at]!, 'ns/op', target),
    plain(`${what}, 10k live, payloads zeroed on free`, zeroing[at]!, 'ns/op'),
    plain(`${what}, 10k live, @thi.ng/malloc`, peer[at]!, 'ns/op'),
    plain(`${what}, 10k live, @thi.ng/malloc / EMS`, peer[at]! / own[at]!, 'x'),
  ]);
  const throughPool = timePool(steps, quick ? 10 : 100);
  return [...rows, plain('8..4096 B, 10k live, through Pool and Block', throughPool, 'ns/op')];
}

/** The same trace as the first row, through the interface that the runtime uses. */
function timePool(steps: number, runs: number): number {
  const pool = new Pool({ size: POOL });
  const random = new Random();
  const alloc = () => {
    const block = pool.malloc(8 + random.below(4089));
    must(block !== null, 'malloc through the pool');
    return block;
  };
  const blocks = Array.from({ length: LIVE }, alloc);
  const ms = fastest(runs, () => {
    for (let step = 0; step < steps; step++) {
      const at = random.below(LIVE);
      pool.free(blocks[at]!);
      blocks[at] = alloc();
    }
  });
  return (ms * 1e6) / (2 * steps);
}

function peerHeap(bytes: number): Heap {
  const pool = new MemPool({ size: bytes });
  return { malloc: (size) => pool.malloc(size), free: (offset) => pool.free(offset) };
}

function fillings(quick: boolean): BenchRow[] {
  const mixed = (random: Random): number => 8 + random.below(4089);
  const own = fill(heapOver(FILL_POOL), mixed);
  const fixed = fill(heapOver(FILL_POOL), () => 32);
  const rows = [
    atLeast('10 MiB pool, payload at first failure, 8..4096 B', percent(own.first), '%', 99.6),
    plain('10 MiB pool, half freed and filled again, 8..4096 B', percent(own.again), '%'),
    atLeast('10 MiB pool, payload at first failure, 32 B', percent(fixed.first), '%', 80),
  ];
  if (!quick) {
    const peer = fill(peerHeap(FILL_POOL), mixed);
    rows.push(plain('@thi.ng/malloc, payload at first failure, 8..4096 B', percent(peer.first), '%'));
    rows.push(plain('@thi.ng/malloc, half freed and filled again', percent(peer.again), '%'));
  }
  return rows;
}

export async function bench({ quick }: BenchArgs): Promise<BenchResult> {
  checkTrace(8, 4096, quick ? 2_000 : 20_000);
  checkTrace(8, 127, quick ? 2_000 : 20_000);
  return { name: 'alloc', results: [...timings(quick), ...fillings(quick)] };
}
