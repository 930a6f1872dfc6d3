// The heap against a model: long random traces with verify() after every step, in every mode it can run in.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmsHeap } from './heap.js';
import { controlWords, SMALLEST_ARENA_BYTES } from './layout.js';

interface Mode {
  readonly name: string;
  readonly map?: boolean;
  readonly zeroing?: boolean;
  readonly shared?: boolean;
  readonly origin?: number;
}

const MODES: readonly Mode[] = [
  { name: 'plain' },
  { name: 'zeroing', zeroing: true },
  { name: 'map', map: true },
  { name: 'map, zeroing, shared, in the middle of a buffer', map: true, zeroing: true, shared: true, origin: 64 },
];

function makeHeap(bytes: number, mode: Mode, start = 16): EmsHeap {
  const { origin = 0, shared = false, map = false, zeroing = false } = mode;
  const words = controlWords(bytes, map);
  const size = origin + start + bytes + 32;
  const buffer = shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size);
  const control = new Int32Array(shared ? new SharedArrayBuffer(words * 4) : new ArrayBuffer(words * 4));
  new Uint8Array(buffer).fill(0xee);
  return EmsHeap.create({ buffer, origin, start, bytes, control, map, zeroing });
}

/** Live blocks with what was written into them, checked against the heap. */
class Model {
  readonly blocks = new Map<number, Uint8Array>();
  readonly heap: EmsHeap;
  readonly zeroing: boolean;
  highmark = 0;
  private seed = 1;

  constructor(heap: EmsHeap, zeroing: boolean) {
    this.heap = heap;
    this.zeroing = zeroing;
  }

  view(offset: number, size: number): Uint8Array {
    const { words } = this.heap;
    return new Uint8Array(words.buffer, words.byteOffset + offset, size);
  }

  add(offset: number, size: number): void {
    expect(offset % 8).toBe(0);
    expect(this.heap.capacity(offset)).toBeGreaterThanOrEqual(size);
    const bytes = this.view(offset, this.heap.capacity(offset));
    if (this.zeroing) expect(bytes.every((byte) => byte === 0)).toBe(true);
    const content = bytes.map(() => (this.seed = (this.seed * 1103515245 + 12345) & 0x7fffffff) >>> 16);
    bytes.set(content);
    this.blocks.set(offset, content.slice());
  }

  resized(from: number, to: number): void {
    const old = this.blocks.get(from)!;
    this.blocks.delete(from);
    const bytes = this.view(to, this.heap.capacity(to));
    const kept = Math.min(old.length, bytes.length);
    expect(Buffer.compare(bytes.subarray(0, kept), old.subarray(0, kept))).toBe(0);
    if (this.zeroing) expect(bytes.subarray(kept).every((byte) => byte === 0)).toBe(true);
    this.blocks.set(to, bytes.slice());
  }

  check(): void {
    const report = this.heap.verify();
    expect(report.problems).toEqual([]);
    expect(report.usedBlocks).toBe(this.blocks.size);
    const places = [...this.blocks.keys()].sort((a, b) => a - b);
    const wrong: number[] = [];
    let used = 0;
    let end = 0;
    for (const offset of places) {
      const content = this.blocks.get(offset)!;
      // One expectation for all: there are millions of blocks.
      if (offset < end || Buffer.compare(this.view(offset, content.length), content) !== 0) wrong.push(offset);
      end = offset + content.length;
      used += content.length + 4;
    }
    expect(wrong).toEqual([]);
    const stats = this.heap.stats();
    expect(stats.total - stats.totalFree).toBe(used);
    expect(report.usedBytes).toBe(used);
    this.highmark = Math.max(this.highmark, used);
    // While a block moves, its old and its new place are both in use.
    expect(stats.highmark).toBeGreaterThanOrEqual(this.highmark);
  }
}

const size = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 600 }),
  fc.integer({ min: 0, max: 9000 }),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('malloc' as const), size }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('free' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('realloc' as const), pick: fc.nat(), size }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('aligned' as const), size, power: fc.integer({ min: 0, max: 13 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(model: Model, todo: Step): void {
  const { heap, blocks } = model;
  const picked = 'pick' in todo && blocks.size > 0 ? [...blocks.keys()][todo.pick % blocks.size]! : 0;
  if (todo.op === 'malloc') {
    const offset = heap.malloc(todo.size);
    if (offset !== 0) model.add(offset, todo.size);
  } else if (todo.op === 'aligned') {
    const offset = heap.alignedAlloc(todo.size, 2 ** todo.power);
    expect(offset % 2 ** todo.power).toBe(0);
    if (offset !== 0) model.add(offset, todo.size);
  } else if (picked !== 0 && todo.op === 'free') {
    expect(heap.free(picked)).toBe(true);
    blocks.delete(picked);
  } else if (picked !== 0 && todo.op === 'realloc') {
    const offset = heap.realloc(picked, todo.size);
    if (offset !== 0) model.resized(picked, offset);
  }
}

describe.each(MODES)('EmsHeap ($name)', (mode) => {
  it('keeps every promise on random traces', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: SMALLEST_ARENA_BYTES + 7, max: 40_000 }),
        fc.nat({ max: 9 }),
        fc.array(step, { maxLength: 120 }),
        (bytes, start, steps) => {
          const model = new Model(makeHeap(bytes, mode, start), mode.zeroing ?? false);
          const total = model.heap.stats().total;
          for (const todo of steps) {
            run(model, todo);
            model.check();
          }
          for (const offset of [...model.blocks.keys()]) {
            expect(model.heap.free(offset)).toBe(true);
            model.blocks.delete(offset);
            model.check();
          }
          expect(model.heap.stats().totalFree).toBe(total);
          expect(model.heap.verify().freeBlocks).toBe(1);
          // Nothing was written outside the arena.
          const { words, first, end } = model.heap;
          const all = new Uint8Array(words.buffer);
          expect(all.subarray(0, words.byteOffset + first * 4 - 4).every((byte) => byte === 0xee)).toBe(true);
          expect(all.subarray(words.byteOffset + end * 4 + 4).every((byte) => byte === 0xee)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps them on one long trace', () => {
    const model = new Model(makeHeap(64 * 1024, mode), mode.zeroing ?? false);
    let x = 88172645;
    const random = (below: number): number => {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      return (x >>> 0) % below;
    };
    for (let index = 0; index < 3000; index++) {
      const op = (['malloc', 'malloc', 'free', 'realloc', 'aligned'] as const)[random(5)]!;
      const bytes = random(2) === 0 ? random(64) : random(2500);
      run(model, { op, size: bytes, pick: random(1 << 30), power: random(10) } as Step);
      if (index % 4 === 0) model.check();
    }
    model.check();
  });

  it('serves every size up to all there is, and not one more', () => {
    const heap = makeHeap(2048, mode);
    const { total } = heap.stats();
    for (let bytes = 0; bytes <= total - 4; bytes++) {
      const offset = heap.malloc(bytes);
      expect(offset, `${bytes} bytes`).not.toBe(0);
      expect(heap.free(offset)).toBe(true);
      expect(heap.stats().totalFree).toBe(total);
    }
    expect(heap.malloc(total - 3)).toBe(0);
    expect(heap.frozen).toBe(false);
  });

  it('serves aligned requests of every size and alignment that fit', () => {
    const heap = makeHeap(4096, mode);
    const { total } = heap.stats();
    for (let alignment = 1; alignment <= 1024; alignment *= 2) {
      for (let bytes = 0; bytes < 500; bytes += 7) {
        const offset = heap.alignedAlloc(bytes, alignment);
        expect(offset).not.toBe(0);
        expect(offset % alignment).toBe(0);
        expect(heap.verify().ok).toBe(true);
        expect(heap.realloc(offset, bytes + 30)).not.toBe(0);
        expect(heap.free(offset)).toBe(true);
      }
    }
    expect(heap.stats().totalFree).toBe(total);
    for (const alignment of [0, -8, 3, 24, 0.5, Number.NaN, 2 ** 40]) expect(heap.alignedAlloc(8, alignment)).toBe(0);
  });

  it('counts the high mark exactly', () => {
    const heap = makeHeap(4096, mode);
    const a = heap.malloc(100);
    const b = heap.malloc(200);
    heap.free(a);
    heap.free(b);
    expect(heap.stats().highmark).toBe(104 + 208);
    const c = heap.malloc(20);
    expect(heap.realloc(c, 1000)).toBe(c);
    expect(heap.stats().highmark).toBe(1008);
    heap.free(heap.alignedAlloc(1004, 64));
    expect(heap.stats().highmark).toBe(1008 + 1008);
  });
});

describe('EmsHeap, places and sizes', () => {
  it('makes a usable heap of every arena size, or says that it is too small', () => {
    for (let bytes = 0; bytes <= 1024; bytes++) {
      for (const start of [0, 1, 4, 8]) {
        const control = new Int32Array(controlWords(bytes));
        const make = (): EmsHeap => EmsHeap.create({ buffer: new ArrayBuffer(2048), start, bytes, control });
        const aligned = Math.floor((start + bytes) / 8) * 8 - Math.ceil(start / 8) * 8;
        if (aligned < SMALLEST_ARENA_BYTES) {
          expect(make).toThrow(/a heap needs 24 aligned bytes/);
          continue;
        }
        const heap = make();
        const offset = heap.malloc(1);
        expect(offset, `${bytes} at ${start}`).not.toBe(0);
        expect(heap.free(offset)).toBe(true);
        expect(heap.verify().ok).toBe(true);
      }
    }
  });

  it('refuses nonsense by name', () => {
    const buffer = new ArrayBuffer(1024);
    const control = new Int32Array(256);
    const bad = [
      { buffer, start: -8, bytes: 512, control },
      { buffer, start: 0.5, bytes: 512, control },
      { buffer, start: 0, bytes: Number.NaN, control },
      { buffer, start: 0, bytes: 2048, control },
      { buffer, origin: 4, start: 0, bytes: 512, control },
      { buffer, start: 0, bytes: 512, control: new Int32Array(8) },
      { buffer: new SharedArrayBuffer(1024), start: 0, bytes: 512, control },
    ];
    for (const options of bad) expect(() => EmsHeap.create(options)).toThrow(/./);
    expect(() => EmsHeap.create({ buffer, start: 0, bytes: 2 ** 33, control })).toThrow(/ends below offset/);
    expect(() => EmsHeap.attach({ buffer, start: 0, bytes: 512, control })).toThrow(/no heap/);
  });

  it('answers 0 to sizes that are none', () => {
    const heap = makeHeap(1024, { name: '' });
    for (const bytes of [-1, Number.NaN, 2 ** 32, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(heap.malloc(bytes)).toBe(0);
      expect(heap.alignedAlloc(bytes, 16)).toBe(0);
    }
    expect(heap.verify().ok).toBe(true);
  });

  it('takes blocks of hundreds of megabytes for what they are', () => {
    // Some implementations mark aligned blocks by a bit pattern that an ordinary header of 149 MB has too.
    const heap = makeHeap(160_000_000, { name: '' });
    for (const bytes of [148_897_788, 149_000_000, 149_422_060]) {
      const offset = heap.malloc(bytes);
      expect(offset).not.toBe(0);
      expect(heap.realloc(offset, bytes + 100)).toBe(offset);
      expect(heap.free(offset)).toBe(true);
    }
    expect(heap.verify()).toMatchObject({ ok: true, usedBlocks: 0 });
  });
});

describe('EmsHeap.realloc', () => {
  it('grows down into a free block before it when nothing else fits', () => {
    for (const mode of MODES) {
      const heap = makeHeap(1024, mode);
      const model = new Model(heap, mode.zeroing ?? false);
      const a = heap.malloc(300);
      const b = heap.malloc(300);
      model.add(a, 300);
      model.add(b, 300);
      const c = heap.malloc(heap.verify().largestFreeBytes - 4);
      expect(c).not.toBe(0);
      model.add(c, 8);
      heap.free(a);
      model.blocks.delete(a);
      const moved = heap.realloc(b, 500);
      expect(moved).toBe(a);
      model.resized(b, moved);
      model.check();
    }
  });

  it('leaves the block alone when it does not fit, or may not move', () => {
    const heap = makeHeap(1024, { name: '' });
    const model = new Model(heap, false);
    const a = heap.malloc(300);
    const b = heap.malloc(300);
    model.add(a, 300);
    model.add(b, 300);
    expect(heap.realloc(a, 5000)).toBe(0);
    expect(heap.realloc(a, 320, false)).toBe(0);
    model.check();
    expect(heap.realloc(a, 320)).not.toBe(0);
  });

  it('gives back what a smaller block no longer needs', () => {
    const heap = makeHeap(4096, { name: '' });
    const { total } = heap.stats();
    const a = heap.malloc(2000);
    expect(heap.realloc(a, 10)).toBe(a);
    expect(heap.stats().totalFree).toBe(total - 16);
    expect(heap.verify().freeBlocks).toBe(1);
  });
});

describe('EmsHeap.migrate', () => {
  it('carries on in a grown and moved memory', () => {
    const bytes = 4096;
    const before = new ArrayBuffer(8192);
    const control = new Int32Array(controlWords(bytes, true));
    const heap = EmsHeap.create({ buffer: before, start: 1024, bytes, control, map: true });
    const blocks = [10, 30, 50, 300, 20].map((size) => heap.malloc(size));
    heap.free(blocks[1]!);
    heap.free(blocks[3]!);
    const after = new ArrayBuffer(16384 + 24);
    new Uint8Array(after, 24).set(new Uint8Array(before));
    expect(heap.migrate(after, 24)).toBe(true);
    new Uint8Array(before).fill(0xff);
    expect(heap.verify().ok).toBe(true);
    expect(heap.malloc(30)).toBe(blocks[1]);
    for (const at of [0, 1, 2, 4]) expect(heap.free(blocks[at]!)).toBe(true);
    expect(heap.verify()).toMatchObject({ ok: true, usedBlocks: 0, freeBlocks: 1 });
  });

  it('refuses a place that does not hold it, and one that is too small', () => {
    const heap = makeHeap(4096, { name: '' });
    expect(() => heap.migrate(new ArrayBuffer(1000))).toThrow(/its buffer at 1000/);
    expect(() => heap.migrate(new ArrayBuffer(8192), 4)).toThrow(/multiple of 8/);
    expect(heap.frozen).toBe(false);
    expect(heap.migrate(new ArrayBuffer(8192))).toBe(false);
    expect(heap.corruption()).toMatchObject({ kind: 'header', during: 'migrate' });
  });
});
