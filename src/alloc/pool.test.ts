// The pool as the runtime sees it: blocks, charges, misuse, leaks, zeroing; sizes from nothing up; several threads.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, bytesOf, type Charge } from './allocator.js';
import { AllocatorError, HeapCorruptionError } from './allocator-errors.js';
import { LARGEST_POOL_BYTES, Pool, SMALLEST_POOL_BYTES, SMALLEST_SHARED_POOL_BYTES } from './pool.js';

function kindOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AllocatorError) return error.kind;
    throw error;
  }
  return 'nothing thrown';
}

function isZero(buffer: ArrayBufferLike, from = 0, to = buffer.byteLength): boolean {
  return new Uint8Array(buffer, from, to - from).every((byte) => byte === 0);
}

describe('pool sizes', () => {
  it.each([
    { shared: false, least: SMALLEST_POOL_BYTES },
    { shared: true, least: SMALLEST_SHARED_POOL_BYTES },
  ])('from 0 to 1024 are an error by name or usable (shared: $shared)', ({ shared, least }) => {
    for (let size = 0; size <= 1024; size++) {
      if (size < least) {
        expect(kindOf(() => new Pool({ size, shared }))).toBe('pool-too-small');
        continue;
      }
      const pool = new Pool({ size, shared });
      const block = pool.malloc(12);
      expect(block, `${size}`).not.toBeNull();
      bytesOf(block!).fill(0xff);
      expect(pool.verify().ok).toBe(true);
      const { blocks, bytes } = pool.destroy();
      expect([blocks, bytes >= 12]).toEqual([1, true]);
      expect(isZero(pool.buffer)).toBe(true);
    }
  });

  it('at odd places in an embedder’s buffer are used up to the alignment, and nothing around them', () => {
    for (let offset = 0; offset < 16; offset++) {
      for (const size of [24, 31, 32, 40, 200, 301]) {
        const buffer = new ArrayBuffer(400);
        new Uint8Array(buffer).fill(0xab);
        const lost = (8 - (offset % 8)) % 8;
        if (size - lost < SMALLEST_POOL_BYTES) {
          expect(kindOf(() => new Pool({ buffer, offset, size }))).toBe('pool-too-small');
          continue;
        }
        const pool = new Pool({ buffer, offset, size });
        const block = pool.malloc(1);
        expect(block!.offset % 8).toBe(0);
        expect(pool.malloc(500)).toBeNull();
        pool.destroy();
        const bytes = new Uint8Array(buffer);
        expect(bytes.subarray(0, offset + lost).every((byte) => byte === 0xab)).toBe(true);
        expect(bytes.subarray(offset + size).every((byte) => byte === 0xab)).toBe(true);
        expect(isZero(buffer, offset + lost, offset + size)).toBe(true);
      }
    }
  });

  it('that are nonsense are errors by name', () => {
    expect(kindOf(() => new Pool({}))).toBe('bad-argument');
    expect(kindOf(() => new Pool({ size: -1 }))).toBe('bad-argument');
    expect(kindOf(() => new Pool({ size: 99.5 }))).toBe('bad-argument');
    expect(kindOf(() => new Pool({ size: Number.NaN }))).toBe('bad-argument');
    expect(kindOf(() => new Pool({ size: 100, offset: 8 }))).toBe('bad-argument');
    expect(kindOf(() => new Pool({ size: 100, buffer: new ArrayBuffer(50) }))).toBe('bad-argument');
    expect(kindOf(() => new Pool({ size: LARGEST_POOL_BYTES + 8 }))).toBe('pool-too-large');
    expect(kindOf(() => new Pool({ size: 2 ** 52 }))).toBe('pool-too-large');
  });
});

describe('blocks', () => {
  it('keep their bytes, are zero when new, and the totals are true, on random traces', () => {
    const size = fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 3000 }));
    const step = fc.record({
      op: fc.constantFrom('malloc', 'malloc', 'free', 'realloc', 'aligned', 'charge', 'recharge', 'release'),
      size,
      pick: fc.nat(),
      power: fc.nat({ max: 10 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 20_000 }),
        fc.boolean(),
        fc.array(step, { maxLength: 80 }),
        (bytes, shared, steps) => {
          const pool = new Pool({ size: bytes, shared });
          const live = new Map<Block, Uint8Array>();
          const charges = new Set<Charge>();
          let mark = 0;
          const add = (block: Block, kept: Uint8Array): void => {
            const view = bytesOf(block);
            expect(view.subarray(0, kept.length)).toEqual(kept.subarray(0, view.length));
            expect(view.subarray(kept.length).every((byte) => byte === 0)).toBe(true);
            view.fill(++mark & 0xff);
            live.set(block, view.slice());
          };
          for (const { op, size, pick, power } of steps) {
            const block = [...live.keys()][pick % Math.max(1, live.size)];
            const charge = [...charges][pick % Math.max(1, charges.size)];
            if (op === 'malloc' || op === 'aligned') {
              const made = op === 'malloc' ? pool.malloc(size) : pool.alignedAlloc(size, 2 ** power);
              if (made !== null && op === 'aligned') expect(made.offset % 2 ** power).toBe(0);
              if (made !== null) add(made, new Uint8Array());
            } else if (op === 'free' && block !== undefined) {
              pool.free(block);
              live.delete(block);
            } else if (op === 'realloc' && block !== undefined) {
              const kept = live.get(block)!;
              const made = pool.realloc(block, size);
              if (made === null) continue;
              live.delete(block);
              add(made, kept);
            } else if (op === 'charge') {
              const made = pool.charge(size);
              if (made !== null) charges.add(made);
            } else if (op === 'recharge') {
              if (charge?.resize(size)) expect(charge.bytes).toBe(size);
            } else if (op === 'release' && charge !== undefined) {
              charge.release();
              charges.delete(charge);
            }
            const report = pool.verify();
            expect(report.problems).toEqual([]);
            const { total, totalFree, highmark } = pool.getMemAllocInfo();
            let used = 0;
            for (const [own, content] of live) {
              expect(bytesOf(own)).toEqual(content);
              used += own.size;
            }
            for (const own of charges) used += own.bytes;
            expect(total - totalFree).toBeGreaterThanOrEqual(used);
            expect(highmark).toBeGreaterThanOrEqual(total - totalFree);
            expect(total).toBeLessThanOrEqual(bytes);
          }
          for (const own of charges) own.release();
          const bytesLeft = [...live.keys()].reduce((sum, own) => sum + own.size, 0);
          const leaks = pool.destroy();
          expect(leaks).toMatchObject({ blocks: live.size, charges: 0, chargedBytes: 0, corruption: null });
          expect(leaks.bytes).toBeGreaterThanOrEqual(bytesLeft);
          expect(isZero(pool.buffer)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('give everything back: the pool is whole again, and all zero but the words of its one free block', () => {
    const pool = new Pool({ size: 4096 });
    const { total } = pool.getMemAllocInfo();
    const blocks = [10, 500, 3, 64].map((size) => pool.malloc(size)!);
    for (const block of blocks) bytesOf(block).fill(0x5a);
    for (const at of [2, 0, 3, 1]) pool.free(blocks[at]!);
    expect(pool.getMemAllocInfo()).toEqual({ total, totalFree: total, highmark: 16 + 504 + 16 + 72 });
    expect(new Uint8Array(pool.buffer).filter((byte) => byte === 0x5a).length).toBe(0);
    const all = pool.malloc(total - 4)!;
    expect(bytesOf(all).every((byte) => byte === 0)).toBe(true);
  });

  it('keep an alignment that was asked for when they grow', () => {
    const pool = new Pool({ size: 8192 });
    let block = pool.alignedAlloc(100, 256)!;
    bytesOf(block).fill(7);
    pool.malloc(16);
    block = pool.realloc(block, 700)!;
    expect(block.offset % 256).toBe(0);
    expect(bytesOf(block).filter((byte) => byte === 7).length).toBe(100);
    expect(pool.realloc(block, 9000)).toBeNull();
    expect(bytesOf(block).length).toBe(700);
    pool.free(block);
    expect(pool.verify()).toMatchObject({ ok: true, usedBlocks: 1 });
  });
});

describe('misuse', () => {
  it('of blocks is reported, and freezes the pool; freeing on does no harm', () => {
    const cases: { name: string; act: (pool: Pool, block: Block) => unknown; kind: string }[] = [
      { name: 'double free', act: (pool, block) => [0, 1].map(() => pool.free(block)), kind: 'double-free' },
      {
        name: 'realloc after free',
        act: (pool, block) => {
          pool.free(block);
          pool.realloc(block, 9);
        },
        kind: 'stale-pointer',
      },
      { name: 'a copy', act: (pool, block) => pool.free({ ...block }), kind: 'foreign-pointer' },
      {
        name: 'of another pool',
        act: (pool) => pool.free(new Pool({ size: 100 }).malloc(8)!),
        kind: 'foreign-pointer',
      },
      {
        name: 'written past its end',
        act: (pool, block) => {
          new Uint8Array(pool.buffer, block.offset, 24).fill(0xff);
          pool.free(block);
        },
        kind: 'header',
      },
    ];
    for (const { name, act, kind } of cases) {
      const pool = new Pool({ size: 1024 });
      const block = pool.malloc(20)!;
      const other = pool.malloc(20)!;
      let thrown: unknown = null;
      try {
        act(pool, block);
      } catch (error) {
        thrown = error;
      }
      expect(thrown, name).toBeInstanceOf(HeapCorruptionError);
      const { report } = thrown as HeapCorruptionError;
      expect(report.kind, name).toBe(kind);
      for (const later of [
        () => pool.malloc(8),
        () => pool.charge(8),
        () => pool.alignedAlloc(8, 8),
        () => pool.realloc(other, 9),
      ]) {
        expect(kindOf(later), name).toBe('heap-corrupted');
      }
      expect(() => pool.free(other)).not.toThrow();
      expect(pool.verify()).toMatchObject({ ok: false, corruption: report });
      expect(pool.destroy().corruption).toEqual(report);
      expect(isZero(pool.buffer)).toBe(true);
    }
  });

  it('of arguments and of a destroyed pool is an error by name', () => {
    const pool = new Pool({ size: 1024 });
    const block = pool.malloc(8)!;
    for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(kindOf(() => pool.malloc(size))).toBe('bad-argument');
      expect(kindOf(() => pool.realloc(block, size))).toBe('bad-argument');
      expect(kindOf(() => pool.charge(size))).toBe('bad-argument');
    }
    for (const alignment of [0, 3, -8, 0.5]) expect(kindOf(() => pool.alignedAlloc(8, alignment))).toBe('bad-argument');
    expect(pool.malloc(2 ** 50)).toBeNull();
    expect(kindOf(() => pool.blockAt(9999))).toBe('not-a-live-block');
    const charge = pool.charge(8)!;
    charge.release();
    expect(kindOf(() => charge.release())).toBe('not-a-live-block');
    expect(pool.destroy()).toMatchObject({ blocks: 1, first: [{ offset: block.offset, size: 12 }] });
    for (const later of [
      () => pool.malloc(8),
      () => pool.free(block),
      () => pool.destroy(),
      () => pool.getMemAllocInfo(),
    ]) {
      expect(kindOf(later)).toBe('destroyed');
    }
  });
});

describe('the list of blocks', () => {
  it('has every byte once, and says which blocks are charges', () => {
    const pool = new Pool({ size: 65_536 });
    const first = pool.malloc(100)!;
    const charge = pool.charge(1_000)!;
    pool.malloc(50);
    pool.free(first);
    const blocks = [...pool.blocks()];
    expect(blocks.map(({ use }) => use)).toEqual(['free', 'charged', 'used', 'free']);
    for (const [i, { offset, bytes }] of blocks.entries()) {
      if (i + 1 < blocks.length) expect(offset + bytes).toBe(blocks[i + 1]!.offset);
    }
    expect(blocks.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(pool.getMemAllocInfo().total);
    charge.release();
    expect([...pool.blocks()].map(({ use }) => use)).toEqual(['free', 'used', 'free']);
    pool.destroy();
    expect(() => [...pool.blocks()]).toThrow('destroyed');
  });
});

describe('charges', () => {
  it('take from the budget, also in several extents, and give back', () => {
    const pool = new Pool({ size: 64 * 1024 });
    const { total } = pool.getMemAllocInfo();
    const blocks = Array.from({ length: 12 }, () => pool.malloc(5000)!);
    for (const at of [0, 2, 4, 6, 8]) pool.free(blocks[at]!);
    const charge = pool.charge(18_000)!;
    expect(charge.bytes).toBe(18_000);
    const { totalFree } = pool.getMemAllocInfo();
    expect(total - totalFree).toBeGreaterThanOrEqual(18_000 + 7 * 5000);
    expect(charge.resize(40_000)).toBe(false);
    expect(charge.bytes).toBe(18_000);
    expect(charge.resize(3000)).toBe(true);
    expect(pool.getMemAllocInfo().totalFree).toBeGreaterThanOrEqual(totalFree + 15_000);
    expect(charge.resize(20_000)).toBe(true);
    expect(pool.charge(2 ** 40)).toBeNull();
    expect(pool.verify().ok).toBe(true);
    charge.release();
    for (const at of [1, 3, 5, 7, 9, 10, 11]) pool.free(blocks[at]!);
    expect(pool.getMemAllocInfo().totalFree).toBe(total);
    pool.charge(100);
    expect(pool.destroy()).toMatchObject({ blocks: 0, bytes: 0, charges: 1, chargedBytes: 100 });
  });
});

describe('a pool in shared memory', () => {
  it('can be attached to, by the same options only', () => {
    const buffer = new SharedArrayBuffer(4096);
    expect(kindOf(() => Pool.attach({ buffer }))).toBe('bad-argument');
    const one = new Pool({ buffer });
    const two = Pool.attach({ buffer });
    const block = one.malloc(100)!;
    bytesOf(block).fill(9);
    const seen = two.blockAt(block.offset);
    expect(bytesOf(seen)[99]).toBe(9);
    two.free(seen);
    expect(one.getMemAllocInfo().totalFree).toBe(one.getMemAllocInfo().total);
    expect(kindOf(() => Pool.attach({ buffer, size: 2048 }))).toBe('bad-argument');
  });

  it('whose lock is held by a thread that has ended is reported, not waited for', () => {
    const buffer = new SharedArrayBuffer(4096);
    const pool = new Pool({ buffer, lockTimeoutMs: 20 });
    pool.malloc(8);
    new Int32Array(buffer)[8] = 1;
    expect(() => pool.malloc(8)).toThrow(/lock was held too long/);
    expect(pool.verify().corruption).toMatchObject({ kind: 'lock', during: 'malloc' });
    expect(pool.destroy().blocks).toBe(1);
    expect(isZero(buffer)).toBe(true);
  });
});
