// Wrong pointers and damaged words: each is found, named, and freezes the heap. Nothing outside the arena is touched.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmsHeap } from './heap.js';
import { controlWords } from './layout.js';

const START = 64;
const BYTES = 4096;

function makeHeap(map = false, zeroing = false): EmsHeap {
  const control = new Int32Array(controlWords(BYTES, map));
  return EmsHeap.create({ buffer: new ArrayBuffer(BYTES + 128), start: START, bytes: BYTES, control, map, zeroing });
}

/** The blocks are: used, used, free, used, used, free, used, and the rest free. */
function makeFilledHeap(map = false): { heap: EmsHeap; blocks: number[] } {
  const heap = makeHeap(map);
  const blocks = [40, 100, 24, 12, 500, 64, 30].map((size) => heap.malloc(size));
  heap.free(blocks[2]!);
  heap.free(blocks[5]!);
  return { heap, blocks };
}

function fillWith(heap: EmsHeap, offset: number, value: number): void {
  const { words } = heap;
  words.fill(value, offset / 4, (offset + heap.capacity(offset)) / 4);
}

describe('wrong pointers', () => {
  it.each([
    { name: 'double free', kind: 'double-free', pointer: (blocks: number[]) => blocks[2]! },
    { name: 'into a block', kind: 'interior-pointer', pointer: (blocks: number[]) => blocks[4]! + 8 },
    { name: 'before the heap', kind: 'foreign-pointer', pointer: () => 8 },
    { name: 'null', kind: 'foreign-pointer', pointer: () => 0 },
    { name: 'behind the heap', kind: 'foreign-pointer', pointer: () => START + BYTES + 8 },
    { name: 'the end', kind: 'foreign-pointer', pointer: () => START + BYTES },
    { name: 'negative', kind: 'foreign-pointer', pointer: () => -8 },
    { name: 'no number', kind: 'foreign-pointer', pointer: () => Number.NaN },
    { name: 'misaligned', kind: 'misaligned-pointer', pointer: (blocks: number[]) => blocks[1]! + 4 },
    { name: 'a fraction', kind: 'misaligned-pointer', pointer: (blocks: number[]) => blocks[1]! + 0.5 },
  ])('$name', ({ kind, pointer }) => {
    for (const map of [false, true]) {
      for (const during of ['free', 'realloc'] as const) {
        const { heap, blocks } = makeFilledHeap(map);
        const wrong = pointer(blocks);
        if (during === 'realloc' && wrong === 0) continue;
        expect(during === 'free' ? heap.free(wrong) : heap.realloc(wrong, 20) !== 0).toBe(false);
        expect(heap.corruption()).toMatchObject({ kind, during });
        expect(heap.corruption()!.message).toContain(`${during} at offset`);
        expect(heap.frozen).toBe(true);
        expect(heap.malloc(8)).toBe(0);
        expect(heap.alignedAlloc(8, 64)).toBe(0);
        expect(heap.realloc(blocks[0]!, 8)).toBe(0);
        expect(heap.free(blocks[0]!)).toBe(false);
      }
    }
  });

  it('finds a second free after the block was merged to its left, its right and both', () => {
    for (const order of [
      [1, 2, 2],
      [2, 1, 2],
      [1, 3, 2, 2],
      [1, 3, 2, 3],
      [2, 1, 1],
    ]) {
      for (const map of [false, true]) {
        const heap = makeHeap(map);
        const blocks = [40, 40, 40, 40, 40].map((size) => heap.malloc(size));
        for (const block of blocks) fillWith(heap, block, 0x01010101);
        const results = order.map((index) => heap.free(blocks[index]!));
        expect(results.slice(0, -1).every((done) => done)).toBe(true);
        expect(results[results.length - 1]).toBe(false);
        expect(heap.corruption()!.kind).toMatch(/^(double-free|stale-pointer)$/);
        expect(heap.corruption()!.offset).toBe(blocks[order[order.length - 1]!]);
      }
    }
  });

  it('finds every pointer but the live ones, whatever the payloads are, with a map', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1024, maxLength: 1024 }), fc.nat({ max: 511 }), (noise, at) => {
        const heap = makeHeap(true);
        const blocks = [40, 100, 24, 12, 500, 64, 30, 2000].map((size) => heap.malloc(size));
        for (const block of blocks) {
          const words = heap.capacity(block) / 4;
          for (let word = 0; word < words; word++) heap.words[block / 4 + word] = noise[(block / 4 + word) % 1024]!;
        }
        const pointer = START + 8 + at * 8;
        fc.pre(!blocks.includes(pointer));
        expect(heap.free(pointer)).toBe(false);
        expect(heap.frozen).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('finds forged headers in payloads, with a map', () => {
    const heap = makeHeap(true);
    const a = heap.malloc(200);
    heap.malloc(200);
    const real = heap.words[a / 4 - 1]!;
    heap.words[a / 4 + 1] = real;
    heap.words[a / 4 + 1 + (real >>> 3) * 2] = heap.words[a / 4 - 1 + (real >>> 3) * 2]!;
    expect(heap.free(a + 8)).toBe(false);
    expect(heap.corruption()!.kind).toBe('interior-pointer');
  });
});

describe('damaged words', () => {
  const { heap: sample, blocks } = makeFilledHeap();
  const headers = [...blocks.map((offset) => offset / 4 - 1), sample.end];

  it.each(headers)('every flipped bit of the header at word %i is found by verify', (word) => {
    for (let bit = 0; bit < 32; bit++) {
      const { heap } = makeFilledHeap();
      heap.words[word] = heap.words[word]! ^ (1 << bit);
      const report = heap.verify();
      expect(report.ok, `bit ${bit}`).toBe(false);
      // Nothing tells which of a free block's header and its copy is wrong.
      expect(report.problems[0]!.kind).toMatch(/^(header|footer)$/);
      expect(heap.frozen).toBe(true);
      expect(heap.malloc(8)).toBe(0);
    }
  });

  it.each([0, 1, 3, 4, 6])('every flipped bit of the header of used block %i is found by free and realloc', (index) => {
    for (let bit = 0; bit < 32; bit++) {
      const { heap } = makeFilledHeap();
      heap.words[blocks[index]! / 4 - 1]! ^= 1 << bit;
      expect(heap.realloc(blocks[index]!, 33), `bit ${bit}`).toBe(0);
      expect(heap.corruption()).toMatchObject({ kind: 'header', offset: blocks[index]! - 4, during: 'realloc' });
      const other = makeFilledHeap().heap;
      other.words[blocks[index]! / 4 - 1]! ^= 1 << bit;
      expect(other.free(blocks[index]!), `bit ${bit}`).toBe(false);
      expect(other.corruption()).toMatchObject({ kind: 'header', offset: blocks[index]! - 4 });
    }
  });

  it.each([1, 3, 4])('every flipped bit of the header behind block %i is found when it is freed', (index) => {
    for (let bit = 0; bit < 32; bit++) {
      const { heap } = makeFilledHeap();
      heap.words[blocks[index + 1]! / 4 - 1]! ^= 1 << bit;
      expect(heap.free(blocks[index]!), `bit ${bit}`).toBe(false);
      expect(heap.corruption()!.kind).toMatch(/^(header|footer)$/);
    }
  });

  it('links of free blocks are checked before use', () => {
    const header = blocks[2]! / 4 - 1;
    for (const word of [header, header + 1, header + 2]) {
      for (const value of [1, 7, -1, 0x7fffffff, -0x80000000, START / 4, sample.end, 0x11111111]) {
        const { heap } = makeFilledHeap();
        heap.words[word] = value;
        const before = heap.words.slice(0, heap.first - 1);
        expect(heap.malloc(24)).toBe(0);
        expect(heap.corruption()!.kind).toMatch(/^(header|free-list)$/);
        expect(heap.words.slice(0, heap.first - 1)).toEqual(before);
      }
    }
  });

  it('the header copy at the end of a free block is checked before the block behind is merged with it', () => {
    for (let bit = 0; bit < 32; bit++) {
      const { heap } = makeFilledHeap();
      heap.words[blocks[3]! / 4 - 2]! ^= 1 << bit;
      expect(heap.free(blocks[3]!)).toBe(false);
      expect(heap.corruption()!.kind).toBe('footer');
    }
  });

  it('survives a guest that writes anything anywhere: no endless loop, nothing outside the arena, never an exception', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: BYTES / 4 - 1 }), fc.oneof(fc.integer(), fc.nat({ max: 4096 }))), {
          maxLength: 30,
        }),
        fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: BYTES + 256 }), fc.nat({ max: 3000 })), { maxLength: 60 }),
        fc.boolean(),
        (writes, operations, map) => {
          const { heap } = makeFilledHeap(map);
          const all = new Uint8Array(heap.words.buffer);
          const outside = [all.slice(0, START), all.slice(START + BYTES)];
          let next = 0;
          for (const [op, offset, size] of operations) {
            const write = writes[next++];
            if (write !== undefined) heap.words[START / 4 + write[0]] = write[1];
            if (op === 0) heap.malloc(size);
            else if (op === 1) heap.free(offset & ~7);
            else if (op === 2) heap.realloc(offset & ~7, size);
            else heap.alignedAlloc(size, 2 ** (offset % 12));
          }
          heap.verify();
          expect([all.slice(0, START), all.slice(START + BYTES)]).toEqual(outside);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a wrong count is found by verify', () => {
    const { heap } = makeFilledHeap();
    heap.control[3] = heap.control[3]! + 1;
    expect(heap.verify().problems[0]!.kind).toBe('accounting');
  });
});
